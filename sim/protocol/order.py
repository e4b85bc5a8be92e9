"""What passes between the simulator and an adapter: orders, readings, figures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from sim.protocol.abi import View
from sim.units import Address

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Order:
    """An intent as a transaction: where to, what, and how much gas."""

    to: Address
    data: bytes
    gas: int


@dataclass(frozen=True, slots=True)
class Who:
    """On whose behalf an intent is carried out."""

    sender: Address
    to: Address
    """Gets what is paid out, where the contract `PAYS_ANYONE`."""
    owner: Address
    """Of the account that the intent names; the sender where it names none."""
    market: int = 0
    """The collateral of the first deposit to that account."""


@dataclass(frozen=True, slots=True)
class Reading(Generic[T]):
    """Views to call, and what their answers, each as its words, mean. No call is fine."""

    calls: tuple[View, ...]
    decode: Callable[[Sequence[list[int]]], T]


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of the ledger beside the same on chain; they must be equal."""

    name: str
    ours: object
    theirs: object
