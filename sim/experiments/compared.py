"""What comparisons found, by figures with the names people know.

A comparison is a study, see `sim.experiments.dataset`, whose points are named by what varies and
whose runs keep their liquidations.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from sim.experiments import dataset
from sim.experiments.design import Value
from sim.metrics.liquidation import CAUSES, HINDRANCES

KIND = "compare"
TABLE = "liquidations"
"""Kept of every run."""
STRATEGIES = (
    "Keeper", "GasAuctioneer", "PrivateKeeper", "FlashKeeper", "DutchSniper", "SplitKeeper",
    "CopyCat", "Sandwicher", "OracleManipulator", "Griefer",
)  # fmt: skip
BY_CAUSE = {
    f"borrowers' loss, {cause}, USD": f"liquidation.failure_causes.{cause}.borrower_loss_usd"
    for cause in CAUSES
}
LEFT_UNDONE = {
    f"left undone, {hindrance}, USD": f"liquidation.hindrances.{hindrance}.debt_usd"
    for hindrance in HINDRANCES
}
FIGURES = {
    "liquidators' net profit, USD": "incentives.liquidator_profit_usd",
    **{
        f"{name}'s net profit, USD": f"incentives.by_strategy.{name}.profit_usd"
        for name in STRATEGIES
    },
    "liquidators' return on capital used": "incentives.liquidator_return",
    "paid to builders for liquidations, USD": "incentives.builder_usd",
    "builders' share of the gain": "incentives.builder_share",
    "bids for an account, mean": "incentives.bids_mean",
    "front-run share of liquidations": "incentives.front_run_share",
    "concentration (HHI)": "incentives.concentration_hhi",
    "failed transactions' cost, USD": "incentives.failed_cost_usd",
    "slippage of liquidators' sales, USD": "incentives.slippage_usd",
    "borrowers' loss, USD": "liquidation.borrower_loss_usd",
    **BY_CAUSE,
    "penalty paid, USD": "liquidation.penalty_paid_usd",
    "average penalty": "liquidation.average_penalty",
    "close-factor excess": "liquidation.close_factor_excess",
    "debt repaid by liquidation, USD": "liquidation.repaid_usd",
    "smallest debt liquidated, USD": "liquidation.smallest_debt_usd",
    "debt that pays its gas, USD": "liquidation.break_even_debt_usd",
    "blocks to liquidation, median": "liquidation.delay_blocks.p50",
    "blocks to liquidation, 90 %": "liquidation.delay_blocks.p90",
    "blocks to liquidation, 99 %": "liquidation.delay_blocks.p99",
    "collateral in the first block": "liquidation.efficiency.within_1",
    "collateral within 2 blocks": "liquidation.efficiency.within_2",
    "collateral within 16 blocks": "liquidation.efficiency.within_16",
    "liquidatable at the end, USD": "solvency.liquidatable_end_usd",
    **LEFT_UNDONE,
    "liquidatable at the worst, USD": "solvency.liquidatable_worst_usd",
    "debt at first, USD": "solvency.debt_start_usd",
    "debt per USD of collateral": "efficiency.capital_efficiency",
    "borrowing power per USD of collateral": "efficiency.borrowing_power",
    "portfolio-margin saving": "efficiency.portfolio_saving",
    "bad debt, USD": "solvency.bad_debt_usd",
    "interest to lenders, USD": "lenders.interest_usd",
    "lost by lenders, USD": "lenders.lost_usd",
    "largest cluster of debt": "proximity.largest_cluster_share",
    "amplification of the fall": "cascade.amplification",
    "branching ratio": "cascade.branching_ratio",
    "liquidated by contagion, USD": "cascade.triggered_usd",
    "spillover to other collaterals": "cascade.spillover",
    "slippage at the venue, USD": "cascade.slippage_usd",
    "worst shortfall, USD": "solvency.shortfall_worst_usd",
    "shortfall and bad debt, USD": "solvency.loss_usd",
    "stable from 1 USD, mean, bp": "peg.deviation_mean_bp",
    "stable from 1 USD, worst, bp": "peg.deviation_worst_bp",
    "stable beyond 1 %, share of blocks": "peg.outside_share",
    "reserves left, of those at first": "peg.reserves_left",
    "hole in the reserves at worst, USD": "peg.hole_worst_usd",
    "oracle error, mean, bp": "oracle.error_mean_bp",
    "oracle error, worst, bp": "oracle.error_worst_bp",
    "oracle stale, share of blocks": "oracle.stale_share",
}
"""What is compared, and the column of `dataset.runs` that has it."""
PARTS = {*BY_CAUSE, *LEFT_UNDONE}
"""Of figures that are there too: not worth a row where they are 0 in every run."""


def label(params: Mapping[str, Value]) -> str:
    """Of a point, for people."""
    return ", ".join(f"{key}={setting}" for key, setting in params.items())


def runs(folder: Path) -> pd.DataFrame:
    """A row a run that is there: `point` by its name, `seed`, and all `FIGURES`."""
    found = dataset.runs(folder).reindex(columns=["point", "seed", *FIGURES.values()])
    return _named(found.set_axis(["point", "seed", *FIGURES], axis="columns"), folder)


def liquidations(folder: Path) -> pd.DataFrame:
    """Of every run, with the point's name and the seed."""
    return _named(dataset.table(folder, TABLE), folder)


def _named(table: pd.DataFrame, folder: Path) -> pd.DataFrame:
    names = {each["point"]: label(each["params"]) for each in dataset.study(folder)["points"]}
    return table.assign(point=table["point"].map(names))
