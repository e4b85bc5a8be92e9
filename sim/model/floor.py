"""The venue outside, between the chain and its books.

Who sells sends a transfer to the venue's address. What arrived in a block is executed in the
order of the block, at whatever the book pays by then, and owed; the venue pays it with a
transfer of its own in the next block. So every trade is two real transfers, and an order is
never at a price that the book did not have.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from agents.intent import Owed, PayOut, VenueOrder
from agents.view import Wallet
from sim.market.book import Book
from sim.market.venue import Venue
from sim.model.desk import Outcome
from sim.model.outside import Outside
from sim.model.records import Records
from sim.protocol.names import VENUE
from sim.scenario import Scenario
from sim.units import WAD, Address

DEPTH_WITHIN = 0.02
"""Of the price, for the table `venue`."""


@dataclass(slots=True)
class Turnover:
    """What was traded with one venue in a block, USD."""

    sold: float = 0.0
    """Paid to sellers of collateral."""
    bought: float = 0.0
    """Paid by buyers."""
    slippage: float = 0.0
    """What customers lost against the price at the start of the block, fees included."""


class Floor:
    """Books, prices that feel them, and what is owed."""

    def __init__(self, scenario: Scenario, outside: Outside) -> None:
        self._outside = outside
        self._seconds = scenario.run.block_seconds
        self._symbols = [asset.symbol for asset in scenario.assets]
        self._units = np.array([10.0**asset.decimals for asset in scenario.assets])
        self._paths = outside.paths.copy()
        """Undisturbed."""
        self._prices = self._paths[:, 0]
        self.venues = [
            Venue(scenario.venue, asset.decimals, price)
            for asset, price in zip(scenario.assets, self._prices.tolist(), strict=True)
        ]
        self._turnover = [Turnover() for _ in self.venues]
        self._orders = 0
        self.owed: dict[int, Owed] = {}
        """By number, in the order they came."""
        self.fills: list[tuple[Outcome, VenueOrder, int, int]] = []
        """Orders executed in the last block: (who sent it, what, taken, paid)."""
        self.stable = 0
        """Taken in less paid out and owed, since block 0."""
        self.tokens = [0 for _ in self.venues]
        """Likewise."""

    @property
    def books(self) -> tuple[Book, ...]:
        return tuple(venue.book for venue in self.venues)

    def open(self, block: int) -> None:
        """Bring the books to a block, and its outside prices to what they say."""
        volatility = self._outside.volatility(block - 1)
        for venue, path, sigma in zip(self.venues, self._paths[:, block], volatility, strict=True):
            venue.advance(float(path), sigma, self._seconds)
        self._prices = np.array([venue.price for venue in self.venues])
        self._outside.move(block, self._prices)
        self._turnover = [Turnover() for _ in self.venues]

    def settle(self, outcomes: Sequence[Outcome], wallet: Wallet) -> None:
        """Execute the orders that arrived, and forget what was paid. `wallet` is the venue's,
        after the block."""
        self.fills = []
        for outcome in outcomes:
            intent = outcome.ticket.intent
            if outcome.status != "succeeded":
                continue
            if isinstance(intent, PayOut):
                del self.owed[intent.owed.number]
            elif isinstance(intent, VenueOrder):
                self._execute(intent, outcome, wallet)

    def owed_by(self, address: Address) -> tuple[Owed, ...]:
        """What someone waits for; for the venue, all that it owes."""
        mine = address == VENUE
        return tuple(owed for owed in self.owed.values() if mine or owed.to == address)

    def owed_to(self, address: Address) -> tuple[int, list[int]]:
        """(stable, tokens) that someone waits for."""
        coming = Counter[int | None]()
        for owed in self.owed.values():
            if owed.to == address:
                coming[owed.asset] += owed.amount
        return coming[None], [coming[asset] for asset in range(len(self.venues))]

    def write(self, block: int, records: Records) -> None:
        """A row a collateral of the table `venue`."""
        for asset, (venue, traded) in enumerate(zip(self.venues, self._turnover, strict=True)):
            records.write(
                "venue",
                block,
                self._symbols[asset],
                float(self._paths[asset, block]),
                float(self._prices[asset]),
                venue.depth(DEPTH_WITHIN),
                traded.sold,
                traded.bought,
                traded.slippage,
            )

    # ------------------------------------------------------------------------- trades

    def _execute(self, order: VenueOrder, outcome: Outcome, wallet: Wallet) -> None:
        asset, amount, sender = order.asset, order.amount_in, outcome.ticket.agent.address
        taken, paid = 0, 0
        if self.venues[asset].book.quote(order.sell_stable, amount) <= self._free(order, wallet):
            taken, paid = self.venues[asset].fill(order.sell_stable, amount)
        self.fills.append((outcome, order, taken, paid))
        given, got = (asset, None) if order.sell_stable else (None, asset)
        self._owe(sender, given, paid)
        self._owe(sender, got, amount - taken)
        if order.sell_stable:
            self._book(asset, -paid, taken)
        else:
            self._book(asset, taken, -paid)

    def _book(self, asset: int, tokens: int, stable: int) -> None:
        """What the venue got of both."""
        self.tokens[asset] += tokens
        self.stable += stable
        traded, usd = self._turnover[asset], stable / WAD
        traded.sold += max(0.0, -usd)
        traded.bought += max(0.0, usd)
        traded.slippage += tokens / float(self._units[asset]) * float(self._prices[asset]) + usd

    def _free(self, order: VenueOrder, wallet: Wallet) -> int:
        """What it holds of the token it is to pay in, beyond what it owes."""
        asset = order.asset if order.sell_stable else None
        held = wallet.stable if asset is None else wallet.tokens[asset]
        return held - sum(owed.amount for owed in self.owed.values() if owed.asset == asset)

    def _owe(self, to: Address, asset: int | None, amount: int) -> None:
        if amount > 0:
            self.owed[self._orders] = Owed(self._orders, to, asset, amount)
            self._orders += 1
