"""`plimsoll compare`."""

from __future__ import annotations

from pathlib import Path

import click

from sim.cli.app import OUT, changes, load_with, main, prepare_folder
from sim.cli.page import counting, page


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
@changes
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
    from sim.experiments import store
    from sim.experiments.compare import compare
    from sim.experiments.identity import identity
    from sim.report.comparison import draw, table

    more = (f"run.blocks={blocks}",) if blocks else ()
    chosen = load_with(scenario, blocks, overrides)
    record = {
        "scenario": chosen.model_dump(mode="json"),
        "source": scenario,
        "overrides": [*overrides, *more],
        "vary": list(vary),
        "seeds": seeds,
        "engine": engine,
    }
    default = OUT / f"compare-{Path(scenario).stem}"
    folder = out or store.vacant(default, store.COMPARISON_FILE, record)
    prepare_folder(folder)
    with counting("runs") as progress:
        found = compare(
            scenario, (*overrides, *more), vary, seeds, engine, workers, progress=progress
        )
    page().print(table(found.runs, f"{scenario}: {', '.join(vary)}"))
    tables = {"runs": found.runs, "liquidations": found.liquidations}
    store.write(folder, {**record, "versions": identity()}, tables, store.COMPARISON_FILE)
    draw(found.liquidations, folder / "bids.png")
    click.echo(f"Tables, {store.COMPARISON_FILE} and bids.png are in {folder}")
