"""A small study: a scenario of one's own in a file, a few points, a few seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sim.chain import in_process
from sim.experiments.design import points, space
from sim.experiments.sweep import Plan
from sim.scenario import load

PARAMS = ("penalty.fixed=0.03,0.05",)
PRICES = "time,price\n0,200\n120,190\n240,110\n360,105\n480,105\n"
SMALL = """
question = "Does the study hold together?"

[run]
blocks = 40

[price]
model = "replay"
file = "prices.csv"

[traders]
count = 12

[liquidators]
count = 1
"""


def source(folder: Path) -> str:
    """The scenario's file; its prices are in a file beside it."""
    (folder / "prices.csv").write_text(PRICES)
    path = folder / "small.toml"
    path.write_text(SMALL)
    return str(path)


def plan(
    folder: Path,
    params: Sequence[str] = PARAMS,
    overrides: Sequence[str] = (),
    **changes: Any,
) -> Plan:
    """Two points of ten seeds."""
    name = source(folder)
    found, refused = points(space(name, overrides, params))
    terms: dict[str, Any] = {
        "source": name,
        "scenario": load(name, overrides),
        "overrides": tuple(overrides),
        "params": tuple(params),
        "ties": (),
        "design": "grid",
        "points": found,
        "refused": refused,
        "first_seed": 1,
        "seeds": 10,
        "engine": in_process(),
    }
    return Plan(**{**terms, **changes})


def content(folder: Path) -> Mapping[str, bytes]:
    """Every Parquet file of a study, by its place in it."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*.parquet"))
    }
