"""What an event means, in words that hold for any lending contract.

An adapter turns the events of its contract into these; the ledger and the tables know nothing
else. Amounts are native units, accounts count from 1, `change` is signed.
"""

from __future__ import annotations

from dataclasses import dataclass

from sim.units import Address


@dataclass(frozen=True, slots=True)
class Opened:
    """The next account is there."""

    owner: Address
    market: int = 0
    """Its collateral, where it can have but one."""


@dataclass(frozen=True, slots=True)
class Held:
    """Collateral of an account, in or out, for whatever reason."""

    account: int
    asset: int
    change: int


@dataclass(frozen=True, slots=True)
class Owed:
    """Debt of an account, in shares: debt is shares · index / RAY, rounded up. A contract
    without interest counts its debt itself, at an index that stays RAY."""

    account: int
    change: int


@dataclass(frozen=True, slots=True)
class Accrued:
    """Interest is in the index up to this block."""

    index: int


@dataclass(frozen=True, slots=True)
class Called:
    account: int
    called_at: int
    """Timestamp."""


@dataclass(frozen=True, slots=True)
class CallEnded:
    account: int


@dataclass(frozen=True, slots=True)
class Liquidated:
    """Besides `Held` and `Owed`, which move the books: what was done to whom for how much."""

    account: int
    asset: int
    repaid: int
    """Stable."""
    seized: int
    """Collateral to the liquidator."""
    reserve_cut: int
    """Collateral to the protocol."""
    penalty: int
    """WAD share of what was repaid that the borrower lost on top."""


@dataclass(frozen=True, slots=True)
class Flashed:
    """The liquidation in this transaction was done with borrowed capital."""

    profit: int
    """Stable."""


@dataclass(frozen=True, slots=True)
class Redeemed:
    """Besides `Held` and `Owed`: someone's stable was taken for collateral at face value."""

    account: int
    asset: int
    repaid: int
    seized: int


@dataclass(frozen=True, slots=True)
class WrittenOff:
    """Bad debt: debt left when all collateral of the account was gone, less what was covered."""

    account: int
    amount: int


@dataclass(frozen=True, slots=True)
class Healed:
    """Bad debt that someone made good."""

    amount: int


@dataclass(frozen=True, slots=True)
class Lent:
    """Claim of a lender on what is lent out, in shares."""

    lender: Address
    change: int


@dataclass(frozen=True, slots=True)
class Stopped:
    """What the guardian has stopped: 1 borrowing, 2 withdrawing with debt."""

    flags: int


@dataclass(frozen=True, slots=True)
class Tripped:
    """A breaker: on it stops all that can be stopped."""

    on: bool


@dataclass(frozen=True, slots=True)
class Reported:
    """A reporter has posted a price, WAD."""

    reporter: Address
    asset: int
    price: int


@dataclass(frozen=True, slots=True)
class Counted:
    """A figure that only this contract has; `Ledger.counts` sums it, `Adapter.figures` may
    hold it against the chain."""

    name: str
    change: int


Effect = (
    Opened
    | Held
    | Owed
    | Accrued
    | Called
    | CallEnded
    | Liquidated
    | Flashed
    | Redeemed
    | WrittenOff
    | Healed
    | Lent
    | Stopped
    | Tripped
    | Reported
    | Counted
)
