"""What a run leaves behind: rows while it runs, tables when it is asked."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pandas as pd

TABLES = ("blocks", "prices", "transactions", "events", "liquidations", "accounts", "agents")

COLUMNS = {
    "prices": ("block", "time_s", "asset", "outside", "oracle", "valid", "pool"),
    "transactions": (
        "block", "position", "agent", "role", "kind", "account", "asset", "nonce", "gas_limit",
        "gas_used", "effective_gas_price_gwei", "tip_gwei", "fee_usd", "status", "reason",
        "arrival_block",
    ),
    "events": ("block", "position", "event", "account", "asset", "data"),
    "liquidations": (
        "block", "position", "agent", "account", "asset", "repaid_usd", "seized", "seized_usd",
        "reserve_cut", "penalty", "health_before", "eligible_block", "called_block", "fee_usd",
        "profit_usd",
    ),
    "accounts": (
        "account", "agent", "debt_usd", "collateral_usd", "health", "status", "calls", "cured",
        "liquidations", "repaid_by_liquidation_usd", "penalty_paid_usd", "lowest_buffer_usd",
        "bad_debt_usd",
    ),
    "agents": (
        "agent", "role", "address", "transactions", "succeeded", "reverted", "gas_eth",
        "gas_usd", "start_usd", "end_usd", "profit_usd",
    ),
}  # fmt: skip
"""Columns of each table but `blocks`, whose columns are the data collector's."""


class Records:
    """Rows by table, in the order they were written."""

    def __init__(self) -> None:
        self._rows: defaultdict[str, list[tuple[Any, ...]]] = defaultdict(list)

    def write(self, table: str, *row: Any) -> None:
        """One row, in the order of `COLUMNS[table]`."""
        self._rows[table].append(row)

    def table(self, name: str) -> pd.DataFrame:
        return pd.DataFrame(self._rows[name], columns=list(COLUMNS[name]))
