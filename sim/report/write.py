"""A report in a form: one page that needs nothing else, or files of Markdown, CSV and PNG."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf, isnan
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from sim.report.document import Document, Figure, Grid
from sim.report.theme import inline_svg, save


def html(documents: Sequence[Document], folder: Path) -> list[Path]:
    """`report.html`: charts, styles and tables inside, nothing fetched from anywhere."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    page = environment.get_template("page.html").render(
        documents=documents,
        # The charts are ours: their text was escaped when they were drawn.
        svg=lambda figure: Markup(inline_svg(figure.chart)),
        text=cell,
    )
    path = folder / "report.html"
    path.write_text(page, encoding="utf-8")
    return [path]


def markdown(documents: Sequence[Document], folder: Path) -> list[Path]:
    """`report.md`, and its charts as PNG beside it."""
    charts = png(documents, folder)
    path = folder / "report.md"
    texts = [_markdown(document, prefix) for prefix, document in _numbered(documents)]
    path.write_text("\n".join(texts), encoding="utf-8")
    return [path, *charts]


def csv(documents: Sequence[Document], folder: Path) -> list[Path]:
    """A file a table of the report."""
    paths = []
    for prefix, document in _numbered(documents):
        for grid in document.grids():
            paths.append(folder / f"{prefix}{grid.name}.csv")
            grid.frame.to_csv(paths[-1], index=False)
    return paths


def png(documents: Sequence[Document], folder: Path) -> list[Path]:
    """A file a chart of the report."""
    paths = []
    for prefix, document in _numbered(documents):
        for figure in document.figures():
            paths.append(folder / f"{prefix}{figure.name}.png")
            save(figure.chart, paths[-1], figure.title)
    return paths


def _numbered(documents: Sequence[Document]) -> list[tuple[str, Document]]:
    """Documents with what the names of their files begin with, so that none replaces another's."""
    several = len(documents) > 1
    return [(f"{number}-" * several, each) for number, each in enumerate(documents, 1)]


Writer = Callable[[Sequence[Document], Path], list[Path]]
FORMATS: dict[str, Writer] = {"html": html, "md": markdown, "csv": csv, "png": png}


def cell(content: Any) -> str:
    """A cell for people: numbers with separators and as many digits as say something."""
    if content is None or content is pd.NA or (isinstance(content, float) and isnan(content)):
        return "none"
    if content in (inf, -inf):
        return "no bound"
    if isinstance(content, bool) or not isinstance(content, int | float):
        return str(content)
    if float(content).is_integer() or abs(content) >= 1_000:
        return f"{content:,.0f}"
    return f"{content:,.3g}" if abs(content) < 100 else f"{content:,.1f}"


def _markdown(document: Document, prefix: str) -> str:
    lines = [f"# {document.question}", "", document.title, ""]
    lines += [f"> {sentence}  " for sentence in document.answer]
    for section in document.sections:
        lines += ["", f"## {section.title}", ""]
        if section.text:
            lines += [section.text, ""]
        for part in section.parts:
            lines += _part(part, prefix)
    lines += ["", "## How this was made", ""]
    lines += [f"- {name}: `{content}`" for name, content in document.facts]
    if document.command:
        lines += ["", "```", document.command, "```"]
    return "\n".join(lines) + "\n"


def _part(part: Figure | Grid, prefix: str) -> list[str]:
    if isinstance(part, Figure):
        return [f"![{part.title}]({prefix}{part.name}.png)", ""]
    columns = list(part.frame.columns)
    rules = ["---:" if kind == "number" else "---" for kind in part.kinds]
    rows = [[cell(each) for each in row] for row in part.frame.itertuples(index=False)]
    lines = ["| " + " | ".join(map(str, row)) + " |" for row in (columns, rules, *rows)]
    return [f"**{part.title}**", "", *lines, ""]
