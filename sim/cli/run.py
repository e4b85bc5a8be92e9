"""`plimsoll run`."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sim.cli.app import OUT, load_with, main, scenario_options
from sim.cli.crosscheck import another_engine, check
from sim.cli.page import page, watch
from sim.errors import UsageError
from sim.scenario import Scenario

if TYPE_CHECKING:
    from sim.experiments.run import Run


@main.command("run")
@scenario_options
@click.option(
    "--out", type=click.Path(path_type=Path), help="Folder; default out/NAME, none with --json."
)
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
    from sim.report.nearness import draw_map

    if as_json and against:
        raise UsageError("--json prints one run: leave out --against")
    chosen = load_with(scenario, blocks, overrides)
    others = {each: load_with(scenario, blocks, (*overrides, each)) for each in against}
    folder = out if out or as_json else _folder(chosen, seed)
    with watch(chosen, quiet=as_json) as progress:
        result = run(
            chosen,
            engine=engine,
            seed=seed,
            out=folder,
            progress=progress,
            keep_blocks=checked or 0,
        )
    if as_json:
        click.echo(json.dumps(result.record, indent=2, ensure_ascii=False))
    else:
        _tell(chosen, result)
    if folder:
        draw(result.tables, folder / "chart.png", title=chosen.question)
        draw_map(result.tables["proximity"], folder / "proximity.png", title=chosen.question)
    if folder and not as_json:
        page().print(f"Tables, run.json, chart.png and proximity.png are in {folder}")
    if result.interrupted:
        sys.exit(130)
    if folder and others:
        _hold_against(others, result, folder)
    if checked:
        check(result.tape, another_engine(result.tape.name), aside=as_json)


def _tell(scenario: Scenario, result: Run) -> None:
    from sim.report.story import answer, unlike_shipped
    from sim.report.summary import render
    from sim.report.words import count

    record, say = result.record, page().print
    say(render(record["summary"]))
    if record["summary"]:
        said = answer(record["summary"], record["ended"])
        unlike = unlike_shipped(record)
        asked = [scenario.question, f"With {unlike}:"] if unlike else [scenario.question]
        say("\n".join(["", *asked, *said, ""]))
    say(run_line(result))
    if record["turned_away"]:
        ceiling = scenario.protocol.debt_ceiling
        accounts = count(record["turned_away"], "account")
        say(f"protocol.debt_ceiling ({ceiling:,.0f} USD) had no room for {accounts} at block 0")
    if record["not_applied"]:
        unused = ", ".join(record["not_applied"])
        say(f"{scenario.protocol.contract} has no use for {unused}: switched off")


def _hold_against(others: Mapping[str, Scenario], result: Run, folder: Path) -> None:
    """Run the others with the same seed on the same engine; keep and tell what came of them."""
    from sim.experiments import store
    from sim.experiments.run import run
    from sim.report.summary import render_comparison

    records: dict[str, Any] = {}
    for name, other in others.items():
        with watch(other) as progress:
            again = run(
                other, engine=result.tape.name, seed=result.record["seed"], progress=progress
            )
        if again.interrupted:
            sys.exit(130)
        records[name] = again.record
        store.write_json(folder / store.AGAINST_FILE, records)
    page().print(render_comparison(result.record, records))


def _folder(scenario: Scenario, seed: int | None) -> Path:
    """By the scenario's name; a run of something else that is there is kept."""
    from sim.experiments import store
    from sim.protocol.adapters import adapter_of

    ran = {
        "scenario": adapter_of(scenario).scenario.model_dump(mode="json"),
        "seed": scenario.run.seed if seed is None else seed,
    }
    return store.vacant(OUT / scenario.name, ran)


def run_line(result: Run) -> str:
    """One line: how much was run, where, how fast, and that the books are right."""
    record = result.record
    return (
        f"{record['blocks']:,} blocks and {record['transactions']:,} transactions on "
        f"{record['engine']} in {result.seconds:.1f} s "
        f"({record['blocks'] / max(result.seconds, 1e-9):,.0f} blocks/s); ledger equal to the "
        f"chain in {result.figures_audited:,} figures; fingerprint {record['fingerprint'][:16]}"
    )
