"""What each liquidation earned, exactly: from the seizure until all of it is sold.

Money here is a whole number of 1e-36 USD: stable, tokens at a price in WAD and wei at a price in
WAD are all exact in it, so that sums hold to the last unit. What is sold is matched with what was
seized first in, first out.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from agents.market import Peg
from sim.units import WAD, to_wad

MONEY = WAD * WAD
"""One USD."""


def to_usd(money: int) -> float:
    return money / MONEY


def of_stable(amount: int) -> int:
    return amount * WAD


def of_market(stable: int, coin: int, peg: Peg | None) -> int:
    """Stable and reserve coin at their market; without one the stable is 1 USD."""
    if peg is None:
        return of_stable(stable)
    return stable * to_wad(peg.stable_usd) + coin * (WAD // peg.coin_unit) * to_wad(peg.coin_usd)


def of_wei(wei: int, eth_usd: float) -> int:
    return wei * to_wad(eth_usd)


@dataclass(slots=True)
class Deal:
    """A liquidation as money. One done with minted capital is over when it is done."""

    agent: str
    asset: int
    left: int
    """Seized and not yet sold, native units."""
    spent: int
    """Money: repaid, gas of it and of its sales, payment to the builder."""
    brought: int = 0
    """Money: what was sold brought."""
    slippage: int = 0
    """Money: what was sold would have brought so much more at the price outside."""


@dataclass(slots=True)
class Stock:
    """What an agent has at work."""

    deals: defaultdict[int, deque[Deal]] = field(default_factory=lambda: defaultdict(deque))
    """By asset: those with something left, the oldest first."""
    outlay: int = 0
    """Money repaid less money brought."""
    peak: int = 0


class Books:
    """`units`: native units of a whole token, one an asset."""

    def __init__(self, units: Sequence[int]) -> None:
        self._scales = [WAD // unit for unit in units]
        self._stocks: defaultdict[str, Stock] = defaultdict(Stock)

    def worth(self, asset: int, amount: int, price: float) -> int:
        """Money that tokens are worth at a price in USD."""
        return amount * to_wad(price) * self._scales[asset]

    def seized(self, agent: str, asset: int, amount: int, repaid: int, costs: int) -> Deal:
        """Bought for `repaid` stable; `costs` is money."""
        deal = Deal(agent, asset, amount, of_stable(repaid) + costs)
        stock = self._stocks[agent]
        stock.deals[asset].append(deal)
        self._lay_out(stock, of_stable(repaid))
        return deal

    def flashed(
        self, agent: str, asset: int, worth: int, repaid: int, profit: int, costs: int
    ) -> Deal:
        """Seized, sold and repaid at once with nobody's capital; `worth` is money."""
        brought = of_stable(repaid + profit)
        spent = of_stable(repaid) + costs
        return Deal(agent, asset, 0, spent, brought, worth - brought)

    def sold(self, agent: str, asset: int, amount: int, out: int, price: float, gas: int) -> None:
        """So much for `out` stable, with the price outside at `price`; `gas` is money. What was
        not seized is nobody's deal."""
        stock = self._stocks[agent]
        queue = stock.deals[asset]
        self._lay_out(stock, -of_stable(out))
        while queue and amount:
            deal = queue[0]
            part = min(deal.left, amount)
            paid, cost = out * part // amount, gas * part // amount
            deal.brought += of_stable(paid)
            deal.slippage += self.worth(asset, part, price) - of_stable(paid)
            deal.spent += cost
            deal.left -= part
            amount, out, gas = amount - part, out - paid, gas - cost
            if deal.left == 0:
                queue.popleft()

    def brought(self, deal: Deal, prices: Sequence[float]) -> int:
        """Money, what is left at the prices of now."""
        return deal.brought + self.worth(deal.asset, deal.left, prices[deal.asset])

    def profit(self, deal: Deal, prices: Sequence[float]) -> int:
        return self.brought(deal, prices) - deal.spent

    def capital(self, agent: str) -> int:
        """Money: the most it ever had at work."""
        return self._stocks[agent].peak if agent in self._stocks else 0

    def _lay_out(self, stock: Stock, money: int) -> None:
        stock.outlay += money
        stock.peak = max(stock.peak, stock.outlay)
