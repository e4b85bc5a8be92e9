"""The tables that a run leaves: their columns and types."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

BAND_NAMES = (
    "band_below_1",
    "band_1_to_1_1",
    "band_1_1_to_1_25",
    "band_1_25_to_1_5",
    "band_1_5_to_2",
    "band_above_2",
)
"""Debt by health factor, USD."""
PEG_COLUMNS = ("stable_usd", "coin_usd", "peg_minted_usd", "peg_room_usd", "peg_reserve_usd")
BLOCK_COLUMNS = (
    "block", "time_s", "timestamp", "base_fee_gwei", "gas_used", "background_gas",
    "transactions", "reverted", "refused", "pending", "debt_usd", "collateral_usd",
    "shortfall_usd", "bad_debt_usd", "liquidatable_usd", "below", "called",
    "lowest_buffer_usd", "reserve_usd", "power_usd", "maintenance_usd", "apart_usd", *BAND_NAMES,
    "rate", *PEG_COLUMNS,
)  # fmt: skip
"""Shortfall is at the outside price, health and requirements at the oracle's. Power is the debt
that the initial requirement allows; `apart_usd` the maintenance requirement, were each
collateral in an account of its own. `rate` is a year's. Then the market of the stable: its
price and the coin's, what the module has minted and still may, and its coins at their price; 1
and zeros where there is no market."""
COLUMNS = {
    "blocks": BLOCK_COLUMNS,
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
        "account", "agent", "debt_usd", "collateral_usd", "health", "status", "hindrance",
        "calls", "cured", "liquidations", "repaid_by_liquidation_usd", "penalty_paid_usd",
        "lowest_buffer_usd", "bad_debt_usd",
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
"""Of each table."""
TABLES = tuple(COLUMNS)
_WHOLE = {
    "block", "position", "nonce", "gas_limit", "gas_used", "arrival_block", "eligible_block",
    "calls", "cured", "liquidations", "transactions", "succeeded", "reverted", "refused",
    "pending", "background_gas", "timestamp", "below", "called", "rivals",
    "bids", "attempts", "wins",
}  # fmt: skip
_TEXT = {
    "agent", "role", "kind", "asset", "status", "reason", "event", "data", "address", "route",
    "cause", "strategy", "hindrance",
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


def frame(name: str, rows: Sequence[tuple[Any, ...]]) -> pd.DataFrame:
    """Rows of a table of `COLUMNS`."""
    return typed(pd.DataFrame(list(rows), columns=list(COLUMNS[name])))
