"""`plimsoll compare`."""

from __future__ import annotations

from pathlib import Path

import click

from sim.cli.app import in_all, main
from sim.cli.page import page
from sim.cli.study import (
    command_line,
    engine_named,
    failed,
    folder_of,
    making,
    say,
    work_options,
)


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
@work_options
def compare_command(
    scenario: str,
    vary: tuple[str, ...],
    seeds: int,
    overrides: tuple[str, ...],
    blocks: int | None,
    engine: str,
    workers: int,
    scheduler: str | None,
    out: Path | None,
    resume: bool,
) -> None:
    """Run SCENARIO with the same seeds under different rules and compare what came of it."""
    from sim.experiments.compare import comparison
    from sim.experiments.compared import liquidations, runs
    from sim.experiments.sweep import sweep
    from sim.report.comparison import draw, table

    fixed = in_all(blocks, overrides)
    plan = comparison(scenario, fixed, vary, seeds, engine_named(engine), command_line())
    folder = folder_of("compare", scenario, out, resume)
    with making(folder) as progress:
        found = sweep(plan, folder, workers=workers, scheduler=scheduler, resume=resume,
                      progress=progress)  # fmt: skip
    say([*found.notes, *failed(found.failures)])
    page().print(table(runs(folder), f"{scenario}: {', '.join(vary)}"))
    draw(liquidations(folder), folder / "bids.png")
    click.echo(f"Runs and bids.png are in {folder}; plimsoll report {folder} draws them")
