"""What an agent wants done: an order to the protocol and what it bids for its place.

Intents name roles of a contract system (account, asset index, stable), never a contract:
the protocol adapter encodes them.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bid:
    """Fees in wei per gas, and who gets to see it."""

    tip: int
    max_fee: int
    private: bool = False
    """Sent to the builder alone: nobody else sees it before it is in a block."""


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
    """0 for one of the sender's that this opens."""
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
class Redeem(Intent):
    """Give stable for an account's collateral at face value."""

    account: int
    asset: int
    amount: int
    min_out: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Lend(Intent):
    """Supply what others draw."""

    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall(Intent):
    """Take back what one lent."""

    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Post(Intent):
    """Report prices, WAD, one for each asset."""

    prices: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Poke(Intent):
    """Have a delayed or averaging oracle take a reading."""

    asset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Swap(Intent):
    """Sell `amount_in` of one token on a collateral's pool for the other."""

    pool: int
    """Index of the pool's collateral."""
    sell_stable: bool
    amount_in: int
    min_out: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PegSwap(Intent):
    """Sell the stable for the reserve coin on their pool, or the coin for the stable."""

    sell_stable: bool
    amount_in: int
    min_out: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PegMint(Intent):
    """Give the peg module reserve coin for new stable, at par less its fee."""

    amount_in: int
    """Native units of the coin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PegRedeem(Intent):
    """Give the peg module stable for reserve coin, at par less its fee."""

    amount_in: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueOrder(Intent):
    """Send one token of a collateral's market to the venue outside, which sells it at whatever
    its book pays then, and pays out with the next block."""

    asset: int
    sell_stable: bool
    amount_in: int


@dataclass(frozen=True, slots=True)
class Owed:
    """What a venue is to pay for an order that was executed."""

    number: int
    to: bytes
    asset: int | None
    """None for the stable."""
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PayOut(Intent):
    """Venue: a transfer of what it owes."""

    owed: Owed


@dataclass(frozen=True, slots=True, kw_only=True)
class PegPoke(Intent):
    """Have the average that the interest rate reads take a reading."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlashLiquidate(Intent):
    """Liquidate with minted capital and sell on the pool, atomically, or revert."""

    account: int
    asset: int
    max_repay: int
    min_profit: int
    """Stable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause(Intent):
    """Guardian: stop borrowing, withdrawing with debt, or both."""

    borrow: bool
    withdraw: bool

    @property
    def flags(self) -> int:
        """1 for borrowing, 2 for withdrawing, 3 for both."""
        return self.borrow + 2 * self.withdraw


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebid(Intent):
    """Put a new bid on an own pending transaction; the pool wants 10 % more tip and fee cap."""

    nonce: int


@dataclass(frozen=True, slots=True)
class Theirs:
    """Someone else's pending transaction, as a part of a bundle."""

    sequence: int
    """See `agents.view.Seen`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle(Intent):
    """Own and others' transactions, adjacent and in this order at the top of the next block,
    all of them or none; what is not included costs nothing and is forgotten.

    The bundle's bid goes for each own part, whose bids are not looked at.
    """

    parts: tuple[Intent | Theirs, ...]
    payment: int
    """Wei to the builder, by a transaction at the end."""
