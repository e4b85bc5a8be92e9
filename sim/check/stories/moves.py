"""What people do in stories, in few words."""

from __future__ import annotations

from sim.check.action import WHOLE, Action, Amount, Do, Of
from sim.check.world import BORROWERS, KEEPER

HALF = WHOLE // 2
DAY = 86_400
BORROWER, TRADER = BORROWERS


def enter(
    who: str = BORROWER, tokens: int = 10, room: int = WHOLE, asset: int = 0, account: int = 0
) -> list[Action]:
    """An account as deep in debt as initial margin allows, or a part of it."""
    unit = 10**18 if asset == 0 else 10**8
    return [
        Action(Do.OPEN, who),
        Action(Do.DEPOSIT, who, account, asset, Amount(plus=tokens * unit)),
        Action(Do.BORROW, account=account, amount=Amount(Of.ROOM, room, -2)),
    ]


def price(
    of: Of = Of.LAST, ppm: int = WHOLE, plus: int = 0, asset: int = 0, after: int = 12
) -> Action:
    return Action(Do.PRICE, asset=asset, amount=Amount(of, ppm, plus), after=after)


def liquidate(
    who: str = KEEPER, account: int = 0, asset: int = 0, ppm: int = WHOLE, after: int = 12
) -> Action:
    return Action(Do.LIQUIDATE, who, account, asset, Amount(Of.DEBT, ppm), after)


def repay(ppm: int = WHOLE, plus: int = 0, who: str = "", after: int = 12) -> Action:
    return Action(Do.REPAY, who, amount=Amount(Of.DEBT, ppm, plus), after=after)


def withdraw(of: Of = Of.HELD, ppm: int = WHOLE, plus: int = 0, after: int = 12) -> Action:
    return Action(Do.WITHDRAW, amount=Amount(of, ppm, plus), after=after)
