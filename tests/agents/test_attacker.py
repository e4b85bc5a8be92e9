"""When pushing the oracle's price pays, what it costs, and how liquidations are griefed."""

from __future__ import annotations

from dataclasses import replace
from math import ceil, inf, isinf, log
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.attacker import Griefer, OracleManipulator
from agents.attacker.manipulator import pushes, target_of, threshold
from agents.attacker.push import (
    Hold,
    break_even_depth,
    buy_back,
    cheapest_hold,
    holding_cost,
    push_size,
    round_trip_cost,
    seen_ratio,
)
from agents.intent import Bid, Bundle, Deposit, Liquidate, Repay, Swap
from agents.market import Pool
from agents.view import Position, Seen, View
from tests.agents.views import (
    ADDRESS,
    GWEI,
    MARKET,
    TERMS,
    WAD,
    market,
    opportunity,
    position,
    sent,
    someone,
    view,
    wallet,
)

ratios = st.floats(0.3, 0.999)
fees = st.sampled_from([0.0, 0.0005, 0.003, 0.01])
SPOT = replace(
    TERMS,
    max_penalty=0.05,
    close_factor=0.5,
    full_liquidation_health=0.95,
    reserve_share=0.1,
    oracle_window=0,
)


def pool_at(depth: float, fee: float = 0.003) -> Pool:
    """With so much stable, at 200 USD."""
    return Pool(collateral=int(depth / 200 * WAD), stable=int(depth * WAD), fee=fee)


def pushed(pool: Pool, sold: int) -> Pool:
    """The pool after so much was sold, in whole units."""
    out = pool.quote(False, sold)
    return replace(pool, collateral=pool.collateral + sold, stable=pool.stable - out)


def spot(pool: Pool) -> float:
    return pool.stable / pool.collateral


# ------------------------------------------------------------------------ closed forms


@given(ratio=ratios, fee=fees)
def test_push_size__moves_the_spot_price_to_that_ratio(ratio: float, fee: float) -> None:
    pool = pool_at(1e7, fee)
    sold = int(push_size(ratio, fee) * pool.collateral)
    assert spot(pushed(pool, sold)) / spot(pool) == pytest.approx(ratio, rel=1e-9)


@given(ratio=ratios, fee=fees, depth=st.floats(1e4, 1e9))
def test_round_trip__costs_what_two_swaps_lose(ratio: float, fee: float, depth: float) -> None:
    """The stable that buys the same collateral back, less what the sale brought."""
    pool = pool_at(depth, fee)
    sold = int(push_size(ratio, fee) * pool.collateral)
    back = buy_back(pool, sold)
    assert pushed(pool, sold).quote(True, int(back)) == pytest.approx(sold, rel=1e-6)
    lost = back - pool.quote(False, sold)
    cost = round_trip_cost(pool.stable, ratio, fee)
    assert cost == pytest.approx(lost, rel=1e-6, abs=1e-6 * pool.stable)


@given(ratio=ratios, fee=fees, depth=st.floats(1e4, 1e9))
def test_holding__costs_what_arbitrageurs_take_each_block(
    ratio: float, fee: float, depth: float
) -> None:
    pool = pool_at(depth, fee)
    sold = int(push_size(ratio, fee) * pool.collateral)
    lost = sold * spot(pool) - pool.quote(False, sold)
    found = holding_cost(pool.stable, ratio, fee, 7)
    assert found == pytest.approx(7 * lost, rel=1e-6, abs=1e-6 * pool.stable)


@given(ratio=ratios, fee=st.floats(0.0005, 0.05), gain=st.floats(1, 1e7))
def test_break_even_depth__is_where_the_cost_is_the_gain(
    ratio: float, fee: float, gain: float
) -> None:
    depth = break_even_depth(gain, ratio, fee)
    assert round_trip_cost(depth, ratio, fee) == pytest.approx(gain)
    assert round_trip_cost(1.01 * depth, ratio, fee) > gain


