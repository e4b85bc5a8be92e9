"""Who trades the stable against its reserve coin: arbitrageurs between the pools and the peg
module, and holders of the coin who flee into the stable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import mesa

from agents.base import GWEI, Participant, bid
from agents.intent import Bid, Intent, PegMint, PegPoke, PegRedeem, PegSwap, Swap
from agents.view import Market, Peg, Pool, Report, View, Wallet

TWO_STEPS_GAS = 240_000
"""What a swap and a second step cost, roughly; only to judge whether they pay."""
CAUTION = 0.999
"""Least part of a quote it accepts: others may trade first in the block."""
RUSH = 0.98
"""The same of a liquidator in need of stable: others need it too."""
WAD = 10**18


@dataclass(frozen=True, slots=True)
class Chain:
    """Two steps in a row, out = k·a / (l + m·a) of the amount a that goes in, in real numbers.

    Two pools x·y = c with fees f, g are such a chain: with s = (1 − f)·a·y₁/(x₁ + (1 − f)·a)
    between them k = (1 − f)(1 − g)·y₁·y₂, l = x₁·x₂, m = (1 − f)·x₂ + (1 − f)(1 − g)·y₁.
    """

    k: float
    l: float  # noqa: E741, as in the formula
    m: float

    def out(self, amount: float) -> float:
        return self.k * amount / (self.l + self.m * amount) if self.l else 0.0

    def best(self, worth: float) -> float:
        """The amount that earns most where a unit out is worth so many units in: out'(a) = 1
        over that. 0 where none earns."""
        if not self.m or self.k * worth <= self.l:
            return 0.0
        return (sqrt(self.k * self.l * worth) - self.l) / self.m


def through(first: Pool, second: Pool) -> Chain:
    """A coin or collateral into `first`, and the stable that comes out into `second`."""
    f, g = 1 - first.fee, 1 - second.fee
    x1, y1 = _sides(first, sell_stable=False)
    x2, y2 = _sides(second, sell_stable=True)
    return Chain(f * g * y1 * y2, float(x1) * x2, f * x2 + f * g * y1)


def into(pool: Pool, sell_stable: bool) -> Chain:
    """One pool alone."""
    keep = 1 - pool.fee
    x, y = _sides(pool, sell_stable)
    return Chain(keep * y, float(x), keep)


def _sides(pool: Pool, sell_stable: bool) -> tuple[int, int]:
    return (pool.stable, pool.collateral) if sell_stable else (pool.collateral, pool.stable)


@dataclass(frozen=True, slots=True)
class Route:
    """A way round that earns: what to send, and what it earns before gas."""

    steps: tuple[Intent, ...]
    gain: float
    """USD."""


class PegArbitrageur(Participant):
    """Trades wherever two prices of the stable are apart, always both steps in one block.

    Between the pool of the coin and the module: a cheap stable is bought and redeemed, a dear
    one is minted and sold. Between either of them and a collateral's pool: coin into stable
    into collateral or the other way, at the prices outside of coin and collateral. That is how
    what borrowers and liquidators do on the collateral's pool reaches the peg. It deals for
    coin and collateral; stable is left over only where a second step failed.
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
        endless = Wallet(2**100, 2**100, (2**100,) * len(market.prices), 2**100)
        return market.peg is not None and any(
            route.gain > 0 for route in routes(market.peg, market, endless, _FREE)
        )

    def decide(self, view: View) -> Sequence[Intent]:
        """The one way round that earns most; it looks again when that is done."""
        market = view.market
        if view.pending or market.peg is None:
            return ()
        offer = bid(market, self.tip)
        found = routes(market.peg, market, view.wallet, offer)
        if not found:
            return ()
        best = max(found, key=lambda route: route.gain)
        cost = market.gas_usd(TWO_STEPS_GAS, offer.tip)
        return best.steps if best.gain - cost >= self.min_profit else ()


_FREE = Bid(tip=0, max_fee=0)


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
    amount = int(min(chain.best(peg.par), wallet.coin, _reaching(chain, peg.redeemable)))
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
    amount, minted = _minted(peg, wanted, wallet)
    sold = peg.pool.quote(True, minted)
    if sold <= amount:
        return None
    least = max(int(sold * CAUTION), amount)
    swap = PegSwap(bid=offer, sell_stable=True, amount_in=minted, min_out=least)
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
    amount, minted = _minted(peg, wanted, wallet)
    bought = at.pool.quote(True, minted)
    if bought == 0:
        return None
    first = PegMint(bid=offer, amount_in=amount)
    gain = bought * at.usd - amount * peg.unit_usd
    return Route((first, at.swap(True, minted, offer)), gain)


def _sell_by_module(at: Place, peg: Peg, wallet: Wallet, offer: Bid) -> Route | None:
    chain = into(at.pool, sell_stable=False)
    most = _reaching(chain, peg.redeemable)
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


