"""The market as everyone sees it in a block: terms, prices, pools, venues and the stable's peg."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Protocol, Self


@dataclass(frozen=True, slots=True)
class AssetTerms:
    """What the protocol asks of one collateral."""

    symbol: str
    decimals: int
    initial: float
    maintenance: float
    close_out: float
    pool_fee: float | None
    """None when no pool trades it."""


@dataclass(frozen=True, slots=True)
class Terms:
    """Fixed terms of the protocol, as agents know them."""

    assets: tuple[AssetTerms, ...]
    min_debt: int
    max_penalty: float
    grace: int
    block_seconds: int
    opens: bool = True
    """An account is opened by a transaction of its own; else the first deposit opens it."""
    partial: bool = True
    """A liquidation may repay less than it may at most."""
    redemption_fee: float | None = None
    """Of redeeming; None where nobody can."""
    close_factor: float = 1.0
    """Part of a debt that one liquidation may repay."""
    full_liquidation_health: float = 0.0
    """At or below this health one liquidation may repay all."""
    reserve_share: float = 0.0
    """Part of the penalty that the liquidator does not get."""
    penalty_floor: float = 0.0
    """What the liquidator keeps of it where the collateral does not cover the debt."""
    penalty_rise: float = 0.0
    """Added to the penalty by each second after a call, up to `max_penalty`."""
    oracle_period: int = 0
    """Seconds between readings of an oracle that is poked; 0 when it is not."""
    oracle_window: int | None = None
    """Seconds that the oracle averages the pool's price over, 0 for spot; None when it does
    not read the pool."""


@dataclass(frozen=True, slots=True)
class Pool:
    """Reserves of a pool, native units."""

    collateral: int
    stable: int
    fee: float

    def quote(self, sell_stable: bool, amount_in: int) -> int:
        """What selling `amount_in` pays at these reserves, to within a unit."""
        into, out = (
            (self.stable, self.collateral) if sell_stable else (self.collateral, self.stable)
        )
        paid = amount_in * round((1 - self.fee) * 10**6)
        return paid * out // (into * 10**6 + paid) if into and out else 0

    def room(self, sell_stable: bool, price: float) -> int:
        """Of what is sold, how much trades until the last unit does at `price`, stable units of
        one native unit of collateral: (sqrt(x·y·(1 − f)/p) − x)/(1 − f), and likewise with the
        sides exchanged."""
        keep = 1 - self.fee
        x, y = float(self.collateral), float(self.stable)
        amount = sqrt(x * y * keep * price) - y if sell_stable else sqrt(x * y * keep / price) - x
        return max(0, int(amount / keep))

    def after(self, sell_stable: bool, amount_in: int) -> Pool:
        """Its reserves once so much was sold."""
        paid = self.quote(sell_stable, amount_in)
        if sell_stable:
            return Pool(self.collateral - paid, self.stable + amount_in, self.fee)
        return Pool(self.collateral + amount_in, self.stable - paid, self.fee)

    def price(self, sell_stable: bool) -> float:
        """Of the next unit, stable units of one native unit of collateral."""
        price = self.stable / self.collateral
        return price / (1 - self.fee) if sell_stable else price * (1 - self.fee)


@dataclass(frozen=True, slots=True)
class Peg:
    """Where the stable trades against its reserve coin, and the module that swaps them at par."""

    pool: Pool
    """Its collateral is the coin."""
    coin_unit: int
    """Native units in a whole coin."""
    coin_usd: float
    """Outside."""
    fee: float
    """Of the module, either way."""
    redeemable: int
    """Stable that the module takes back at most."""
    mintable: int
    """Stable that it still gives."""
    reserve: int = 0
    """Coin it holds."""
    reading_due: int | None = None
    """Timestamp from which the average of the pool's price wants a reading; None: there is no
    average."""

    @property
    def unit_usd(self) -> float:
        """Of a native unit of the coin."""
        return self.coin_usd / self.coin_unit

    @property
    def par(self) -> float:
        """Native units of the coin that the module gives for a unit of stable."""
        return (1 - self.fee) * self.coin_unit / 10**18

    @property
    def gives(self) -> float:
        """Units of stable that the module gives for a native unit of the coin."""
        return (1 - self.fee) * 10**18 / self.coin_unit

    @property
    def price(self) -> float:
        """Coins for one stable at the margin; 1 where the pool is empty."""
        coins, stable = self.pool.collateral / self.coin_unit, self.pool.stable / 10**18
        return coins / stable if stable else 1.0

    @property
    def stable_usd(self) -> float:
        return self.price * self.coin_usd


class Venue(Protocol):
    """The orders of a collateral's venue outside, as they stand."""

    def quote(self, sell_stable: bool, amount_in: int) -> int:
        """What selling `amount_in` pays, native units."""

    def room(self, sell_stable: bool, price: float) -> int:
        """Of what is sold, how much trades until the last unit does at `price`, stable units of
        one native unit of collateral."""

    def price(self, sell_stable: bool) -> float:
        """Of the next unit, stable units of one native unit of collateral."""

    def after(self, sell_stable: bool, amount_in: int) -> Self:
        """What is left of it once so much was sold."""


@dataclass(frozen=True, slots=True)
class Market:
    """The part of a view that is the same for everyone in a block."""

    block: int
    """Number of the run's block about to be built, from 1."""
    time: float
    """Seconds since block 0."""
    timestamp: int
    """Of the block about to be built, as the chain counts."""
    terms: Terms
    prices: tuple[float, ...]
    """USD outside, one an asset."""
    oracle: tuple[int, ...]
    """WAD on chain, one an asset."""
    oracle_valid: tuple[bool, ...]
    pools: tuple[Pool | None, ...]
    eth_usd: float
    """Price of the gas coin."""
    base_fee: int
    """Wei, of the block about to be built."""
    tip_needed: int
    """Wei: the lowest tip that the last full block took; 0 when it was not full."""
    poked_at: tuple[int, ...] = ()
    """Timestamps of the last readings of an oracle that is poked, one an asset."""
    utilisation: float = 0.0
    """Total debt over its ceiling."""
    volatility: tuple[float, ...] = ()
    """Realised outside in the last hour, annualised, one an asset."""
    paused: int = 0
    """1 for borrowing, 2 for withdrawing with debt, 3 for both: by the guardian or a breaker."""
    venues: tuple[Venue, ...] = ()
    """One an asset, where the world outside has depth; else none."""

    rate: float = 0.0
    """Interest on debt a year."""
    peg: Peg | None = None
    """None where the stable has no market and is taken for 1 USD."""

    @property
    def stable_usd(self) -> float:
        return self.peg.stable_usd if self.peg else 1.0

    def gas_usd(self, gas: int, tip: int) -> float:
        return gas * (self.base_fee + tip) / 1e18 * self.eth_usd