def test_break_even_depth__no_fee__no_pool_is_deep_enough() -> None:
    assert break_even_depth(1.0, 0.9, 0.0) == inf


def test_seen_ratio__spot__shows_all_of_a_push_at_once() -> None:
    assert seen_ratio(0.8, 0, 0) == 0.8


@pytest.mark.parametrize("stood", [0, 12, 450, 1_800, 1_820, 3_600])
def test_seen_ratio__an_average_shows_a_push_for_as_long_as_it_stood(stood: float) -> None:
    """Of a price that falls by a factor of 1.01 a second, to 0.8."""
    window = 1_800
    seen = min(stood, window)
    seconds = stood - seen + (np.arange(100_000) + 0.5) * seen / 100_000
    shown = 1 - (1 - np.maximum(0.8, 1.01**-seconds)).mean() * seen / window
    assert seen_ratio(0.8, stood, window) == pytest.approx(shown)


# ------------------------------------------------------------------------------ targets

VICTIM = position(100.0, 13_000.0)
"""20,000 USD of ETH; at a maintenance margin of 30 % it fails below 92.86 % of the price."""


def test_threshold__is_where_the_account_fails() -> None:
    assert threshold(VICTIM, 0, SPOT) == pytest.approx(13_000 / 14_000)
    assert target_of(VICTIM, 0, 0.9285, SPOT) is not None
    assert target_of(VICTIM, 0, 0.9287, SPOT) is None


def test_threshold__grace__the_close_out_requirement() -> None:
    """No call has been due, so that only an account below 20 % can be taken at once."""
    called = replace(SPOT, grace=3_600)
    assert threshold(VICTIM, 0, called) == pytest.approx(13_000 / 16_000)
    assert target_of(VICTIM, 0, 0.9, called) is None


def test_target__fails_anyway__is_for_the_liquidators() -> None:
    assert target_of(position(100.0, 14_001.0), 0, 0.9, SPOT) is None


def test_target__close_factor_and_the_prize_at_the_price_before() -> None:
    """Half of 13,000 at 92 %: seized for 5 %, of which the Reserve takes a tenth."""
    target = target_of(VICTIM, 0, 0.92, SPOT)
    assert target is not None
    assert target.repaid == pytest.approx(6_500 * WAD)
    assert target.seized == pytest.approx(6_500 * 1.045 / 0.92 * WAD)


def test_target__far_gone__the_whole_debt() -> None:
    """Health 14,000/13,000·ρ reaches .95 at ρ = .8821."""
    above, below = (target_of(VICTIM, 0, ratio, SPOT) for ratio in (0.8823, 0.8820))
    assert above is not None
    assert below is not None
    assert above.repaid == pytest.approx(6_500 * WAD)
    assert below.repaid == pytest.approx(13_000 * WAD)


def test_target__never_seizes_more_than_there_is() -> None:
    target = target_of(VICTIM, 0, 0.4, SPOT)
    assert target is not None
    assert target.repaid == pytest.approx(0.4 * 20_000 * WAD)  # insolvent: no penalty is left
    assert target.seized <= 20_000 * WAD


@given(debts=st.lists(st.floats(1_000, 13_900), min_size=1, max_size=5))
def test_pushes__bring_every_account_just_below_its_threshold(debts: list[float]) -> None:
    victims = [position(100.0, debt) for debt in debts]
    tried = pushes(victims, 0, SPOT)
    assert all(0 < ratio < 1 for ratio in tried)
    for victim in victims:
        limit = threshold(victim, 0, SPOT)
        if limit > 0.31:
            assert any(0.998 * limit < ratio < limit for ratio in tried)


