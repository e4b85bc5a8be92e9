"""A study on disk, for whoever reads it: a sweep, a comparison, the trials of an optimisation.

    study.json                     what was asked; written first, see below
    runs/point=3/seed-17.parquet   one run: a row
    runs/point=3/all.parquet       the runs of a point once all of them are there, by seed
    tables/point=3/seed=17/        tables of a run as in `sim.experiments.store`, on request
    failures.json                  runs that came to nothing: point, seed, reason
    tails.parquet                  figures of every point with their intervals, when a study ends

Every file is whole from the moment it has its name, so a study can be read while it grows:
``runs(folder)`` gives what is there. The same study has the same bytes in ``all.parquet``
however often it was interrupted, whoever ran it, and in whatever order.

A row of ``runs`` is one run:

    point         int     as in ``study.json``
    seed          int     the run's; the same seed has the same noise at every point
    weight        float   of the run in every mean; 1 but under importance sampling
    tilted        bool    whether its price was drawn from the tilted process
    engine        str     where it was executed
    fingerprint   str     hash over its receipts
    transactions  int     executed
    …             float   every figure of the run's summary by its dotted name, as in
                          ``run.json``: ``solvency.bad_debt_usd``; null where a run has none

``study.json``:

    kind          "sweep", "compare" or "optimize"
    scenario      all of it, without the parameters;   source  its name or path, as given
    overrides     of every point
    params, ties  as typed;   design  grid, lhs, sobol, compare or optimize
    points        [{"point": 0, "params": {"margin.maintenance": 0.1, …}}, …]
    refused       [{"params": …, "reason": …}, …] that the scenario does not allow
    seeds         first seed and how many a point was asked for: {"first": 1, "count": 64}
    until         {"figure": …, "precision": …, "most": …} or null
    sampling      {"tilt": standard deviations, "minimum": of the minimum or the close} or null
    objectives, constraints   of an optimisation
    engine, horizon_hours, code (what made it), command (that makes it again)
    adapters      file -> hash over it, its neighbours and its contracts, where one is named

``tails.parquet``: a row per point and figure, see `sim.experiments.figures`:

    point         int
    figure        str     name, such as ``bad_debt_es99``
    value, low, high  float   estimate and its 95 % interval; ``high`` is infinite and
                          ``low`` 0 where the runs are too few to say
    quantile      float   of tail figures, else null
    horizon_hours float
    runs          int
    runs_needed   int     about so many for a relative half width of 10 %, null if not to be had
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from sim.errors import UsageError
from sim.experiments import store
from sim.experiments.outcome import FIXED, Failed, Outcome

STUDY = "study.json"
ALL = "all.parquet"
OPTIMUM = "optimize.json"
"""Of an optimisation that has ended, see `sim.experiments.optimize`."""


class Dataset:
    """The folder of one study, written by one process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.failures = {(f.point, f.seed): f.reason for f in _failures(folder)}

    def begin(self, study: Mapping[str, Any]) -> None:
        """Write what is asked."""
        self.folder.mkdir(parents=True, exist_ok=True)
        store.write_json(self.folder / STUDY, study)

    def add(self, outcome: Outcome) -> None:
        """Keep a run, at once and whole."""
        key = (outcome.point, outcome.seed)
        if isinstance(outcome, Failed):
            self.failures[key] = outcome.reason
            self._write_failures()
            return
        for name, table in outcome.tables.items():
            place = _tables(self.folder, outcome.point, outcome.seed)
            store.write_table(place / f"{name}.parquet", table)
        # The row last: a run that has one is whole.
        row = pa.table({name: [value] for name, value in outcome.row.items()})
        _write_rows(self._place(outcome.point) / f"seed-{outcome.seed}.parquet", row)
        if self.failures.pop(key, None) is not None:
            self._write_failures()

    def finished(self, point: int) -> set[int]:
        """Seeds of a point whose runs are kept."""
        return set().union(*(_seeds(path) for path in self._place(point).glob("*.parquet")))

    def gather(self, point: int) -> None:
        """Put a point's runs into one file; harmless at any time."""
        place = self._place(point)
        parts = list(place.glob("seed-*.parquet"))
        if not parts:
            return
        _write_rows(place / ALL, _read(place))
        for path in (*parts, *place.glob(".seed-*")):
            path.unlink()

    def write_tails(self, tails: pd.DataFrame) -> None:
        store.write_table(self.folder / "tails.parquet", tails)

    def _place(self, point: int) -> Path:
        return self.folder / "runs" / f"point={point}"

    def _write_failures(self) -> None:
        rows = [
            {"point": point, "seed": seed, "reason": reason}
            for (point, seed), reason in sorted(self.failures.items())
        ]
        store.write_json(self.folder / "failures.json", rows)


