"""What the reference knows: accounts, prices and settings, and what follows from them.

Written from the words of DESIGN, not from the contract, in plain Python integers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sim.units import MAX_UINT256, RAY, WAD, YEAR, Address

from .core_world import Asset, Config

MAX_INDEX = 2**128 - 1
NO_CAP = 2**128 - 1
ROUNDING = 16


class Refused(Exception):
    """The contract reverts with this reason."""


def need(condition: bool, reason: str) -> None:
    if not condition:
        raise Refused(reason)


def up(numerator: int, denominator: int) -> int:
    return -(-numerator // denominator)


@dataclass
class Account:
    owner: Address
    amounts: list[int]
    shares: int = 0
    called_at: int = 0
    deadline: int = 0
    recorded_at: int = 0


@dataclass(frozen=True)
class Position:
    """As ICollateralizedDebt.Position; `at_best` has doubtful prices doubled."""

    value: int
    debt: int
    initial: int
    maintenance: int
    close_out: int
    valid: bool
    at_best: int

    @property
    def sure(self) -> int:
        """Value at valid prices."""
        return 2 * self.value - self.at_best

    @property
    def buffer(self) -> int:
        return self.value - self.debt - self.maintenance

    @property
    def health(self) -> int:
        if self.debt == 0:
            return MAX_UINT256
        return max(self.value - self.maintenance, 0) * WAD // self.debt

    @property
    def ratio(self) -> int:
        return (self.value - self.debt) * WAD // self.value if self.value else 0


@dataclass(frozen=True)
class Seizure:
    """A liquidation worked out."""

    repaid: int
    shares: int
    taken: int
    cut: int
    penalty: int
    left: list[int]
    debt_left: int


@dataclass
class Books:
    """What there is to know; nothing here changes it."""

    owner: Address
    guardian: Address
    reserve: Address
    assets: Sequence[Asset]
    config: Config
    requirements: Callable[[Sequence[int]], tuple[int, int, int]]
    """(initial, maintenance, close_out), of the value of each asset."""
    penalty: Callable[[int], int]
    """WAD share, of the seconds an account has been liquidatable on record."""
    base_rate: int
    at_kink: int
    above: int
    kink: int
    now: int = 0
    updated_at: int = 0
    index: int = RAY
    shares: int = 0
    unminted: int = 0
    bad_debt: int = 0
    paused: int = 0
    tripped: bool = False
    accounts: list[Account] = field(default_factory=list)
    prices: list[tuple[int, bool]] = field(default_factory=list)
    caps: list[int] = field(default_factory=list)
    limits: dict[int, int] = field(default_factory=dict)
    stable: Counter[Address] = field(default_factory=Counter)
    tokens: list[Counter[Address]] = field(default_factory=list)
    losses: list[int] = field(default_factory=lambda: [0, 0])
    bucket_start: int = 0
    lapsed_before: int = 0

    def __post_init__(self) -> None:
        self.prices = [(0, False) for _ in self.assets]
        self.caps = [NO_CAP for _ in self.assets]
        self.tokens = [Counter() for _ in self.assets]

    # ----------------------------------------------------------------- reading

    def index_now(self) -> int:
        elapsed = self.now - self.updated_at
        growth = up(self.index * self.rate() * elapsed, WAD * YEAR)
        return min(self.index + growth, MAX_INDEX)

    def utilisation(self, index: int | None = None) -> int:
        total = self.total(index)
        ceiling = self.config.debt_ceiling
        return WAD if total >= ceiling else total * WAD // ceiling

    def rate(self, index: int | None = None) -> int:
        used = self.utilisation(index)
        if used <= self.kink:
            return self.base_rate + up(self.at_kink * used, self.kink)
        return self.base_rate + self.at_kink + up(self.above * (used - self.kink), WAD - self.kink)

    def total(self, index: int | None = None) -> int:
        return up(self.shares * (self.index if index is None else index), RAY)

    def unminted_now(self) -> int:
        return self.unminted + self.total(self.index_now()) - self.total()

    def debt(self, account: int) -> int:
        return up(self.accounts[account].shares * self.index_now(), RAY)

    def position(self, account: int, amounts: Sequence[int] | None = None) -> Position:
        amounts = self.accounts[account].amounts if amounts is None else amounts
        values, doubt, valid = [], 0, True
        for amount, asset, (price, good) in zip(amounts, self.assets, self.prices, strict=True):
            worth = amount * price // 10**asset.decimals
            values.append(worth)
            if amount and not (good and price):
                valid = False
                doubt += worth if price else 2**128 - 1
        return Position(
            sum(values),
            self.debt(account),
            *self.requirements(values),
            valid,
            sum(values) + doubt,
        )

    def is_cured(self, account: int) -> bool:
        """Whether E >= M at any price of what has no valid one: at 0, which is the least."""
        held = zip(self.accounts[account].amounts, self.prices, strict=True)
        p = self.position(account, [amount if all(price) else 0 for amount, price in held])
        return p.buffer >= 0

    def keeps_margin_at(self, account: int, asset: int, price: int) -> bool:
        """Whether E >= M were the price of one asset another."""
        kept = self.prices[asset]
        self.prices[asset] = (price, True)
        buffer = self.position(account).buffer
        self.prices[asset] = kept
        return buffer >= 0

    def call_of(self, account: int) -> tuple[int, int, int]:
        """(called_at, deadline, recorded_at), zeros where lapsed."""
        a, oldest = self.accounts[account], self.oldest_call()
        called = a.called_at != 0 and a.deadline >= oldest
        recorded = a.recorded_at != 0 and a.recorded_at >= oldest
        return (
            a.called_at if called else 0,
            a.deadline if called else 0,
            a.recorded_at if recorded else 0,
        )

    def oldest_call(self) -> int:
        """Deadlines and records before this have lapsed, and do not come back."""
        return max(self.lapsed_before, self.now - self.config.call_window)

    def is_due(self, account: int) -> bool:
        p = self.position(account)
        called_at, deadline, _ = self.call_of(account)
        if p.at_best >= p.debt + p.maintenance:
            return False
        if p.at_best < p.debt + p.close_out or self.config.grace == 0:
            return True
        return called_at != 0 and self.now >= deadline

    def status(self, account: int) -> int:
        p = self.position(account)
        if p.at_best >= p.debt + p.maintenance or p.debt == 0:
            return 1 if p.valid or p.debt == 0 else 5
        if self.is_due(account):
            return 4
        return 3 if self.call_of(account)[0] else 2

    def deposited(self, asset: int) -> int:
        return sum(a.amounts[asset] for a in self.accounts)

    def limit_of(self, account: int) -> int:
        return self.limits.get(account) or self.config.account_ceiling

    def borrowable(self, account: int, amount: int) -> bool:
        """Whether borrow() of that amount passes now."""
        if amount == 0 or self.paused & 1 or self.tripped:
            return False
        try:
            self._check_debt(account, up(amount * RAY, self.index_now()))
        except Refused:
            return False
        return True

    def _check_debt(self, account: int, shares: int) -> None:
        index = self.index_now()
        total = up((self.shares + shares) * index, RAY)
        need(total <= self.config.debt_ceiling, "limit: debt ceiling")
        p = self.position(account)
        need(p.valid, "price: not valid")
        debt = up((self.accounts[account].shares + shares) * index, RAY)
        need(debt >= self.config.min_debt, "limit: below minimum debt")
        need(debt <= self.limit_of(account), "limit: account debt ceiling")
        need(p.value >= debt + p.initial, "margin: below initial requirement")

    def withdrawable(self, account: int, asset: int, amount: int) -> bool:
        a = self.accounts[account]
        if amount > a.amounts[asset]:
            return False
        if a.shares == 0:
            return True
        amounts = list(a.amounts)
        amounts[asset] -= amount
        p = self.position(account, amounts)
        if self.paused & 2 or self.tripped or not p.valid:
            return False
        return p.value >= p.debt + p.initial

    def seizure(self, account: int, asset: int, max_repay: int) -> Seizure:
        """What liquidate() would do. Raises Refused when the account's state forbids it."""
        a, c, p = self.accounts[account], self.config, self.position(account)
        amount, (price, good) = a.amounts[asset], self.prices[asset]
        unit = 10 ** self.assets[asset].decimals
        need(self.is_due(account), "margin: not liquidatable")
        need(amount > 0, "liquidation: asset is not held")
        need(good and price > 0, "price: not valid")

        penalty, reserve_part = self._penalty(account, p)
        limit = up(p.debt * c.close_factor, WAD)
        if (
            p.health <= c.full_liquidation_health
            or p.debt - limit < c.min_debt
            or p.value - up(limit * (WAD + penalty), WAD) < c.min_left
        ):
            limit = p.debt
        repaid = min(max_repay, limit)
        taken = repaid * (WAD + penalty) * unit // (price * WAD)
        if taken >= amount:
            taken = amount
            repaid = min(repaid, up(up(amount * price, unit) * WAD, WAD + penalty))
        whole = repaid >= p.debt
        shares = a.shares if whole else repaid * RAY // self.index_now()
        left = list(a.amounts)
        left[asset] -= taken
        debt_left = up((a.shares - shares) * self.index_now(), RAY)
        after = self.position(account, left)
        slack = ROUNDING + self.index_now() // RAY
        falls = after.value - debt_left - after.maintenance + slack < p.buffer
        closing = p.value < p.debt + p.close_out
        need(closing or not any(left) or not falls, "liquidation: lowers the buffer")
        enough = debt_left == 0 or debt_left >= c.min_debt or taken == amount
        need(enough, "liquidation: below minimum debt")
        cut = up(taken * reserve_part, WAD + penalty)
        return Seizure(repaid, shares, taken, cut, penalty, left, debt_left)

    def _penalty(self, account: int, p: Position) -> tuple[int, int]:
        """(charged, the Reserve's part), WAD shares of the debt repaid."""
        called_at, deadline, recorded_at = self.call_of(account)
        since = [t for t in (called_at and deadline, recorded_at) if t and t <= self.now]
        c, charged = self.config, self.penalty(self.now - min(since, default=self.now))
        room = max(p.value - p.debt, 0) * WAD // p.debt
        part = up(charged * c.reserve_share, WAD)
        if c.cap_toxic and charged > room:
            floor = min(c.liquidator_floor, charged)
            charged = max(room, floor)
            part = min(up(charged * c.reserve_share, WAD), charged - floor)
        return charged, part if p.value >= p.debt else 0
