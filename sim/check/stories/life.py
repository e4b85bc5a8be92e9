"""Of what goes on besides: coming and going, time, limits, lenders, strangers."""

from __future__ import annotations

from sim.check.action import WHOLE, Action, Amount, Do, Of
from sim.check.stories.moves import (
    BORROWER,
    DAY,
    HALF,
    TRADER,
    enter,
    liquidate,
    price,
    repay,
    withdraw,
)
from sim.check.world import KEEPER, LENDER, STRANGER


def come_and_go() -> list[Action]:
    return [*enter(), repay(HALF), withdraw(Of.ROOM), repay(), withdraw()]


def stale() -> list[Action]:
    """Nobody has posted for an hour."""
    return [
        *enter(room=HALF),
        Action(Do.WAIT, after=3_601),
        Action(Do.BORROW, amount=Amount(Of.ROOM, HALF)),
        withdraw(Of.ROOM, HALF),
        Action(Do.DEPOSIT, BORROWER, amount=Amount(plus=10**18)),
        liquidate(),
        repay(HALF),
        price(Of.MAINTENANCE, WHOLE * 98 // 100),
        Action(Do.CALL, KEEPER),
        Action(Do.WAIT, after=3_601),
        repay(HALF),
        price(Of.INSOLVENT, WHOLE),
        Action(Do.WAIT, after=3_601),
        liquidate(),
        Action(Do.ABSORB, STRANGER),
    ]


def month_by_month() -> list[Action]:
    """Interest, and everything that must count it in."""
    month = 30 * DAY
    return [
        *enter(room=HALF),
        *enter(TRADER, 5, HALF, 0, 1),
        repay(HALF, after=month),
        price(after=month),
        Action(Do.BORROW, amount=Amount(Of.ROOM, HALF), after=0),
        price(after=month),
        withdraw(Of.ROOM, HALF, after=0),
        price(Of.MAINTENANCE, WHOLE * 98 // 100, after=month),
        Action(Do.CALL, KEEPER, after=0),
        liquidate(after=0),
        liquidate(account=1, after=601),
        repay(plus=1, after=month),
        withdraw(),
    ]


def ceilings() -> list[Action]:
    """More than an account, and than all accounts, may owe; less than the least."""

    def draw(account: int, amount: int, plus: int = 0) -> Action:
        return Action(Do.BORROW, account=account, amount=Amount(plus=amount * 10**18 + plus))

    entered = [
        action
        for account, who in enumerate((BORROWER, TRADER, STRANGER))
        for action in enter(who, 1_000, 0, 0, account)[:2]
    ]
    return [
        *entered,
        draw(0, 50_000, 1),
        draw(0, 99),
        draw(0, 30_000),
        draw(0, 30_000),
        draw(0, 19_999),
        draw(1, 49_999),
        draw(2, 5_000),
        repay(WHOLE, -(10**18)),
        draw(2, 50_001),
        draw(0, 30_000),
        draw(0, 30_000),
    ]


def strangers() -> list[Action]:
    """What anyone may do to an account that is not theirs, and what not."""
    return [
        *enter(room=HALF),
        Action(Do.WITHDRAW, STRANGER, amount=Amount(plus=10**18)),
        Action(Do.BORROW, STRANGER, amount=Amount(plus=100 * 10**18)),
        Action(Do.DEPOSIT, STRANGER, amount=Amount(plus=10**18)),
        Action(Do.DONATE, STRANGER, amount=Amount(plus=10**18)),
        Action(Do.DONATE, STRANGER, asset=2, amount=Amount(plus=10**18)),
        Action(Do.DEPOSIT, BORROWER, amount=Amount(plus=10**18)),
        repay(HALF, who=STRANGER),
        liquidate(STRANGER),
        withdraw(Of.ROOM),
    ]


def dust() -> list[Action]:
    return [
        *enter(),
        Action(Do.DEPOSIT, BORROWER, amount=Amount(plus=1)),
        repay(0, 1),
        repay(WHOLE, -1),
        withdraw(Of.HELD, WHOLE, -1),
        repay(),
        *enter(TRADER, 2, WHOLE, 0, 1),
        price(Of.INSOLVENT, WHOLE * 101 // 100),
        liquidate(account=1, ppm=WHOLE * 99 // 100),
        liquidate(account=1),
    ]


def lenders() -> list[Action]:
    return [
        Action(Do.LEND, LENDER, amount=Amount(plus=10_000 * 10**18)),
        *enter(),
        Action(Do.LEND, STRANGER, amount=Amount(plus=1)),
        Action(Do.DONATE, STRANGER, asset=2, amount=Amount(plus=10_000 * 10**18)),
        Action(Do.LEND, TRADER, amount=Amount(plus=5_000 * 10**18)),
        Action(Do.RECALL, LENDER, amount=Amount(Of.CLAIM, HALF), after=30 * DAY),
        repay(),
        Action(Do.RECALL, LENDER, amount=Amount(Of.CLAIM, WHOLE)),
        Action(Do.RECALL, TRADER, amount=Amount(Of.CLAIM, WHOLE)),
    ]


def lenders_lose() -> list[Action]:
    return [
        Action(Do.LEND, LENDER, amount=Amount(plus=1_000 * 10**18)),
        *enter(),
        price(Of.INSOLVENT, WHOLE // 2),
        Action(Do.RECALL, LENDER, amount=Amount(Of.CLAIM, HALF), after=0),
        liquidate(),
        Action(Do.LEND, STRANGER, amount=Amount(plus=100 * 10**18)),
        Action(Do.RECALL, LENDER, amount=Amount(Of.CLAIM, WHOLE)),
        Action(Do.RECALL, STRANGER, amount=Amount(Of.CLAIM, WHOLE)),
    ]


def redeem() -> list[Action]:
    """Of an account that is safe, one that could not draw more, and one below maintenance."""
    redeem = Action(Do.REDEEM, STRANGER, amount=Amount(Of.DEBT, HALF))
    return [
        *enter(),
        redeem,
        price(Of.INITIAL, WHOLE * 97 // 100),
        redeem,
        price(Of.INITIAL, WHOLE * 97 // 100, after=30 * DAY),
        Action(Do.REDEEM, STRANGER, amount=Amount(Of.DEBT, WHOLE), after=0),
        *enter(TRADER, 20, WHOLE, 0, 1),
        price(Of.MAINTENANCE, WHOLE * 99 // 100),
        Action(Do.REDEEM, STRANGER, 1, amount=Amount(Of.DEBT, HALF)),
        withdraw(),
    ]


def guardian() -> list[Action]:
    return [
        *enter(room=HALF),
        Action(Do.PAUSE, "guardian", amount=Amount(plus=3)),
        Action(Do.BORROW, amount=Amount(plus=10**18)),
        withdraw(Of.UNITS, 0, 10**15),
        repay(HALF),
        Action(Do.PAUSE, STRANGER, amount=Amount(plus=0)),
        Action(Do.PAUSE, "owner", amount=Amount(plus=0)),
        Action(Do.BORROW, amount=Amount(plus=10**18)),
    ]
