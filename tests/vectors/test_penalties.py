"""What the penalty models answer over health and time, and how the core asks them."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from math import floor

import pytest

from sim.units import MAX_UINT256, WAD

from .system import BORROWER, OWNER, PERCENT, STRANGER, System, levered, told

HOUR = 3_600


@pytest.mark.parametrize(
    ("health", "penalty"),
    [
        (WAD, 2 * PERCENT),
        (2 * WAD, 2 * PERCENT),
        (MAX_UINT256, 2 * PERCENT),
        (90 * PERCENT, 5 * PERCENT),
        (WAD - 3, 2 * PERCENT),
        (WAD - 4, 2 * PERCENT + 1),
        (80 * PERCENT, 8 * PERCENT),
        (80 * PERCENT + 4, 8 * PERCENT - 2),
        (0, 8 * PERCENT),
    ],
)
def test_health_scaled__base_plus_slope_times_health_lost__capped(
    health: int, penalty: int
) -> None:
    """2 % + 0.3 (1 - health), at most 8 %; by hand."""
    system = System(penalty=("HealthScaledPenalty", 2 * PERCENT, 30 * PERCENT, 8 * PERCENT))
    assert system.read(system.penalty.penalty, health, 12_345) == penalty


def test_health_scaled__max_penalty__is_what_health_zero_pays() -> None:
    low = System(penalty=("HealthScaledPenalty", PERCENT, 3 * PERCENT, 8 * PERCENT))
    assert low.read(low.penalty.max_penalty) == 4 * PERCENT
    high = System(penalty=("HealthScaledPenalty", PERCENT, 30 * PERCENT, 8 * PERCENT))
    assert high.read(high.penalty.max_penalty) == 8 * PERCENT
    for name, value in (("base", PERCENT), ("slope", 30 * PERCENT), ("cap", 8 * PERCENT)):
        assert high.read(getattr(high.penalty, name)) == value


@pytest.mark.parametrize(
    ("elapsed", "penalty"),
    [
        (0, PERCENT),
        (900, 25 * PERCENT // 10),
        (1, PERCENT + floor(Fraction(6 * PERCENT, HOUR))),
        (7, PERCENT + floor(Fraction(7 * 6 * PERCENT, HOUR))),
        (HOUR - 1, PERCENT + floor(Fraction((HOUR - 1) * 6 * PERCENT, HOUR))),
        (HOUR, 7 * PERCENT),
        (HOUR + 1, 7 * PERCENT),
        (MAX_UINT256, 7 * PERCENT),
    ],
)
def test_dutch__rises_from_start_to_cap_in_its_duration(elapsed: int, penalty: int) -> None:
    system = System(penalty=("DutchPenalty", PERCENT, 7 * PERCENT, HOUR))
    assert system.read(system.penalty.penalty, 12_345, elapsed) == penalty
    assert system.read(system.penalty.max_penalty) == 7 * PERCENT
    assert system.read(system.penalty.duration) == HOUR
    assert system.read(system.penalty.start) == PERCENT
    assert system.read(system.penalty.cap) == 7 * PERCENT


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        (("FixedPenalty", WAD + 1), "model: penalty above one"),
        (("HealthScaledPenalty", 9 * PERCENT, 0, 8 * PERCENT), "model: base above cap"),
        (("HealthScaledPenalty", 0, 100 * WAD + 1, 8 * PERCENT), "model: slope out of range"),
        (("HealthScaledPenalty", 0, 0, WAD + 1), "model: cap out of range"),
        (("DutchPenalty", 8 * PERCENT, 7 * PERCENT, HOUR), "model: start above cap"),
        (("DutchPenalty", 0, WAD + 1, HOUR), "model: cap out of range"),
        (("DutchPenalty", 0, WAD, 0), "model: zero duration"),
        (("DutchPenalty", 0, WAD, 365 * 86_400 + 1), "model: duration out of range"),
    ],
)
def test_terms_out_of_range__refused(terms: tuple[object, ...], reason: str) -> None:
    with pytest.raises(RuntimeError, match=re.escape(reason)):
        System(penalty=terms)


TIGHT = ("LinearMargin", [WAD], [90 * PERCENT], [60 * PERCENT])


@pytest.mark.parametrize(
    "terms",
    [
        ("FixedPenalty", WAD),
        ("HealthScaledPenalty", WAD, 100 * WAD, WAD),
        ("HealthScaledPenalty", 8 * PERCENT, 0, 8 * PERCENT),
        ("DutchPenalty", WAD, WAD, 1),
        ("DutchPenalty", WAD, WAD, 365 * 86_400),
    ],
)
def test_extremes_of_the_range__accepted(terms: tuple[object, ...]) -> None:
    system = System(penalty=terms, margin=TIGHT, call_window=365 * 86_400)
    largest = system.read(system.penalty.max_penalty)
    assert system.read(system.penalty.penalty, 0, 10**6) == largest


@pytest.mark.parametrize("penalty", [("DutchPenalty", 0, WAD // 100, HOUR), ("FixedPenalty", 0)])
def test_duration__the_core_takes_no_shorter_call_window(penalty: tuple[object, ...]) -> None:
    system = System(penalty=penalty)
    least = max(system.read(system.penalty.duration), 1)
    assert least == (HOUR if penalty[0] == "DutchPenalty" else 1)
    system.configure(call_window=least)
    shorter = replace(system.config, call_window=least - 1).values()
    system.refuses("config: call_window", OWNER, system.core.set_config, shorter)


# ---------------------------------------------------------------- asked by the core


def test_core__health_before_the_liquidation__sets_the_penalty() -> None:
    """10 ether at 1,450, debt 12,000: health 0.9666...; 2 % + 0.3 (1 - health) = 3 %, up to
    the rounding of health down."""
    system, account = levered(
        penalty=("HealthScaledPenalty", 2 * PERCENT, 30 * PERCENT, 8 * PERCENT), grace=0
    )
    system.price(0, 1_450 * WAD)
    health = 11_600 * WAD // 12_000
    expected = 2 * PERCENT + 30 * PERCENT * (WAD - health) // WAD
    event = dict(told(system.liquidate(account, 1_000 * WAD)))["Liquidated"]
    assert event["penalty"] == expected == 3 * PERCENT


DUTCH = ("DutchPenalty", 0, 36 * PERCENT // 10, HOUR)
PER_SECOND = PERCENT // 1_000


def _penalty(system: System, account: int, after: int = 1) -> int:
    outcome = system.liquidate(account, 100 * WAD, after=after)
    return dict(told(outcome))["Liquidated"]["penalty"]


def test_dutch__called_account__counts_from_the_deadline() -> None:
    system, account = levered(penalty=DUTCH, grace=HOUR, full_liquidation_health=0)
    system.price(0, 1_450 * WAD)
    system.must(STRANGER, system.core.margin_call, account)
    # The first second after the deadline is the deadline itself plus nothing.
    assert _penalty(system, account, after=HOUR) == 0
    assert _penalty(system, account, after=100) == 100 * PER_SECOND


def test_dutch__below_close_out_without_a_call__counts_from_the_first_record() -> None:
    system, account = levered(penalty=DUTCH, grace=HOUR, full_liquidation_health=0)
    system.price(0, 1_400 * WAD)
    assert _penalty(system, account) == 0
    assert _penalty(system, account, after=250) == 250 * PER_SECOND
    assert _penalty(system, account, after=50) == 300 * PER_SECOND


def test_dutch__margin_call_below_close_out__records_it() -> None:
    system, account = levered(penalty=DUTCH, grace=10 * HOUR, full_liquidation_health=0)
    system.price(0, 1_400 * WAD)
    system.must(STRANGER, system.core.margin_call, account)
    assert _penalty(system, account, after=700) == 700 * PER_SECOND


def test_dutch__call_and_record__the_earlier_counts() -> None:
    system, account = levered(penalty=DUTCH, grace=1_000, full_liquidation_health=0)
    system.price(0, 1_450 * WAD)
    system.must(STRANGER, system.core.margin_call, account)
    called = system.now
    system.price(0, 1_400 * WAD)
    system.must(STRANGER, system.core.margin_call, account)
    recorded = system.now
    assert _penalty(system, account, after=500) == (system.now - recorded) * PER_SECOND
    assert _penalty(system, account, after=1_500) == (system.now - recorded) * PER_SECOND
    assert system.now > called + 1_000


def test_dutch__cured__the_clock_starts_anew() -> None:
    system, account = levered(penalty=DUTCH, grace=HOUR, full_liquidation_health=0)
    system.price(0, 1_400 * WAD)
    assert _penalty(system, account) == 0
    system.price(0, 2_000 * WAD)
    system.must(BORROWER, system.core.clear_margin_call, account)
    system.price(0, 1_400 * WAD)
    assert _penalty(system, account, after=500) == 0


def test_dutch__preview__names_the_penalty_of_now() -> None:
    system, account = levered(penalty=DUTCH, grace=HOUR, full_liquidation_health=0)
    system.price(0, 1_400 * WAD)
    system.must(STRANGER, system.core.margin_call, account)
    system.wait(42)
    preview = system.read(system.core.preview_liquidate, account, system.token(), 100 * WAD)
    assert preview[0] is True
    assert preview[4] == 42 * PER_SECOND


@pytest.mark.parametrize(
    "penalty",
    [
        ("FixedPenalty", 5 * PERCENT),
        ("HealthScaledPenalty", 2 * PERCENT, 30 * PERCENT, 8 * PERCENT),
    ],
)
def test_duration__does_not_rise_with_time__none(penalty: tuple[object, ...]) -> None:
    """So that no call window is too short for it."""
    system = System(penalty=penalty)
    assert system.read(system.penalty.duration) == 0
    assert system.configure(call_window=1).ok