def shown_by(hold: Hold, window: float) -> float:
    """What an average over `window` shows, followed second by second."""
    drop, followed, whole = 0.0, 0.0, -log(hold.ratio) / log(1.01)
    blocks = round(hold.stood / 12)
    first = ceil(whole / 12)
    resting = set(range(first, blocks - 1, 2)) if hold.rest else set()
    assert hold.blocks == blocks - len(resting)
    for block in range(blocks):
        step = -0.01 if block in resting else 0.01
        for _ in range(1_200):
            before, followed = followed, min(whole, max(0.0, followed + step))
            drop += (2 - 1.01**-before - 1.01**-followed) / 2 * 0.01
    return 1 - drop / window


@settings(max_examples=30, deadline=None)
@given(ratio=st.floats(0.3, 0.99), blocks=st.integers(1, 50), fee=fees)
def test_cheapest_hold__shows_what_it_must__and_no_other_hold_is_cheaper(
    ratio: float, blocks: int, fee: float
) -> None:
    """An average over ten minutes, blocks of 12 s."""
    best = cheapest_hold(ratio, 600.0, 12.0, fee)
    if isinf(best.unit_cost):  # not even all of the price for all of the window is enough
        assert seen_ratio(1e-9, 600.0, 600.0) > ratio
        return
    # To the part of a block by which the first rest is late, and the last push early.
    assert shown_by(best, 600.0) == pytest.approx(ratio, abs=0.006)
    for other in (0.2, 0.5, 0.8, 0.95):
        if seen_ratio(other, 12.0 * blocks, 600.0) <= ratio:
            assert best.unit_cost <= holding_cost(1.0, other, fee, blocks) * (1 + 1e-9)


def test_cheapest_hold__deep__rests_in_every_second_block() -> None:
    every = holding_cost(1.0, 0.66, 0.003, 300)
    assert seen_ratio(0.66, 3_600.0, 3_600.0) > 0.66  # so that more than that is needed
    best = cheapest_hold(0.66, 3_600.0, 12.0, 0.003)
    assert best.rest == 12.0
    assert best.unit_cost < 0.7 * every


# -------------------------------------------------------------------- OracleManipulator

RICH = replace(wallet(stable=1e7, tokens=(1e6,)), wei=1_000 * WAD)


def manipulator(**terms: Any) -> OracleManipulator:
    usual: dict[str, Any] = {"min_profit": 10.0, "bid_share": 0.2}
    return OracleManipulator(someone(), "attacker-0", ADDRESS, **{**usual, **terms})


def attack(depth: float, agent: OracleManipulator | None = None, **changes: Any) -> list[Bundle]:
    usual: dict[str, Any] = {
        "market": market(terms=SPOT, pools=(pool_at(depth),)),
        "wallet": RICH,
        "watched": (VICTIM,),
    }
    shown: View = view(**{**usual, **changes})
    return [i for i in (agent or manipulator()).decide(shown) if isinstance(i, Bundle)]


def test_manipulator__shallow_pool__pushes_liquidates_buys_back() -> None:
    (found,) = attack(2e5)
    down, take, up = found.parts
    assert isinstance(down, Swap)
    assert isinstance(take, Liquidate)
    assert isinstance(up, Swap)
    assert (down.sell_stable, up.sell_stable) == (False, True)
    pool = pool_at(2e5)
    moved = pushed(pool, down.amount_in)
    ratio = spot(moved) / spot(pool)
    assert ratio < threshold(VICTIM, 0, SPOT)
    assert moved.quote(True, up.amount_in) == pytest.approx(down.amount_in, rel=1e-6)
    target = target_of(VICTIM, 0, ratio, SPOT)
    assert target is not None
    assert take.max_repay == pytest.approx(target.repaid, rel=2e-3)
    assert take.min_seize <= target.seized / 200


