"""`plimsoll sweep`."""

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
    sampled,
    say,
    study_options,
    until,
)


@main.command("sweep")
@study_options
@click.option("--seeds", type=click.IntRange(min=1), default=16, show_default=True,
              help="Runs of each point; the same seeds at all of them.")  # fmt: skip
@click.option("--design", type=click.Choice(["grid", "lhs", "sobol"]), default="grid",
              show_default=True, help="How points are chosen.")  # fmt: skip
@click.option("--points", "count", type=click.IntRange(min=1), help="For lhs and sobol.")
@click.option("--until", "precise", metavar="ci=X",
              help="Add seeds until a figure's interval is within X of it on either side: "
              "ci=0.1[,figure=loss_es95][,most=SEEDS].")  # fmt: skip
@click.option("--keep-tables", is_flag=True, help="Keep every run's tables too.")
def sweep_command(
    scenario: str,
    params: tuple[str, ...],
    ties: tuple[str, ...],
    overrides: tuple[str, ...],
    blocks: int | None,
    engine: str,
    workers: int,
    scheduler: str | None,
    sampling: str,
    out: Path | None,
    resume: bool,
    seeds: int,
    design: str,
    count: int | None,
    precise: str | None,
    keep_tables: bool,
) -> None:
    """Run SCENARIO at every point of a parameter space, with the same seeds.

    \b
    plimsoll sweep severity --param penalty.fixed=0.02,0.06 --seeds 8 --workers 2
    """
    from sim.experiments import dataset
    from sim.experiments.design import axis, points, space
    from sim.experiments.sweep import Plan, sweep
    from sim.report.sweep import table
    from sim.report.weighing import weighing
    from sim.scenario import load
    from sim.tables import TABLES

    fixed = in_all(blocks, overrides)
    chosen = load(scenario, fixed)
    drawn, refused = points(space(scenario, fixed, params, ties), design, count, chosen.run.seed)
    plan = Plan(
        source=scenario,
        scenario=chosen,
        overrides=fixed,
        params=params,
        ties=ties,
        design=design,
        points=drawn,
        refused=refused,
        first_seed=chosen.run.seed,
        seeds=seeds,
        engine=engine_named(engine),
        sampling=sampled(sampling),
        until=until(precise),
        tables=TABLES if keep_tables else (),
        command=command_line(),
    )
    folder = folder_of("sweep", scenario, out, resume)
    if refused:
        say([f"{len(refused)} of {len(refused) + len(drawn)} points are not allowed and left out, "
             f"the first because {refused[0].reason}"])  # fmt: skip
    with making(folder) as progress:
        swept = sweep(plan, folder, workers=workers, scheduler=scheduler, resume=resume,
                      progress=progress, say=lambda told: say([told]))  # fmt: skip
    say([*swept.notes, *failed(swept.failures)])
    keys = [axis(text).key for text in params]
    page().print(table(plan.points, keys, swept.tails, plan.hours))
    if plan.sampling:
        click.echo(f"Importance sampling: {weighing(dataset.runs(folder))}")
    click.echo(f"Runs and figures are in {folder}; plimsoll report {folder} draws them")
