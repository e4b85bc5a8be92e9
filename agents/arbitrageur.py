"""Arbitrageurs: they trade the pool back to the outside price whenever it pays."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

import mesa

from agents.base import GWEI, Participant, bid
from agents.intent import Bid, Intent, Swap
from agents.view import Market, Pool, Report, View

SWAP_GAS = 120_000
"""What a swap costs, roughly; only to judge whether it pays."""
CAUTION = 0.999
"""Least part of the quoted amount it accepts: others may trade first in the block."""


class Arbitrageur(Participant):
    """Sells into a pool that is dear, buys from one that is cheap, up to where it stops paying.

    The best size on x·y = k with fee f leaves the pool's marginal price after the fee at the
    outside price p: selling collateral adds q to reserve x with
    (1 − f)·q = sqrt(x·y·(1 − f)/p) − x, and likewise with the sides exchanged.
    """

    role = "arbitrageur"
    every_block = True

    def __init__(
        self, model: mesa.Model, name: str, address: bytes, *, min_profit: float, tip_gwei: float
    ) -> None:
        super().__init__(model, name, address)
        self.min_profit = min_profit
        self.tip = int(tip_gwei * GWEI)

    def stirs(self, market: Market, reported: Report | None) -> bool:
        """Some pool's price after the fee is beside the outside price."""
        return any(
            pool is not None
            and pool.collateral > 0
            and best_trade(pool, _in_units(market, index))[1] > 0
            for index, pool in enumerate(market.pools)
        )

    def decide(self, view: View) -> Sequence[Intent]:
        if view.pending:
            return ()
        market = view.market
        offer = bid(market, self.tip)
        cost = market.gas_usd(SWAP_GAS, offer.tip)
        trades = (self.trade(index, view, offer, cost) for index in range(len(market.pools)))
        return [trade for trade in trades if trade]

    def trade(self, index: int, view: View, offer: Bid, cost: float) -> Swap | None:
        market = view.market
        pool = market.pools[index]
        if pool is None or pool.collateral == 0:
            return None
        price = _in_units(market, index)
        sell_stable, amount = best_trade(pool, price)
        held = view.wallet.stable if sell_stable else view.wallet.tokens[index]
        amount = min(amount, held)
        out = pool.quote(sell_stable, amount)
        gain = (out * price - amount if sell_stable else out - amount * price) / 10**18
        if gain - cost < self.min_profit:
            return None
        return Swap(
            bid=offer,
            pool=index,
            sell_stable=sell_stable,
            amount_in=amount,
            min_out=int(out * CAUTION),
        )


def _in_units(market: Market, index: int) -> float:
    """Stable units of one native unit of a collateral, outside."""
    return market.prices[index] * 10.0 ** (18 - market.terms.assets[index].decimals)


def best_trade(pool: Pool, price: float) -> tuple[bool, int]:
    """(sell the stable?, amount in) of the trade that earns most at an outside price.

    `price` is in stable units per native unit of collateral; amount 0 inside the fee band.
    """
    sell = pool.room(False, price)
    return (False, sell) if sell else (True, pool.room(True, price))