def profit(depth: float) -> float:
    """USD of the best attack on `VICTIM` found by trying 5,000 pushes swap by swap."""
    pool = pool_at(depth)
    best = -inf
    for step in range(1, 5_000):
        ratio = 1 - step * 0.7 / 5_000
        target = target_of(VICTIM, 0, ratio, SPOT)
        if target is None:
            continue
        sold = int(push_size(ratio, pool.fee) * pool.collateral)
        cost = buy_back(pool, sold) - pool.quote(False, sold)
        best = max(best, (target.seized - target.repaid - cost) / WAD)
    return best - MARKET.gas_usd(2 * 120_000 + 190_000, 0)


@pytest.mark.parametrize("depth", [1e4, 5e4, 2e5, 1e6])
def test_manipulator__finds_nearly_the_best_push(depth: float) -> None:
    (found,) = attack(depth, manipulator(bid_share=0.5))
    mine = found.payment / 1e18 * 200 / 0.5
    assert mine == pytest.approx(profit(depth), rel=0.1)
    assert mine <= profit(depth) * 1.01


def test_manipulator__acts_up_to_the_break_even_depth_and_no_further() -> None:
    """Where an exhaustive search crosses zero it stops, to within what its few pushes miss."""
    low, high = 1e5, 1e8
    for _ in range(20):
        middle = (low * high) ** 0.5
        low, high = (middle, high) if profit(middle) > 0 else (low, middle)
    free = manipulator(min_profit=0.0, bid_share=0.0)
    assert attack(0.9 * low, free)
    assert not attack(1.01 * low, free)


def test_manipulator__time_weighted_oracle__never_in_any_pool() -> None:
    """The same push stands for no time: all of its cost and none of its gain."""
    for depth in (1e3, 1e4, 1e5, 1e6):
        averaged = market(terms=replace(SPOT, oracle_window=1_800), pools=(pool_at(depth),))
        assert attack(depth)
        assert not attack(depth, market=averaged)


def test_holding__half_an_hour__costs_more_than_the_prize_where_one_block_pays() -> None:
    """150 blocks of 12 s in a pool of 200,000 USD, at the push that takes the whole debt."""
    target = target_of(VICTIM, 0, 0.88, SPOT)
    assert target is not None
    prize = target.seized - target.repaid
    assert round_trip_cost(2e5 * WAD, 0.88, 0.003) < prize
    assert holding_cost(2e5 * WAD, 0.88, 0.003, 150) > 10 * prize


def test_manipulator__oracle_of_reporters__has_nothing_to_push() -> None:
    assert not attack(2e5, market=market(terms=TERMS, pools=(pool_at(2e5),)))


@pytest.mark.parametrize(
    "changes",
    [
        {"wallet": replace(RICH, tokens=(0,))},
        {"wallet": replace(RICH, stable=1_000 * WAD)},
        {"watched": ()},
        {"watched": (replace(VICTIM, valid=False),)},
        {"watched": (replace(VICTIM, debt=0),)},
        {"pending": sent(Liquidate(bid=Bid(1, 2), account=1, asset=0, max_repay=1, min_seize=0))},
    ],
    ids=["no tokens", "no stable", "nobody", "price not valid", "no debt", "already at it"],
)
def test_manipulator__cannot__does_not(changes: dict[str, Any]) -> None:
    assert attack(2e5)
    assert not attack(2e5, **changes)


def test_manipulator__several_accounts__one_push_for_those_worth_it() -> None:
    three = tuple(replace(VICTIM, account=account) for account in (1, 2, 3))
    (found,) = attack(2e5, watched=three)
    taken = [part.account for part in found.parts if isinstance(part, Liquidate)]
    assert taken == [1, 2, 3]


def test_manipulator__account_of_two_collaterals__is_left() -> None:
    two: Position = replace(VICTIM, amounts=(100 * WAD, 1))
    terms = replace(SPOT, assets=SPOT.assets * 2)
    both = market(terms=terms, pools=(pool_at(2e5), None), prices=(200.0,) * 2)
    shown = {
        "market": replace(both, oracle=(200 * WAD,) * 2),
        "wallet": replace(RICH, tokens=(10**24, 0)),
    }
    assert attack(2e5, watched=(replace(two, amounts=(100 * WAD, 0)),), **shown)
    assert not attack(2e5, watched=(two,), **shown)


