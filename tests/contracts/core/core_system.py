"""What the tests of the core compute with: units, terms, and the deployed contracts in one.

ETH has 18 decimals and BTC 8, the stable 18.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from sim.units import MAX_UINT256, RAY, WAD

PERCENT = WAD // 100
ETH, BTC, USD = 10**18, 10**8, 10**18
HOUR, DAY = 3_600, 86_400

ETH_PRICE, BTC_PRICE = 2_000 * WAD, 30_000 * WAD
ETH_RATIOS = (30 * PERCENT, 20 * PERCENT, 15 * PERCENT)
BTC_RATIOS = (25 * PERCENT, 15 * PERCENT, 10 * PERCENT)
PENALTY = ("FixedPenalty", 8 * PERCENT)
NO_RATE = (0, 0, 0, 80 * PERCENT)
RATE = (2 * PERCENT, 8 * PERCENT, 50 * PERCENT, 80 * PERCENT)


@dataclass(frozen=True)
class Config:
    """ICollateralizedDebt.Config, in its order."""

    debt_ceiling: int = 1_000_000 * USD
    account_ceiling: int = 500_000 * USD
    min_debt: int = 100 * USD
    min_left: int = 20 * WAD
    min_deposit: int = 10 * WAD
    close_factor: int = 50 * PERCENT
    full_liquidation_health: int = 95 * PERCENT
    reserve_share: int = 20 * PERCENT
    liquidator_floor: int = 1 * PERCENT
    grace: int = HOUR
    call_window: int = DAY
    loss_threshold: int = 50_000 * WAD
    loss_window: int = 7 * DAY
    cap_toxic: bool = True

    def values(self) -> tuple[Any, ...]:
        return tuple(asdict(self).values())


@dataclass(frozen=True)
class System:
    """Deployed contracts, and the few things every test does to them."""

    core: Any
    lens: Any
    stable: Any
    feed: Any
    reserve: Any
    peg: Any
    coin: Any
    margin: Any
    penalty: Any
    rate: Any
    tokens: tuple[Any, ...]
    owner: Any

    @property
    def eth(self) -> Any:
        return self.tokens[0]

    @property
    def btc(self) -> Any:
        return self.tokens[1]

    def price(self, token: Any, price: int, valid: bool = True) -> None:
        self.feed.set_price(token, price, valid, sender=self.owner)

    def configure(self, **changes: Any) -> None:
        config = replace(Config(*self.core.config()), **changes)
        self.core.set_config(config.values(), sender=self.owner)

    def give(self, person: Any, token: Any, amount: int) -> None:
        """Collateral tokens, approved to the core."""
        token.mint(person, amount, sender=self.owner)
        token.approve(self.core, MAX_UINT256, sender=person)

    def give_stable(self, person: Any, amount: int) -> None:
        """Stable bought at the peg, approved to the core."""
        coins = -(-amount // 10**12)
        self.coin.mint(person, coins, sender=self.owner)
        self.coin.approve(self.peg, coins, sender=person)
        self.peg.mint(coins, 0, person, sender=person)
        self.stable.approve(self.core, MAX_UINT256, sender=person)

    def account(self, person: Any, token: Any, amount: int, debt: int = 0) -> int:
        """A new account with collateral and debt; its id."""
        self.core.open(sender=person)
        account = self.core.account_count()
        self.give(person, token, amount)
        self.core.deposit(account, token, amount, sender=person)
        if debt:
            self.core.borrow(account, debt, person, sender=person)
            self.stable.approve(self.core, MAX_UINT256, sender=person)
        return account

    def books(self) -> tuple[int, int]:
        """Both sides of supply + unminted = total debt + peg-minted + bad debt."""
        totals = self.core.totals()
        supply = self.stable.totalSupply() + totals.unminted
        return supply, totals.debt + self.peg.minted() + totals.bad_debt


@dataclass(frozen=True)
class Loan:
    """The first loan of a system with interest at RATE, and what becomes of it."""

    shares: int
    index: int
    timestamp: int
    ceiling: int

    def index_after(self, seconds: int) -> int:
        """One accrual at the kinked rate's first leg."""
        total = -(-self.shares * self.index // RAY)
        rate = RATE[0] + -(-RATE[1] * (total * WAD // self.ceiling) // RATE[3])
        return self.index + -(-self.index * rate * seconds // (WAD * 365 * DAY))

    def interest_after(self, seconds: int) -> int:
        """Of the total debt, both ends rounded up."""
        grown = -(-self.shares * self.index_after(seconds) // RAY)
        return grown - -(-self.shares * self.index // RAY)


def lend(system: System, person: Any, account: int, amount: int) -> Loan:
    receipt = system.core.borrow(account, amount, person, sender=person)
    [accrued] = receipt.decode_logs(system.core.Accrued)
    [borrowed] = receipt.decode_logs(system.core.Borrowed)
    ceiling = system.core.config().debt_ceiling
    return Loan(borrowed.shares, accrued.index, receipt.timestamp, ceiling)
