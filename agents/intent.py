"""What an agent wants done: an order to the protocol and what it bids for its place.

Intents name roles of a contract system (account, asset index, stable), never a contract:
the protocol adapter encodes them.
"""

from __future__ import annotations

from dataclasses import dataclass

STABLE = -1
"""Asset index of the stable in a swap."""


@dataclass(frozen=True, slots=True)
class Bid:
    """Fees in wei per gas."""

    tip: int
    max_fee: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """Base: who pays for it is the agent that returned it."""

    bid: Bid


@dataclass(frozen=True, slots=True, kw_only=True)
class Open(Intent):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Deposit(Intent):
    account: int
    asset: int
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdraw(Intent):
    account: int
    asset: int
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Borrow(Intent):
    account: int
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Repay(Intent):
    account: int
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginCall(Intent):
    account: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Liquidate(Intent):
    account: int
    asset: int
    max_repay: int
    min_seize: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Absorb(Intent):
    account: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Post(Intent):
    """Report prices, WAD, one for each asset."""

    prices: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Swap(Intent):
    """Sell `amount_in` of one token on a collateral's pool for the other."""

    pool: int
    """Index of the pool's collateral."""
    sell_stable: bool
    amount_in: int
    min_out: int