# ------------------------------------------------------------------------------ Griefer

THEIRS = Liquidate(
    bid=Bid(tip=40 * GWEI, max_fee=70 * GWEI), account=1, asset=0, max_repay=1, min_seize=0
)
SEEN = Seen(7, "other", "liquidator", THEIRS, 40 * GWEI, 70 * GWEI, since=1)
PAIR = market(
    terms=replace(TERMS, assets=TERMS.assets * 2), prices=(200.0,) * 2, pools=(None, None)
)


def griefer(**terms: Any) -> Griefer:
    usual: dict[str, Any] = {"least_wei": WAD, "max_tip_gwei": 100.0}
    return Griefer(someone(), "griefer-0", ADDRESS, **{**usual, **terms})


def test_griefer__liquidation_in_sight__repays_a_unit_before_it() -> None:
    shown = view(mempool=(SEEN, replace(SEEN, sequence=8, tip=60 * GWEI)), wallet=wallet(stable=1))
    (found,) = griefer().decide(shown)
    assert isinstance(found, Repay)
    assert (found.account, found.amount) == (1, 1)
    assert found.bid.tip == pytest.approx(67.5 * GWEI)


@pytest.mark.parametrize(("wei", "acts"), [(WAD + 1, True), (WAD, False)])
def test_griefer__budget_spent__stops(wei: int, acts: bool) -> None:
    shown = view(mempool=(SEEN,), wallet=replace(wallet(stable=1), wei=wei))
    assert bool(griefer().decide(shown)) is acts


@pytest.mark.parametrize(("tip", "acts"), [(88, True), (89, False)])
def test_griefer__tip_above_its_limit__leaves_it(tip: int, acts: bool) -> None:
    shown = view(mempool=(replace(SEEN, tip=tip * GWEI),), wallet=wallet(stable=1))
    assert bool(griefer().decide(shown)) is acts


def test_griefer__repayment_already_there__is_not_repeated() -> None:
    shown = view(mempool=(SEEN,), wallet=wallet(stable=1))
    found = griefer().decide(shown)
    assert not griefer().decide(replace(shown, pending=sent(*found)))


def test_griefer__one_unit_left__one_repayment() -> None:
    other = replace(SEEN, intent=replace(THEIRS, account=2))
    shown = view(mempool=(SEEN, other), wallet=replace(wallet(), stable=1))
    assert len(griefer().decide(shown)) == 1
    assert not griefer().decide(replace(shown, wallet=wallet()))


def test_griefer__failing_account__gets_dust_of_what_it_does_not_hold() -> None:
    shown = view(market=PAIR, opportunities=(opportunity(),), wallet=wallet(tokens=(1, 1)))
    (found,) = griefer(dust=5).decide(shown)
    assert isinstance(found, Deposit)
    assert (found.account, found.asset, found.amount) == (1, 1, 5)


def test_griefer__dust_already_there__or_no_tokens__does_nothing() -> None:
    both = (opportunity(), opportunity(asset=1))
    shown = view(market=PAIR, opportunities=both, wallet=wallet(tokens=(1, 1)))
    assert not griefer().decide(shown)
    empty = replace(shown, opportunities=both[:1], wallet=wallet(tokens=(1, 0)))
    assert not griefer().decide(empty)


def test_griefer__several_accounts__as_far_as_the_tokens_go() -> None:
    three = tuple(opportunity(account=account) for account in (1, 2, 3))
    shown = view(
        market=PAIR, opportunities=three, wallet=replace(wallet(tokens=(0, 0)), tokens=(0, 2))
    )
    assert [i.account for i in griefer().decide(shown) if isinstance(i, Deposit)] == [1, 2]
