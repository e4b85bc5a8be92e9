"""How much weighted runs are worth, said to whoever reads figures of them."""

from __future__ import annotations

import pandas as pd

from sim.experiments.figures import COLUMNS
from sim.metrics.tail import effective_runs, value_at_risk

JUDGED = "loss"
TAIL = 0.95


def weighing(runs: pd.DataFrame) -> str:
    """Of a study's runs, see `sim.experiments.dataset`, at the point where it is least; empty
    where all weigh the same."""
    if (runs["weight"] == 1).all():
        return ""
    count, whole, beyond = min(map(_worth, (mine for _, mine in runs.groupby("point"))))
    return (
        f"weighted, {count:,} runs of a point count as {whole:,.0f} in a mean, and the worst "
        f"{100 * (1 - TAIL):.0f} % rests on {beyond:,.1f} runs where {count:,} plain ones have "
        f"{(1 - TAIL) * count:,.1f}"
    )


def _worth(runs: pd.DataFrame) -> tuple[int, float, float]:
    """Runs; as many of equal weight; as many of those in the tail of the loss."""
    losses, weights = runs[COLUMNS[JUDGED]], runs["weight"]
    worst = value_at_risk(losses.to_numpy(), TAIL, weights.to_numpy()).value
    beyond = weights[(losses >= worst) & (losses > 0)]
    return len(runs), effective_runs(weights.to_numpy()), effective_runs(beyond.to_numpy())
