"""Blocks and transactions a second of the whole model, and of its actions sent the naive way.

The same blocks run on every engine, in turns: each round is the next stretch of the same run.
Then the transactions of that stretch are sent one by one to a node in the same state, see
`bench.naive`. The model's time is all of it (agents, pool, builder, ledger, tables); of the
naive way only the contract calls are timed, no agent, no read, no empty block. At the end all
receipts are the same on all engines, and statuses, gas and logs on the naive node.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from statistics import median

from bench.naive import NAIVE, Naive
from sim.chain import available_engines, open_engine
from sim.chain.artifacts import load as artifact
from sim.chain.engine import Status
from sim.chain.tape import Take, Tape, replay
from sim.model import StressModel
from sim.scenario import Scenario, load

ROUNDS = 5


@dataclass(frozen=True)
class Load:
    overrides: tuple[str, ...]
    blocks: int
    """In a round."""
    says: str


LOADS = (
    Load((), 150, "as shipped, few transactions a block"),
    Load(
        ("traders.count=500", "traders.adjust_days=0.01", "protocol.debt_ceiling=1e12"),
        4,
        "500 traders who change their minds 100 times a day",
    ),
)


@dataclass
class Contender:
    """A way to execute the run, and the seconds of its rounds."""

    name: str
    seconds: list[float] = field(default_factory=list)


class Runner(Contender):
    """The model on one engine."""

    def __init__(self, name: str, scenario: Scenario, stack: ExitStack, keep: bool) -> None:
        super().__init__(name)
        self.tape = Tape(stack.enter_context(open_engine(name)), keep=keep)
        self.model = StressModel(scenario, engine=self.tape)

    def run(self, blocks: int) -> None:
        start = time.perf_counter()
        for _ in range(blocks):
            self.model.step()
        self.seconds.append(time.perf_counter() - start)


def measure(work: Load) -> tuple[list[Contender], list[int]]:
    """Everyone with the seconds of their rounds; transactions of each round.

    Raises SystemExit when two of them do not end at the same receipts.
    """
    scenario = load("black-thursday", work.overrides)
    with ExitStack() as stack:
        names = available_engines()
        runners = [Runner(name, scenario, stack, name == names[0]) for name in names]
        tape = runners[0].tape
        naive, by_hand = _naive(runners[0], stack), Contender(NAIVE)
        transactions = []
        for _ in range(ROUNDS):
            before = len(tape.cues)
            for runner in runners:
                runner.run(work.blocks)
            stretch = [cue for cue in tape.cues[before:] if isinstance(cue, Take)]
            transactions.append(_executed(stretch))
            if naive:
                by_hand.seconds.append(naive.send(stretch))
        for runner in runners:
            runner.model.audit()
            if runner.tape.fingerprint != tape.fingerprint:
                raise SystemExit(f"{runner.name} and {tape.name} differ")
    return [*runners, *([by_hand] if naive else [])], transactions


def _naive(runner: Runner, stack: ExitStack) -> Naive | None:
    """A node of its own where the model's set-up is done, mining by itself from now on."""
    if "anvil" not in available_engines():
        return None
    naive = stack.enter_context(Naive())
    replay(runner.tape, naive.engine)
    contracts = runner.model.system.adapter.everything()
    naive.start([(contract.address, artifact(contract.name)) for contract in contracts])
    return naive


def _executed(takes: Sequence[Take]) -> int:
    return sum(r.status is not Status.REFUSED for take in takes for r in take.block.receipts)


def show(work: Load, contenders: list[Contender], transactions: list[int]) -> None:
    print(
        f"\nblack-thursday, {work.says}: {ROUNDS} rounds of {work.blocks} blocks, "
        f"{sum(transactions)} transactions"
    )
    if work.overrides:
        print("  " + " ".join(f"--set {override}" for override in work.overrides))
    times = f"times {NAIVE}" if contenders[-1].name == NAIVE else ""
    print(f"{'':24}{'blocks/s':>12}{'transactions/s':>18}  {times}")
    for one in contenders:
        blocks = f"{median(work.blocks / s for s in one.seconds):,.1f}"
        rate = median(n / s for n, s in zip(transactions, one.seconds, strict=True))
        ratio = median(b / a for a, b in zip(one.seconds, contenders[-1].seconds, strict=True))
        shown = f"{ratio:{len(times)}.1f}" if times else ""
        print(f"{one.name:24}{blocks:>12}{rate:18,.1f}  {shown}")


def main() -> None:
    if "anvil" not in available_engines():
        print("anvil is not here: going on without it and without the naive way")
    for work in LOADS:
        show(work, *measure(work))


if __name__ == "__main__":
    main()
