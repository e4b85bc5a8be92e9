"""The command group, and what its commands have in common."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from sim import __version__
from sim.errors import PlimsollError, UsageError
from sim.scenario import Scenario, load

OUT = Path("out")


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


def load_with(scenario: str, blocks: int | None, overrides: tuple[str, ...]) -> Scenario:
    more = (f"run.blocks={blocks}",) if blocks else ()
    return load(scenario, (*overrides, *more))


def prepare_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"--out {folder} cannot be made: {error.strerror}") from None