def study(folder: Path) -> dict[str, Any]:
    """What was asked. Raises UsageError when the folder holds no study."""
    try:
        found: dict[str, Any] = json.loads((folder / STUDY).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise UsageError(f"{folder} holds no study: there is no readable {STUDY} in it") from None
    return found


def runs(folder: Path, points: Iterable[int] | None = None) -> pd.DataFrame:
    """All runs that are there, by point and seed; also while the study grows."""
    files = (folder / "runs").glob("point=*/*.parquet")
    places = {int(path.parent.name.partition("=")[2]): path.parent for path in files}
    wanted = sorted(places if points is None else places.keys() & set(points))
    found = [pa.table({"point": pa.array([], pa.int64()), "seed": pa.array([], pa.int64())})]
    for point in wanted:
        rows = _read(places[point])
        found.append(rows.add_column(0, "point", pa.array([point] * len(rows), pa.int64())))
    table: pd.DataFrame = pa.concat_tables(found, promote_options="default").to_pandas()
    return table


def table(folder: Path, name: str) -> pd.DataFrame:
    """A table that was kept of every run, by point and seed, with columns for both."""
    found = [
        store.read_table(_tables(folder, point, seed) / f"{name}.parquet").assign(
            point=point, seed=seed
        )
        for point, seed in runs(folder)[["point", "seed"]].itertuples(index=False)
    ]
    if not found:
        return pd.DataFrame(columns=["point", "seed"])
    return pd.concat(found, ignore_index=True)


def failures(folder: Path) -> pd.DataFrame:
    """Columns point, seed, reason."""
    return pd.DataFrame(
        [(f.point, f.seed, f.reason) for f in _failures(folder)],
        columns=["point", "seed", "reason"],
    )


def tails(folder: Path) -> pd.DataFrame:
    """The figures of a study that has ended; empty before."""
    path = folder / "tails.parquet"
    return store.read_table(path) if path.is_file() else pd.DataFrame()


def _tables(folder: Path, point: int, seed: int) -> Path:
    return folder / "tables" / f"point={point}" / f"seed={seed}"


def _failures(folder: Path) -> list[Failed]:
    path = folder / "failures.json"
    if not path.is_file():
        return []
    return [Failed(**row) for row in json.loads(path.read_text(encoding="utf-8"))]


def _read(place: Path) -> pa.Table:
    """Rows of a point by seed. A run may for a moment be both in its own file and in all's."""
    try:
        tables = [pq.ParquetFile(path).read() for path in sorted(place.glob("*.parquet"))]
    except FileNotFoundError:  # gathered between the listing and the reading
        return _read(place)
    whole = pa.concat_tables(tables, promote_options="default").sort_by("seed")
    _, first = np.unique(whole["seed"].to_numpy(), return_index=True)
    return whole.take(first)


def _seeds(path: Path) -> set[int]:
    if path.name != ALL:
        return {int(path.stem.removeprefix("seed-"))}
    return set(pq.ParquetFile(path).read(["seed"])["seed"].to_pylist())


def _write_rows(path: Path, rows: pa.Table) -> None:
    """Columns in one order, whoever wrote which run first."""
    figures = sorted(set(rows.column_names) - set(FIXED))
    store.write_arrow(path, rows.select([*FIXED, *figures]))
