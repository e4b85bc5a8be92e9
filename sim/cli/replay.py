"""`plimsoll replay`: a case, told transaction by transaction."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from sim.cli.app import main
from sim.errors import UsageError


@main.command("replay")
@click.argument("case", type=click.Path(path_type=Path))
@click.option("--engine", default="auto", show_default=True, help="As for run.")
@click.option("--path", help="The contract, where it is not where it was, or another version.")
@click.option(
    "--pytest", "test", type=click.Path(path_type=Path), help="Write a test that replays it."
)
def replay_command(case: Path, engine: str, path: str | None, test: Path | None) -> None:
    """Execute CASE, which a check has found, and tell who did what and where it breaks.

    Ends with code 1 while it is broken, 0 when it holds, 2 when it cannot be replayed.
    """
    from sim.check.replay import as_test, replay

    told = replay(case, engine, path)
    click.echo(told.text())
    if test:
        try:
            test.write_text(as_test(told, case, test), encoding="utf-8")
        except OSError as error:
            raise UsageError(f"--pytest {test} cannot be written: {error.strerror}") from None
        click.echo(f"{test} replays it: pytest {test}")
    sys.exit(1 if told.finding else 0)
