"""`plimsoll check`: does a contract hold?"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from sim.cli.app import OUT, main, prepare_folder
from sim.cli.page import page
from sim.errors import UsageError

if TYPE_CHECKING:
    from sim.check.check import Verdict

UNITS = {"": 1, "s": 1, "m": 60, "min": 60, "h": 3_600}


def seconds(_: Any, __: Any, given: str) -> float:
    """`90`, `60s`, `5m` or `1h`."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(s|m|min|h)?", given.strip())
    if match is None or not float(match[1]):
        raise UsageError(f"--budget {given} is not a time: 60s, 5m or 1h is")
    return float(match[1]) * UNITS[match[2] or ""]


@main.command("check")
@click.argument("path")
@click.option(
    "--budget", default="60s", show_default=True, callback=seconds, help="How long to look for."
)
@click.option("--engine", default="auto", show_default=True, help="As for run.")
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True)
@click.option(
    "--actions",
    type=click.IntRange(min=1),
    help="Search over so many, without scenarios; the same each time.",
)
@click.option(
    "--out", type=click.Path(path_type=Path), help="Folder for cases; default out/check-NAME."
)
@click.option("--json", "as_json", is_flag=True, help="Print the verdict as JSON only.")
def check_command(
    path: str,
    budget: float,
    engine: str,
    seed: int,
    actions: int | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Look for a way to break the contract in PATH: a .vy file, an adapter module, an Ape
    project, or a shipped protocol.

    Runs scenarios on it and searches over actions. Ends with code 0 when nothing is broken,
    1 when something is, 2 when it cannot be checked.
    """
    from sim.check.check import check
    from sim.check.target import find

    target = find(path)
    folder = out or OUT / f"check-{Path(target.name).stem}"
    prepare_folder(folder)
    with _watch(quiet=as_json) as progress:
        verdict = check(target, budget, engine, seed, folder, progress, actions)
    if as_json:
        click.echo(json.dumps(verdict.record(), indent=2, ensure_ascii=False))
    else:
        _print(verdict)
    if not verdict.holds:
        sys.exit(1)
    if verdict.interrupted:
        sys.exit(130)


def _print(verdict: Verdict) -> None:
    table = Table(box=None, pad_edge=False)
    for column in ("invariant", "verdict", "tried", "which says that"):
        table.add_column(column, justify="right" if column == "tried" else "left")
    for answer in verdict.answers:
        table.add_row(answer.name, answer.verdict, f"{answer.tried:,}", answer.says)
    page().print(table)
    for line in _lines(verdict):
        click.echo(line)


def _lines(verdict: Verdict) -> Iterator[str]:
    effort = verdict.effort
    yield (
        f"{effort.actions:,} actions in {effort.sequences:,} sequences and {verdict.blocks:,} "
        f"blocks on {verdict.engine} in {verdict.seconds:.0f} s; {len(effort.states):,} kinds of "
        "states and outcomes seen"
    )
    branches = ", ".join(f"{name} {a:,} of {b:,}" for name, (a, b) in verdict.branches.items())
    yield f"branches reached: {branches or f'{verdict.engine} cannot say'}"
    if verdict.scenarios:
        done = sum(trial.liquidations for trial in verdict.scenarios)
        names = ", ".join(trial.name for trial in verdict.scenarios)
        yield f"scenarios, short, with {done:,} liquidations: {names}"
    for scenario, why in verdict.not_run.items():
        yield f"scenario {scenario} cannot be run: {why}"
    for answer in verdict.answers:
        if answer.sentence:
            yield f"BROKEN: {answer.name}: {answer.sentence}"
            if answer.case:
                yield f"  plimsoll replay {answer.case}"
    if verdict.holds:
        until = ", until it was interrupted" if verdict.interrupted else ""
        yield f"{verdict.target.name} holds, as far as was looked{until} (seed {verdict.seed})"


@contextmanager
def _watch(quiet: bool) -> Iterator[Any]:
    """A progress bar with what was reached, on the error stream."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[reached]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("deploying", total=1.0, reached="")

        def advance(what: str, effort: Any, share: float) -> None:
            reached = f"{effort.actions:,} actions  {len(effort.states):,} states"
            if effort.branches:
                reached += f"  {len(effort.branches):,} branches"
            bar.update(task, description=what, completed=share, reached=reached)

        yield advance
