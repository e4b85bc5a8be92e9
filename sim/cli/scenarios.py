"""`plimsoll scenarios` and `plimsoll show`."""

from __future__ import annotations

import json
from collections.abc import Iterator

import click
from pydantic import BaseModel
from rich.table import Table

from sim.cli.app import changes, main
from sim.cli.page import page
from sim.scenario import load, names


@main.command()
def scenarios() -> None:
    """List the shipped scenarios."""
    table = Table(box=None, pad_edge=False)
    for column in ("scenario", "blocks", "traders", "asks"):
        table.add_column(column, justify="right" if column in ("blocks", "traders") else "left")
    for name in names():
        found = load(name, _placeholders(name))
        table.add_row(name, f"{found.run.blocks:,}", f"{found.traders.count:,}", found.question)
    page().print(table)


@main.command()
@click.argument("scenario")
@changes
def show(scenario: str, overrides: tuple[str, ...]) -> None:
    """Print every field of SCENARIO with its value and what it means."""
    found = load(scenario, (*_placeholders(scenario), *overrides))
    table = Table(box=None, pad_edge=False)
    for column in ("field", "value", "meaning"):
        table.add_column(column, overflow="fold")
    for row in _fields(found):
        table.add_row(*row)
    page().print(table)


def _placeholders(scenario: str) -> tuple[str, ...]:
    """The shipped replay needs a file; any name will do to look at it."""
    return ("price.file=your-prices.csv",) if scenario == "replay" else ()


def _fields(section: BaseModel, prefix: str = "") -> Iterator[tuple[str, str, str]]:
    for name, info in type(section).model_fields.items():
        found = getattr(section, name)
        where = f"{prefix}{name}"
        if isinstance(found, BaseModel):
            yield from _fields(found, f"{where}.")
        elif isinstance(found, list) and found and isinstance(found[0], BaseModel):
            for i, item in enumerate(found):
                yield from _fields(item, f"{where}.{i}.")
        else:
            yield where, _as_written(found), info.description or ""


def _as_written(found: object) -> str:
    """As one would write it in a scenario, or in --set."""
    plain = isinstance(found, list | tuple | bool)
    return json.dumps(found) if plain else "unset" if found is None else str(found)
