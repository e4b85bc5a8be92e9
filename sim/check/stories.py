"""What people do to a lending contract, told short: where a search begins.

Each is a sequence that a contract meets in life or under attack. The search takes them apart
and puts them together again; a contract that is not able to do something leaves it out.
"""

from __future__ import annotations

from agents.market import Terms
from sim.check.action import WHOLE, Action, Amount, Do, Of
from sim.check.orders import ACCOMPLICE
from sim.check.world import BORROWERS, KEEPER, LENDER, STRANGER

HALF = WHOLE // 2
DAY = 86_400
BORROWER, TRADER = BORROWERS


def stories(terms: Terms, hostile: bool) -> list[list[Action]]:
    """Those that are tried first."""
    told = [
        _come_and_go(),
        _over_the_edge(terms),
        _at_the_edge(_enter(room=0), Amount(plus=500 * 10**18)),
        _at_the_edge(_enter(tokens=1, asset=1, room=0), Amount(Of.ROOM, WHOLE, -2)),
        _far_gone(),
        _insolvent(),
        _toxic(),
        _ruinous(),
        _two_collaterals(),
        _stale(),
        _month_by_month(),
        _oneself(),
        _ceilings(),
        _strangers(),
        _dust(),
        _clock(terms),
        _lenders(),
        _lenders_lose(),
        _redeem(),
        _guardian(),
    ]
    return told + _hostile() if hostile else told


def _enter(
    who: str = BORROWER, tokens: int = 10, room: int = WHOLE, asset: int = 0, account: int = 0
) -> list[Action]:
    """An account as deep in debt as initial margin allows, or a part of it."""
    unit = 10**18 if asset == 0 else 10**8
    return [
        Action(Do.OPEN, who),
        Action(Do.DEPOSIT, who, account, asset, Amount(plus=tokens * unit)),
        Action(Do.BORROW, account=account, amount=Amount(Of.ROOM, room, -2)),
    ]


def _price(
    of: Of = Of.LAST, ppm: int = WHOLE, plus: int = 0, asset: int = 0, after: int = 12
) -> Action:
    return Action(Do.PRICE, asset=asset, amount=Amount(of, ppm, plus), after=after)


def _liquidate(
    who: str = KEEPER, account: int = 0, asset: int = 0, ppm: int = WHOLE, after: int = 12
) -> Action:
    return Action(Do.LIQUIDATE, who, account, asset, Amount(Of.DEBT, ppm), after)


def _repay(ppm: int = WHOLE, plus: int = 0, who: str = "", after: int = 12) -> Action:
    return Action(Do.REPAY, who, amount=Amount(Of.DEBT, ppm, plus), after=after)


def _withdraw(of: Of = Of.HELD, ppm: int = WHOLE, plus: int = 0, after: int = 12) -> Action:
    return Action(Do.WITHDRAW, amount=Amount(of, ppm, plus), after=after)


def _come_and_go() -> list[Action]:
    return [*_enter(), _repay(HALF), _withdraw(Of.ROOM), _repay(), _withdraw()]


def _over_the_edge(terms: Terms) -> list[Action]:
    return [
        *_enter(),
        _price(Of.MAINTENANCE, plus=-(10**15)),
        Action(Do.CALL, KEEPER),
        _liquidate(),
        _price(after=terms.grace or 12),
        _liquidate(after=0),
        _liquidate(),
    ]


def _at_the_edge(enter: list[Action], debt: Amount) -> list[Action]:
    """Equity exactly what is required, or a unit beside it."""
    asset = enter[1].asset
    return [
        *enter[:2],
        Action(Do.BORROW, amount=debt),
        _price(Of.MAINTENANCE),
        Action(Do.CALL, KEEPER, after=0),
        _liquidate(asset=asset, after=0),
        _price(Of.CLOSE_OUT, after=1),
        _liquidate(asset=asset, after=0),
        _price(Of.MAINTENANCE, plus=-(10**15)),
        Action(Do.REPAY, amount=Amount(Of.MAINTENANCE, WHOLE), after=0),
        _liquidate(asset=asset, after=0),
        _price(Of.INITIAL),
        Action(Do.BORROW, amount=Amount(plus=1)),
        _withdraw(Of.UNITS, 0, 1),
    ]


