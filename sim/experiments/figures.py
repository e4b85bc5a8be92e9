"""What a study says of a point: figures by name, each with its interval and horizon.

A figure is what of a run, and which statistic over the runs: ``bad_debt_es99``, ``loss_mean``,
``liquidator_profit`` (its mean). Or one of these:

- ``liquidation_at_risk``  95 % quantile of the debt repaid by liquidation
- ``insolvency``           share of runs with a shortfall above 1 % of the debt at the start, at
                           the worst block or, as shortfall and bad debt, at the end
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.errors import UsageError
from sim.metrics import tail
from sim.metrics.tail import Estimate

Floats = NDArray[np.float64]
INSOLVENT = 0.01
"""Shortfall, as a share of the debt at the start, above which a run counts as insolvent."""
PRECISION = 0.1
"""Relative half width that `runs_needed` is for."""

COLUMNS = {
    "debt": "solvency.debt_start_usd",
    "bad_debt": "solvency.bad_debt_usd",
    "loss": "solvency.loss_usd",
    "shortfall": "solvency.shortfall_worst_usd",
    "liquidated": "liquidation.repaid_usd",
    "borrower_loss": "liquidation.borrower_loss_usd",
    "penalty_paid": "liquidation.penalty_paid_usd",
    "liquidator_profit": "incentives.liquidator_profit_usd",
    "capital_efficiency": "efficiency.capital_efficiency",
    "borrowing_power": "efficiency.borrowing_power",
}
"""What of a run -> its column. `debt` is at the first block; `loss` is shortfall and bad debt at
the end; `shortfall` is at its worst block; `capital_efficiency` and `borrowing_power` are in
`sim.metrics.efficiency`."""
MORE_IS_BETTER = ("debt", "capital_efficiency", "borrowing_power", "liquidator_profit")
TAILS: dict[str, Callable[..., Estimate]] = {
    "var": tail.value_at_risk,
    "es": tail.expected_shortfall,
    "evar": tail.entropic_value_at_risk,
}
_NAME = re.compile(r"(?P<what>[a-z_]+?)(?:_(?:(?P<mean>mean)|(?P<kind>e?var|es)(?P<level>\d\d)))?")

REPORTED = (
    "bad_debt_var95",
    "bad_debt_es95",
    "bad_debt_es99",
    "bad_debt_evar99",
    "loss_var95",
    "loss_es95",
    "loss_es99",
    "loss_evar99",
    "liquidation_at_risk",
    "insolvency",
    "loss_mean",
    "borrower_loss_mean",
    "liquidator_profit_mean",
    "capital_efficiency_mean",
)
"""Of every point of a study."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure by its name."""

    name: str
    of: Callable[[pd.DataFrame], Estimate]
    """Over runs, see `sim.experiments.dataset`."""
    quantile: float | None
    more_is_better: bool


def figure(name: str) -> Figure:
    """Raises UsageError where there is none of that name."""
    if name == "insolvency":
        return Figure(name, _insolvency, None, False)
    if name == "liquidation_at_risk":
        return Figure(name, _tail("liquidated", "var", 0.95), 0.95, False)
    found = _NAME.fullmatch(name)
    if not found or found["what"] not in COLUMNS:
        raise UsageError(
            f"there is no figure {name!r}; there are insolvency, liquidation_at_risk, and any of "
            f"{', '.join(COLUMNS)} with _mean, _var95, _es95, _evar95 (or 99, or 90) behind it"
        )
    better = found["what"] in MORE_IS_BETTER
    if not found["kind"]:
        return Figure(f"{found['what']}_mean", _mean(found["what"]), None, better)
    quantile = int(found["level"]) / 100
    if not quantile >= 0.5:
        raise UsageError(f"{name}: the quantile of a tail is from 50 to 99")
    return Figure(name, _tail(found["what"], found["kind"], quantile), quantile, better)


def figures(text: str) -> tuple[Figure, ...]:
    """Several, with commas between them; each once."""
    return tuple(map(figure, dict.fromkeys(name.strip() for name in text.split(","))))


def estimate(runs: pd.DataFrame, names: Sequence[str], horizon_hours: float) -> pd.DataFrame:
    """Figures of every point, as `tails.parquet` has them."""
    rows = []
    for point, mine in runs.groupby("point", sort=True):
        for name in names:
            wanted = figure(name)
            found = wanted.of(mine)
            rows.append(
                {
                    "point": int(str(point)),
                    "figure": name,
                    "value": found.value,
                    "low": found.low,
                    "high": found.high,
                    "quantile": wanted.quantile,
                    "horizon_hours": horizon_hours,
                    "runs": found.runs,
                    "runs_needed": found.runs_needed(PRECISION),
                }
            )
    table = pd.DataFrame(rows)
    return table.astype({"quantile": "float64", "runs_needed": "Int64"}) if rows else table


def _mean(what: str) -> Callable[[pd.DataFrame], Estimate]:
    def of(runs: pd.DataFrame) -> Estimate:
        figures, weights = _losses(runs, what)
        return tail.mean(figures, weights)

    return of


def _tail(what: str, kind: str, quantile: float) -> Callable[[pd.DataFrame], Estimate]:
    def of(runs: pd.DataFrame) -> Estimate:
        figures, weights = _losses(runs, what)
        extra: dict[str, Any] = {}
        if kind == "evar" and what in ("bad_debt", "loss", "shortfall") and len(figures):
            extra["most"] = float(runs["solvency.debt_highest_usd"].max())
        return TAILS[kind](figures, quantile, weights, **extra)

    return of


def _insolvency(runs: pd.DataFrame) -> Estimate:
    worst = runs[["solvency.shortfall_worst_usd", "solvency.loss_usd"]].max(axis=1)
    happened = (worst > INSOLVENT * runs["solvency.debt_start_usd"]).to_numpy()
    return tail.probability(happened, _weights(runs))


def _losses(runs: pd.DataFrame, what: str) -> tuple[Floats, Floats | None]:
    """Runs that do not have the figure are left out."""
    column = COLUMNS[what]
    known = runs[runs[column].notna()] if column in runs else runs.iloc[:0]
    figures = known[column].to_numpy() if column in runs else np.array([])
    return figures, _weights(known)


def _weights(runs: pd.DataFrame) -> Floats | None:
    weights = np.asarray(runs["weight"], dtype=float)
    return None if (weights == 1.0).all() else weights
