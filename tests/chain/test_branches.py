"""Which way the code goes: the same on every engine that can say, and told once."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from sim.chain.engine import BlockRequest, Branch, Call, Engine, Status, Transaction, Watching
from sim.chain.pyevm import PyEvmEngine
from sim.protocol.deploy import deploy
from sim.units import GWEI, WAD
from tests.chain.revm_world import SCENARIO

SENDER = b"\x5e" * 20
DATA_OR_REVERT = bytes.fromhex("366007575f5ffd5b00")
"""Jumps over a revert when there is data."""
JUMP_AT = 3
DELEGATE = "365f5f375f5f365f73{}5af400"
"""Hands what it is given to the code at another address."""


def revm() -> Engine:
    pytest.importorskip("plimsoll_engine")
    from sim.chain.revm import RevmEngine

    return RevmEngine()


@pytest.fixture(params=[PyEvmEngine, revm], ids=["py-evm", "revm"])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    make: Callable[[], Engine] = request.param
    with make() as engine:
        engine.set_balance(SENDER, 10**6 * WAD)
        yield engine


def send(engine: Engine, to: bytes | None, data: bytes) -> bytes | None:
    nonce = engine.nonces([SENDER])[0]
    transaction = Transaction(SENDER, to, data, 1_000_000, 10 * GWEI, 0, nonce)
    block = engine.mine(BlockRequest([transaction], engine.timestamp + 12, GWEI))
    return block.receipts[0].contract


def place(engine: Engine, code: bytes) -> bytes:
    """A contract of that runtime code."""
    creation = bytes([0x60, len(code), 0x80, 0x60, 0x0B, 0x5F, 0x39, 0x5F, 0xF3]).ljust(11, b"\0")
    contract = send(engine, None, creation + code)
    assert contract is not None
    return contract


def watched(engine: Engine) -> Callable[[], list[Branch]]:
    assert isinstance(engine, Watching)
    engine.watch_branches()
    return engine.new_branches


def test_branches__each_side_of_a_jump__is_news_once(engine: Engine) -> None:
    contract = place(engine, DATA_OR_REVERT)
    news = watched(engine)
    send(engine, contract, b"")
    assert news() == [(contract, JUMP_AT, False)]
    send(engine, contract, b"x")
    assert news() == [(contract, JUMP_AT, True)]
    send(engine, contract, b"x")
    assert news() == []


def test_branches__a_read__goes_none(engine: Engine) -> None:
    contract = place(engine, DATA_OR_REVERT)
    news = watched(engine)
    assert engine.call([Call(contract, b"x")])[0].ok
    assert news() == []


def test_branches__delegated__are_of_the_code_that_ran(engine: Engine) -> None:
    library = place(engine, DATA_OR_REVERT)
    proxy = place(engine, bytes.fromhex(DELEGATE.format(library.hex())))
    news = watched(engine)
    send(engine, proxy, b"x")
    assert news() == [(library, JUMP_AT, True)]


def test_branches__restored__are_not_news_again(engine: Engine) -> None:
    contract = place(engine, DATA_OR_REVERT)
    news = watched(engine)
    before = engine.snapshot()
    send(engine, contract, b"x")
    assert len(news()) == 1
    engine.restore(before)
    send(engine, contract, b"x")
    assert news() == []


def test_branches__of_our_contracts__are_the_same_on_both_engines() -> None:
    found = []
    for make in (PyEvmEngine, revm):
        with make() as engine:
            news = watched(engine)
            _, script = deploy(engine, SCENARIO, (200.0, 5_000.0))
            assert all(r.status is Status.SUCCEEDED for b in script.blocks for r in b.receipts)
            found.append(news())
    assert found[0] == found[1]
    assert len(found[0]) > 20
