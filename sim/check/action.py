"""What anybody may do in a check: a step of a case, readable, and the same on every engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any, Self

from sim.errors import DataError
from sim.units import MAX_UINT256

WHOLE = 1_000_000
"""Parts of an amount's basis: millionths."""


class Do(StrEnum):
    """Kinds of actions; those a contract is not able to do are never drawn."""

    OPEN = "open"
    DEPOSIT = "deposit"
    WITHDRAW = "withdraw"
    BORROW = "borrow"
    REPAY = "repay"
    CALL = "call"
    LIQUIDATE = "liquidate"
    ABSORB = "absorb"
    REDEEM = "redeem"
    LEND = "lend"
    RECALL = "recall"
    PAUSE = "pause"
    PRICE = "price"
    WAIT = "wait"
    DONATE = "donate"
    ARM = "arm"
    BLOCK = "block"
    TAX = "tax"
    """A hostile token keeps a share of transfers from now on."""
    ELSE = "else"
    """Any function of the contract, called by someone who has no right of their own to it;
    `amount.plus` says which, `amount.ppm` with what."""


class Of(StrEnum):
    """What an amount is a part of."""

    UNITS = "units"
    """Nothing: it is `plus` alone, native units."""
    WALLET = "wallet"
    """What the actor has."""
    HELD = "held"
    """The account's collateral of that asset."""
    DEBT = "debt"
    ROOM = "room"
    """What initial margin still allows to draw or to take out."""
    CEILING = "ceiling"
    """What the ceilings of the account and of all debt still allow to draw."""
    CLAIM = "claim"
    """What the actor has lent."""
    LAST = "last"
    """Of a price: the present one."""
    INITIAL = "initial"
    """Of a price: the one at which the account's equity is what it takes to borrow, of a payment:
    what it lacks for that; …"""
    MAINTENANCE = "maintenance"
    """… to be left alone …"""
    CLOSE_OUT = "close-out"
    """… not to be liquidated at once …"""
    INSOLVENT = "insolvent"
    """… or nothing."""


@dataclass(frozen=True, slots=True)
class Amount:
    """`ppm` millionths of something, rounded down, and `plus` units; within a word."""

    of: Of = Of.UNITS
    ppm: int = 0
    plus: int = 0

    def of_basis(self, basis: int) -> int:
        return min(max(basis * self.ppm // WHOLE + self.plus, 0), MAX_UINT256)


@dataclass(frozen=True, slots=True)
class Action:
    """One transaction, or time passing."""

    do: Do
    who: str = ""
    """Name of the actor; empty is the owner of the account."""
    account: int = 0
    """From 0, round and round those that there are."""
    asset: int = 0
    amount: Amount = Amount()
    """Native units; of a price millionths of WAD USD's basis; seconds of a wait."""
    after: int = 12
    """Seconds since the action before; 0 is in the same block, after it."""
    then: Action | None = None
    """Of `arm`: what the hostile token does in the middle of the next transfer."""

    def record(self) -> dict[str, Any]:
        """As JSON: what is as usual is left out."""
        usual = Action(self.do)
        found = {
            field.name: getattr(self, field.name)
            for field in fields(self)
            if field.name == "do" or getattr(self, field.name) != getattr(usual, field.name)
        }
        if "amount" in found:
            found["amount"] = asdict(self.amount)
        if self.then:
            found["then"] = self.then.record()
        return found

    @classmethod
    def read(cls, record: Mapping[str, Any]) -> Self:
        """Raises DataError when the record is not one of an action."""
        found = dict(record)
        try:
            found["do"] = Do(found["do"])
            if "amount" in found:
                amount = found["amount"]
                found["amount"] = Amount(Of(amount["of"]), int(amount["ppm"]), int(amount["plus"]))
            if found.get("then"):
                found["then"] = cls.read(found["then"])
            return cls(**found)
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(f"{dict(record)} is not an action of a case: {error}") from None
