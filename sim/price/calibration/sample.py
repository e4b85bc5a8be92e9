"""What is fitted: closes of a price file, evenly spaced."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sim.errors import DataError
from sim.price.bars import read
from sim.units import YEAR

LEAST = 30
"""Returns, below which no model of volatility says anything."""


@dataclass(frozen=True)
class Sample:
    closes: NDArray[np.float64]
    """USD."""
    seconds: float
    """From one close to the next, on average."""
    first: float
    """Of the first close, seconds since the epoch."""

    @property
    def returns(self) -> NDArray[np.float64]:
        """Log returns."""
        moves: NDArray[np.float64] = np.diff(np.log(self.closes))
        return moves

    @property
    def years(self) -> float:
        """Of one return."""
        return self.seconds / YEAR


def read_sample(path: Path) -> Sample:
    """The closes of a CSV that replay would take. Raises DataError, as replay does, and where
    there is too little to fit."""
    bars = read(path).bars
    closes = np.array([bar.close for bar in bars])
    if len(closes) <= LEAST:
        raise DataError(
            f"price file {path} has too little data to fit ({len(closes) - 1} returns); "
            f"{LEAST} are the least"
        )
    if np.all(closes == closes[0]):
        raise DataError(f"price file {path} holds a price that never moves: nothing to fit")
    return Sample(closes, (bars[-1].time - bars[0].time) / (len(bars) - 1), bars[0].time)
