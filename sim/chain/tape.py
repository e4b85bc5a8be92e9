"""A run's blocks, hashed as they are executed and kept where asked, to execute them again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Self

from sim.chain.engine import Block, BlockRequest, Call, CallResult, Engine, Receipt
from sim.errors import EnginesDiffer
from sim.units import Address


@dataclass(frozen=True, slots=True)
class Gift:
    """A `set_balance` on the tape."""

    address: Address
    amount: int


@dataclass(frozen=True, slots=True)
class Take:
    """A request on the tape, and what came of it."""

    request: BlockRequest
    block: Block


class Tape:
    """An engine that hashes every receipt of the one behind it.

    `fingerprint` is a hash over the receipts of all blocks so far, in order: the same on
    every engine for the same requests. With `keep` the requests stay, for `replay`.
    """

    def __init__(self, engine: Engine, keep: bool = False) -> None:
        self.engine = engine
        self.name = engine.name
        self.blocks = 0
        self.transactions = 0
        self.cues: list[Gift | Take] = []
        self.wei: dict[Address, int] = {}
        """Balances of all senders and coinbases when keeping ended; see `stop_keeping`."""
        self._keep = keep
        self._digest = sha256()
        self._marks: dict[int, tuple[Any, int, int, int]] = {}

    @property
    def fingerprint(self) -> str:
        return self._digest.hexdigest()

    @property
    def block_number(self) -> int:
        return self.engine.block_number

    @property
    def timestamp(self) -> int:
        return self.engine.timestamp

    def mine(self, request: BlockRequest) -> Block:
        block = self.engine.mine(request)
        self._digest.update(_bytes(block))
        self.blocks += 1
        self.transactions += len(request.transactions)
        if self._keep:
            self.cues.append(Take(request, block))
        return block

    def set_balance(self, address: Address, amount: int) -> None:
        self.engine.set_balance(address, amount)
        if self._keep:
            self.cues.append(Gift(address, amount))

    def stop_keeping(self) -> None:
        """What follows is hashed, not kept. Later calls change nothing."""
        if not self._keep:
            return
        self._keep = False
        everyone = self._everyone()
        self.wei = dict(zip(everyone, self.engine.balances(everyone), strict=True))

    def call(self, calls: Sequence[Call]) -> list[CallResult]:
        return self.engine.call(calls)

    def balances(self, addresses: Sequence[Address]) -> list[int]:
        return self.engine.balances(addresses)

    def nonces(self, addresses: Sequence[Address]) -> list[int]:
        return self.engine.nonces(addresses)

    def _everyone(self) -> list[Address]:
        requests = [cue.request for cue in self.cues if isinstance(cue, Take)]
        senders = [t.sender for request in requests for t in request.transactions]
        return list(dict.fromkeys([*senders, *(request.coinbase for request in requests)]))

    def snapshot(self) -> int:
        snapshot = self.engine.snapshot()
        self._marks[snapshot] = (
            self._digest.copy(),
            self.blocks,
            self.transactions,
            len(self.cues),
        )
        return snapshot

    def restore(self, snapshot: int) -> None:
        """The tape is rewound too: what came after the snapshot was never run."""
        self.engine.restore(snapshot)
        digest, self.blocks, self.transactions, kept = self._marks[snapshot]
        self._digest = digest.copy()
        del self.cues[kept:]

    def close(self) -> None:
        self.engine.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def replay(tape: Tape, engine: Engine) -> Tape:
    """Execute what a tape kept on a fresh engine; the tape of that.

    Raises EnginesDiffer at the first receipt or balance that is not the same.
    """
    again = Tape(engine)
    for cue in tape.cues:
        if isinstance(cue, Gift):
            again.set_balance(cue.address, cue.amount)
            continue
        block = again.mine(cue.request)
        for position, field, ours, theirs in _differences(cue.block, block):
            raise EnginesDiffer(
                f"block {cue.block.number}, transaction {position}: {field} is {ours} on "
                f"{tape.name} and {theirs} on {engine.name}"
            )
    _compare_balances(tape, engine)
    return again


def _compare_balances(tape: Tape, engine: Engine) -> None:
    for (address, ours), theirs in zip(
        tape.wei.items(), engine.balances(list(tape.wei)), strict=True
    ):
        if ours != theirs:
            raise EnginesDiffer(
                f"after block {engine.block_number}: 0x{address.hex()} has {ours} wei on "
                f"{tape.name} and {theirs} on {engine.name}"
            )


def _differences(ours: Block, theirs: Block) -> Iterator[tuple[int, str, object, object]]:
    for position, (a, b) in enumerate(zip(ours.receipts, theirs.receipts, strict=True)):
        if a != b:
            for field, x, y in zip(Receipt._fields, a, b, strict=True):
                if x != y:
                    yield position, field, x, y


def _bytes(block: Block) -> bytes:
    """Everything that engines must agree on, without ambiguity."""
    parts = [n.to_bytes(8, "big") for n in (block.number, block.timestamp, len(block.receipts))]
    for receipt in block.receipts:
        parts += [bytes([receipt.status]), len(receipt.logs).to_bytes(4, "big")]
        parts.append(receipt.gas_used.to_bytes(8, "big"))
        parts.append(receipt.effective_gas_price.to_bytes(32, "big"))
        for log in receipt.logs:
            parts += [log.address, bytes([len(log.topics)]), *log.topics]
            parts += [len(log.data).to_bytes(4, "big"), log.data]
        parts += [len(receipt.output).to_bytes(4, "big"), receipt.output]
        for end in (receipt.contract or b"", (receipt.refusal or "").encode()):
            parts += [bytes([len(end)]), end]
    return b"".join(parts)
