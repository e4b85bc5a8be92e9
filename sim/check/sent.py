"""Transactions of a run, as a case keeps them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any, Self

from sim.chain.engine import BlockRequest, Engine, Transaction
from sim.chain.tape import Gift, Take
from sim.errors import DataError
from sim.units import Address


@dataclass(frozen=True, slots=True)
class Sent:
    """All of a transaction but the nonce, which is the sender's next whatever is left out before
    it; and its block. Wei and seconds."""

    time: int
    base_fee: int
    gas_limit: int
    coinbase: Address
    sender: Address
    to: Address | None
    data: bytes
    gas: int
    max_fee: int
    priority_fee: int
    value: int

    @property
    def block(self) -> tuple[int, int, int, Address]:
        return self.time, self.base_fee, self.gas_limit, self.coinbase

    def record(self) -> dict[str, Any]:
        """As JSON."""
        found = asdict(self)
        return {k: "0x" + v.hex() if isinstance(v, bytes) else v for k, v in found.items()}

    @classmethod
    def read(cls, record: Mapping[str, Any]) -> Self:
        """Raises DataError when the record is not one of a transaction."""
        try:
            return cls(**{name: _read(value) for name, value in record.items()})
        except (AttributeError, TypeError, ValueError) as error:
            raise DataError(f"{dict(record)} is not a transaction of a case: {error}") from None


def _read(value: object) -> Any:
    return bytes.fromhex(value.removeprefix("0x")) if isinstance(value, str) else value


def sent_on(cues: Iterable[Gift | Take]) -> Iterator[Sent]:
    """What was executed, of a tape."""
    for cue in cues:
        if isinstance(cue, Take):
            request = cue.request
            for t in request.transactions:
                yield Sent(
                    request.timestamp, request.base_fee, request.gas_limit, request.coinbase,
                    t.sender, t.to, t.data, t.gas, t.max_fee, t.priority_fee, t.value,
                )  # fmt: skip


def in_blocks(sent: Sequence[Sent]) -> list[list[Sent]]:
    return [list(block) for _, block in groupby(sent, key=lambda each: each.block)]


def request(engine: Engine, block: Sequence[Sent]) -> BlockRequest:
    """A block of them at the nonces of the engine as it stands."""
    senders = list(dict.fromkeys(each.sender for each in block))
    nonces = dict(zip(senders, engine.nonces(senders), strict=True))
    transactions = []
    for sent in block:
        transaction = Transaction(
            sender=sent.sender,
            to=sent.to,
            data=sent.data,
            gas=sent.gas,
            max_fee=sent.max_fee,
            priority_fee=sent.priority_fee,
            nonce=nonces[sent.sender],
            value=sent.value,
        )
        transactions.append(transaction)
        nonces[sent.sender] += 1
    return BlockRequest(tuple(transactions), *block[0].block)
