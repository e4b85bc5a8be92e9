"""The results as one self-contained page and as CSV."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from html import escape
from pathlib import Path

from tests.validation.law import Check, Law

Row = tuple[Law, Check]
COLUMNS = ("law", "what", "expected", "measured", "tolerance", "verdict", "basis")

STYLE = """
:root { color-scheme: light dark; }
body { font: 15px/1.45 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: .25rem .6rem; border-bottom: 1px solid #8884 }
td.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
td.missed { font-weight: bold; color: #d55e00 }
"""


def cells(law: Law, check: Check) -> tuple[str, ...]:
    """A row as text."""
    return (
        str(law.number),
        f"{law.name}: {check.name}",
        f"{check.relation} {_number(check.expected)}",
        _number(check.measured),
        _number(check.tolerance) if check.tolerance else "0",
        "holds" if check.holds else "MISSED",
        check.basis,
    )


def write(folder: Path, rows: Sequence[Row], verdict: str) -> Path:
    """`index.html` and `validation.csv`; the page's path."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "validation.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(COLUMNS)
        table.writerows(cells(*row) for row in rows)
    head = "".join(f"<th>{escape(column)}</th>" for column in COLUMNS)
    body = "\n".join(_line(*row) for row in rows)
    path = folder / "index.html"
    path.write_text(
        f"<!doctype html><html lang=en><meta charset=utf-8><title>Validation</title>"
        f"<style>{STYLE}</style><h1>Does the simulator obey its laws?</h1><p>{escape(verdict)}.</p>"
        f"<table><thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table></html>\n",
        encoding="utf-8",
    )
    return path


def _line(law: Law, check: Check) -> str:
    shown = []
    for column, cell in zip(COLUMNS, cells(law, check), strict=True):
        kind = "n" if column in ("expected", "measured", "tolerance") else ""
        if column == "verdict" and not check.holds:
            kind = "missed"
        shown.append(f'<td class="{kind}">{escape(cell)}</td>' if kind else f"<td>{escape(cell)}")
    return f"<tr>{''.join(shown)}</tr>"


def _number(figure: float) -> str:
    return f"{figure:,.5g}" if abs(figure) < 1e5 else f"{figure:,.0f}"
