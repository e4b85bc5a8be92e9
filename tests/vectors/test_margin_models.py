"""Requirements of the margin models, and what constructors and the core's gate refuse."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from fractions import Fraction
from math import ceil, floor

import pytest

from sim.units import WAD
from tests.invariants.core_world import Asset

from .system import BITCOIN, DOLLAR, ETHER, PERCENT, System

ASSETS = (ETHER, BITCOIN, DOLLAR)
PRICES = (2_000 * WAD, 60_000 * WAD, WAD)
RANGES = (20 * PERCENT, 15 * PERCENT, 8 * PERCENT)
FACTORS = (WAD // 2, WAD, -70 * PERCENT)
FLOOR, INITIAL, CLOSE_OUT = 30 * PERCENT, 130 * PERCENT, 90 * PERCENT
SCENARIO = ("ScenarioMargin", RANGES, FACTORS, FLOOR, INITIAL, CLOSE_OUT)


@pytest.fixture(scope="module")
def linear() -> System:
    return System(assets=ASSETS, prices=PRICES)


@pytest.fixture(scope="module")
def scenario() -> System:
    return System(assets=ASSETS, prices=PRICES, margin=SCENARIO, penalty=("FixedPenalty", 0))


@pytest.mark.parametrize("values", [(0, 0, 0), (1, 1, 1), (7, 0, 13), (10**21 + 1, 3, 10**30 + 7)])
def test_linear__each_asset_rounded_up(linear: System, values: tuple[int, ...]) -> None:
    """M = sum of m_i v_i (DESIGN §2), up per asset."""
    expected = [
        sum(
            ceil(Fraction(v * getattr(asset, kind), WAD))
            for v, asset in zip(values, ASSETS, strict=True)
        )
        for kind in ("initial", "maintenance", "close_out")
    ]
    assert list(linear.read(linear.margin.requirements, list(values))) == expected
    assert list(linear.read(linear.margin.requirements, list(values[:1]))) == [
        ceil(Fraction(values[0] * ratio, WAD))
        for ratio in (ETHER.initial, ETHER.maintenance, ETHER.close_out)
    ]


def test_linear__ratios_and_floor(linear: System) -> None:
    for i, asset in enumerate(ASSETS):
        expected = (asset.initial, asset.maintenance, asset.close_out)
        assert linear.read(linear.margin.ratios, i) == expected
        assert linear.read(linear.margin.close_out_floor, i) == asset.close_out
    assert linear.read(linear.margin.asset_count) == 3


@pytest.mark.parametrize(
    ("ratios", "reason"),
    [
        (([30], [20, 10], [10]), "model: lengths differ"),
        (([30], [20], [10, 10]), "model: lengths differ"),
        (([30, 30], [20, 20], [10]), "model: lengths differ"),
        (([101], [20], [10]), "model: initial above one"),
        (([30], [30], [10]), "model: initial not above maintenance"),
        (([30], [31], [10]), "model: initial not above maintenance"),
        (([30], [20], [21]), "model: maintenance below close-out"),
        (([30, 20], [20, 20], [20, 20]), "model: initial not above maintenance"),
    ],
)
def test_linear__ratios_out_of_order__refused(ratios: Sequence[list[int]], reason: str) -> None:
    terms = [[r * PERCENT for r in column] for column in ratios]
    with pytest.raises(RuntimeError, match=re.escape(reason)):
        System(margin=("LinearMargin", *terms))


def test_linear__extremes_of_the_order__accepted() -> None:
    system = System(margin=("LinearMargin", [WAD], [WAD - 1], [WAD - 1]))
    assert system.read(system.margin.ratios, 0) == (WAD, WAD - 1, WAD - 1)


# ---------------------------------------------------------------- scenario margin


def scanned(values: Sequence[int]) -> tuple[int, int, int]:
    """Worst loss over the whole SPAN scan (LAW 11): 0, 1/3, 2/3 and 1 of the range up and
    down and the two extremes at 35 % of twice the range, in each the worst asset falling on
    its own by the part of its range that is its own; not below a floor share of the linear."""
    moves = [Fraction(n, 3) * sign for n in range(4) for sign in (1, -1)]
    moves += [2 * Fraction(35, 100), -2 * Fraction(35, 100)]
    holdings = [
        (v, Fraction(r, WAD), Fraction(f, WAD))
        for v, r, f in zip(values, RANGES, FACTORS, strict=True)
    ]
    losses = []
    for move in moves:
        market = -sum(move * v * r * f for v, r, f in holdings)
        own = max(v * r * (1 - abs(f)) for v, r, f in holdings)
        losses.append(market + own)
    least = Fraction(FLOOR, WAD) * sum(v * r for v, r, _ in holdings)
    maintenance = ceil(max(*losses, least))
    return (
        ceil(Fraction(maintenance * INITIAL, WAD)),
        maintenance,
        ceil(Fraction(maintenance * CLOSE_OUT, WAD)),
    )


def _portfolios() -> list[list[int]]:
    draw = random.Random(11)
    some = [[draw.randrange(10**24) for _ in RANGES] for _ in range(12)]
    return [
        *([0, 0, 0], [1, 0, 0], [0, 7, 0], [0, 0, 10**21], [10**21, 10**21, 10**21]),
        *some,
        [3 * 10**20, 0, 10**21],
        [0, 10**21, 19 * 10**20],  # hedged: the inverse asset gains what the other loses
    ]


@pytest.mark.parametrize("values", _portfolios())
def test_scenario__equals_the_full_scan(scenario: System, values: list[int]) -> None:
    assert scenario.read(scenario.margin.requirements, values) == scanned(values)


def test_scenario__hedge__needs_less_and_the_floor_binds(scenario: System) -> None:
    alone = scenario.read(scenario.margin.requirements, [0, 10**21, 0])[1]
    hedged = scenario.read(scenario.margin.requirements, [0, 10**21, 10**21])[1]
    assert hedged < alone == 15 * 10**19
    # By hand: BTC falls by 15 %, the inverse dollar asset gains 5.6 %, and falls 2.4 % alone.
    assert hedged == 15 * 10**19 - 56 * 10**18 + 24 * 10**18
    flat = scenario.read(scenario.margin.requirements, [0, 10**21, 15 * 10**21 // 56 * 10])[1]
    linear = 15 * 10**19 + 15 * 10**21 // 56 * 10 * 8 // 100
    assert flat >= linear * 30 // 100


def test_scenario__ratios_and_floor(scenario: System) -> None:
    for i, share in enumerate(RANGES):
        assert scenario.read(scenario.margin.ratios, i) == (
            ceil(Fraction(share * INITIAL, WAD)),
            share,
            ceil(Fraction(share * CLOSE_OUT, WAD)),
        )
        assert scenario.read(scenario.margin.close_out_floor, i) == floor(
            Fraction(share * FLOOR * CLOSE_OUT, WAD * WAD)
        )
        assert scenario.read(scenario.margin.ranges, i) == share
        assert scenario.read(scenario.margin.factors, i) == FACTORS[i]
    assert scenario.read(scenario.margin.asset_count) == 3
    assert scenario.read(scenario.margin.floor_share) == FLOOR
    assert scenario.read(scenario.margin.initial_scale) == INITIAL
    assert scenario.read(scenario.margin.close_out_scale) == CLOSE_OUT


def test_scenario__awkward_numbers__rounded_up() -> None:
    terms = ([WAD // 7, WAD // 11], [WAD // 3, -WAD // 13], WAD // 9, WAD * 10 // 7, WAD * 10 // 13)
    system = System(margin=("ScenarioMargin", *terms), assets=(ETHER, BITCOIN), prices=PRICES[:2],
                    penalty=("FixedPenalty", 0))  # fmt: skip
    assert system.read(system.margin.ratios, 0) == (
        ceil(Fraction(terms[0][0] * terms[3], WAD)),
        terms[0][0],
        ceil(Fraction(terms[0][0] * terms[4], WAD)),
    )
    assert system.read(system.margin.close_out_floor, 1) == floor(
        Fraction(terms[0][1] * terms[2] * terms[4], WAD * WAD)
    )
    assert system.read(system.margin.requirements, [3, 0]) == (2, 1, 1)


def test_scenario__least_excess__still_rounded_up() -> None:
    """Worst loss 1 + 10^-36: half of the second value on its own, and of the first 10^-36
    with the market. A maintenance of 1 at a scale of 1 + 10^-18 is an initial of 2."""
    system = System()
    model = system.create("ScenarioMargin", [1, WAD // 2], [1, 0], 1, WAD + 2, WAD)
    assert system.read(model.requirements, [0, 2])[1] == 1
    assert system.read(model.requirements, [1, 2])[1] == 2
    finest = system.create("ScenarioMargin", [1], [0], 1, WAD + 1, 1)
    assert system.read(finest.ratios, 0) == (2, 1, 1)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({1: [0, 0]}, "model: lengths differ"),
        ({2: 0}, "model: floor_share out of range"),
        ({2: WAD + 1}, "model: floor_share out of range"),
        ({4: 0}, "model: close_out_scale out of range"),
        ({4: WAD + 1}, "model: close_out_scale out of range"),
        ({0: [1], 3: 100 * WAD + 1}, "model: initial_scale out of range"),
        ({0: [0]}, "model: zero range"),
        ({1: [WAD + 1]}, "model: factor out of range"),
        ({1: [-WAD - 1]}, "model: factor out of range"),
        ({3: WAD}, "model: initial not above maintenance"),
        ({0: [WAD // 2], 3: 2 * WAD}, "model: initial of the whole value"),
    ],
)
def test_scenario__terms_out_of_range__refused(changed: dict[int, object], reason: str) -> None:
    terms: list[object] = [[20 * PERCENT], [0], WAD // 2, 2 * WAD, WAD]
    for at, value in changed.items():
        terms[at] = value
    with pytest.raises(RuntimeError, match=re.escape(reason)):
        System(margin=("ScenarioMargin", *terms))


@pytest.mark.parametrize(
    "terms",
    [
        ([20 * PERCENT], [WAD], WAD, 2 * WAD, WAD),
        ([20 * PERCENT], [-WAD], WAD, 2 * WAD, WAD),
        ([1], [0], WAD, 100 * WAD, WAD),
        ([WAD // 2 - 1], [0], WAD, 2 * WAD, WAD),
    ],
)
def test_scenario__extremes_of_the_range__accepted(terms: tuple[object, ...]) -> None:
    system = System(margin=("ScenarioMargin", *terms), penalty=("FixedPenalty", 0))
    assert system.read(system.margin.asset_count) == 1


@pytest.mark.parametrize("count", [8, 9])
def test_models__eight_assets_and_no_more(count: int) -> None:
    system = System()
    ranges = [20 * PERCENT] * count
    for terms in (
        ("LinearMargin", [30 * PERCENT] * count, ranges, ranges),
        ("ScenarioMargin", ranges, [0] * count, WAD // 2, 2 * WAD, WAD),
    ):
        if count == 8:
            assert system.read(system.create(*terms).asset_count) == 8
        else:
            with pytest.raises(RuntimeError):
                system.create(*terms)


# ---------------------------------------------------------------- the core's gate


def _gate(margin: tuple[object, ...], penalty: int) -> System:
    return System(margin=margin, penalty=("FixedPenalty", penalty))


def test_gate__exact__last_unit_of_penalty_decides() -> None:
    """(1 - x)(1 + max penalty) < 1, without rounding (DESIGN §3): x = 20 % allows 25 % less
    one unit."""
    margin = ("LinearMargin", [30 * PERCENT], [20 * PERCENT], [20 * PERCENT])
    assert _gate(margin, 25 * PERCENT - 1)
    with pytest.raises(RuntimeError, match="model: penalty too large for close-out"):
        _gate(margin, 25 * PERCENT)


def test_gate__scenario__its_floor_share_counts() -> None:
    """Range 40 %, floor share 1/2 and scale 1: the floor is 20 %, not 40 %."""
    margin = ("ScenarioMargin", [40 * PERCENT], [0], WAD // 2, 2 * WAD, WAD)
    assert _gate(margin, 25 * PERCENT - 1)
    with pytest.raises(RuntimeError, match="model: penalty too large for close-out"):
        _gate(margin, 25 * PERCENT)


@pytest.mark.parametrize("asset", [0, 1])
def test_gate__asks_every_asset(asset: int) -> None:
    ratios = [(30, 20, 20), (30, 20, 20)]
    ratios[asset] = (30, 20, 19)
    columns = [[r * PERCENT for r in column] for column in zip(*ratios, strict=True)]
    with pytest.raises(RuntimeError, match="model: penalty too large for close-out"):
        System(
            assets=(ETHER, BITCOIN), prices=PRICES[:2], margin=("LinearMargin", *columns),
            penalty=("FixedPenalty", 25 * PERCENT - 1),
        )  # fmt: skip


def test_gate__number_of_assets__must_be_the_models() -> None:
    with pytest.raises(RuntimeError, match="model: asset count differs"):
        System(assets=(ETHER, BITCOIN), margin=("LinearMargin", [WAD // 2], [WAD // 4], [WAD // 4]))


def test_gate__no_asset__refused() -> None:
    with pytest.raises(RuntimeError, match="asset: none"):
        System(assets=(), prices=())


def test_gate__nineteen_decimals__refused() -> None:
    with pytest.raises(RuntimeError, match="asset: more than 18 decimals"):
        System(assets=(Asset(19, ETHER.initial, ETHER.maintenance, ETHER.close_out),))