def _minted(peg: Peg, wanted: float, wallet: Wallet) -> tuple[int, int]:
    """(coin in, stable out) for so much stable, or what can be had of it; the stable is less by
    some units, as the module rounds."""
    stable = min(wanted, peg.mintable * CAUTION, wallet.coin * peg.gives)
    amount = int(stable / peg.gives)
    return amount, int(amount * peg.gives * (1 - 1e-12))


def _reaching(chain: Chain, out: float) -> float:
    """Least amount in that pays so much out."""
    left = chain.k - chain.m * out
    return chain.l * out / left if left > 0 else float("inf")


def replenish(view: View) -> list[Intent]:
    """For a liquidator with reserve coin: the stable that open liquidations ask for and it does
    not have, minted where the pool is dearer than the module, else bought, at up to half the
    penalty above 1 USD."""
    peg, market = view.market.peg, view.market
    short = sum(o.repaid for o in view.opportunities) - view.wallet.stable
    waits = any(isinstance(intent, PegSwap | PegMint) for intent in view.waiting)
    if peg is None or waits or short < WAD or view.wallet.coin < peg.coin_unit:
        return []
    offer = bid(market, GWEI)
    if peg.price * (1 - peg.fee) > 1 and peg.mintable > WAD:
        return [PegMint(bid=offer, amount_in=_minted(peg, float(short), view.wallet)[0])]
    chain = into(peg.pool, sell_stable=False)
    limit = (1 + market.terms.max_penalty / 2) / WAD / peg.unit_usd
    amount = int(min(chain.best(limit), _reaching(chain, short), view.wallet.coin))
    bought = peg.pool.quote(False, amount)
    if bought < WAD:
        return []
    least = int(bought * RUSH)
    return [PegSwap(bid=offer, sell_stable=False, amount_in=amount, min_out=least)]


class PegPoker(Participant):
    """Has the average that the interest rate reads take its readings as soon as they are due."""

    role = "reporter"
    every_block = True

    def __init__(self, model: mesa.Model, name: str, address: bytes, *, tip_gwei: float) -> None:
        super().__init__(model, name, address)
        self.tip = int(tip_gwei * GWEI)

    def decide(self, view: View) -> Sequence[Intent]:
        if view.pending or not self.stirs(view.market, None):
            return ()
        return (PegPoke(bid=bid(view.market, self.tip)),)

    def stirs(self, market: Market, reported: Report | None) -> bool:
        due = market.peg.reading_due if market.peg else None
        return due is not None and market.timestamp >= due


class CoinHolder(Participant):
    """Holds the reserve coin while it trusts it. Below its trust it swaps what it has into the
    stable at par as long as the module takes it. Then it trades on the pool, where it takes the
    stable for 1 USD and the coin for its price outside. Once it trusts the coin again it swaps
    back what the module gives at par.

    In March 2023 that is how a failing coin came to fill the module of another stable.
    """

    role = "holder"

    def __init__(
        self,
        model: mesa.Model,
        name: str,
        address: bytes,
        *,
        trust: float,
        looks: Sequence[float],
        tip_gwei: float,
    ) -> None:
        """``trust``: USD of the coin below which it leaves. ``looks``: seconds since block 0 at
        which it looks."""
        super().__init__(model, name, address)
        self.trust = trust
        self.looks = looks
        self.tip = int(tip_gwei * GWEI)

    def wake_times(self) -> Sequence[float]:
        return self.looks

    def decide(self, view: View) -> Sequence[Intent]:
        peg = view.market.peg
        if view.pending or peg is None:
            return ()
        offer = bid(view.market, self.tip)
        if peg.coin_usd < self.trust:
            return self.leave(peg, view.wallet, offer)
        back = min(view.wallet.stable, peg.redeemable)
        return (PegRedeem(bid=offer, amount_in=back),) if back > WAD else ()

    def leave(self, peg: Peg, wallet: Wallet, offer: Bid) -> Sequence[Intent]:
        at_par = min(wallet.coin, peg.mintable * peg.coin_unit // WAD)
        if at_par >= peg.coin_unit and peg.gives * peg.coin_unit * peg.coin_usd <= WAD:
            return (PegMint(bid=offer, amount_in=at_par),)
        worth = peg.unit_usd * WAD
        for sell_stable, held, price in (
            (False, wallet.coin, 1 / worth),
            (True, wallet.stable, worth),
        ):
            amount = min(held, int(into(peg.pool, sell_stable).best(price)))
            paid = peg.pool.quote(sell_stable, amount)
            if amount * (1 if sell_stable else worth) > WAD and paid:
                least = int(paid * CAUTION)
                swap = PegSwap(bid=offer, sell_stable=sell_stable, amount_in=amount, min_out=least)
                return (swap,)
        return ()
