"""What the native engine does beyond the others: forks, dumps, and receipts made when looked at.

What transactions do is compared in the other files of this folder.
"""

from __future__ import annotations

import pickle
import resource
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from sim.chain.artifacts import load
from sim.chain.engine import Block, BlockRequest, Call, Receipt, Status, Transaction
from sim.chain.revm import RevmEngine
from sim.errors import EngineError
from sim.units import GWEI, WAD

pytest.importorskip("plimsoll_engine")

SENDER, OTHER = b"\x11" * 20, b"\x22" * 20
COUNTER = load("Counter")
STATM = Path("/proc/self/statm")
INCREMENT, COUNT = COUNTER.selectors["increment()"], COUNTER.selectors["count()"]


def transaction(nonce: int = 1, **fields: Any) -> Transaction:
    usual: dict[str, Any] = {
        "sender": SENDER,
        "to": OTHER,
        "data": b"",
        "gas": 5_000_000,
        "max_fee": 2 * GWEI,
        "priority_fee": 1,
        "nonce": nonce,
    }
    return Transaction(**usual | fields)


class Chain:
    """An engine with a Counter on it."""

    def __init__(self, engine: RevmEngine, counter: bytes) -> None:
        self.engine = engine
        self.counter = counter

    @staticmethod
    def new() -> Chain:
        engine = RevmEngine()
        engine.set_balance(SENDER, 1_000 * WAD)
        chain = Chain(engine, b"")
        (receipt,) = chain.mine(transaction(0, to=None, data=COUNTER.bytecode)).receipts
        assert receipt.contract is not None
        chain.counter = receipt.contract
        return chain

    def mine(self, *transactions: Transaction, **fields: Any) -> Block:
        usual = {"timestamp": self.engine.timestamp + 12, "base_fee": GWEI}
        return self.engine.mine(BlockRequest(transactions, **usual | fields))

    def increment(self, times: int = 1) -> Block:
        nonce = self.engine.nonces([SENDER])[0]
        calls = [transaction(nonce + i, to=self.counter, data=INCREMENT) for i in range(times)]
        return self.mine(*calls, gas_limit=10**9)

    def count(self, engine: RevmEngine | None = None) -> int:
        (result,) = (engine or self.engine).call([Call(self.counter, COUNT)])
        return int.from_bytes(result.output, "big")


@pytest.fixture
def chain() -> Chain:
    return Chain.new()


def test_not_built__says_how(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "plimsoll_engine", None)
    with pytest.raises(EngineError, match="make setup"):
        RevmEngine()


def test_receipts__are_a_sequence_equal_to_the_tuple_of_them(chain: Chain) -> None:
    receipts = chain.increment(3).receipts
    made = tuple(receipts)
    assert receipts == made
    assert made == receipts
    assert receipts != made[:2]
    assert receipts[-1] == made[2]
    assert receipts[1:] == made[1:]
    assert receipts[::-1] == made[::-1]
    assert isinstance(receipts, Sequence)
    assert made[1] in receipts
    assert (receipts.index(made[1]), receipts.count(made[1])) == (made.index(made[1]), 1)
    assert receipts != 3
    assert hash(receipts) == hash(made)
    assert repr(receipts) == repr(made)
    for outside in (3, -4):
        with pytest.raises(IndexError):
            receipts[outside]
    with pytest.raises(TypeError, match="indices must be integers"):
        receipts["gas"]


def test_block__is_equal_to_the_tuple_of_its_fields(chain: Chain) -> None:
    snapshot = chain.engine.snapshot()
    block = chain.increment(2)
    chain.engine.restore(snapshot)
    again = chain.increment(2)
    fields = tuple(getattr(block, name) for name in Block._fields)
    assert block == fields == block
    assert block == again
    assert block != Block(*fields)._replace(gas_used=0)
    assert block != 3
    assert hash(block) == hash(fields)
    assert repr(block) == repr(Block(*fields))


