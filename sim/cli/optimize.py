"""`plimsoll optimize`."""

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
)


@main.command("optimize")
@study_options
@click.option("--objective", "objectives", default="capital_efficiency,loss_es95",
              metavar="FIGURE,…", show_default=True,
              help="What to make large or small.")  # fmt: skip
@click.option("--constraint", "constraints", multiple=True, metavar="FIGURE<=X",
              help="What a point must keep to, such as insolvency<=0.01; repeatable.")  # fmt: skip
@click.option("--trials", type=click.IntRange(min=1), default=30, show_default=True,
              help="Points that are tried.")  # fmt: skip
@click.option("--seeds", type=click.IntRange(min=1), default=16, show_default=True,
              help="Runs of each trial; the same seeds for all.")  # fmt: skip
@click.option("--confirm", type=click.IntRange(min=1), default=64, show_default=True,
              help="Fresh seeds on which the recommended point is run again.")  # fmt: skip
def optimize_command(
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
    objectives: str,
    constraints: tuple[str, ...],
    trials: int,
    seeds: int,
    confirm: int,
) -> None:
    """Search the parameters of SCENARIO that are best in several figures at once.

    \b
    plimsoll optimize severity --param penalty.fixed=0.02:0.06 --trials 12 --workers 2
    """
    from sim.experiments.aim import Aim, constraint
    from sim.experiments.dataset import study
    from sim.experiments.design import space
    from sim.experiments.figures import figures
    from sim.experiments.optimize import optimize
    from sim.experiments.sweep import Plan
    from sim.report.optimum import front, verdicts
    from sim.scenario import load

    fixed = in_all(blocks, overrides)
    chosen = load(scenario, fixed)
    of = space(scenario, fixed, params, ties)
    limits = tuple(constraint(text) for text in constraints)
    aim = Aim(figures(objectives), limits, trials, confirm)
    plan = Plan(
        source=scenario,
        scenario=chosen,
        overrides=fixed,
        params=params,
        ties=ties,
        design="optimize",
        points=(),
        refused=(),
        first_seed=chosen.run.seed,
        seeds=seeds,
        engine=engine_named(engine),
        sampling=sampled(sampling),
        command=command_line(),
        kind="optimize",
        figures=tuple(each.name for each in aim.figures),
        objectives=tuple(each.name for each in aim.objectives),
        constraints=tuple(str(each) for each in aim.constraints),
    )
    folder = folder_of("optimize", scenario, out, resume)
    with making(folder) as progress:
        found = optimize(plan, of, aim, folder, workers=workers, scheduler=scheduler,
                         resume=resume, progress=progress)  # fmt: skip
    say([*found.notes, *failed(found.failures)])
    params_of = {point["point"]: point["params"] for point in study(folder)["points"]}
    page().print(front(found.result, params_of, [axis.key for axis in of.axes]))
    page().print(verdicts(found.result, seeds, confirm))
    click.echo(
        f"Trials, runs and optimize.json are in {folder}; plimsoll report {folder} draws them"
    )
