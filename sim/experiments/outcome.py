"""What becomes of one run of a study."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pandas as pd

FIXED = ("seed", "weight", "tilted", "engine", "fingerprint", "transactions")
"""Columns of a row that are no figure of the summary."""


@dataclass(frozen=True, slots=True)
class Done:
    point: int
    seed: int
    row: dict[str, Any]
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Failed:
    """A run that came to nothing: it costs itself alone."""

    point: int
    seed: int
    reason: str


Outcome = Done | Failed
