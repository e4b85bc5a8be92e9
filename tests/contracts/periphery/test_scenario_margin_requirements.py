import random
from math import ceil

import pytest

from sim.units import WAD
from tests.contracts.periphery.reference import scenario_requirement, share

FLOOR = WAD * 3 // 10
INITIAL = WAD * 5 // 4
CLOSE_OUT = WAD * 4 // 5

# An asset that is the market, one that half follows it, one of its own, and an inverse one.
RANGES = [WAD // 5, WAD * 3 // 10, WAD // 10, WAD // 4]
FACTORS = [WAD, WAD // 2, 0, -WAD]
MARKET, HALF, OWN, INVERSE = range(4)


@pytest.fixture(scope="module")
def margin(create):
    return create("ScenarioMargin", RANGES, FACTORS, FLOOR, INITIAL, CLOSE_OUT)


def holding(**values):
    """Values by asset: ``holding(market=100)``."""
    names = ["market", "half", "own", "inverse"]
    return [values.get(name, 0) for name in names]


def maintenance(margin, values):
    return margin.requirements(values)[1]


@pytest.mark.parametrize("asset", range(4))
def test_one_asset__needs_its_whole_range(margin, asset):
    values = [0] * 4
    values[asset] = 1000 * WAD + 1
    assert maintenance(margin, values) == ceil(values[asset] * share(RANGES[asset]))


def test_nothing__needs_nothing(margin):
    assert margin.requirements([]) == margin.requirements([0] * 4) == (0, 0, 0)


def test_smallest_value__needs_one_unit_of_each(margin):
    assert margin.requirements([1]) == (2, 1, 1)  # 1.25 of a unit is two


def test_hedge__offsets_down_to_the_floor(margin):
    """100 that falls by 20 % as 80 rise by 25 %: nothing to lose, so the floor decides."""
    values = holding(market=100 * WAD, inverse=80 * WAD)
    assert maintenance(margin, values) == 40 * WAD * 3 // 10


def test_hedge__that_is_too_large__loses_as_the_market_rises(margin):
    values = holding(market=100 * WAD, inverse=400 * WAD)
    assert maintenance(margin, values) == 80 * WAD


def test_diversified__only_one_asset_falls_on_its_own(margin):
    """50 of the market's 20 % and 15 of half's own against 30 of own: the largest counts."""
    values = holding(market=250 * WAD, half=100 * WAD, own=300 * WAD)
    market, halfs, owns = 50 * WAD + 15 * WAD, 15 * WAD, 30 * WAD
    assert maintenance(margin, values) == market + max(halfs, owns)


def test_seizing_the_hedge__raises_the_requirement(margin):
    hedged = holding(market=100 * WAD, inverse=40 * WAD)
    assert maintenance(margin, hedged) == 10 * WAD
    assert maintenance(margin, holding(market=100 * WAD)) == 20 * WAD


def test_initial_and_close_out__are_scaled_and_rounded_up(margin):
    initial, needed, close_out = margin.requirements([7, 11, 13, 17])
    assert initial == ceil(needed * share(INITIAL))
    assert close_out == ceil(needed * share(CLOSE_OUT))


def random_values(draw, count):
    return [draw.choice([0, 1, int(10 ** draw.uniform(0, 38))]) for _ in range(count)]


@pytest.mark.parametrize("seed", range(8))
def test_any_portfolio__needs_the_worst_of_the_whole_scan(create, seed):
    """LAWS 11: the two moves the contract evaluates are the worst of all sixteen."""
    draw = random.Random(seed)
    count = draw.randint(1, 8)
    ranges = [draw.randint(1, WAD * 79 // 100) for _ in range(count)]
    factors = [draw.choice([-WAD, 0, WAD, draw.randint(-WAD, WAD)]) for _ in range(count)]
    floor_share = draw.choice([1, WAD // 3, WAD])
    margin = create("ScenarioMargin", ranges, factors, floor_share, INITIAL, CLOSE_OUT)
    for _ in range(8):
        values = random_values(draw, draw.randint(1, count))
        padded = values + [0] * (count - len(values))
        expected = scenario_requirement(padded, ranges, factors, floor_share)
        assert maintenance(margin, values) == expected


@pytest.mark.parametrize("seed", range(8))
def test_two_portfolios__need_no_more_together(margin, seed):
    """Subadditive, LAWS 11: nobody gains by splitting an account."""
    draw = random.Random(seed)
    first, second = random_values(draw, 4), random_values(draw, 4)
    together = [a + b for a, b in zip(first, second, strict=True)]
    for joint, *apart in zip(
        *(margin.requirements(values) for values in (together, first, second)), strict=True
    ):
        assert joint <= sum(apart)


@pytest.mark.parametrize("seed", range(8))
def test_any_portfolio__needs_between_the_floor_and_the_linear_sum(margin, seed):
    values = random_values(random.Random(seed), 4)
    linear = sum(value * share(full) for value, full in zip(values, RANGES, strict=True))
    assert linear * share(FLOOR) <= maintenance(margin, values) <= ceil(linear)


def test_floor_of_one__is_linear_margin(create):
    shares = [WAD // 5, WAD // 3, WAD // 7]
    scenario = create("ScenarioMargin", shares, [WAD, 0, -WAD], WAD, INITIAL, WAD)
    linear = create("LinearMargin", [WAD] * 3, shares, shares)
    for values in ([10**20, 0, 0], [0, 3 * 10**20, 0], [6 * 10**20, 9 * 10**20, 7 * 10**20]):
        assert maintenance(scenario, values) == pytest.approx(
            linear.requirements(values)[1], abs=len(values)
        )


def test_largest_values__do_not_revert(create):
    worst = create("ScenarioMargin", [WAD * 79 // 100] * 8, [WAD] * 8, WAD, INITIAL, CLOSE_OUT)
    value = 2**128 - 1
    assert maintenance(worst, [value] * 8) == ceil(8 * value * share(WAD * 79 // 100))
