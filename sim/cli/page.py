"""What is printed and how long work is watched."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from sim.scenario import Scenario

PAGE = 120
"""Columns of what is printed where there is no terminal to ask."""


def page() -> Console:
    width = None if sys.stdout.isatty() else PAGE
    return Console(width=width, highlight=False, markup=False)


@contextmanager
def counting(what: str) -> Iterator[Any]:
    """A progress bar of whole things, on the error stream."""
    if not sys.stderr.isatty():
        yield None
        return
    columns = (
        BarColumn(),
        TextColumn("{task.completed} of {task.total} " + what),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@contextmanager
def watch(scenario: Scenario, quiet: bool = False) -> Iterator[Any]:
    """A progress bar with blocks a second and the price, on the error stream."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("block {task.completed:,.0f} of {task.total:,.0f}"),
        TextColumn("{task.fields[rate]:,.0f} blocks/s  {task.fields[price]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task: TaskID = bar.add_task(scenario.name, total=scenario.run.blocks, rate=0.0, price="")

        def advance(model: Any) -> None:
            if model.steps % 20 == 0 or model.steps == scenario.run.blocks:
                price = (
                    f"{scenario.assets[0].symbol} {model.outside.paths[0, model.steps]:,.2f} USD"
                )
                rate = bar.tasks[0].speed or 0.0
                bar.update(task, completed=model.steps, rate=rate, price=price)

        yield advance
