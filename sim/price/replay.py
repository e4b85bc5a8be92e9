"""Replays a price file, at its own speed or faster."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sim.errors import DataError
from sim.price.bars import Bar, Bars, read
from sim.scenario import Replay


def simulate(spec: Replay, times: NDArray[np.float64], paths: int) -> NDArray[np.float64]:
    """The file's price, linear in log between its points; the same on every path.

    Raises DataError when the file is wrong or ends before the run.
    """
    if not spec.file:
        raise DataError(
            "price.file is empty; name the CSV to replay, as with --set price.file=prices.csv"
        )
    seconds, log_price = _points(read(Path(spec.file)))
    wanted = times * spec.speed
    if wanted[-1] > seconds[-1]:
        fit = int(np.searchsorted(wanted, seconds[-1], side="right")) - 1
        raise DataError(
            f"price file {spec.file} holds {seconds[-1]:,.0f} s, which at speed {spec.speed:g} "
            f"is enough for {fit:,} blocks, but the run has {len(times) - 1:,}"
        )
    path = np.exp(_interpolate(wanted, seconds, log_price))
    return np.tile(path, (paths, 1))


def _points(data: Bars) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Seconds since the first line and log prices. A bar closes when the next one opens."""
    start = data.bars[0].time
    if not data.are_ohlc:
        points = [(bar.time - start, bar.close) for bar in data.bars]
    else:
        ends = [bar.time for bar in data.bars[1:]] + [data.bars[-1].time + data.step]
        points = [
            (bar.time - start + (end - bar.time) * third / 3, price)
            for bar, end in zip(data.bars, ends, strict=True)
            for third, price in enumerate(_walk(bar))
        ]
    table = np.array(points)
    return table[:, 0], np.log(table[:, 1])


def _walk(bar: Bar) -> tuple[float, float, float, float]:
    """Open, the nearer extreme, the other one, close: the shortest way through all four."""
    if bar.high - bar.open < bar.open - bar.low:
        return bar.open, bar.high, bar.low, bar.close
    return bar.open, bar.low, bar.high, bar.close


def _interpolate(
    at: NDArray[np.float64], x: NDArray[np.float64], y: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Piecewise linear; where two points share an instant (close, next open) the later holds."""
    left = np.minimum(np.searchsorted(x, at, side="right"), len(x) - 1) - 1
    width = x[left + 1] - x[left]
    value: NDArray[np.float64] = y[left] + (y[left + 1] - y[left]) * (at - x[left]) / width
    return value
