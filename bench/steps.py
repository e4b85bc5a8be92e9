"""Agent-steps a second of a whole small model: each agent reads twice and writes once a block.

A Mesa model on the Engine batches the reads of a block into one `call` and its transactions
into one `mine`. Beside it the same agents as a `Sim` of the package `verbs`, which executes
every read by itself, and the naive way: every read and write an eth-ape contract call. Each
agent's number becomes the sum of its own and its neighbour's, so that nobody gets away with
a read that is wrong: everyone must end at the numbers computed here.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from statistics import median

import mesa

from bench.engines import ROOT, VERBS, verbs_python, worker
from bench.naive import NAIVE, Naive
from sim.chain import available_engines, open_engine
from sim.chain.artifacts import load
from sim.chain.engine import BlockRequest, Call, CallResult, Engine, Status, Transaction
from sim.protocol.abi import Contract
from sim.units import GWEI, WAD, Address

AGENTS = 500
ROUNDS = 7
SECONDS = 0.3
"""About what one measurement takes."""
NAIVE_AGENTS = 10
GAS = 100_000
MODULUS = 2**64
ARTIFACT = load("Counter")
SIGNATURES = ("slots(uint256)", "write(uint256,uint256,uint256)")

Loop = Callable[[int], float]
"""Seconds that so many blocks take."""


class Adder(mesa.Agent):  # type: ignore[misc]
    """Adds its neighbour's number to its own."""

    def __init__(self, model: Ring, slot: int, nonce: int) -> None:
        super().__init__(model)
        self.address = address_of(slot)
        self.nonce = nonce
        contract = model.contract
        self.slot = slot
        self.reads = [
            Call(contract.address, contract.slots(slot)),
            Call(contract.address, contract.slots((slot + 1) % AGENTS)),
        ]

    def decide(self, own: CallResult, neighbour: CallResult) -> Transaction:
        content = (number(own.output) + number(neighbour.output)) % MODULUS
        data = self.model.contract.write(self.slot, 1, content)
        self.nonce += 1
        to = self.model.contract.address
        return Transaction(self.address, to, data, GAS, 2 * GWEI, 1, self.nonce - 1)


class Ring(mesa.Model):  # type: ignore[misc]
    """One step is one block."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(rng=7)
        self.engine = engine
        self.contract = deployed(engine, AGENTS)
        nonces = engine.nonces([address_of(slot) for slot in range(AGENTS)])
        self.adders = [Adder(self, slot, nonce) for slot, nonce in enumerate(nonces)]

    def step(self) -> None:
        answers = iter(self.engine.call([read for adder in self.adders for read in adder.reads]))
        pairs = zip(answers, answers, strict=True)
        sent = [a.decide(*pair) for a, pair in zip(self.adders, pairs, strict=True)]
        self.rng.shuffle(sent)
        timestamp = self.engine.timestamp + 12
        self.engine.mine(BlockRequest(sent, timestamp, GWEI, GAS * AGENTS))

    def run(self, blocks: int) -> float:
        before = self.steps
        start = time.perf_counter()
        for _ in range(blocks):
            self.step()
        seconds = time.perf_counter() - start
        calls = [adder.reads[0] for adder in self.adders]
        got = [number(answer.output) for answer in self.engine.call(calls)]
        check(self.engine.name, got, expected(AGENTS, before + blocks))
        return seconds


def address_of(slot: int) -> Address:
    return (1_000 + slot).to_bytes(20, "big")


def number(output: bytes) -> int:
    return int.from_bytes(output, "big")


def expected(agents: int, blocks: int) -> list[int]:
    """The numbers after so many blocks, from 1, 2, 3, ..."""
    numbers = list(range(1, agents + 1))
    for _ in range(blocks):
        following = numbers[1:] + numbers[:1]
        numbers = [(a + b) % MODULUS for a, b in zip(numbers, following, strict=True)]
    return numbers


def check(name: str, got: list[int], right: list[int]) -> None:
    if got != right:
        raise SystemExit(f"{name} has the numbers {got[:3]}..., right are {right[:3]}...")


def deployed(engine: Engine, agents: int) -> Contract:
    """The contract with the first numbers in it, and everyone's gas money."""
    for slot in range(agents):
        engine.set_balance(address_of(slot), 10**6 * WAD)
    creation = Transaction(address_of(0), None, ARTIFACT.bytecode, 3_000_000, 2 * GWEI, 1, 0)
    address = _mine(engine, [creation])
    contract = Contract(ARTIFACT, address)
    calls = [
        Transaction(
            address_of(slot), address, contract.write(slot, 1, slot + 1), GAS, 2 * GWEI, 1, not slot
        )
        for slot in range(agents)
    ]
    _mine(engine, calls)
    return contract


