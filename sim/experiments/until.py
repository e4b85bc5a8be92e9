"""Seeds until a figure is known as well as was asked: how many more, and what is said of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf

import pandas as pd

from sim.experiments.figures import figure
from sim.metrics.tail import Estimate


@dataclass(frozen=True, slots=True)
class Until:
    """Seeds are added until a figure's interval is narrow enough at every point."""

    figure: str
    precision: float
    """Half width relative to the figure."""
    most: int
    """Seeds a point."""

    def of(self, runs: pd.DataFrame) -> dict[int, Estimate]:
        """The figure at every point."""
        found = figure(self.figure).of
        return {int(str(point)): found(mine) for point, mine in runs.groupby("point")}

    def more(self, found: Mapping[int, Estimate], asked: Mapping[int, int]) -> dict[int, int]:
        """Seeds in all for each point that is not known well enough: about as many as are needed,
        but never more than twice what there is, because so far they are few to judge by."""
        wanted = {}
        for point, estimate in found.items():
            if estimate.precision <= self.precision or asked[point] >= self.most:
                continue
            needed = estimate.runs_needed(self.precision) or self.most
            count = min(max(needed, asked[point] + 2), 2 * asked[point], self.most)
            wanted[point] = count + count % 2
        return wanted

    def told(self, found: Mapping[int, Estimate], wanted: Mapping[int, int]) -> str:
        """Where it stands, and what comes next."""
        open_points = [each for each in found.values() if each.precision > self.precision]
        if not open_points:
            runs = max(each.runs for each in found.values())
            return (
                f"{self.figure} is known to within {self.precision:.2g} of its value at every "
                f"point, with no more than {runs:,} runs of one"
            )
        worst = max(open_points, key=lambda each: each.precision)
        said = (
            f"{self.figure} is not yet known to within {self.precision:.2g} of its value at "
            f"{len(open_points)} of {len(found)} points ({_precision(worst)} at worst, after "
            f"{worst.runs:,} runs); {self._needed(open_points)}"
        )
        if wanted:
            return f"{said}; up to {max(wanted.values()):,} seeds a point are made next"
        return f"{said}; {self.most:,} seeds a point are the most that --until allows, so it ends"

    def _needed(self, open_points: list[Estimate]) -> str:
        needed = [each.runs_needed(self.precision) for each in open_points]
        known = [each for each in needed if each is not None]
        if len(known) < len(needed):
            return "these are too few to say how many it takes"
        return f"it takes about {max(known):,} in all"


def _precision(estimate: Estimate) -> str:
    return "without end" if estimate.precision == inf else f"{estimate.precision:.2g}"
