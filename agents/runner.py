"""Traders who run: at a given time they want everything out."""

from __future__ import annotations

from collections.abc import Sequence

import mesa

from agents.intent import Bid, Intent, Repay, Withdraw
from agents.trader import DUST, Habits, Trader, swap
from agents.view import Position, View

AGAIN = 600
"""Seconds until it tries again where it was stuck: paused, unhealthy, or the pool too cheap."""
TRIES = 144
PATIENCE = 0.03
"""Below the price outside it does not sell."""
SPARE = 50
"""It sells one part in so many more than it owes."""
WHOLE = 1_000
"""It offers one part in so many more than it owes: interest accrues until the block."""


class Runner(Trader):
    """A trader until it runs: then it repays with all the money it has, withdraws what the
    initial requirement lets it and the pool takes at `PATIENCE`, sells that, repays, and so on
    until nothing is owed; then it takes out what is left."""

    def __init__(
        self, model: mesa.Model, name: str, address: bytes, habits: Habits, *, runs: float
    ) -> None:
        """`runs`: seconds since block 0."""
        super().__init__(model, name, address, habits)
        self.runs = runs

    def wake_times(self) -> Sequence[float]:
        return [*super().wake_times(), *(self.runs + k * AGAIN for k in range(TRIES))]

    def act(self, position: Position, view: View, offer: Bid) -> Sequence[Intent]:
        if view.market.time < self.runs:
            return super().act(position, view, offer)
        return self.leave(position, view, offer)

    def follow_up(self, view: View, offer: Bid) -> Sequence[Intent]:
        if view.market.time < self.runs:
            return super().follow_up(view, offer)
        if not any(position.debt for position in view.positions):
            return [i for p in view.positions for i in self.leave(p, view, offer)]
        held = [(asset, view.wallet.tokens[asset]) for asset in self.assets]
        sales: list[Intent] = [
            swap(view.market, offer, asset, False, amount) for asset, amount in held if amount
        ]
        owing = max(view.positions, key=lambda position: position.debt)
        return sales or self.leave(owing, view, offer)

    def leave(self, position: Position, view: View, offer: Bid) -> Sequence[Intent]:
        """The next step out of an account."""
        account, money = position.account, view.wallet.stable
        if position.debt == 0:
            return [
                Withdraw(bid=offer, account=account, asset=asset, amount=amount)
                for asset, amount in enumerate(position.amounts)
                if amount
            ]
        if money > DUST:
            amount = min(money, position.debt + position.debt // WHOLE)
            return [Repay(bid=offer, account=account, amount=amount)]
        # A little more than is owed: fees and impact take their part of it.
        spare = position.debt // SPARE + 5 * DUST
        target = 1 - spare / max(1, position.equity)
        return self.lever_down(position, view, offer, target, self.taken(position, view))

    def taken(self, position: Position, view: View) -> float:
        """Worth of what the pools take of its collaterals at `PATIENCE`, in their proportion."""
        market = view.market
        most = []
        for asset, amount in enumerate(position.amounts):
            pool = market.pools[asset]
            if amount and pool:
                price = market.prices[asset] * 10 ** (18 - market.terms.assets[asset].decimals)
                room = pool.room(False, price * (1 - PATIENCE))
                most.append(room / amount * position.collateral)
        return min(most, default=0.0)
