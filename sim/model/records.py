"""What a run leaves behind: rows while it runs, tables when it is asked."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pandas as pd

from sim.tables import frame


class Records:
    """Rows by table, in the order they were written."""

    def __init__(self) -> None:
        self._rows: defaultdict[str, list[tuple[Any, ...]]] = defaultdict(list)

    def write(self, table: str, *row: Any) -> None:
        """One row, in the order of `COLUMNS[table]`."""
        self._rows[table].append(row)

    def table(self, name: str) -> pd.DataFrame:
        return frame(name, self._rows[name])
