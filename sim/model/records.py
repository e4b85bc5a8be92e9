"""What a run leaves behind: rows while it runs, tables when it is asked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import pandas as pd

TABLES = (
    "blocks", "prices", "transactions", "events", "liquidations", "accounts", "agents", "venue",
    "proximity",
)  # fmt: skip

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
        "profit_usd", "route", "rivals", "base_fee_gwei", "tip_gwei", "builder_usd",
        "borrower_loss_usd", "cause", "bids", "bid_gwei", "rival_bid_gwei", "builder_share",
        "sold_usd", "slippage_usd", "debt_usd", "excess_usd", "front_run",
    ),
    "accounts": (
        "account", "agent", "debt_usd", "collateral_usd", "health", "status", "calls", "cured",
        "liquidations", "repaid_by_liquidation_usd", "penalty_paid_usd", "lowest_buffer_usd",
        "bad_debt_usd",
    ),
    "agents": (
        "agent", "role", "address", "transactions", "succeeded", "reverted", "gas_eth",
        "gas_usd", "start_usd", "end_usd", "profit_usd", "attempts", "wins", "failed_usd",
        "capital_usd", "return", "strategy",
    ),
    "venue": (
        "block", "asset", "path", "outside", "depth_usd", "sold_usd", "bought_usd", "slippage_usd",
    ),
    "proximity": ("block", "account", "debt_usd", "distance"),
}  # fmt: skip
"""Columns of each table but `blocks`, whose columns are the data collector's."""


_WHOLE = {
    "block", "position", "nonce", "gas_limit", "gas_used", "arrival_block", "eligible_block",
    "calls", "cured", "liquidations", "transactions", "succeeded", "reverted", "refused",
    "pending", "background_gas", "timestamp", "below", "called", "rivals",
    "bids", "attempts", "wins",
}  # fmt: skip
_TEXT = {
    "agent", "role", "kind", "asset", "status", "reason", "event", "data", "address", "route",
    "cause", "strategy",
}  # fmt: skip
_NULLABLE = {"account", "called_block"}


def typed(table: pd.DataFrame) -> pd.DataFrame:
    """With the types that a column of its name has, in an empty table too."""
    return table.astype({column: _type(column) for column in table.columns})


def _type(column: str) -> str:
    if column in _WHOLE:
        return "int64"
    if column in _NULLABLE:
        return "Int64"
    if column in _TEXT:
        return "object"
    return "bool" if column in ("valid", "front_run") else "float64"


class Records:
    """Rows by table, in the order they were written."""

    def __init__(self) -> None:
        self._rows: defaultdict[str, list[tuple[Any, ...]]] = defaultdict(list)

    def write(self, table: str, *row: Any) -> None:
        """One row, in the order of `COLUMNS[table]`."""
        self._rows[table].append(row)

    def table(self, name: str) -> pd.DataFrame:
        return frame(name, self._rows[name])


def frame(name: str, rows: Sequence[tuple[Any, ...]]) -> pd.DataFrame:
    """Rows of a table of `COLUMNS`."""
    return typed(pd.DataFrame(list(rows), columns=list(COLUMNS[name])))
