"""How near debt is to liquidation: what a fall would reach, and where debt piles up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.signal import find_peaks

FALLS = (0.05, 0.1, 0.2, 0.3, 0.5)
STEP = 0.001
"""Of the grid of distances on which density is taken."""
BANDWIDTH = 0.01
"""Standard deviation of the kernel, in distance: debt within a percent or so is one pile."""
PROMINENCE = 0.05
"""Least rise of a peak over its surroundings, as a part of the highest peak."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Cluster:
    """Debt around one peak of its density over distance, from valley to valley. A distance is
    how far every price has to fall until the account is below maintenance, a share of 1."""

    peak: float
    nearest: float
    furthest: float
    debt_usd: float
    share: float
    """Of all debt."""


def proximity(table: pd.DataFrame) -> dict[str, Any] | None:
    """Of the table `proximity`, before the run and at its end; None where nobody had debt."""
    if table.empty:
        return None
    blocks = sorted(table["block"].unique().tolist())
    maps = {block: table[table["block"] == block] for block in blocks}
    largest = {block: _largest(rows) for block, rows in maps.items()}
    worst = max(largest, key=lambda block: largest[block].share)
    return {
        "start": _map(maps[blocks[0]]),
        "end": _map(maps[blocks[-1]]),
        "largest_cluster_share": largest[blocks[0]].share,
        "largest_cluster_share_worst": largest[worst].share,
        "largest_cluster_worst_block": worst,
    }


def _map(rows: pd.DataFrame) -> dict[str, Any]:
    distance, debt = arrays(rows)
    return {
        "block": int(rows["block"].iloc[0]),
        "debt_usd": float(debt.sum()),
        "reached_usd": {
            f"{fall:.0%}": reached for fall, reached in zip(FALLS, reach(rows, FALLS), strict=True)
        },
        "clusters": [asdict(cluster) for cluster in clusters(distance, debt)],
    }


def arrays(rows: pd.DataFrame) -> tuple[Floats, Floats]:
    """(distance, debt) of the accounts on one map."""
    return rows["distance"].to_numpy(dtype=float), rows["debt_usd"].to_numpy(dtype=float)


def reach(rows: pd.DataFrame, falls: Sequence[float]) -> list[float]:
    """USD of debt below maintenance once every price has fallen by so much."""
    distance, debt = arrays(rows)
    return [float(debt[distance < fall].sum()) for fall in falls]


def density(distance: Floats, debt: Floats) -> tuple[Floats, Floats]:
    """(distances, USD a unit of distance): a Gaussian kernel of `BANDWIDTH` on a grid."""
    first = np.floor((distance.min() - 5 * BANDWIDTH) / STEP)
    last = np.ceil((distance.max() + 5 * BANDWIDTH) / STEP)
    edges = np.arange(first, last + 1) * STEP
    mass, _ = np.histogram(distance, edges, weights=debt)
    smooth = gaussian_filter1d(mass / STEP, BANDWIDTH / STEP, mode="constant")
    return (edges[:-1] + edges[1:]) / 2, smooth


def clusters(distance: Floats, debt: Floats) -> list[Cluster]:
    """The piles of debt, nearest first: peaks of the density, each with all debt up to the
    valleys on both sides, so that together they are all debt."""
    if not debt.sum() > 0:
        return []
    at, height = density(distance, debt)
    peaks, _ = find_peaks(height, prominence=PROMINENCE * height.max())
    valleys = [at[left + int(np.argmin(height[left:right]))] for left, right in pairwise(peaks)]
    of = np.searchsorted(valleys, distance, side="right")
    found = []
    for number, peak in enumerate(peaks):
        inside = of == number
        found.append(
            Cluster(
                float(at[peak]),
                float(distance[inside].min()),
                float(distance[inside].max()),
                float(debt[inside].sum()),
                float(debt[inside].sum() / debt.sum()),
            )
        )
    return found


def _largest(rows: pd.DataFrame) -> Cluster:
    return max(clusters(*arrays(rows)), key=lambda cluster: cluster.share)
