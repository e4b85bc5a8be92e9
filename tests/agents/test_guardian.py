"""When the guardian stops borrowing and withdrawing, and when it opens them again."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.guardian import Guardian
from agents.intent import Bid, Pause
from tests.agents.views import ADDRESS, GWEI, market, sent, someone, view


def guardian(**terms: Any) -> Guardian:
    usual: dict[str, Any] = {
        "volatility_high": 2.0,
        "volatility_extreme": 4.0,
        "utilisation_high": 0.9,
        "calm": 0.5,
    }
    return Guardian(someone(), "guardian-0", ADDRESS, **{**usual, **terms})


def pause(agent: Guardian | None = None, **sea: Any) -> tuple[bool, bool] | None:
    """(borrow, withdraw) it sets; None when it leaves them as they are."""
    found = (agent or guardian()).decide(view(market=market(**sea)))
    if not found:
        return None
    (intent,) = found
    assert isinstance(intent, Pause)
    return intent.borrow, intent.withdraw


@pytest.mark.parametrize(
    ("volatility", "utilisation", "expected"),
    [
        (1.99, 0.89, None),
        (2.00, 0.0, (True, False)),
        (0.0, 0.90, (True, False)),
        (3.99, 0.0, (True, False)),
        (4.00, 0.0, (True, True)),
    ],
)
def test_pause__at_its_limits(
    volatility: float, utilisation: float, expected: tuple[bool, bool] | None
) -> None:
    assert pause(volatility=(volatility,), utilisation=utilisation) == expected


def test_pause__the_roughest_asset_decides() -> None:
    assert pause(volatility=(0.5, 2.5, 1.0)) == (True, False)


def test_pause__nothing_known_of_volatility__utilisation_alone() -> None:
    assert pause(volatility=()) is None
    assert pause(volatility=(), utilisation=0.95) == (True, False)


@pytest.mark.parametrize("flags", [1, 3])
def test_pause__already_so__does_not_repeat_it(flags: int) -> None:
    assert pause(volatility=(2.5,), paused=flags) is None


def test_pause__rougher_still__withdrawing_too() -> None:
    assert pause(volatility=(4.5,), paused=1) == (True, True)


@pytest.mark.parametrize(
    ("volatility", "utilisation", "opens"),
    [(0.99, 0.44, True), (1.0, 0.44, False), (0.99, 0.45, False)],
)
def test_resume__only_well_below_the_limits(
    volatility: float, utilisation: float, opens: bool
) -> None:
    sea = {"volatility": (volatility,), "utilisation": utilisation, "paused": 3}
    assert pause(guardian(resumes=True), **sea) == ((False, False) if opens else None)


def test_resume__not_the_owner__never() -> None:
    assert pause(volatility=(0.0,), paused=3) is None


@given(
    volatility=st.floats(0, 10),
    utilisation=st.floats(0, 1),
    paused=st.integers(0, 3),
)
def test_pause__guardian_alone__only_ever_tightens(
    volatility: float, utilisation: float, paused: int
) -> None:
    """The core reverts when a guardian who is not the owner takes a flag back."""
    sea = market(volatility=(volatility,), utilisation=utilisation, paused=paused)
    assert guardian().flags(sea) & paused == paused


@given(volatility=st.floats(0, 10), utilisation=st.floats(0, 1), paused=st.integers(0, 3))
def test_pause__same_sea__settles_at_once(
    volatility: float, utilisation: float, paused: int
) -> None:
    """What it sets is what it wants, so that it does not flicker."""
    owner = guardian(resumes=True)
    sea: dict[str, Any] = {"volatility": (volatility,), "utilisation": utilisation}
    wanted = owner.flags(market(**sea, paused=paused))
    assert owner.flags(market(**sea, paused=wanted)) == wanted


def test_switched_off__does_nothing() -> None:
    assert pause(guardian(enabled=False), volatility=(9.0,), utilisation=1.0) is None


def test_own_pause_on_its_way__waits() -> None:
    waiting = sent(Pause(bid=Bid(1, 2), borrow=True, withdraw=False))
    rough = market(volatility=(9.0,))
    assert guardian().decide(view(market=rough))
    assert not guardian().decide(view(market=rough, pending=waiting))


def test_bid__its_tip() -> None:
    (found,) = guardian(tip_gwei=5.0).decide(view(market=market(volatility=(9.0,))))
    assert found.bid.tip == 5 * GWEI