def test_block__pickled__comes_back_equal(chain: Chain) -> None:
    block = chain.increment(2)
    again = pickle.loads(pickle.dumps(block))
    assert again == block
    assert all(isinstance(receipt, Receipt) for receipt in again.receipts)


def test_receipts__outlive_their_engine() -> None:
    block = Chain.new().increment()
    assert [log.address for log in block.receipts[0].logs] != []


def test_fork__goes_its_own_way_and_leaves_the_other_alone(chain: Chain) -> None:
    chain.increment(2)
    fork = Chain(chain.engine.fork(), chain.counter)
    assert (fork.engine.block_number, fork.engine.timestamp, fork.count()) == (
        chain.engine.block_number,
        chain.engine.timestamp,
        2,
    )
    assert fork.increment(3) == chain.increment(3)
    fork.increment()
    assert (fork.count(), chain.count()) == (6, 5)


def test_fork__of_forks_of_forks__all_right(chain: Chain) -> None:
    family = [chain]
    for _ in range(60):
        child = Chain(family[-1].engine.fork(), chain.counter)
        child.increment()
        family.append(child)
    assert [member.count() for member in family] == list(range(61))


def test_fork__does_not_know_the_snapshots_of_its_parent(chain: Chain) -> None:
    snapshot = chain.engine.snapshot()
    fork = chain.engine.fork()
    with pytest.raises(EngineError, match=f"no snapshot {snapshot}:"):
        fork.restore(snapshot)
    chain.increment()
    chain.engine.restore(snapshot)
    assert chain.count() == 0


def test_snapshot__taken_before_a_fork__restores_what_the_parent_did_since(chain: Chain) -> None:
    snapshot = chain.engine.snapshot()
    chain.increment(2)
    fork = chain.engine.fork()
    chain.increment(2)
    chain.engine.restore(snapshot)
    assert (chain.count(), chain.count(fork)) == (0, 2)


def test_dump__loaded__is_the_same_chain(chain: Chain, tmp_path: Path) -> None:
    chain.increment(3)
    chain.engine.dump(tmp_path / "chain")
    again = Chain(RevmEngine.load(tmp_path / "chain"), chain.counter)
    assert again.engine.block_number == chain.engine.block_number
    assert again.engine.timestamp == chain.engine.timestamp
    assert again.increment() == chain.increment()
    assert again.engine.balances([SENDER, OTHER]) == chain.engine.balances([SENDER, OTHER])


