"""Ways round through the peg module and the pools that earn."""

from __future__ import annotations

from dataclasses import dataclass

from agents.intent import Bid, Intent, PegMint, PegRedeem, PegSwap, Swap
from agents.market import Market, Peg, Pool
from agents.peg.chain import into, through
from agents.view import Wallet

CAUTION = 0.999
"""Least part of a quote it accepts: others may trade first in the block."""
WAD = 10**18


@dataclass(frozen=True, slots=True)
class Route:
    """A way round that earns: what to send, and what it earns before gas."""

    steps: tuple[Intent, ...]
    gain: float
    """USD."""


def routes(peg: Peg, market: Market, wallet: Wallet, offer: Bid) -> list[Route]:
    """Those that earn anything before gas, each of its best size or as large as can be."""
    found = [_redeem(peg, wallet, offer), _mint(peg, wallet, offer)]
    for index, pool in enumerate(market.pools):
        if pool is not None and pool.collateral:
            unit: int = 10 ** market.terms.assets[index].decimals
            usd = market.prices[index] / unit
            found += _with_collateral(Place(index, pool, usd), peg, wallet, offer)
    return [route for route in found if route is not None and route.gain > 0]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a collateral is traded for the stable."""

    index: int
    pool: Pool
    usd: float
    """Of a native unit, outside."""

    def swap(self, sell_stable: bool, amount: int, offer: Bid) -> Swap:
        return Swap(
            bid=offer,
            pool=self.index,
            sell_stable=sell_stable,
            amount_in=amount,
            min_out=int(self.pool.quote(sell_stable, amount) * CAUTION),
        )


def _redeem(peg: Peg, wallet: Wallet, offer: Bid) -> Route | None:
    """Coin into stable on the pool, stable into coin at the module."""
    chain = into(peg.pool, sell_stable=False)
    amount = int(min(chain.best(peg.par), wallet.coin, chain.reaching(peg.redeemable)))
    bought = peg.pool.quote(False, amount)
    if bought == 0:
        return None
    gain = (bought * peg.par - amount) * peg.unit_usd
    sure = int(bought * CAUTION)
    swap = PegSwap(bid=offer, sell_stable=False, amount_in=amount, min_out=sure)
    return Route((swap, _back(peg, sure, wallet, offer)), gain)


def _mint(peg: Peg, wallet: Wallet, offer: Bid) -> Route | None:
    """Coin into stable at the module, stable into coin on the pool."""
    wanted = into(peg.pool, sell_stable=True).best(peg.gives)
    amount, stable = minted(peg, wanted, wallet)
    sold = peg.pool.quote(True, stable)
    if sold <= amount:
        return None
    least = max(int(sold * CAUTION), amount)
    swap = PegSwap(bid=offer, sell_stable=True, amount_in=stable, min_out=least)
    return Route((PegMint(bid=offer, amount_in=amount), swap), (sold - amount) * peg.unit_usd)


def _with_collateral(at: Place, peg: Peg, wallet: Wallet, offer: Bid) -> list[Route | None]:
    """Between a collateral's pool and the coin: by the coin's pool and by the module."""
    found = [
        _buy_by_module(at, peg, wallet, offer),
        _sell_by_module(at, peg, wallet, offer),
        _use(at, peg, wallet, offer),
    ]
    if peg.pool.collateral:
        found += [_buy_by_pool(at, peg, wallet, offer), _sell_by_pool(at, peg, wallet, offer)]
    return found


def _buy_by_pool(at: Place, peg: Peg, wallet: Wallet, offer: Bid) -> Route | None:
    """Coin into stable into collateral."""
    chain = through(peg.pool, at.pool)
    amount = int(min(chain.best(at.usd / peg.unit_usd), wallet.coin))
    stable = peg.pool.quote(False, amount)
    bought = at.pool.quote(True, stable)
    if bought == 0:
        return None
    sure = int(stable * CAUTION)
    first = PegSwap(bid=offer, sell_stable=False, amount_in=amount, min_out=sure)
    gain = bought * at.usd - amount * peg.unit_usd
    return Route((first, at.swap(True, sure, offer)), gain)


def _sell_by_pool(at: Place, peg: Peg, wallet: Wallet, offer: Bid) -> Route | None:
    """Collateral into stable into coin."""
    chain = through(at.pool, peg.pool)
    amount = int(min(chain.best(peg.unit_usd / at.usd), wallet.tokens[at.index]))
    stable = at.pool.quote(False, amount)
    paid = peg.pool.quote(True, stable)
    if paid == 0:
        return None
    sure = int(stable * CAUTION)
    least = int(peg.pool.quote(True, sure) * CAUTION)
    second = PegSwap(bid=offer, sell_stable=True, amount_in=sure, min_out=least)
    gain = paid * peg.unit_usd - amount * at.usd
    return Route((at.swap(False, amount, offer), second), gain)


def _buy_by_module(at: Place, peg: Peg, wallet: Wallet, offer: Bid) -> Route | None:
    wanted = into(at.pool, sell_stable=True).best(at.usd / peg.unit_usd * peg.gives)
    amount, stable = minted(peg, wanted, wallet)
    bought = at.pool.quote(True, stable)
    if bought == 0:
        return None
    first = PegMint(bid=offer, amount_in=amount)
    gain = bought * at.usd - amount * peg.unit_usd
    return Route((first, at.swap(True, stable, offer)), gain)


def _sell_by_module(at: Place, peg: Peg, wallet: Wallet, offer: Bid) -> Route | None:
    chain = into(at.pool, sell_stable=False)
    most = chain.reaching(peg.redeemable)
    best = chain.best(peg.par * peg.unit_usd / at.usd)
    amount = int(min(best, most, wallet.tokens[at.index]))
    stable = at.pool.quote(False, amount)
    if stable == 0:
        return None
    gain = stable * peg.par * peg.unit_usd - amount * at.usd
    back = _back(peg, int(stable * CAUTION), wallet, offer)
    return Route((at.swap(False, amount, offer), back), gain)


def _use(at: Place, peg: Peg, wallet: Wallet, offer: Bid) -> Route | None:
    """Stable left over from a way whose second step failed, into collateral where that is worth
    more than the stable on its market."""
    unit_usd = peg.stable_usd / WAD
    wanted = into(at.pool, sell_stable=True).best(at.usd / unit_usd) if unit_usd else 0.0
    amount = min(wallet.stable, int(wanted))
    bought = at.pool.quote(True, amount)
    if bought == 0:
        return None
    return Route((at.swap(True, amount, offer),), bought * at.usd - amount * unit_usd)


def _back(peg: Peg, sure: int, wallet: Wallet, offer: Bid) -> PegRedeem:
    """What was bought for sure, and what was left over before."""
    return PegRedeem(bid=offer, amount_in=min(sure + wallet.stable, peg.redeemable))


def minted(peg: Peg, wanted: float, wallet: Wallet) -> tuple[int, int]:
    """(coin in, stable out) for so much stable, or what can be had of it; the stable is less by
    some units, as the module rounds."""
    stable = min(wanted, peg.mintable * CAUTION, wallet.coin * peg.gives)
    amount = int(stable / peg.gives)
    return amount, int(amount * peg.gives * (1 - 1e-12))
