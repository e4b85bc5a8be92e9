"""Of a collateral token that lets an accomplice act in its transfers, blocks or keeps a share."""

from __future__ import annotations

from sim.check.action import WHOLE, Action, Amount, Do, Of
from sim.check.orders import ACCOMPLICE
from sim.check.stories.moves import BORROWER, HALF, enter, liquidate, price, withdraw
from sim.check.world import KEEPER


def of_a_hostile_token() -> list[list[Action]]:
    entered = enter(ACCOMPLICE)
    inner = (
        Action(Do.DEPOSIT, ACCOMPLICE, amount=Amount(plus=10**18)),
        Action(Do.WITHDRAW, ACCOMPLICE, amount=Amount(Of.HELD, HALF)),
        Action(Do.BORROW, ACCOMPLICE, amount=Amount(Of.ROOM, HALF)),
        Action(Do.LIQUIDATE, ACCOMPLICE, amount=Amount(Of.DEBT, WHOLE)),
        Action(Do.REPAY, ACCOMPLICE, amount=Amount(Of.DEBT, HALF)),
    )
    outer = (
        Action(Do.DEPOSIT, ACCOMPLICE, amount=Amount(plus=2 * 10**18)),
        Action(Do.WITHDRAW, ACCOMPLICE, amount=Amount(Of.ROOM, HALF)),
        Action(Do.LIQUIDATE, KEEPER, amount=Amount(Of.DEBT, HALF)),
    )
    told = [
        [*entered[:2], Action(Do.BORROW, amount=Amount(Of.ROOM, HALF)),
         Action(Do.ARM, then=within), around]
        for within in inner
        for around in outer[:2]
    ]  # fmt: skip
    told += [
        [*entered, price(Of.CLOSE_OUT, WHOLE * 99 // 100), Action(Do.ARM, then=within), outer[2]]
        for within in inner
    ]
    blocked = [
        *enter(),
        Action(Do.BLOCK, BORROWER, amount=Amount(plus=1)),
        price(Of.MAINTENANCE, WHOLE * 98 // 100),
        liquidate(),
    ]
    taxed = [
        Action(Do.TAX, amount=Amount(ppm=WHOLE // 10)),
        *enter(room=HALF),
        Action(Do.DEPOSIT, BORROWER, amount=Amount(plus=10**18)),
        withdraw(Of.ROOM),
        price(Of.CLOSE_OUT, WHOLE * 99 // 100),
        liquidate(),
    ]
    return [*told, blocked, taxed]
