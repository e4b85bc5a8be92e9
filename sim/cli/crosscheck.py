"""`plimsoll crosscheck`: one run on two engines."""

from __future__ import annotations

import sys
from typing import Any

import click

from sim.cli.app import changes, load_with, main
from sim.cli.page import watch
from sim.errors import EnginesDiffer, UsageError


@main.command("crosscheck")
@click.argument("scenario")
@click.option("--engines", metavar="A,B", help="Default: the two fastest that are here.")
@click.option("--seed", type=click.IntRange(min=0), help="Default: the scenario's.")
@click.option("--blocks", type=click.IntRange(min=1), help="Default: the scenario's.")
@changes
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
    with watch(chosen) as progress:
        result = run(
            chosen, engine=first, seed=seed, progress=progress, keep_blocks=chosen.run.blocks
        )
    check(result.tape, second)


def check(tape: Any, engine: str | None, aside: bool = False) -> None:
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


def another_engine(name: str) -> str | None:
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
