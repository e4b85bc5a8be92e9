"""The native engine against the others: whatever is asked, the same receipts and balances."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.chain import available_engines, open_engine
from sim.chain.artifacts import CONTRACTS
from sim.chain.engine import BlockRequest, Call, Refusal, Status
from sim.chain.revm import RevmEngine
from tests.chain.revm_actions import Actions, functions
from tests.chain.revm_world import BASE_FEE, COINBASE, World, build, differences

pytest.importorskip("plimsoll_engine")

OTHERS = [name for name in available_engines() if name != "revm"]
SECONDS = 12


@dataclass
class Pair:
    ours: World
    theirs: World

    def __post_init__(self) -> None:
        self.start = [world.engine.snapshot() for world in (self.ours, self.theirs)]

    def rewind(self) -> None:
        for world, snapshot in zip((self.ours, self.theirs), self.start, strict=True):
            world.engine.restore(snapshot)

    def actions(self, seed: int) -> Actions:
        return Actions(self.ours, Random(seed))


@pytest.fixture(scope="module", params=OTHERS)
def pair(request: pytest.FixtureRequest) -> Iterator[Pair]:
    with open_engine("revm") as ours, open_engine(request.param) as theirs:
        yield Pair(build(ours), build(theirs))


@given(seed=st.integers(0, 2**32), blocks=st.integers(1, 8), size=st.integers(1, 15))
@settings(max_examples=40, deadline=None)
def test_random_blocks__same_receipts_balances_and_nonces(
    pair: Pair, seed: int, blocks: int, size: int
) -> None:
    pair.rewind()
    actions = pair.actions(seed)
    for _ in range(blocks):
        assert differences(pair.ours, pair.theirs, actions.block(size)) == []


def test_every_function_of_every_contract__same_receipts(pair: Pair) -> None:
    pair.rewind()
    actions = pair.actions(seed=0)
    for contract, artifact in pair.ours.contracts:
        actions.nonces.clear()
        calls = [
            actions.calling(contract, artifact, entry)
            for entry in functions(artifact)
            for _ in range(3)
        ]
        timestamp = pair.ours.engine.timestamp + SECONDS
        gas_limit = sum(call.gas for call in calls)
        request = BlockRequest(calls, timestamp, BASE_FEE, gas_limit, COINBASE)
        assert differences(pair.ours, pair.theirs, request) == [], contract.name


def test_every_function_of_every_contract__same_answer_when_read(pair: Pair) -> None:
    pair.rewind()
    actions = pair.actions(seed=1)
    reads = [
        Call(contract.address, call.data, call.sender)
        for contract, artifact in pair.ours.contracts
        for entry in functions(artifact)
        if entry["name"] not in ("environment", "burn")  # hashes; and seconds of py-evm
        for call in [actions.calling(contract, artifact, entry) for _ in range(3)]
    ]
    answers = pair.ours.engine.call(reads), pair.theirs.engine.call(reads)
    assert [pair for pair in zip(reads, *answers, strict=True) if pair[1] != pair[2]] == []


def test_the_world_has_every_contract__and_the_blocks_every_outcome() -> None:
    """Or what is compared above would be less than it says."""
    world = build(RevmEngine())
    files = (path for path in CONTRACTS.rglob("*.vy") if path.parent.name != "mocks")
    deployable = {path.stem for path in files if path.stem[0].isupper()}
    assert deployable <= {contract.name for contract, _ in world.contracts}
    events = {
        topic: event["name"]
        for _, artifact in world.contracts
        for topic, event in artifact.events.items()
    }
    start = world.engine.snapshot()
    outcomes: set[Status | Refusal | str] = set()
    for seed in range(200):
        world.engine.restore(start)
        actions = Actions(world, Random(seed))
        for _ in range(8):
            for receipt in world.engine.mine(actions.block(15)).receipts:
                outcomes.add(receipt.refusal or receipt.status)
                topics = {log.topics[0] for log in receipt.logs if log.topics}
                outcomes |= {events[topic] for topic in topics & events.keys()}
    assert set(Refusal) | {Status.SUCCEEDED, Status.REVERTED} <= outcomes
    assert {"Borrowed", "Repaid", "MarginCalled", "Liquidated", "Absorbed", "Swapped"} <= outcomes
