"""`plimsoll map`: how near debt is to liquidation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.table import Table

from sim.cli.app import OUT, load_with, main, prepare_folder, scenario_options
from sim.cli.page import page
from sim.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

    from sim.scenario import Scenario


@main.command("map")
@scenario_options
@click.option(
    "--block",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="After so many blocks; 0 is before the run.",
)
@click.option("--out", type=click.Path(path_type=Path), help="Folder; default out/map-NAME.")
def map_command(
    scenario: str,
    engine: str,
    seed: int | None,
    blocks: int | None,
    overrides: tuple[str, ...],
    block: int,
    out: Path | None,
) -> None:
    """Show SCENARIO's debt by how far prices must fall until it is below maintenance."""
    from sim.report.nearness import draw_map

    chosen = load_with(scenario, blocks, overrides)
    if block > chosen.run.blocks:
        raise UsageError(f"--block {block}: the run has {chosen.run.blocks} blocks")
    folder = out or OUT / f"map-{chosen.name}"
    prepare_folder(folder)
    maps = _maps(chosen, engine, seed, block)
    now = maps[maps["block"] == block]
    if now.empty:
        click.echo(f"Nobody has debt in block {block:,}.")
        return
    page().print(_clusters(now, f"{chosen.name}: debt in block {block:,}"))
    page().print(_falls(now))
    draw_map(maps, folder / "proximity.png", chosen.question)
    click.echo(f"proximity.png is in {folder}")


def _maps(chosen: Scenario, engine: str, seed: int | None, block: int) -> pd.DataFrame:
    """Before the run and in that block."""
    from sim.chain import open_engine
    from sim.model import StressModel

    with open_engine(engine) as opened:
        model = StressModel(chosen, rng=seed, engine=opened)
        while model.steps < block:
            model.step()
        if block:
            model.map_debt()
        table = model.tables()["proximity"].drop_duplicates(["block", "account"])
    return table[table["block"].isin((0, block))]


def _clusters(now: pd.DataFrame, title: str) -> Table:
    from sim.metrics.proximity import arrays, clusters

    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for column in ("cluster", "from", "peak", "to", "debt, USD", "of all debt"):
        table.add_column(column, justify="right")
    for number, one in enumerate(clusters(*arrays(now)), start=1):
        ends = (f"{distance:.1%}" for distance in (one.nearest, one.peak, one.furthest))
        table.add_row(f"{number}", *ends, f"{one.debt_usd:,.0f}", f"{one.share:.1%}")
    return table


def _falls(now: pd.DataFrame) -> Table:
    from sim.metrics.proximity import FALLS, reach

    table = Table(box=None, pad_edge=False)
    total = float(now["debt_usd"].sum())
    for column in ("fall of every price", "debt below maintenance, USD", "of all debt"):
        table.add_column(column, justify="right")
    for fall, reached in zip(FALLS, reach(now, FALLS), strict=True):
        table.add_row(f"{fall:.0%}", f"{reached:,.0f}", f"{reached / total:.1%}")
    return table