def test_dump__of_the_same_chain__is_the_same_file(chain: Chain, tmp_path: Path) -> None:
    """However it came about: through forks, restored snapshots, other files."""
    chain.increment(3)
    chain.engine.dump(tmp_path / "a")
    snapshot = chain.engine.snapshot()
    chain.increment()
    chain.engine.restore(snapshot)
    RevmEngine.load(tmp_path / "a").fork().dump(tmp_path / "b")
    chain.engine.dump(tmp_path / "c")
    first, *others = (path.read_bytes() for path in sorted(tmp_path.iterdir()))
    assert others == [first, first]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is not a dump of a chain"),
        (b"PK\x03\x04 something else", "is not a dump of a chain"),
        (b"PLIMSOLL", "ends too early"),
        (b"PLIMSOLL" + (2).to_bytes(4, "little"), "is a dump of version 2; this engine reads 1"),
        (b"PLIMSOLL" + (1).to_bytes(4, "little") + bytes(99), "is damaged: its checksum is wrong"),
    ],
)
def test_load__bad_file__is_a_sentence(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "chain"
    path.write_bytes(content)
    with pytest.raises(EngineError, match=f"{path} {reason}."):
        RevmEngine.load(path)


def test_files__not_there__is_a_sentence(chain: Chain, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="cannot be read"):
        RevmEngine.load(tmp_path / "none")
    with pytest.raises(EngineError, match="cannot be written"):
        chain.engine.dump(tmp_path / "none" / "chain")
    assert list(tmp_path.iterdir()) == []


MISTAKES: dict[str, tuple[Callable[[Chain], object], type[Exception], str]] = {
    "time": (lambda c: c.mine(timestamp=1), EngineError, "A block at 1 does not follow"),
    "snapshot": (lambda c: c.engine.restore(7), EngineError, "There is no snapshot 7"),
    "negative snapshot": (lambda c: c.engine.restore(-1), EngineError, "There is no snapshot"),
    "gas": (
        lambda c: c.mine(transaction(), transaction(gas=-1)),
        ValueError,
        r"transaction 1: gas is -1: allowed are 0 to 2\*\*64 - 1",
    ),
    "value": (
        lambda c: c.mine(transaction(value=2**256)),
        ValueError,
        r"transaction 0: value is \d+: allowed are 0 to 2\*\*256 - 1",
    ),
    "fee": (lambda c: c.mine(transaction(max_fee=1.5)), TypeError, "max_fee is float: it must be"),
    "to": (lambda c: c.mine(transaction(to=b"1")), ValueError, "to has 1 bytes: an address has 20"),
    "sender": (lambda c: c.mine(transaction(sender=None)), TypeError, "sender is NoneType"),
    "data": (lambda c: c.mine(transaction(data="0x")), TypeError, "data is str: it must be bytes"),
    "base fee": (lambda c: c.mine(base_fee=2**64), ValueError, "base_fee is 18446744073709551616"),
    "coinbase": (lambda c: c.mine(coinbase=bytes(32)), ValueError, "coinbase has 32 bytes"),
    "request": (lambda c: c.engine.mine(3), TypeError, "block is int: it must be a BlockRequest"),
    "transaction": (
        lambda c: c.mine((SENDER, OTHER)),
        TypeError,
        "transaction 0: it is tuple: it must be a Transaction",
    ),
    "call": (lambda c: c.engine.call([Call(b"", b"")]), ValueError, "call 0: to has 0 bytes"),
    "balance": (lambda c: c.engine.set_balance(OTHER, -1), ValueError, "amount is -1"),
    "address": (lambda c: c.engine.balances([OTHER, "0x"]), TypeError, "address 1: it is str"),
    "addresses": (lambda c: c.engine.nonces(5), TypeError, "int"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistake__is_a_sentence_and_changes_nothing(
    chain: Chain, tmp_path: Path, mistake: str
) -> None:
    make, error, text = MISTAKES[mistake]
    chain.engine.dump(tmp_path / "before")
    with pytest.raises(error, match=text):
        make(chain)
    chain.engine.dump(tmp_path / "after")
    assert (tmp_path / "before").read_bytes() == (tmp_path / "after").read_bytes()
    assert chain.increment().receipts[0].status == Status.SUCCEEDED


def test_threads__others_run_while_a_block_does__but_not_on_this_engine(chain: Chain) -> None:
    burn = COUNTER.selectors["burn()"]
    fork = Chain(chain.engine.fork(), chain.counter)
    burns = [transaction(1 + i, to=chain.counter, data=burn, gas=10**8) for i in range(2)]
    thread = threading.Thread(target=lambda: chain.mine(*burns, gas_limit=10**9))
    thread.start()
    turns = busy = 0
    while thread.is_alive():
        turns += 1
        try:
            chain.count()
        except EngineError as error:
            busy += "busy in another thread" in str(error)
        assert fork.count() == 0
    assert turns > 100, "or the interpreter was not free"
    assert busy > 100


@pytest.mark.skipif(not STATM.exists(), reason="no /proc to look into")
def test_memory__is_flat(chain: Chain) -> None:
    def resident() -> float:
        return int(STATM.read_text().split()[1]) * resource.getpagesize() / 2**20

    snapshot = chain.engine.snapshot()

    def run(blocks: int) -> None:
        for _ in range(blocks):
            chain.increment(1_000)
            chain.engine.fork()
            chain.engine.restore(snapshot)

    run(20)
    before = resident()
    run(100)
    assert resident() - before < 5, "megabytes for a hundred thousand transactions"
