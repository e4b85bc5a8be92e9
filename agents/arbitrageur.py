"""Arbitrageurs: they trade the pool back to the world outside whenever it pays."""

from __future__ import annotations

from collections.abc import Sequence

import mesa

from agents import routing
from agents.base import bid
from agents.dealer import Dealer
from agents.intent import Bid, Intent, Swap, VenueOrder
from agents.market import Market, Pool
from agents.view import Report, View

SWAP_GAS, TRANSFER_GAS = 120_000, 65_000
"""What a swap costs, roughly; only to judge whether it pays."""
CAUTION = 0.999
"""Least part of the quoted amount it accepts: others may trade first in the block."""
GASES = 10
"""It brings its stock back to where it was when the difference is worth so many times the gas."""


class Arbitrageur(Dealer):
    """Sells into a pool that is dear, buys from one that is cheap, up to where it stops paying.

    The best size on x·y = k with fee f leaves the pool's marginal price after the fee at the
    outside price p: selling collateral adds q to reserve x with
    (1 − f)·q = sqrt(x·y·(1 − f)/p) − x, and likewise with the sides exchanged.

    Where a venue has depth there is no one price outside: it trades the pool until its price
    meets what the venue's book then pays, and what it bought or sold it sells or buys back
    there, impact, fee and all, so that its stock stays as it was. Without a venue there is nobody
    to trade with outside: what it has bought it keeps, and its stock is the most that it can take
    from the pools in a run, or bring to them.
    """

    role = "arbitrageur"

    def __init__(
        self,
        model: mesa.Model,
        name: str,
        address: bytes,
        *,
        min_profit: float,
        tip_gwei: float,
        stock: Sequence[int] = (),
    ) -> None:
        """`stock`: collateral it starts with, native units, one an asset."""
        super().__init__(model, name, address, min_profit=min_profit, tip_gwei=tip_gwei)
        self.stock = tuple(stock)

    def stirs(self, market: Market, reported: Report | None) -> bool:
        """Some pool's price after the fee is beside the outside price."""
        return bool(market.venues) or any(
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
        trades = [self.trade(index, view, offer, cost) for index in range(len(market.pools))]
        found: list[Intent] = [trade for trade in trades if trade]
        return found or self.restock(view, offer)

    def trade(self, index: int, view: View, offer: Bid, cost: float) -> Swap | None:
        market = view.market
        pool = market.pools[index]
        if pool is None or pool.collateral == 0:
            return None
        if market.venues:
            sell_stable, best = routing.gap(pool, market.venues[index])
        else:
            sell_stable, best = best_trade(pool, _in_units(market, index))
        amount = min(best, view.wallet.stable if sell_stable else view.wallet.tokens[index])
        out = pool.quote(sell_stable, amount)
        gain = self.gain(index, market, sell_stable, amount, out)
        if gain - cost < self.min_profit:
            return None
        return Swap(
            bid=offer,
            pool=index,
            sell_stable=sell_stable,
            amount_in=amount,
            min_out=int(out * CAUTION),
        )

    def gain(self, index: int, market: Market, sell_stable: bool, sold: int, got: int) -> float:
        """USD, against the world outside."""
        price = _in_units(market, index)
        if not market.venues:
            return (got * price - sold if sell_stable else got - sold * price) / 10**18
        venue = market.venues[index]
        if sell_stable:
            return (venue.quote(False, got) - sold) / 10**18
        return (venue.quote(True, got) - sold) * price / 10**18

    def restock(self, view: View, offer: Bid) -> list[Intent]:
        """Orders to the venue that bring its stock back, what it is owed counted in."""
        market = view.market
        orders: list[Intent] = []
        for asset, venue in enumerate(market.venues):
            coming = sum(owed.amount for owed in view.owed if owed.asset == asset)
            more = view.wallet.tokens[asset] + coming - self.stock[asset]
            price = venue.price(more < 0)
            if abs(more) * price / 10**18 <= GASES * market.gas_usd(TRANSFER_GAS, offer.tip):
                continue
            amount = more if more > 0 else min(int(-more * price), view.wallet.stable)
            orders.append(
                VenueOrder(bid=offer, asset=asset, sell_stable=more < 0, amount_in=amount)
            )
        return orders


def _in_units(market: Market, index: int) -> float:
    """Stable units of one native unit of a collateral, outside."""
    return market.prices[index] * 10.0 ** (18 - market.terms.assets[index].decimals)


def best_trade(pool: Pool, price: float) -> tuple[bool, int]:
    """(sell the stable?, amount in) of the trade that earns most at an outside price.

    `price` is in stable units per native unit of collateral; amount 0 inside the fee band.
    """
    sell = pool.room(False, price)
    return (False, sell) if sell else (True, pool.room(True, price))
