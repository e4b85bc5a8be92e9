"""The command group, and what its commands have in common."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import click

from sim import __version__
from sim.cli.refusal import sentence
from sim.errors import PlimsollError, UsageError
from sim.scenario import Scenario, load

OUT = Path("out")
PROTOCOL = "plimsoll.protocol"
"""Where `--protocol` waits for `--set`."""


class _Sentences(click.Group):
    """Turns every error of ours, and every argument that click refuses, into one sentence."""

    def make_context(self, *given: Any, **more: Any) -> click.Context:
        with _told():
            return super().make_context(*given, **more)

    def invoke(self, context: click.Context) -> Any:
        with _told():
            return super().invoke(context)


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except PlimsollError as error:
        _end(str(error), 2)
    except click.UsageError as error:
        _end(sentence(error), error.exit_code)
    except KeyboardInterrupt:
        _end("interrupted", 130)


def _end(said: str, code: int) -> NoReturn:
    click.echo(f"plimsoll: {said}", err=True)
    sys.exit(code)


@click.group(cls=_Sentences, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="plimsoll")
def main() -> None:
    """Agents against a collateralized-debt contract, block by block, on a real EVM."""


def changes(command: Any) -> Any:
    """Options that change a scenario; all come as `overrides`."""
    command = click.option(
        "--set",
        "overrides",
        multiple=True,
        metavar="KEY=VALUE",
        callback=lambda context, _, given: (*context.meta.get(PROTOCOL, ()), *given),
        help="Override a field, e.g. margin.maintenance=0.25; repeatable.",
    )(command)
    return click.option(
        "--protocol",
        metavar="NAME",
        is_eager=True,
        expose_value=False,
        callback=_protocol,
        help="Whose contract: plimsoll, vault, pool, or an adapter's file; see docs/adapter.md.",
    )(command)


def _protocol(context: click.Context, _: click.Parameter, given: str | None) -> None:
    if given:
        context.meta[PROTOCOL] = (f"protocol.contract={given}",)


def scenario_options(command: Any) -> Any:
    """What every command that runs a scenario takes."""
    for option in reversed(
        [
            click.argument("scenario"),
            click.option("--engine", default="auto", show_default=True,
                         help="auto, revm, anvil, py-evm, an Ape network choice or a node's URL."),
            click.option("--seed", type=click.IntRange(min=0), help="Default: the scenario's."),
            click.option("--blocks", type=click.IntRange(min=1),
                         help="Length of the run, which draws a path of its own for each "
                              "length. Default: the scenario's."),
        ]
    ):  # fmt: skip
        command = option(command)
    return changes(command)


def load_with(scenario: str, blocks: int | None, overrides: tuple[str, ...]) -> Scenario:
    return load(scenario, in_all(blocks, overrides))


def in_all(blocks: int | None, overrides: tuple[str, ...]) -> tuple[str, ...]:
    """Overrides, `--blocks` among them."""
    return (*overrides, *((f"run.blocks={blocks}",) if blocks else ()))


def prepare_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"--out {folder} cannot be made: {error.strerror}") from None
