"""Tables of a small run, written by hand: ten blocks in which two accounts are liquidated."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from sim.metrics.solvency import BANDS
from sim.tables import BLOCK_COLUMNS, COLUMNS, TABLES

START = 1_583_971_200
"""2020-03-12 00:00:00 UTC."""


def run(blocks: int = 10) -> dict[str, pd.DataFrame]:
    """All tables; ETH falls from 200 to 110 at block 5 and ends at 120."""
    return {
        "blocks": pd.DataFrame([block(n) for n in range(1, blocks + 1)]),
        "prices": table("prices", [price(n) for n in range(1, blocks + 1)]),
        "transactions": table("transactions", transactions()),
        "events": table("events", []),
        "liquidations": table("liquidations", liquidations()),
        "accounts": table("accounts", accounts()),
        "agents": table("agents", agents()),
        "venue": table("venue", []),
        "proximity": table("proximity", proximity()),
    }


def quiet(blocks: int = 10) -> dict[str, pd.DataFrame]:
    """A run in which nobody did anything."""
    happened = ("transactions", "liquidations", "events")
    return run(blocks) | {name: table(name, []) for name in happened}


def empty() -> dict[str, pd.DataFrame]:
    """A run that was stopped before its first block."""
    return {name: table(name, []) if name != "blocks" else pd.DataFrame() for name in TABLES}


def table(name: str, rows: Iterable[tuple[Any, ...]]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=list(COLUMNS[name]))


def block(number: int) -> dict[str, float]:
    bands = dict.fromkeys(BANDS, 1_000.0) | {"band_below_1": 700.0 if number in (5, 6) else 0.0}
    return {
        **dict.fromkeys(BLOCK_COLUMNS, 0.0),
        "block": number,
        "time_s": 12.0 * number,
        "timestamp": START + 12 * number,
        "base_fee_gwei": 10.0 + number,
        "debt_usd": 20_000.0 - 1_000 * number,
        "collateral_usd": 40_000.0 - 2_000 * number,
        "shortfall_usd": {5: 900.0, 6: 300.0}.get(number, 40.0 if number == 10 else 0.0),
        "bad_debt_usd": 250.0 if number >= 7 else 0.0,
        "liquidatable_usd": {5: 5_000.0, 6: 1_500.0}.get(number, 0.0),
        "below": 2 if number in (5, 6) else 0,
        "reserve_usd": 10.0 * number,
        "rate": 0.02,
        "stable_usd": 1.0,
        "power_usd": 32_000.0 - 1_600 * number,
        "maintenance_usd": 4_500.0 - 225 * number,
        "apart_usd": 6_000.0 - 300 * number,
        **bands,
    }


def price(number: int) -> tuple[Any, ...]:
    outside = {1: 200.0, 5: 110.0}.get(number, 190.0 if number < 5 else 120.0)
    oracle = 190.0 if number == 5 else outside
    return (number, 12.0 * number, "ETH", outside, oracle, number != 5, outside)


def transaction(agent: str, role: str, status: str, price: float, tip: float, fee: float) -> Any:
    """Of which only what the metrics read matters."""
    return (
        5, 0, agent, role, "Liquidate", 1, "ETH", 0, 400_000, 200_000, price, tip, fee, status,
        "", 5,
    )  # fmt: skip


def transactions() -> list[tuple[Any, ...]]:
    return [
        transaction("liquidator-1", "liquidator", "succeeded", 50.0, 35.0, 20.0),
        transaction("liquidator-1", "liquidator", "succeeded", 40.0, 10.0, 8.0),
        transaction("liquidator-2", "liquidator", "succeeded", 30.0, 15.0, 6.0),
        transaction("liquidator-2", "liquidator", "reverted", 20.0, 5.0, 4.0),
        transaction("trader-1", "trader", "succeeded", 20.0, 5.0, 2.0),
        transaction("trader-2", "trader", "reverted", 20.0, 5.0, 1.0),
        transaction("trader-2", "trader", "expired", 0.0, 0.0, 0.0),
        transaction("trader-2", "trader", "refused", 0.0, 0.0, 0.0),
    ]


def liquidation(block: int, agent: str, repaid: float, seized: float, eligible: int) -> Any:
    return (
        block, 0, agent, 1, "ETH", repaid, seized / 120, seized, 0.0, 0.05, 0.97, eligible, None,
        9.0, seized - repaid - 11, "public", 1, 20.0, 10.0, 3.0, seized - repaid, "too slow",
        2, 10.0, 8.0, 0.03, seized - 2, 2.0, 3 * repaid, repaid / 4,
        agent == "copycat-0",
    )  # fmt: skip


def liquidations() -> list[tuple[Any, ...]]:
    """Delays 1, 2 and 20; the last belongs to a run that was longer."""
    return [
        liquidation(6, "liquidator-1", 2_000.0, 2_100.0, 5),
        liquidation(7, "liquidator-1", 1_000.0, 1_050.0, 5),
        liquidation(9, "liquidator-2", 1_000.0, 1_050.0, -11),
    ]


def proximity() -> list[tuple[Any, ...]]:
    """Before the run three accounts, two of them a percent apart; at the end one is left."""
    return [
        (0, 1, 6_000.0, 0.20),
        (0, 2, 3_000.0, 0.21),
        (0, 3, 1_000.0, 0.40),
        (10, 1, 500.0, -0.05),
    ]


def accounts() -> list[tuple[Any, ...]]:
    inf = float("inf")
    left = ("liquidatable", "no capital")
    return [
        (1, "trader-1", 6e3, 9e3, 1.2, "healthy", "", 2, 1, 2, 3_000.0, 150.0, -400.0, 250.0),
        (2, "trader-2", 4e3, 4_600.0, 0.9, *left, 1, 0, 1, 1e3, 50.0, -700.0, 0.0),
        (3, "trader-3", 0.0, 5e3, inf, "healthy", "", 0, 0, 0, 0.0, 0.0, inf, 0.0),
    ]


def agents() -> list[tuple[Any, ...]]:
    def agent(name: str, role: str, gas: float, profit: float) -> tuple[Any, ...]:
        return (
            name, role, "0x", 1, 1, 0, gas / 120, gas, 1_000.0, 1_000 + profit + gas, profit, 2, 1,
            gas / 10, 500.0, profit / 500, "Keeper" if role == "liquidator" else "Trader",
        )  # fmt: skip

    return [
        agent("liquidator-1", "liquidator", 28.0, 122.0),
        agent("liquidator-2", "liquidator", 10.0, -40.0),
        agent("liquidator-3", "liquidator", 0.0, 0.0),
        agent("trader-1", "trader", 2.0, -300.0),
    ]
