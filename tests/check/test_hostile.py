"""A hostile token, and what of its doing is no fault of the contract."""

from __future__ import annotations

import pytest

from sim.chain import open_engine
from sim.check.action import WHOLE, Action, Amount, Do, Of
from sim.check.build import KINDS, build, scenario_of
from sim.check.orders import ACCOMPLICE
from sim.check.rules.steps import struck
from sim.check.runner import Effort, Finding, Runner
from sim.check.target import Target
from sim.check.world import World
from tests.hunt.faults import faults, sound

SHARE = "the Reserve has its share"
HOSTILE = next(kind for kind in KINDS if kind.hostile)
DEPOSIT = Action(Do.DEPOSIT, "borrower", amount=Amount(plus=10 * 10**18))
TAXED = (
    Action(Do.OPEN, "borrower"),
    DEPOSIT,
    Action(Do.BORROW, amount=Amount(Of.ROOM, WHOLE, -2)),
    Action(Do.TAX, amount=Amount(ppm=WHOLE // 10)),
    Action(Do.PRICE, amount=Amount(Of.CLOSE_OUT, WHOLE * 99 // 100)),
    Action(Do.LIQUIDATE, "keeper", amount=Amount(Of.DEBT, WHOLE)),
)


def world(target: Target) -> World:
    return build(open_engine("auto"), scenario_of(HOSTILE), HOSTILE.hostile, target.make)


def found(target: Target) -> Finding | None:
    return Runner(world(target), Effort()).run(TAXED)


def test_promise__of_what_a_token_keeps__is_none() -> None:
    assert found(sound("plimsoll")) is None


def test_promise__under_a_tax__is_held_to_what_the_token_left() -> None:
    finding = found(next(f for f in faults() if f.name == "reserve-not-credited").planted())
    assert finding is not None
    assert finding.invariant == SHARE


@pytest.mark.parametrize("armed", [True, False])
def test_struck__an_accomplice_with_nothing_to_do__has_not(armed: bool) -> None:
    where = world(sound("plimsoll"))
    gift = Action(Do.DONATE, ACCOMPLICE, asset=2, amount=Amount(plus=1))
    arm = [Action(Do.ARM, then=gift)] if armed else []
    *_, step = [s for action in (Action(Do.OPEN, "borrower"), *arm, DEPOSIT)
                for s in where.block([action])]  # fmt: skip
    assert step.ok
    assert struck(step) == ({where.names[ACCOMPLICE]} if armed else set())
