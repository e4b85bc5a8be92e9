"""What everyone's wallet and accounts are worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sim.model.books import Books, of_market
from sim.model.floor import Floor
from sim.model.outside import Outside
from sim.protocol.names import VENUE
from sim.protocol.system import System
from sim.units import Address


@dataclass
class Worth:
    """In money (see `sim.model.books`), but for the gas money, at the outside prices."""

    system: System
    outside: Outside
    books: Books
    accounts: Mapping[Address, Sequence[int]]
    """Owner -> its accounts."""
    floor: Floor | None = None

    def of(self, address: Address, block: int) -> int:
        prices = self.outside.prices(block).tolist()
        stable, coin, tokens = self._held(address)
        for account in self.accounts.get(address, ()):
            stable -= self.system.ledger.debt_of(account - 1)
            tokens = _sums(tokens, self.system.ledger.amounts[account - 1])
        worths = (self.books.worth(asset, held, prices[asset]) for asset, held in enumerate(tokens))
        return of_market(stable, coin, self.system.peg(self.outside.coin_usd(block))) + sum(worths)

    def _held(self, address: Address) -> tuple[int, int, list[int]]:
        """(stable, reserve coin, tokens) in the wallet, owed by the venue or lent to the pool."""
        if self.floor and address == VENUE:
            return self.floor.stable, 0, list(self.floor.tokens)
        wallet = self.system.wallet(address, 0)
        stable, tokens = wallet.stable + self.system.claims().get(address, 0), list(wallet.tokens)
        if self.floor:
            owed, coming = self.floor.owed_to(address)
            stable, tokens = stable + owed, _sums(tokens, coming)
        return stable, wallet.coin, tokens


def _sums(tokens: Sequence[int], more: Sequence[int]) -> list[int]:
    return [sum(pair) for pair in zip(tokens, more, strict=True)]
