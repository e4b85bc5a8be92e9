"""A report before it has a form: the question, the answer, what shows it, how to repeat it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd


@dataclass(frozen=True)
class Figure:
    """An Altair chart; `name` is a file's."""

    name: str
    title: str
    chart: Any


@dataclass(frozen=True)
class Grid:
    """A table to read; `name` is a file's. Cells are text or numbers, or, in the columns named as
    `estimates`, a number with its interval. A long one is folded away on a page."""

    name: str
    title: str
    frame: pd.DataFrame
    folded: bool = False
    estimates: Sequence[str] = ()

    @property
    def kinds(self) -> list[str]:
        """Of each column: number or text."""
        numeric = pd.api.types.is_numeric_dtype
        return [
            "number" if name in self.estimates or numeric(self.frame[name]) else "text"
            for name in self.frame.columns
        ]


@dataclass(frozen=True)
class Section:
    title: str
    parts: Sequence[Figure | Grid] = ()
    text: str = ""


@dataclass(frozen=True)
class Document:
    """`answer` is one sentence an item; `facts` are (name, value) of what was run; `files` hold
    what would not be read in a page, by title."""

    title: str
    question: str
    answer: Sequence[str]
    sections: Sequence[Section]
    facts: Sequence[tuple[str, str]] = ()
    command: str = ""
    files: dict[str, str] = field(default_factory=dict)

    def figures(self) -> Iterator[Figure]:
        return (p for s in self.sections for p in s.parts if isinstance(p, Figure))

    def grids(self) -> Iterator[Grid]:
        return (p for s in self.sections for p in s.parts if isinstance(p, Grid))
