"""The same seeds under different rules: who earns, who pays, how fast, what is left undone."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures import as_completed as completed
from dataclasses import dataclass
from typing import Any

import pandas as pd

from sim.errors import PlimsollError, UsageError
from sim.experiments.design import field
from sim.experiments.run import run
from sim.scenario import Scenario, load

CAUSES = ("no funds", "too slow", "underbid", "oracle late", "price gapped")
STRATEGIES = (
    "Keeper", "GasAuctioneer", "PrivateKeeper", "FlashKeeper", "DutchSniper", "SplitKeeper",
    "CopyCat", "Sandwicher", "OracleManipulator", "Griefer",
)  # fmt: skip
FIGURES = {
    "liquidators' net profit, USD": ("incentives", "liquidator_profit_usd"),
    **{
        f"{name}'s net profit, USD": ("incentives", "by_strategy", name, "profit_usd")
        for name in STRATEGIES
    },
    "liquidators' return on capital used": ("incentives", "liquidator_return"),
    "paid to builders for liquidations, USD": ("incentives", "builder_usd"),
    "builders' share of the gain": ("incentives", "builder_share"),
    "bids for an account, mean": ("incentives", "bids_mean"),
    "front-run share of liquidations": ("incentives", "front_run_share"),
    "concentration (HHI)": ("incentives", "concentration_hhi"),
    "failed transactions' cost, USD": ("incentives", "failed_cost_usd"),
    "slippage of liquidators' sales, USD": ("incentives", "slippage_usd"),
    "borrowers' loss, USD": ("liquidation", "borrower_loss_usd"),
    **{
        f"borrowers' loss, {cause}, USD": (
            "liquidation", "failure_causes", cause, "borrower_loss_usd",
        )
        for cause in CAUSES
    },
    "penalty paid, USD": ("liquidation", "penalty_paid_usd"),
    "average penalty": ("liquidation", "average_penalty"),
    "close-factor excess": ("liquidation", "close_factor_excess"),
    "debt repaid by liquidation, USD": ("liquidation", "repaid_usd"),
    "smallest debt liquidated, USD": ("liquidation", "smallest_debt_usd"),
    "debt that pays its gas, USD": ("liquidation", "break_even_debt_usd"),
    "blocks to liquidation, median": ("liquidation", "delay_blocks", "p50"),
    "blocks to liquidation, 90 %": ("liquidation", "delay_blocks", "p90"),
    "blocks to liquidation, 99 %": ("liquidation", "delay_blocks", "p99"),
    "collateral in the first block": ("liquidation", "efficiency", "within_1"),
    "collateral within 2 blocks": ("liquidation", "efficiency", "within_2"),
    "collateral within 16 blocks": ("liquidation", "efficiency", "within_16"),
    "liquidatable at the end, USD": ("solvency", "liquidatable_end_usd"),
    "liquidatable at the worst, USD": ("solvency", "liquidatable_worst_usd"),
    "debt per USD of collateral": ("efficiency", "capital_efficiency"),
    "borrowing power per USD of collateral": ("efficiency", "borrowing_power"),
    "portfolio-margin saving": ("efficiency", "portfolio_saving"),
    "bad debt, USD": ("solvency", "bad_debt_usd"),
    "interest to lenders, USD": ("lenders", "interest_usd"),
    "lost by lenders, USD": ("lenders", "lost_usd"),
    "largest cluster of debt": ("proximity", "largest_cluster_share"),
    "amplification of the fall": ("cascade", "amplification"),
    "branching ratio": ("cascade", "branching_ratio"),
    "liquidated by contagion, USD": ("cascade", "triggered_usd"),
    "spillover to other collaterals": ("cascade", "spillover"),
    "slippage at the venue, USD": ("cascade", "slippage_usd"),
    "worst shortfall, USD": ("solvency", "shortfall_worst_usd"),
    "shortfall and bad debt, USD": ("solvency", "loss_usd"),
    "stable from 1 USD, mean, bp": ("peg", "deviation_mean_bp"),
    "stable from 1 USD, worst, bp": ("peg", "deviation_worst_bp"),
    "stable beyond 1 %, share of blocks": ("peg", "outside_share"),
    "reserves left, of those at first": ("peg", "reserves_left"),
    "hole in the reserves at worst, USD": ("peg", "hole_worst_usd"),
    "oracle error, mean, bp": ("oracle", "error_mean_bp"),
    "oracle error, worst, bp": ("oracle", "error_worst_bp"),
    "oracle stale, share of blocks": ("oracle", "stale_share"),
}  # fmt: skip
"""What is compared, and where the summary has it."""
PRESETS = {
    "regime": {
        "isolated": ("traders.accounts=isolated", "margin.model=linear"),
        "cross": ("traders.accounts=cross", "margin.model=linear"),
        "portfolio": ("traders.accounts=cross", "margin.model=scenario"),
    }
}
"""Words that stand for several overrides."""


@dataclass(frozen=True, slots=True)
class Job:
    point: str
    scenario: Scenario
    engine: str
    seed: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """`runs`: a row a run, columns point, seed and `FIGURES`. `liquidations`: every run's, with
    point and seed."""

    runs: pd.DataFrame
    liquidations: pd.DataFrame


Result = tuple[dict[str, Any], pd.DataFrame]


def points(vary: Sequence[str]) -> list[tuple[str, tuple[str, ...]]]:
    """(name, overrides) of every combination of `key=a,b,c`; a bare section means its model, or
    what `design.CHOICES` says; `regime` is of `PRESETS`.

    Raises UsageError where one is not of that form.
    """
    axes = []
    for each in vary:
        key, equals, text = each.partition("=")
        settings = _settings(text)
        if not equals or not all(settings):
            raise UsageError(f"--vary {each} is not of the form key=value,value,…")
        axes.append([(key, setting) for setting in settings])
    found = []
    for combination in itertools.product(*axes):
        name = ", ".join(f"{key}={setting}" for key, setting in combination)
        found.append((name, tuple(o for each in combination for o in _overrides(*each))))
    return found


def _settings(text: str) -> list[str]:
    """At the commas that are not inside a list."""
    found, depth = [""], 0
    for letter in text:
        depth += (letter == "[") - (letter == "]")
        if letter == "," and depth == 0:
            found.append("")
        else:
            found[-1] += letter
    return found


def _overrides(key: str, setting: str) -> tuple[str, ...]:
    if key not in PRESETS:
        return (f"{field(key)}={setting}",)
    if setting not in PRESETS[key]:
        raise UsageError(f"--vary {key}: {setting!r} is not one of {', '.join(PRESETS[key])}")
    return PRESETS[key][setting]


def compare(
    source: str,
    overrides: Sequence[str],
    vary: Sequence[str],
    seeds: int,
    engine: str = "auto",
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Comparison:
    """Every point under the same seeds.

    Points that a scenario refuses are refused before anything is run (ScenarioError).
    """
    scenarios = [(name, load(source, (*overrides, *more))) for name, more in points(vary)]
    jobs = [
        Job(name, scenario, engine, scenario.run.seed + i)
        for name, scenario in scenarios
        for i in range(seeds)
    ]
    results: dict[int, Result] = {}
    for number, result in _results(jobs, workers):
        results[number] = result
        if progress:
            progress(len(results), len(jobs))
    ordered = [results[number] for number in sorted(results)]
    return Comparison(
        pd.DataFrame([row for row, _ in ordered]),
        pd.concat([liquidations for _, liquidations in ordered], ignore_index=True),
    )


def _results(jobs: Sequence[Job], workers: int) -> Iterator[tuple[int, Result]]:
    if workers == 1:
        for number, job in enumerate(jobs):
            yield number, execute(job)
        return
    with ProcessPoolExecutor(workers) as pool:
        futures = {pool.submit(execute, job): number for number, job in enumerate(jobs)}
        try:
            for future in completed(futures):
                yield futures[future], future.result()
        except (KeyboardInterrupt, PlimsollError):
            pool.shutdown(cancel_futures=True)
            raise


def execute(job: Job) -> Result:
    """One run: its row of figures and its liquidations."""
    done = run(job.scenario, engine=job.engine, seed=job.seed)
    row: dict[str, Any] = {"point": job.point, "seed": job.seed}
    for name, path in FIGURES.items():
        found: Any = done.record["summary"]
        for step in path:
            found = None if found is None else found.get(step)
        row[name] = found
    return row, done.tables["liquidations"].assign(point=job.point, seed=job.seed)
