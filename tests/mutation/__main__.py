"""Mutation testing of the contracts: ``python -m tests.mutation``.

Every mutant is a copy of contracts/ with one small mistake. A good one is killed: a test
fails. One that survives is either explained in survivors.toml as equivalent, or shows what
no test looks at. Mutants that do not compile, or compile to the same code, do not count.
Exit code 1 when a survivor is not explained or the score is below the goal.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import tempfile
import time
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path

from .operators import Mutant, mutants
from .trial import FAULT, INVALID, KILLED, ROOT, SAME, SURVIVED, Verdict, judge, prepare

CONTRACTS = ROOT / "contracts"
FILES = (
    "CollateralizedDebt.vy",
    "margin/LinearMargin.vy",
    "margin/ScenarioMargin.vy",
    "modules/account_word.vy",
    "modules/brakes.vy",
    "modules/checks.vy",
    "modules/debt_ledger.vy",
    "modules/fixed_point.vy",
    "modules/liquidation.vy",
    "modules/loss_window.vy",
    "modules/settings.vy",
    "modules/transfers.vy",
    "penalties/DutchPenalty.vy",
    "penalties/FixedPenalty.vy",
    "penalties/HealthScaledPenalty.vy",
    "rates/KinkedRate.vy",
    "rates/PegRate.vy",
)
SAMPLE = 200
GOAL = 0.95
WORKERS = 2
EXPLAINED = Path(__file__).with_name("survivors.toml")
PROGRESS = ROOT / ".build" / "mutation.jsonl"


def main() -> int:
    options = _options()
    warnings = stale_explanations()
    for warning in warnings:
        print(f"no such mutant any more: {warning}")
    chosen = sample(population(options.only), options.sample, options.seed)
    verdicts = list(_run(chosen, options.fresh))
    return max(_report(verdicts), int(bool(warnings)))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("--only", action="append", metavar="FILE", help="a file of contracts/")
    parser.add_argument(
        "--sample", type=int, default=SAMPLE, help=f"mutants to try, 0 for all; {SAMPLE}"
    )
    parser.add_argument("--seed", type=int, default=1, help="of the sample")
    parser.add_argument("--fresh", action="store_true", help="forget what was killed before")
    options = parser.parse_args()
    unknown = set(options.only or ()) - set(FILES)
    if unknown:
        parser.error(f"--only {', '.join(sorted(unknown))}: one of {', '.join(FILES)}")
    return options


def population(only: Sequence[str] | None = None) -> list[Mutant]:
    return [mutant for file in only or FILES for mutant in mutants(CONTRACTS, file)]


def sample(everyone: Sequence[Mutant], size: int, seed: int) -> list[Mutant]:
    """`size` of them, every operator of every file in its turn, so that none is left out."""
    if not size:
        return list(everyone)
    groups: dict[tuple[str, str], list[Mutant]] = defaultdict(list)
    for mutant in everyone:
        groups[mutant.file, mutant.operator].append(mutant)
    turns: list[tuple[float, str, Mutant]] = []
    for group in groups.values():
        # By hash: a line more or less elsewhere leaves the choice as it was.
        group.sort(key=lambda mutant: _hash(seed, mutant))
        for rank, mutant in enumerate(group):
            # The square root keeps small groups in and large ones from crowding them out.
            turns.append((rank / len(group) ** 0.5, _hash(seed, mutant), mutant))
    return [mutant for *_, mutant in sorted(turns, key=lambda turn: turn[:2])[:size]]


def _hash(seed: int, mutant: Mutant) -> str:
    return sha256(f"{seed} {mutant.name}".encode()).hexdigest()


def _run(chosen: Sequence[Mutant], fresh: bool) -> Iterator[Verdict]:
    """Verdicts as they come. What was killed before is not tried again while its file is the
    same; after weakening a test, or changing what a module uses, run with --fresh."""
    states = _states()
    known = {} if fresh else dict(_known(states))
    for mutant in chosen:
        if mutant.name in known:
            yield known[mutant.name]
    todo = [mutant for mutant in chosen if mutant.name not in known]
    print(f"{len(chosen)} mutants, {len(chosen) - len(todo)} known from before")
    if not todo:
        return
    _warm()
    context = multiprocessing.get_context("fork")
    PROGRESS.parent.mkdir(exist_ok=True)
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="plimsoll-mutation-") as folder:
        base = Path(folder) / "base"
        builder = context.Process(target=prepare, args=(base,))
        builder.start()
        builder.join()
        if builder.exitcode:
            raise SystemExit(1)
        tasks = [(mutant, base) for mutant in todo]
        with context.Pool(WORKERS, maxtasksperchild=1) as pool, PROGRESS.open("a") as log:
            for count, verdict in enumerate(pool.imap_unordered(_judge, tasks), start=1):
                state = states[verdict.name.partition(" | ")[0]]
                log.write(json.dumps({"state": state, **asdict(verdict)}) + "\n")
                log.flush()
                _tell(verdict, count, len(todo), time.monotonic() - started)
                yield verdict


def _judge(task: tuple[Mutant, Path]) -> Verdict:
    return judge(*task)


def _warm() -> None:
    """Import what every trial needs once: they are forked from here. Nothing of sim, whose
    contracts are chosen as it is imported."""
    import eth_abi  # noqa: F401
    import hypothesis  # noqa: F401
    import plimsoll_engine  # noqa: F401
    import pydantic  # noqa: F401
    import pytest  # noqa: F401
    import vyper  # noqa: F401


def _states() -> dict[str, str]:
    """File -> a digest of it: what is known of its mutants is forgotten when it changes."""
    return {file: sha256((CONTRACTS / file).read_bytes()).hexdigest() for file in FILES}


def _known(states: dict[str, str]) -> Iterator[tuple[str, Verdict]]:
    """Verdicts on these files, but for survivors, which a new test may kill."""
    if not PROGRESS.exists():
        return
    for line in PROGRESS.read_text().splitlines():
        record = json.loads(line)
        same = record.pop("state") in states.values()
        if same and record["outcome"] not in (SURVIVED, FAULT):
            yield record["name"], Verdict(**record)


def _tell(verdict: Verdict, count: int, total: int, elapsed: float) -> None:
    left = elapsed / count * (total - count)
    note = verdict.by.partition("::")[2] or verdict.by
    print(
        f"{count:4}/{total} {verdict.outcome:9} {verdict.seconds:5.1f} s, "
        f"{left / 60:4.1f} min to go  {verdict.name[:110]}  [{note[:70]}]",
        flush=True,
    )


def explanations() -> dict[str, str]:
    """Name of a mutant -> why no test can tell it from the contract."""
    with EXPLAINED.open("rb") as file:
        entries = tomllib.load(file).get("equivalent", [])
    return {f"{e['file']} | {e['line']} | {e['mutation']}": e["why"] for e in entries}


def stale_explanations() -> list[str]:
    names = {mutant.name for mutant in population()}
    return sorted(set(explanations()) - names)


def _report(verdicts: Sequence[Verdict]) -> int:
    why = explanations()
    outcomes = Counter(verdict.outcome for verdict in verdicts)
    survivors = sorted(v.name for v in verdicts if v.outcome == SURVIVED)
    explained = [name for name in survivors if name in why]
    unexplained = [name for name in survivors if name not in why]
    counted = outcomes[KILLED] + len(unexplained)
    score = outcomes[KILLED] / counted if counted else 1.0
    faults = [verdict for verdict in verdicts if verdict.outcome == FAULT]
    for verdict in faults:
        print(f"not tried, the tests are at fault: {verdict.name}: {verdict.by}")
    for name in unexplained:
        print(f"survived: {name}")
    print(
        f"{len(verdicts)} mutants: {outcomes[KILLED]} killed, {len(explained)} survived and "
        f"equivalent, {len(unexplained)} survived unexplained; {outcomes[INVALID]} did not "
        f"compile, {outcomes[SAME]} compiled to the same code. Score {score:.1%}."
    )
    return int(bool(unexplained or faults) or score < GOAL)


if __name__ == "__main__":
    sys.exit(main())
