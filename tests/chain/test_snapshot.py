"""Going back: to the state, the number and the time of a snapshot, as often as wanted."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sim.chain import available_engines, open_engine
from sim.chain.engine import BlockRequest, Engine, Receipt, Transaction
from sim.errors import EngineError
from sim.units import GWEI, WAD

from .conftest import OTHER, SENDER

NOBODY = b"\x99" * 20


@pytest.fixture(scope="module", params=available_engines())
def opened(request: pytest.FixtureRequest) -> Iterator[Engine]:
    with open_engine(request.param) as engine:
        engine.set_balance(SENDER, WAD)
        yield engine


@pytest.fixture
def engine(opened: Engine) -> Iterator[Engine]:
    start = opened.snapshot()
    yield opened
    opened.restore(start)


def pay(engine: Engine, value: int = 1) -> Receipt:
    """One block, in which SENDER pays OTHER."""
    (nonce,) = engine.nonces([SENDER])
    transaction = Transaction(SENDER, OTHER, b"", 21_000, 2 * GWEI, 0, nonce, value)
    return engine.mine(BlockRequest([transaction], engine.timestamp + 12, GWEI)).receipts[0]


def view(engine: Engine) -> tuple[int, ...]:
    accounts = [SENDER, OTHER, NOBODY]
    return (
        engine.block_number,
        engine.timestamp,
        *engine.balances(accounts),
        *engine.nonces(accounts),
    )


def test_restore__everything_is_as_it_was(engine: Engine) -> None:
    pay(engine)
    before, kept = view(engine), engine.snapshot()
    pay(engine)
    engine.set_balance(NOBODY, 5)
    assert view(engine) != before
    engine.restore(kept)
    assert view(engine) == before


def test_restore__again_and_again__same_future(engine: Engine) -> None:
    kept = engine.snapshot()
    futures = []
    for _ in range(3):
        futures.append([pay(engine, value) for value in (1, 2, 3)])
        futures[-1].append(view(engine))
        engine.restore(kept)
    assert futures[0] == futures[1] == futures[2]


def test_restore__older__forgets_the_newer(engine: Engine) -> None:
    older = engine.snapshot()
    pay(engine)
    newer = engine.snapshot()
    engine.restore(newer)
    engine.restore(older)
    with pytest.raises(EngineError):
        engine.restore(newer)
    engine.restore(older)


def test_restore__newer__keeps_the_older(engine: Engine) -> None:
    start, older = view(engine), engine.snapshot()
    pay(engine)
    middle, newer = view(engine), engine.snapshot()
    pay(engine)
    engine.restore(newer)
    assert view(engine) == middle
    engine.restore(older)
    assert view(engine) == start


def test_restore__unknown__is_an_engine_error(engine: Engine) -> None:
    before = view(engine)
    with pytest.raises(EngineError):
        engine.restore(10_000)
    assert view(engine) == before


def test_snapshot__without_a_block_between__are_two(engine: Engine) -> None:
    first, second = engine.snapshot(), engine.snapshot()
    assert first != second
    engine.restore(second)
    engine.restore(first)


def test_mine__time_stands_still_or_goes_back__is_an_engine_error(engine: Engine) -> None:
    pay(engine)
    before = view(engine)
    for timestamp in (engine.timestamp, engine.timestamp - 1):
        with pytest.raises(EngineError, match=str(timestamp)):
            engine.mine(BlockRequest((), timestamp, GWEI))
    assert view(engine) == before


def test_mine__a_long_run__goes_on(engine: Engine) -> None:
    """Past what nodes keep of their history."""
    number = engine.block_number
    for _ in range(300):
        assert pay(engine).gas_used == 21_000
    assert engine.block_number == number + 300
    assert engine.balances([OTHER]) == [300]
