"""Of accounts at their thresholds and below."""

from __future__ import annotations

from agents.market import Terms
from sim.check.action import WHOLE, Action, Amount, Do, Of
from sim.check.stories.moves import BORROWER, HALF, TRADER, enter, liquidate, price, repay, withdraw
from sim.check.world import KEEPER, STRANGER


def over_the_edge(terms: Terms) -> list[Action]:
    return [
        *enter(),
        price(Of.MAINTENANCE, plus=-(10**15)),
        Action(Do.CALL, KEEPER),
        liquidate(),
        price(after=terms.grace or 12),
        liquidate(after=0),
        liquidate(),
    ]


def at_the_edge(entered: list[Action], debt: Amount) -> list[Action]:
    """Equity exactly what is required, or a unit beside it."""
    asset = entered[1].asset
    return [
        *entered[:2],
        Action(Do.BORROW, amount=debt),
        price(Of.MAINTENANCE),
        Action(Do.CALL, KEEPER, after=0),
        liquidate(asset=asset, after=0),
        price(Of.CLOSE_OUT, after=1),
        liquidate(asset=asset, after=0),
        price(Of.MAINTENANCE, plus=-(10**15)),
        Action(Do.REPAY, amount=Amount(Of.MAINTENANCE, WHOLE), after=0),
        liquidate(asset=asset, after=0),
        price(Of.INITIAL),
        Action(Do.BORROW, amount=Amount(plus=1)),
        withdraw(Of.UNITS, 0, 1),
    ]


def far_gone() -> list[Action]:
    return [
        *enter(),
        *enter(TRADER, 3, HALF, 1, 1),
        price(Of.CLOSE_OUT, WHOLE * 99 // 100),
        liquidate(ppm=HALF // 5),
        liquidate(),
        liquidate(),
        liquidate(account=1, asset=1),
    ]


def insolvent() -> list[Action]:
    return [
        *enter(),
        *enter(TRADER, 20, HALF, 0, 1),
        price(Of.INSOLVENT, WHOLE * 9 // 10),
        liquidate(ppm=HALF),
        liquidate(),
        Action(Do.ABSORB, STRANGER),
        Action(Do.BORROW, account=1, amount=Amount(Of.ROOM, HALF)),
    ]


def toxic() -> list[Action]:
    """It covers its debt, and not the penalty."""
    return [*enter(), price(Of.INSOLVENT, WHOLE * 105 // 100), liquidate(), liquidate()]


def ruinous() -> list[Action]:
    """A loss that a breaker would notice, and who draws after it."""
    return [
        *enter(tokens=100),
        *enter(TRADER, 100, HALF, 0, 1),
        price(Of.INSOLVENT, HALF),
        liquidate(),
        price(Of.LAST, 3 * WHOLE),
        Action(Do.BORROW, account=1, amount=Amount(Of.ROOM, HALF)),
        Action(Do.WITHDRAW, account=1, amount=Amount(Of.ROOM, HALF)),
        repay(HALF),
    ]


def two_collaterals() -> list[Action]:
    return [
        Action(Do.OPEN, BORROWER),
        Action(Do.DEPOSIT, BORROWER, asset=0, amount=Amount(plus=10 * 10**18)),
        Action(Do.DEPOSIT, BORROWER, asset=1, amount=Amount(plus=10**8)),
        Action(Do.BORROW, amount=Amount(Of.ROOM, WHOLE, -3)),
        price(Of.LAST, WHOLE * 7 // 10),
        liquidate(asset=1, ppm=HALF),
        liquidate(asset=0),
        price(Of.LAST, WHOLE * 6 // 10, asset=1),
        liquidate(asset=1),
        liquidate(asset=1),
    ]


def oneself() -> list[Action]:
    """Draw and be one's own liquidator, in one block."""
    return [
        *enter(),
        liquidate(BORROWER, after=0),
        price(Of.CLOSE_OUT, WHOLE * 999 // 1000),
        liquidate(BORROWER, ppm=HALF, after=0),
        liquidate(BORROWER, after=0),
        price(Of.INSOLVENT, WHOLE * 103 // 100),
        liquidate(BORROWER, after=0),
    ]


def clock(terms: Terms) -> list[Action]:
    """Call, call again, cure by a little, and be called again."""
    grace = terms.grace or 12
    return [
        *enter(),
        price(Of.MAINTENANCE, WHOLE * 98 // 100),
        Action(Do.CALL, KEEPER),
        Action(Do.CALL, BORROWER, after=grace // 2),
        Action(Do.DEPOSIT, BORROWER, amount=Amount(plus=1)),
        repay(0, 1),
        Action(Do.CALL, KEEPER),
        liquidate(after=grace // 2 + 1),
        liquidate(after=grace // 2),
    ]
