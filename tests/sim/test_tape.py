"""The tape: one number for what a run did, and the first difference between two engines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from sim.chain import available_engines, open_engine
from sim.chain.artifacts import load
from sim.chain.engine import Block, BlockRequest, Engine, Log, Receipt, Refusal, Status, Transaction
from sim.chain.pyevm import PyEvmEngine
from sim.chain.tape import Take, Tape, replay
from sim.errors import EnginesDiffer
from sim.units import GWEI, WAD, Address

SENDER, OTHER, COINBASE = b"\x51" * 20, b"\x52" * 20, b"\xc0" * 20
START = 1_600_000_000


def transaction(nonce: int, **fields: Any) -> Transaction:
    usual = Transaction(SENDER, OTHER, b"", 100_000, 100 * GWEI, GWEI, nonce, value=5)
    return usual._replace(**fields)


def request(number: int, *transactions: Transaction) -> BlockRequest:
    return BlockRequest(transactions, START + 12 * number, 7 * GWEI, coinbase=COINBASE)


def perform(engine: Engine) -> None:
    """Five blocks: a payment, a contract, calls that log and revert, one that is refused."""
    engine.set_balance(SENDER, 100 * WAD)
    counter = load("Counter")
    engine.mine(request(1, transaction(0)))
    block = engine.mine(
        request(2, transaction(1, to=None, data=counter.bytecode, gas=5_000_000, value=0))
    )
    (made,) = block.receipts
    calls = sorted(counter.selectors.values())
    for number, selector in enumerate(calls[:3], start=3):
        call = transaction(number - 1, to=made.contract, data=selector, value=0, gas=200_000)
        engine.mine(request(number, call, transaction(99)))


def taped(name: str = "py-evm") -> Tape:
    with open_engine(name) as engine:
        tape = Tape(engine, keep=True)
        perform(tape)
        tape.stop_keeping()
    return tape


@pytest.fixture(scope="module")
def tape() -> Tape:
    return taped()


# ------------------------------------------------------------------- on real engines


def test_fingerprint__same_blocks_on_every_engine__is_the_same(tape: Tape) -> None:
    prints = {name: taped(name).fingerprint for name in available_engines()}
    assert set(prints.values()) == {tape.fingerprint}, prints


def test_replay__on_every_other_engine__finds_no_difference(tape: Tape) -> None:
    for name in available_engines():
        with open_engine(name) as engine:
            again = replay(tape, engine)
        assert (again.fingerprint, again.blocks) == (tape.fingerprint, tape.blocks)


def test_tape__is_an_engine__answers_like_the_one_behind_it() -> None:
    with PyEvmEngine() as engine, Tape(engine) as tape:
        perform(tape)
        assert (tape.block_number, tape.timestamp) == (engine.block_number, START + 60)
        assert tape.balances([SENDER, OTHER]) == engine.balances([SENDER, OTHER])
        assert tape.nonces([SENDER]) == [5]
        kept = tape.snapshot()
        tape.mine(request(6, transaction(5)))
        tape.restore(kept)
        assert tape.nonces([SENDER]) == [5]


def test_tape__counts_blocks_and_what_was_asked_of_them(tape: Tape) -> None:
    assert (tape.blocks, tape.transactions) == (5, 8)


def test_tape__without_keep__holds_no_blocks() -> None:
    with PyEvmEngine() as engine:
        tape = Tape(engine)
        perform(tape)
    assert not tape.cues


def test_stop_keeping__later_blocks_are_hashed_but_not_kept() -> None:
    with PyEvmEngine() as engine:
        tape = Tape(engine, keep=True)
        perform(tape)
        tape.stop_keeping()
        kept, before = len(tape.cues), tape.fingerprint
        tape.mine(request(6, transaction(5)))
        assert len(tape.cues) == kept
        assert tape.fingerprint != before
    with PyEvmEngine() as other:
        assert replay(tape, other).fingerprint == before


# ---------------------------------------------------------------- planted differences


def planted(tape: Tape, number: int, position: int, **fields: Any) -> Tape:
    """The tape, with one receipt of one block not as it was."""
    copy = Tape(tape.engine, keep=True)
    copy.cues, copy.wei = list(tape.cues), dict(tape.wei)
    index, take = [(i, c) for i, c in enumerate(copy.cues) if isinstance(c, Take)][number - 1]
    receipts = list(take.block.receipts)
    receipts[position] = receipts[position]._replace(**fields)
    b = take.block
    block = Block(b.number, b.timestamp, b.base_fee, b.gas_used, receipts)
    copy.cues[index] = Take(take.request, block)
    return copy


LOG = Log(OTHER, (b"\x01" * 32,), b"\x02")


@pytest.mark.parametrize(
    ("block", "position", "field", "value"),
    [
        (1, 0, "gas_used", 21_001),
        (1, 0, "effective_gas_price", 1),
        (1, 0, "logs", (LOG,)),
        (2, 0, "contract", OTHER),
        (3, 0, "status", Status.REFUSED),
        (3, 0, "output", b"\x00"),
        (5, 1, "refusal", None),
    ],
)
def test_replay__one_field_of_one_receipt_differs__is_named(
    tape: Tape, block: int, position: int, field: str, value: object
) -> None:
    other = planted(tape, block, position, **{field: value})
    with PyEvmEngine() as engine, pytest.raises(EnginesDiffer) as difference:
        replay(other, engine)
    assert str(difference.value).startswith(
        f"block {block}, transaction {position}: {field} is {value}"
    )


def test_replay__only_a_balance_differs__is_named(tape: Tape) -> None:
    """Engines that agree on every receipt, but not on who was paid the tips."""
    with PyEvmEngine() as engine, pytest.raises(EnginesDiffer) as difference:
        replay(tape, Tipped(engine))
    assert "0x" + COINBASE.hex() in str(difference.value)


class Tipped(Tape):
    """An engine that gives the coinbase one wei too much."""

    def balances(self, addresses: Sequence[Address]) -> list[int]:
        honest = super().balances(addresses)
        return [wei + (who == COINBASE) for who, wei in zip(addresses, honest, strict=True)]


# ------------------------------------------------------------------ what the hash covers


class Scripted:
    """An engine that answers with blocks made by hand."""

    name = "scripted"

    def __init__(self, *blocks: Block) -> None:
        self._blocks = iter(blocks)

    def mine(self, request: BlockRequest) -> Block:
        return next(self._blocks)


RECEIPT = Receipt(Status.SUCCEEDED, 50_000, 8 * GWEI, (LOG, LOG), b"", None)
BLOCK = Block(1, START, 7 * GWEI, 50_000, (RECEIPT,))


def fingerprint(*blocks: Block) -> str:
    tape = Tape(Scripted(*blocks))  # type: ignore[arg-type]
    for block in blocks:
        tape.mine(BlockRequest((), block.timestamp, block.base_fee))
    return tape.fingerprint


def with_receipt(**fields: Any) -> Block:
    return BLOCK._replace(receipts=(RECEIPT._replace(**fields),))


@pytest.mark.parametrize(
    "other",
    [
        BLOCK._replace(number=2),
        BLOCK._replace(timestamp=START + 1),
        BLOCK._replace(receipts=()),
        BLOCK._replace(receipts=(RECEIPT, RECEIPT)),
        with_receipt(status=Status.REVERTED),
        with_receipt(gas_used=50_001),
        with_receipt(effective_gas_price=8 * GWEI + 1),
        with_receipt(output=b"\x00"),
        with_receipt(contract=OTHER),
        with_receipt(refusal=Refusal.FUNDS),
        with_receipt(logs=(LOG,)),
        with_receipt(logs=(LOG, LOG._replace(address=SENDER))),
        with_receipt(logs=(LOG, LOG._replace(topics=()))),
        with_receipt(logs=(LOG, LOG._replace(data=b"\x03"))),
        # The same bytes, divided otherwise.
        with_receipt(logs=(LOG, LOG._replace(topics=(*LOG.topics, b"\x02" + bytes(31)), data=b""))),
    ],
)
def test_fingerprint__anything_in_a_receipt_differs__differs(other: Block) -> None:
    assert fingerprint(other) != fingerprint(BLOCK)


def test_fingerprint__order_of_blocks_matters() -> None:
    later = BLOCK._replace(number=2)
    assert fingerprint(BLOCK, later) != fingerprint(later, BLOCK)


def test_fingerprint__many_logs_in_one_transaction__are_no_limit() -> None:
    """A contract of a user's own may log as much as its gas allows."""
    assert fingerprint(with_receipt(logs=(LOG,) * 300)) != fingerprint(
        with_receipt(logs=(LOG,) * 44)
    )
