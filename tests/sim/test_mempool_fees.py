"""The base fee rule, and a background demand under which it settles at its level."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.mempool.fees import BUCKETS, Background, next_base_fee
from sim.scenario import Gas
from sim.units import GWEI

LIMIT = 30_000_000


@pytest.mark.parametrize(
    ("base_fee", "gas_used", "expected"),
    [
        # EIP-1559 by hand: target 15M; base + max(1, base * |used - target| // target // 8)
        (1_000_000_000, 15_000_000, 1_000_000_000),
        (1_000_000_000, 30_000_000, 1_125_000_000),
        (1_000_000_000, 0, 875_000_000),
        (1_000_000_000, 18_000_000, 1_025_000_000),
        (1_000_000_000, 15_000_001, 1_000_000_008),
        (7, 15_000_001, 8),  # rises by 1 at least
        (7, 0, 7),  # and below 8 wei it does not fall
        (0, 30_000_000, 1),
        (0, 0, 0),
    ],
)
def test_next_base_fee__by_hand(base_fee, gas_used, expected):
    assert next_base_fee(base_fee, gas_used, LIMIT) == expected


def test_next_base_fee__first_block_under_the_rule_on_mainnet():
    """Block 12,965,000 (fee 1 gwei, 30,025,257 of 30,029,122 gas) and the fee of 12,965,001."""
    assert next_base_fee(1_000_000_000, 30_025_257, 30_029_122) == 1_124_967_822


@given(
    base_fee=st.integers(0, 10**15),
    target=st.integers(500_000, 30_000_000),
    share=st.floats(0, 1),
)
def test_next_base_fee__never_moves_more_than_an_eighth(base_fee, target, share):
    """Of an even limit: an odd one has a target half a unit lower, and may move as much more."""
    limit = 2 * target
    used = int(limit * share)
    after = next_base_fee(base_fee, used, limit)
    assert after >= 0
    assert abs(after - base_fee) <= max(1, -(-base_fee // 8) + 1)
    assert (after > base_fee) == (used > limit // 2)
    assert used < limit // 2 or after >= base_fee


def run(gas, blocks, base_fee=None, seed=1, hour=0.0):
    """Base fees of blocks in which there is nobody but the background."""
    background = Background(gas, np.random.default_rng(seed))
    fee = background.base_fee_start() if base_fee is None else int(base_fee * GWEI)
    fees = []
    for block in range(blocks):
        wanted = sum(part for _, part in background.bids(hour * 3_600 + block * 12, fee))
        fee = next_base_fee(fee, min(wanted, gas.block_gas_limit), gas.block_gas_limit)
        fees.append(fee / GWEI)
    return fees


@pytest.mark.parametrize("start", [1.0, 12.0, 300.0])
@pytest.mark.parametrize("elasticity", [0.5, 1.0, 3.0])
def test_background__wherever_it_starts__base_fee_settles_at_the_level(start, elasticity):
    gas = Gas(level=[(0, 80.0)], elasticity=elasticity)
    assert np.mean(run(gas, 3_000, start)[500:]) == pytest.approx(80.0, rel=0.05)


def test_background__level_that_moves__is_followed():
    gas = Gas(level=[(0, 13.0), (1, 13.0), (1.1, 200.0), (3, 200.0), (3.1, 40.0)])
    fees = run(gas, 1_500)
    assert np.mean(fees[200:300]) == pytest.approx(13, rel=0.1)
    assert np.mean(fees[600:900]) == pytest.approx(200, rel=0.1)
    assert np.mean(fees[1_200:]) == pytest.approx(40, rel=0.1)


def test_background__level__linear_between_the_points_and_constant_after():
    background = Background(Gas(level=[(1, 10.0), (2, 30.0)]), np.random.default_rng(1))
    found = [background.level(hour * 3_600) for hour in (0, 1, 1.5, 2, 50)]
    assert found == pytest.approx([10, 10, 20, 30, 30])


def test_background__no_noise_at_the_level__wants_half_a_block():
    gas = Gas(level=[(0, 50.0)], noise=0.0)
    bids = Background(gas, np.random.default_rng(1)).bids(0, 50 * GWEI)
    assert sum(part for _, part in bids) == pytest.approx(gas.block_gas_limit / 2, abs=BUCKETS)


def test_background__noise__has_mean_one():
    gas = Gas(level=[(0, 50.0)], noise=0.5)
    background = Background(gas, np.random.default_rng(1))
    wanted = [sum(part for _, part in background.bids(0, 50 * GWEI)) for _ in range(20_000)]
    assert np.mean(wanted) == pytest.approx(gas.block_gas_limit / 2, rel=0.02)
    assert np.std(np.log(wanted)) == pytest.approx(0.5, rel=0.02)


def test_background__base_fee_far_below_the_level__wants_more_than_a_block():
    gas = Gas(level=[(0, 200.0)], noise=0.0)
    bids = Background(gas, np.random.default_rng(1)).bids(0, 50 * GWEI)
    assert sum(part for _, part in bids) == pytest.approx(2 * gas.block_gas_limit, rel=1e-6)


def test_background__tips__highest_first_lognormal_and_higher_in_a_spike():
    gas = Gas(level=[(0, 12.0), (1, 120.0)], tip_median_gwei=1.5, tip_sigma=0.8)
    background = Background(gas, np.random.default_rng(1))
    calm, spike = (
        np.array([tip for tip, _ in background.bids(second, 12 * GWEI)]) / GWEI
        for second in (0, 3_600)
    )
    assert np.all(np.diff(calm) < 0)
    assert np.exp(np.log(calm).mean()) == pytest.approx(1.5, rel=1e-6)
    assert np.log(calm).std() == pytest.approx(0.8, rel=0.07)  # ten points of the distribution
    assert spike == pytest.approx(10 * calm, rel=1e-6)


def test_background__same_seed__same_demand():
    assert run(Gas(), 50, seed=3) == run(Gas(), 50, seed=3)
    assert run(Gas(), 50, seed=3) != run(Gas(), 50, seed=4)


def test_background__first_base_fee__is_the_level_unless_given():
    stream = np.random.default_rng(1)
    assert Background(Gas(level=[(0, 13.0)]), stream).base_fee_start() == 13 * GWEI
    assert Background(Gas(base_fee_start=2.5), stream).base_fee_start() == 2_500_000_000