def _far_gone() -> list[Action]:
    return [
        *_enter(),
        *_enter(TRADER, 3, HALF, 1, 1),
        _price(Of.CLOSE_OUT, WHOLE * 99 // 100),
        _liquidate(ppm=HALF // 5),
        _liquidate(),
        _liquidate(),
        _liquidate(account=1, asset=1),
    ]


def _insolvent() -> list[Action]:
    return [
        *_enter(),
        *_enter(TRADER, 20, HALF, 0, 1),
        _price(Of.INSOLVENT, WHOLE * 9 // 10),
        _liquidate(ppm=HALF),
        _liquidate(),
        Action(Do.ABSORB, STRANGER),
        Action(Do.BORROW, account=1, amount=Amount(Of.ROOM, HALF)),
    ]


def _toxic() -> list[Action]:
    """It covers its debt, and not the penalty."""
    return [*_enter(), _price(Of.INSOLVENT, WHOLE * 105 // 100), _liquidate(), _liquidate()]


def _ruinous() -> list[Action]:
    """A loss that a breaker would notice, and who draws after it."""
    return [
        *_enter(tokens=100),
        *_enter(TRADER, 100, HALF, 0, 1),
        _price(Of.INSOLVENT, HALF),
        _liquidate(),
        _price(Of.LAST, 3 * WHOLE),
        Action(Do.BORROW, account=1, amount=Amount(Of.ROOM, HALF)),
        Action(Do.WITHDRAW, account=1, amount=Amount(Of.ROOM, HALF)),
        _repay(HALF),
    ]


def _two_collaterals() -> list[Action]:
    return [
        Action(Do.OPEN, BORROWER),
        Action(Do.DEPOSIT, BORROWER, asset=0, amount=Amount(plus=10 * 10**18)),
        Action(Do.DEPOSIT, BORROWER, asset=1, amount=Amount(plus=10**8)),
        Action(Do.BORROW, amount=Amount(Of.ROOM, WHOLE, -3)),
        _price(Of.LAST, WHOLE * 7 // 10),
        _liquidate(asset=1, ppm=HALF),
        _liquidate(asset=0),
        _price(Of.LAST, WHOLE * 6 // 10, asset=1),
        _liquidate(asset=1),
        _liquidate(asset=1),
    ]


def _stale() -> list[Action]:
    """Nobody has posted for an hour."""
    return [
        *_enter(room=HALF),
        Action(Do.WAIT, after=3_601),
        Action(Do.BORROW, amount=Amount(Of.ROOM, HALF)),
        _withdraw(Of.ROOM, HALF),
        Action(Do.DEPOSIT, BORROWER, amount=Amount(plus=10**18)),
        _liquidate(),
        _repay(HALF),
        _price(Of.MAINTENANCE, WHOLE * 98 // 100),
        Action(Do.CALL, KEEPER),
        Action(Do.WAIT, after=3_601),
        _repay(HALF),
        _price(Of.INSOLVENT, WHOLE),
        Action(Do.WAIT, after=3_601),
        _liquidate(),
        Action(Do.ABSORB, STRANGER),
    ]


def _month_by_month() -> list[Action]:
    """Interest, and everything that must count it in."""
    month = 30 * DAY
    return [
        *_enter(room=HALF),
        *_enter(TRADER, 5, HALF, 0, 1),
        _repay(HALF, after=month),
        _price(after=month),
        Action(Do.BORROW, amount=Amount(Of.ROOM, HALF), after=0),
        _price(after=month),
        _withdraw(Of.ROOM, HALF, after=0),
        _price(Of.MAINTENANCE, WHOLE * 98 // 100, after=month),
        Action(Do.CALL, KEEPER, after=0),
        _liquidate(after=0),
        _liquidate(account=1, after=601),
        _repay(plus=1, after=month),
        _withdraw(),
    ]


def _oneself() -> list[Action]:
    """Draw and be one's own liquidator, in one block."""
    return [
        *_enter(),
        _liquidate(BORROWER, after=0),
        _price(Of.CLOSE_OUT, WHOLE * 999 // 1000),
        _liquidate(BORROWER, ppm=HALF, after=0),
        _liquidate(BORROWER, after=0),
        _price(Of.INSOLVENT, WHOLE * 103 // 100),
        _liquidate(BORROWER, after=0),
    ]


def _ceilings() -> list[Action]:
    """More than an account, and than all accounts, may owe; less than the least."""

    def draw(account: int, amount: int, plus: int = 0) -> Action:
        return Action(Do.BORROW, account=account, amount=Amount(plus=amount * 10**18 + plus))

    enter = [
        action
        for account, who in enumerate((BORROWER, TRADER, STRANGER))
        for action in _enter(who, 1_000, 0, 0, account)[:2]
    ]
    return [
        *enter,
        draw(0, 50_000, 1),
        draw(0, 99),
        draw(0, 30_000),
        draw(0, 30_000),
        draw(0, 19_999),
        draw(1, 49_999),
        draw(2, 5_000),
        _repay(WHOLE, -(10**18)),
        draw(2, 50_001),
        draw(0, 30_000),
        draw(0, 30_000),
    ]


def _strangers() -> list[Action]:
    """What anyone may do to an account that is not theirs, and what not."""
    return [
        *_enter(room=HALF),
        Action(Do.WITHDRAW, STRANGER, amount=Amount(plus=10**18)),
        Action(Do.BORROW, STRANGER, amount=Amount(plus=100 * 10**18)),
        Action(Do.DEPOSIT, STRANGER, amount=Amount(plus=10**18)),
        Action(Do.DONATE, STRANGER, amount=Amount(plus=10**18)),
        Action(Do.DONATE, STRANGER, asset=2, amount=Amount(plus=10**18)),
        Action(Do.DEPOSIT, BORROWER, amount=Amount(plus=10**18)),
        _repay(HALF, who=STRANGER),
        _liquidate(STRANGER),
        _withdraw(Of.ROOM),
    ]


def _dust() -> list[Action]:
    return [
        *_enter(),
        Action(Do.DEPOSIT, BORROWER, amount=Amount(plus=1)),
        _repay(0, 1),
        _repay(WHOLE, -1),
        _withdraw(Of.HELD, WHOLE, -1),
        _repay(),
        *_enter(TRADER, 2, WHOLE, 0, 1),
        _price(Of.INSOLVENT, WHOLE * 101 // 100),
        _liquidate(account=1, ppm=WHOLE * 99 // 100),
        _liquidate(account=1),
    ]


def _clock(terms: Terms) -> list[Action]:
    """Call, call again, cure by a little, and be called again."""
    grace = terms.grace or 12
    return [
        *_enter(),
        _price(Of.MAINTENANCE, WHOLE * 98 // 100),
        Action(Do.CALL, KEEPER),
        Action(Do.CALL, BORROWER, after=grace // 2),
        Action(Do.DEPOSIT, BORROWER, amount=Amount(plus=1)),
        _repay(0, 1),
        Action(Do.CALL, KEEPER),
        _liquidate(after=grace // 2 + 1),
        _liquidate(after=grace // 2),
    ]


def _lenders() -> list[Action]:
    return [
        Action(Do.LEND, LENDER, amount=Amount(plus=10_000 * 10**18)),
        *_enter(),
        Action(Do.LEND, STRANGER, amount=Amount(plus=1)),
        Action(Do.DONATE, STRANGER, asset=2, amount=Amount(plus=10_000 * 10**18)),
        Action(Do.LEND, TRADER, amount=Amount(plus=5_000 * 10**18)),
        Action(Do.RECALL, LENDER, amount=Amount(Of.CLAIM, HALF), after=30 * DAY),
        _repay(),
        Action(Do.RECALL, LENDER, amount=Amount(Of.CLAIM, WHOLE)),
        Action(Do.RECALL, TRADER, amount=Amount(Of.CLAIM, WHOLE)),
    ]


def _lenders_lose() -> list[Action]:
    return [
        Action(Do.LEND, LENDER, amount=Amount(plus=1_000 * 10**18)),
        *_enter(),
        _price(Of.INSOLVENT, WHOLE // 2),
        Action(Do.RECALL, LENDER, amount=Amount(Of.CLAIM, HALF), after=0),
        _liquidate(),
        Action(Do.LEND, STRANGER, amount=Amount(plus=100 * 10**18)),
        Action(Do.RECALL, LENDER, amount=Amount(Of.CLAIM, WHOLE)),
        Action(Do.RECALL, STRANGER, amount=Amount(Of.CLAIM, WHOLE)),
    ]


def _redeem() -> list[Action]:
    """Of an account that is safe, one that could not draw more, and one below maintenance."""
    redeem = Action(Do.REDEEM, STRANGER, amount=Amount(Of.DEBT, HALF))
    return [
        *_enter(),
        redeem,
        _price(Of.INITIAL, WHOLE * 97 // 100),
        redeem,
        _price(Of.INITIAL, WHOLE * 97 // 100, after=30 * DAY),
        Action(Do.REDEEM, STRANGER, amount=Amount(Of.DEBT, WHOLE), after=0),
        *_enter(TRADER, 20, WHOLE, 0, 1),
        _price(Of.MAINTENANCE, WHOLE * 99 // 100),
        Action(Do.REDEEM, STRANGER, 1, amount=Amount(Of.DEBT, HALF)),
        _withdraw(),
    ]


def _guardian() -> list[Action]:
    return [
        *_enter(room=HALF),
        Action(Do.PAUSE, "guardian", amount=Amount(plus=3)),
        Action(Do.BORROW, amount=Amount(plus=10**18)),
        _withdraw(Of.UNITS, 0, 10**15),
        _repay(HALF),
        Action(Do.PAUSE, STRANGER, amount=Amount(plus=0)),
        Action(Do.PAUSE, "owner", amount=Amount(plus=0)),
        Action(Do.BORROW, amount=Amount(plus=10**18)),
    ]


def _hostile() -> list[list[Action]]:
    """A collateral token whose accomplice acts in the middle of transfers."""
    enter = _enter(ACCOMPLICE)
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
        [*enter[:2], Action(Do.BORROW, amount=Amount(Of.ROOM, HALF)),
         Action(Do.ARM, then=within), around]
        for within in inner
        for around in outer[:2]
    ]  # fmt: skip
    told += [
        [*enter, _price(Of.CLOSE_OUT, WHOLE * 99 // 100), Action(Do.ARM, then=within), outer[2]]
        for within in inner
    ]
    blocked = [
        *_enter(),
        Action(Do.BLOCK, BORROWER, amount=Amount(plus=1)),
        _price(Of.MAINTENANCE, WHOLE * 98 // 100),
        _liquidate(),
    ]
    taxed = [
        Action(Do.TAX, amount=Amount(ppm=WHOLE // 10)),
        *_enter(room=HALF),
        Action(Do.DEPOSIT, BORROWER, amount=Amount(plus=10**18)),
        _withdraw(Of.ROOM),
    ]
    return [*told, blocked, taxed]