def _mine(engine: Engine, transactions: list[Transaction]) -> Address:
    request = BlockRequest(transactions, engine.timestamp + 12, GWEI, 10**8)
    receipts = engine.mine(request).receipts
    if any(receipt.status is not Status.SUCCEEDED for receipt in receipts):
        raise SystemExit(f"{engine.name}: the set-up failed")
    return receipts[0].contract or b""


def naive_loop(naive: Naive) -> Loop:
    """Blocks of `NAIVE_AGENTS` only; the reads come before the writes there too."""
    contract = deployed(naive.engine, NAIVE_AGENTS)
    naive.start([(contract.address, ARTIFACT)])
    counter = naive.instance(contract.address)
    accounts = [naive.account(address_of(slot)) for slot in range(NAIVE_AGENTS)]
    done = 0

    def loop(blocks: int) -> float:
        nonlocal done
        naive.activate()
        start = time.perf_counter()
        for _ in range(blocks):
            contents = [
                (counter.slots(slot) + counter.slots((slot + 1) % NAIVE_AGENTS)) % MODULUS
                for slot in range(NAIVE_AGENTS)
            ]
            for slot, (account, content) in enumerate(zip(accounts, contents, strict=True)):
                counter.write(slot, 1, content, sender=account, gas_limit=GAS)
        seconds = time.perf_counter() - start
        done += blocks
        got = [counter.slots(slot) for slot in range(NAIVE_AGENTS)]
        check(NAIVE, got, expected(NAIVE_AGENTS, done))
        return seconds

    return loop


def measure() -> dict[str, float]:
    """Median agent-steps a second, by name."""
    loops: dict[str, Loop] = {}
    agents: dict[str, int] = {}
    with ExitStack() as stack:
        for name in available_engines():
            loops[name] = Ring(stack.enter_context(open_engine(name))).run
        if python := verbs_python():
            script = ROOT / "bench" / "verbs_steps.py"
            code = [ARTIFACT.bytecode, *(ARTIFACT.selectors[s] for s in SIGNATURES)]
            arguments = [str(AGENTS), *(part.hex() for part in code)]
            ask = stack.enter_context(worker(python, script, *arguments))
            loops["verbs"] = lambda blocks: ask(str(blocks))
        else:
            print(f"{VERBS} cannot be installed: going on without it")
        agents = dict.fromkeys(loops, AGENTS)
        if "anvil" in loops:
            loops[NAIVE] = naive_loop(stack.enter_context(Naive()))
            agents[NAIVE] = NAIVE_AGENTS
        blocks = {name: max(1, round(SECONDS / loop(1))) for name, loop in loops.items()}
        rates: dict[str, list[float]] = {name: [] for name in loops}
        for _ in range(ROUNDS):
            for name, loop in loops.items():
                rates[name].append(agents[name] * blocks[name] / loop(blocks[name]))
    return {name: median(values) for name, values in rates.items()}


def main() -> None:
    rates = measure()
    best = next(iter(rates))
    print(
        f"{AGENTS} agents ({NAIVE}: {NAIVE_AGENTS}), two reads and a write each, {ROUNDS} rounds\n"
        f"{'':24}{'agent-steps/s':>16}{best + ' is':>16}"
    )
    for name, rate in rates.items():
        print(f"{name:24}{rate:16,.0f}{rates[best] / rate:15,.2f}x")


if __name__ == "__main__":
    main()
