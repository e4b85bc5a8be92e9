"""What `plimsoll sweep`, `compare` and `optimize` have in common."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sim.cli.app import OUT, changes
from sim.cli.page import counting
from sim.errors import UsageError

if TYPE_CHECKING:
    from sim.experiments.until import Until
    from sim.price.tilt import Sampling

SAY_SECONDS = 60
MOST_SEEDS = 4_096
"""Of a point under --until, where nothing else is said."""


def study_options(command: Any) -> Any:
    """What is studied, and who does the work."""
    for option in reversed(
        [
            click.argument("scenario"),
            click.option("--param", "params", multiple=True, metavar="KEY=VALUES",
                         help="What varies: key=low:high:count, key=a,b,… or, where points are "
                         "drawn, key=low:high; repeatable."),
            click.option("--tie", "ties", multiple=True, metavar="KEY=PARAM+X",
                         help="A field that moves with a parameter, such as "
                         "margin.initial=margin.maintenance+0.05; - and * too."),
            click.option("--sampling", default="plain", show_default=True,
                         metavar="plain|importance[:Z]|minimum[:Z]",
                         help="importance: every second seed draws the price from a process that "
                         "ends Z (2.5) standard deviations deeper, and weights make up for it; "
                         "minimum: that is drawn so only until it is so deep, for falls to about "
                         "that depth, however they end."),
            work_options,
        ]
    ):  # fmt: skip
        command = option(command)
    return command


def work_options(command: Any) -> Any:
    """Who does the work, and where it is kept."""
    for option in reversed(
        [
            click.option("--blocks", type=click.IntRange(min=1), help="Default: the scenario's."),
            click.option("--engine", default="auto", show_default=True,
                         help="As for run; auto is the fastest that needs no node."),
            click.option("--workers", type=click.IntRange(min=1), default=2, show_default=True,
                         help="Processes; 1 is a plain loop, more a Dask cluster of our own."),
            click.option("--scheduler", metavar="ADDRESS",
                         help="Of a Dask scheduler that is there, such as tcp://host:8786."),
            click.option("--out", type=click.Path(path_type=Path),
                         help="Folder; default out/COMMAND-NAME, or the next that is free."),
            click.option("--resume", is_flag=True, help="Go on with the study in the folder."),
        ]
    ):  # fmt: skip
        command = option(command)
    return changes(command)


def engine_named(name: str) -> str:
    """Of every run of the study; a node only where it is asked for."""
    from sim.chain import ENGINES, in_process, open_engine

    if name == "auto":
        return in_process()
    if name not in ENGINES:
        open_engine(name).close()  # before a night of runs learns that it is not there
    return name


def sampled(text: str) -> Sampling | None:
    """``importance``, ``minimum``, or either with standard deviations behind a colon."""
    from sim.price.tilt import Sampling

    kind, _, how_far = text.partition(":")
    if text == "plain":
        return None
    try:
        found = float(how_far or 2.5)
    except ValueError:
        found = 0.0
    if kind not in ("importance", "minimum") or not 0 < found <= 10:
        raise UsageError(
            f"--sampling {text}: plain, importance, importance:Z, minimum or minimum:Z with Z "
            "above 0, up to 10, is needed"
        )
    return Sampling(found, kind == "minimum")


def until(text: str | None) -> Until | None:
    """``ci=0.1``, or ``ci=0.1,figure=bad_debt_es99,most=512``."""
    from sim.experiments.figures import figure
    from sim.experiments.until import Until

    if text is None:
        return None
    parts = dict(part.partition("=")[::2] for part in text.split(","))
    try:
        precision, most = float(parts.pop("ci")), int(parts.pop("most", MOST_SEEDS))
        name = figure(parts.pop("figure", "loss_es95")).name
        if parts or not 0 < precision < 1 or most < 2:
            raise ValueError
    except (KeyError, ValueError):
        raise UsageError(
            f"--until {text} is not of the form ci=0.1[,figure=NAME][,most=SEEDS], with ci above 0 "
            "and below 1 and most from 2"
        ) from None
    return Until(name, precision, most)


def folder_of(kind: str, scenario: str, out: Path | None, resume: bool) -> Path:
    """Without --out nothing that is there is touched, but to go on with it."""
    from sim.experiments.store import vacant

    default = OUT / f"{kind}-{Path(scenario).stem}"
    return out or (default if resume else vacant(default))


def command_line() -> str:
    """What makes the study again, as typed but for --resume."""
    words = [word for word in sys.argv[1:] if word != "--resume"]
    return " ".join(["plimsoll", *map(shlex.quote, words)])


@contextmanager
def making(folder: Path) -> Iterator[Any]:
    """Progress; an interrupt is a sentence that says how to go on."""
    from sim.experiments import dataset

    try:
        with counting("runs") as progress:
            yield progress or lines()
    except KeyboardInterrupt:
        kept = len(dataset.runs(folder))
        click.echo(
            f"plimsoll: interrupted; {kept:,} runs are kept in {folder}: the same command with "
            f"--resume --out {folder} goes on with it",
            err=True,
        )
        sys.exit(130)


def lines() -> Callable[[int, int], None]:
    """Progress where nobody watches a bar: a line now and then, on the error stream."""
    began = said = time.monotonic()
    first: list[int] = []

    def tell(there: int, asked: int) -> None:
        nonlocal said
        first[:] = first or [there]
        now = time.monotonic()
        if now - said >= SAY_SECONDS and there > first[0]:
            said = now
            seconds = (now - began) / (there - first[0]) * (asked - there)
            click.echo(f"{there:,} of {asked:,} runs, {_left(seconds)} left", err=True)

    return tell


def _left(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"about {minutes:,} minutes" if minutes > 1 else "a minute or less"


def say(notes: Iterable[str]) -> None:
    for note in notes:
        click.echo(f"plimsoll: {note}", err=True)


def failed(failures: Any) -> Iterator[str]:
    """Runs that came to nothing, by reason, and what to do."""
    for reason, mine in failures.groupby("reason", sort=False):
        first = f"point {mine['point'].iloc[0]}, seed {mine['seed'].iloc[0]}"
        yield f"{len(mine)} failed ({first}): {' '.join(str(reason).split())}"
    if len(failures):
        yield "--resume tries them again"
