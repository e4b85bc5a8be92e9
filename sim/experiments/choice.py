"""What an optimisation recommends, and what became of it on fresh seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from math import isnan
from typing import Any

import numpy as np
import pandas as pd

from sim.errors import ScenarioError
from sim.experiments.aim import Aim, Constraint
from sim.experiments.design import Point
from sim.experiments.figures import Figure
from sim.experiments.pareto import front, knee
from sim.metrics.tail import Estimate


def choose(aim: Aim, points: Sequence[Point], tails: pd.DataFrame) -> dict[str, Any]:
    """The front and the point recommended. Raises ScenarioError where no trial keeps to the
    constraints."""
    found = {
        int(str(point)): {row["figure"]: _estimate(row) for _, row in rows.iterrows()}
        for point, rows in tails.groupby("point")
    }
    feasible = [
        point
        for point, mine in found.items()
        if all(c.excess(mine[c.figure.name].value) <= 0 for c in aim.constraints)
        and not any(isnan(mine[o.name].value) for o in aim.objectives)
    ]
    if not feasible:
        raise ScenarioError(
            f"none of {len(found)} trials keeps to {', '.join(map(str, aim.constraints))}"
        )
    costs = np.array([[_cost(o, found[point]) for o in aim.objectives] for point in feasible])
    rows = sorted(front(costs), key=lambda row: tuple(costs[row]))
    best = [feasible[row] for row in rows]
    recommended = best[knee(costs[rows])]
    return {
        "objectives": [
            {"figure": o.name, "more_is_better": o.more_is_better} for o in aim.objectives
        ],
        "constraints": [str(each) for each in aim.constraints],
        "trials": [
            {
                "point": point,
                "feasible": point in feasible,
                "on_front": point in best,
                **{each.name: _json(mine[each.name]) for each in aim.figures},
            }
            for point, mine in found.items()
        ],
        "front": best,
        "recommended": recommended,
        "params": dict(next(p.params for p in points if p.number == recommended)),
    }


def verdicts(
    aim: Aim, claimed: pd.DataFrame, fresh: pd.DataFrame, point: int
) -> list[dict[str, Any]]:
    rows = []
    for figure in aim.figures:
        claim = _of(claimed, point, figure.name)
        found, before = (_of(fresh, each, figure.name) for each in (0, 1))
        rows.append(
            {
                "figure": figure.name,
                "claimed": _json(claim),
                "confirmed": _json(found),
                "as_it_is": _json(before),
                "holds": _overlap(claim, found),
                **_limits(found, [c for c in aim.constraints if c.figure.name == figure.name]),
            }
        )
    return rows


def _overlap(claim: Estimate, found: Estimate) -> bool | None:
    """None where the claim has no end to be beyond of."""
    if not np.isfinite([claim.low, claim.high]).all():
        return None
    return found.low <= claim.high and claim.low <= found.high


def _limits(found: Estimate, limits: Sequence[Constraint]) -> dict[str, bool]:
    """Whether they are kept by the figure, and surely: by all of its interval."""
    if not limits:
        return {}
    return {
        "kept": all(each.excess(found.value) <= 0 for each in limits),
        "surely": all(each.excess(x) <= 0 for each in limits for x in (found.low, found.high)),
    }


def _of(tails: pd.DataFrame, point: int, figure: str) -> Estimate:
    return _estimate(tails[(tails["point"] == point) & (tails["figure"] == figure)].iloc[0])


def _estimate(row: Any) -> Estimate:
    return Estimate(float(row["value"]), float(row["low"]), float(row["high"]), int(row["runs"]))


def _cost(objective: Figure, mine: Mapping[str, Estimate]) -> float:
    return mine[objective.name].value * (-1 if objective.more_is_better else 1)


def _json(of: Estimate) -> dict[str, Any]:
    """Infinite ends are null: JSON has no word for them."""
    return {name: value if np.isfinite(value) else None for name, value in asdict(of).items()}
