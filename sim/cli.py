"""The command `plimsoll`. Errors for people are one sentence and exit code 2."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from pydantic import BaseModel
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

from sim import __version__
from sim.errors import EnginesDiffer, PlimsollError, UsageError
from sim.scenario import Scenario, load, names

OUT = Path("out")
PAGE = 120
"""Columns of what is printed where there is no terminal to ask."""


class _Sentences(click.Group):
    """Turns every error of ours into its sentence."""

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except PlimsollError as error:
            click.echo(f"plimsoll: {error}", err=True)
            sys.exit(2)
        except KeyboardInterrupt:
            click.echo("plimsoll: interrupted", err=True)
            sys.exit(130)


@click.group(cls=_Sentences, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="plimsoll")
def main() -> None:
    """Agents against a collateralized-debt contract, block by block, on a real EVM."""


def scenario_options(command: Any) -> Any:
    """What every command that runs a scenario takes."""
    for option in reversed(
        [
            click.argument("scenario"),
            click.option("--engine", default="auto", show_default=True,
                         help="auto, revm, anvil, py-evm, an Ape network choice or a node's URL."),
            click.option("--seed", type=click.IntRange(min=0), help="Default: the scenario's."),
            click.option("--blocks", type=click.IntRange(min=1), help="Default: the scenario's."),
            click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE",
                         help="Override a field, e.g. margin.maintenance=0.25; repeatable."),
        ]
    ):  # fmt: skip
        command = option(command)
    return command


@main.command("run")
@scenario_options
@click.option("--out", type=click.Path(path_type=Path), help="Folder for the run's files.")
@click.option("--json", "as_json", is_flag=True, help="Print the content of run.json only.")
@click.option(
    "--against",
    multiple=True,
    metavar="KEY=VALUE",
    help="Run the same seed again with this override and compare; repeatable.",
)
@click.option(
    "--crosscheck",
    "checked",
    type=click.IntRange(min=1),
    metavar="BLOCKS",
    help="Execute the first BLOCKS on another engine too and compare the receipts.",
)
def run_command(
    scenario: str,
    engine: str,
    seed: int | None,
    blocks: int | None,
    overrides: tuple[str, ...],
    out: Path | None,
    as_json: bool,
    against: tuple[str, ...],
    checked: int | None,
) -> None:
    """Run a shipped SCENARIO by name, or your own TOML file by path."""
    from sim.experiments.run import run
    from sim.report.chart import draw
    from sim.report.summary import render, render_comparison

    if as_json and against:
        raise UsageError("--json prints one run: leave out --against")
    chosen = load_with(scenario, blocks, overrides)
    others = {each: load_with(scenario, blocks, (*overrides, each)) for each in against}
    folder = None if as_json and out is None else out or OUT / chosen.name
    with watch(chosen, quiet=as_json) as progress:
        result = run(
            chosen,
            engine=engine,
            seed=seed,
            out=folder,
            progress=progress,
            keep_blocks=checked or 0,
        )
    say: Callable[..., None] = _silent if as_json else page().print
    if as_json:
        click.echo(json.dumps(result.record, indent=2, ensure_ascii=False))
    say(render(result.record["summary"]))
    say(run_line(result))
    if folder:
        draw(result.tables, folder / "chart.png", title=chosen.question)
        say(f"Tables, run.json and chart.png are in {folder}")
    if result.interrupted:
        sys.exit(130)
    if others:
        summaries = {"as it is": result.record["summary"]}
        for name, other in others.items():
            with watch(other, quiet=as_json) as progress:
                again = run(other, engine=result.tape.name, seed=seed, progress=progress)
            summaries[name] = again.record["summary"]
        say(render_comparison(summaries))
    if checked:
        _crosscheck(result.tape, _another_engine(result.tape.name), aside=as_json)


@main.command("crosscheck")
@click.argument("scenario")
@click.option("--engines", metavar="A,B", help="Default: the two fastest that are here.")
@click.option("--seed", type=click.IntRange(min=0), help="Default: the scenario's.")
@click.option("--blocks", type=click.IntRange(min=1), help="Default: the scenario's.")
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="As for run.")
def crosscheck_command(
    scenario: str,
    engines: str | None,
    seed: int | None,
    blocks: int | None,
    overrides: tuple[str, ...],
) -> None:
    """Run SCENARIO on one engine and execute the same blocks on another.

    Prints the first difference in a receipt or a balance, and ends with code 1, or says that
    they are identical.
    """
    from sim.experiments.run import run

    first, second = _two_engines(engines)
    chosen = load_with(scenario, blocks, overrides)
    with watch(chosen, quiet=False) as progress:
        result = run(
            chosen, engine=first, seed=seed, progress=progress, keep_blocks=chosen.run.blocks
        )
    _crosscheck(result.tape, second)


def _crosscheck(tape: Any, engine: str | None, aside: bool = False) -> None:
    """Execute what a tape kept on another engine and say what came of it; `aside` is on the
    error stream."""
    from sim.experiments.run import crosscheck

    if engine is None:
        click.echo(
            f"{tape.name} is the only engine here: nothing to compare its blocks with", err=aside
        )
        return
    try:
        again = crosscheck(tape, engine)
    except EnginesDiffer as difference:
        click.echo(f"different: {difference}", err=aside)
        sys.exit(1)
    click.echo(
        f"{tape.name} and {engine} are identical: {again.blocks:,} blocks, set-up included, "
        f"{again.transactions:,} transactions, fingerprint {again.fingerprint[:16]}",
        err=aside,
    )


def _another_engine(name: str) -> str | None:
    from sim.chain import available_engines

    return next((engine for engine in available_engines() if engine != name), None)


def _two_engines(given: str | None) -> tuple[str, str]:
    from sim.chain import available_engines

    pair = given.split(",") if given else available_engines()[:2]
    if len(pair) != 2:
        raise UsageError(
            f"--engines {given} is not two engines" if given else "only one engine is here"
        )
    return pair[0].strip(), pair[1].strip()


@main.command("compare")
@click.argument("scenario")
@click.option(
    "--vary",
    multiple=True,
    required=True,
    metavar="KEY=A,B,…",
    help="Points to compare, e.g. penalty=fixed,health,dutch; repeatable: all combinations.",
)
@click.option("--seeds", type=click.IntRange(min=1), default=8, show_default=True)
@click.option("--engine", default="auto", show_default=True, help="As for run.")
@click.option(
    "--workers", type=click.IntRange(min=1), default=2, show_default=True, help="Processes."
)
@click.option("--blocks", type=click.IntRange(min=1), help="Default: the scenario's.")
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="As for run.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder; default out/compare-NAME.")
def compare_command(
    scenario: str,
    vary: tuple[str, ...],
    seeds: int,
    engine: str,
    workers: int,
    blocks: int | None,
    overrides: tuple[str, ...],
    out: Path | None,
) -> None:
    """Run SCENARIO with the same seeds under different rules and compare what came of it."""
    from sim.experiments.compare import compare
    from sim.report.comparison import draw, table

    more = (f"run.blocks={blocks}",) if blocks else ()
    folder = out or OUT / f"compare-{Path(scenario).stem}"
    prepare_folder(folder)
    with counting("runs") as progress:
        found = compare(
            scenario, (*overrides, *more), vary, seeds, engine, workers, progress=progress
        )
    page().print(table(found.runs, f"{scenario}: {', '.join(vary)}"))
    found.runs.to_parquet(folder / "runs.parquet", index=False)
    found.liquidations.to_parquet(folder / "liquidations.parquet", index=False)
    draw(found.liquidations, folder / "bids.png")
    click.echo(f"runs.parquet, liquidations.parquet and bids.png are in {folder}")


def prepare_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"--out {folder} cannot be made: {error.strerror}") from None


@contextmanager
def counting(what: str) -> Iterator[Any]:
    """A progress bar of whole things, on the error stream."""
    if not sys.stderr.isatty():
        yield None
        return
    columns = (
        BarColumn(),
        TextColumn("{task.completed} of {task.total} " + what),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@main.command()
def scenarios() -> None:
    """List the shipped scenarios."""
    table = Table(box=None, pad_edge=False)
    for column in ("scenario", "blocks", "traders", "asks"):
        table.add_column(column, justify="right" if column in ("blocks", "traders") else "left")
    for name in names():
        found = load(name, _placeholders(name))
        table.add_row(name, f"{found.run.blocks:,}", f"{found.traders.count:,}", found.question)
    page().print(table)


@main.command()
@click.argument("scenario")
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="As for run.")
def show(scenario: str, overrides: tuple[str, ...]) -> None:
    """Print every field of SCENARIO with its value and what it means."""
    found = load(scenario, (*_placeholders(scenario), *overrides))
    table = Table(box=None, pad_edge=False)
    for column in ("field", "value", "meaning"):
        table.add_column(column, overflow="fold")
    for row in _fields(found):
        table.add_row(*row)
    page().print(table)


def _silent(*_: object) -> None:
    pass


def page() -> Console:
    width = None if sys.stdout.isatty() else PAGE
    return Console(width=width, highlight=False, markup=False)


def load_with(scenario: str, blocks: int | None, overrides: tuple[str, ...]) -> Scenario:
    more = (f"run.blocks={blocks}",) if blocks else ()
    return load(scenario, (*overrides, *more))


def run_line(result: Any) -> str:
    """One line: how much was run, where, how fast, and that the books are right."""
    record = result.record
    return (
        f"{record['blocks']:,} blocks and {record['transactions']:,} transactions on "
        f"{record['engine']} in {result.seconds:.1f} s "
        f"({record['blocks'] / max(result.seconds, 1e-9):,.0f} blocks/s); ledger equal to the "
        f"chain in {result.figures_audited:,} figures; fingerprint {record['fingerprint'][:16]}"
    )


@contextmanager
def watch(scenario: Scenario, quiet: bool) -> Iterator[Any]:
    """A progress bar with blocks a second and the price, on the error stream."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("block {task.completed:,.0f} of {task.total:,.0f}"),
        TextColumn("{task.fields[rate]:,.0f} blocks/s  {task.fields[price]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task: TaskID = bar.add_task(scenario.name, total=scenario.run.blocks, rate=0.0, price="")

        def advance(model: Any) -> None:
            if model.steps % 20 == 0 or model.steps == scenario.run.blocks:
                price = f"{scenario.assets[0].symbol} {model.paths[0, model.steps]:,.2f} USD"
                rate = bar.tasks[0].speed or 0.0
                bar.update(task, completed=model.steps, rate=rate, price=price)

        yield advance


def _placeholders(scenario: str) -> tuple[str, ...]:
    """The shipped replay needs a file; any name will do to look at it."""
    return ("price.file=your-prices.csv",) if scenario == "replay" else ()


def _fields(section: BaseModel, prefix: str = "") -> Iterator[tuple[str, str, str]]:
    for name, info in type(section).model_fields.items():
        found = getattr(section, name)
        where = f"{prefix}{name}"
        if isinstance(found, BaseModel):
            yield from _fields(found, f"{where}.")
        elif isinstance(found, list) and found and isinstance(found[0], BaseModel):
            for i, item in enumerate(found):
                yield from _fields(item, f"{where}.{i}.")
        else:
            yield where, str(found), info.description or ""


if __name__ == "__main__":
    main()
