"""`plimsoll security`."""

from __future__ import annotations

from pathlib import Path

import click

from sim.cli.app import OUT, changes, main, prepare_folder
from sim.cli.page import page


@main.command("security")
@click.argument("scenario")
@click.option(
    "--depth",
    "depths",
    type=click.FloatRange(min=0, min_open=True),
    multiple=True,
    metavar="USD",
    help="Of each side of the pool; repeatable. Default: parts of the scenario's.",
)
@click.option("--engine", default="auto", show_default=True, help="As for run.")
@changes
@click.option("--out", type=click.Path(path_type=Path), help="Folder; default out/security-NAME.")
def security_command(
    scenario: str,
    depths: tuple[float, ...],
    engine: str,
    overrides: tuple[str, ...],
    out: Path | None,
) -> None:
    """What pushing the price of SCENARIO's pool would cost and bring, were it the oracle."""
    from sim.experiments.security import security
    from sim.report.security import table

    folder = out or OUT / f"security-{Path(scenario).stem}"
    prepare_folder(folder)
    found = security(scenario, overrides, depths, engine)
    page().print(table(found.depths, found.spot_break_even, found.average_break_even, found.window))
    found.depths.to_csv(folder / "security.csv", index=False)
    click.echo(f"security.csv is in {folder}")
