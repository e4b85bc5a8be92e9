"""Exactly at a threshold: the prices, and the payment, that bring an account there."""

from __future__ import annotations

from collections.abc import Sequence

from sim.check.action import Of
from sim.check.state import Account
from sim.protocol.margin import MarginBook

LEVELS = (Of.INITIAL, Of.MAINTENANCE, Of.CLOSE_OUT, Of.INSOLVENT)


class Edge:
    """Of the accounts of one deployment, by the declared margins."""

    def __init__(self, book: MarginBook, units: Sequence[int]) -> None:
        self._book = book
        self._units = units

    def prices(self, account: Account, level: Of, prices: Sequence[int]) -> list[int] | None:
        """Those from which one unit less of the asset that counts most leaves too little; all
        fall or rise alike. None where no price is it."""
        left = account.value - self._required(account, level)
        if not account.debt or left <= 0:
            return None
        found = [-(-price * account.debt // left) for price in prices]
        worth = self._values(account, found)
        most = max(range(len(worth)), key=worth.__getitem__)
        low, high = 0, 2 * found[most]
        while low < high:
            found[most] = (low + high) // 2
            if self.is_met(account, level, found):
                high = found[most]
            else:
                low = found[most] + 1
        found[most] = low
        return found

    def payment(self, account: Account, level: Of) -> int:
        """Debt above what the level leaves room for; 0 when there is none."""
        return max(account.debt + self._required(account, level) - account.value, 0)

    def is_met(self, account: Account, level: Of, prices: Sequence[int]) -> bool:
        """Whether equity would be what is required at these prices."""
        values = self._values(account, prices)
        required = (*self._book.of_one(values), 0)[LEVELS.index(level)]
        return sum(values) >= account.debt + required

    def _required(self, account: Account, level: Of) -> int:
        required = (account.initial, account.maintenance, account.close_out, 0)
        return required[LEVELS.index(level)]

    def _values(self, account: Account, prices: Sequence[int]) -> list[int]:
        held = zip(account.amounts, prices, self._units, strict=True)
        return [amount * price // unit for amount, price, unit in held]
