"""Who earned and who paid: liquidators, searchers, builders; by which strategy."""

from __future__ import annotations

from typing import Any

import pandas as pd


def incentives(
    agents: pd.DataFrame, liquidations: pd.DataFrame, transactions: pd.DataFrame
) -> dict[str, Any]:
    """Money in USD, shares of 1. A profit is what a wallet gained, marked at the outside price,
    less the gas it paid: slippage, losses on what it holds and failures included."""
    liquidators = agents[agents["role"] == "liquidator"]
    searchers = agents[agents["role"] == "searcher"]
    sent = transactions[transactions["status"].isin(("succeeded", "reverted"))]
    failed = transactions[transactions["status"] == "reverted"]
    won = liquidations.groupby("agent")["repaid_usd"].sum().astype(float)
    return {
        "liquidators": len(liquidators),
        "liquidator_profit_usd": float(liquidators["profit_usd"].sum()),
        "liquidator_gas_usd": float(liquidators["gas_usd"].sum()),
        "liquidators_active": int(liquidators["agent"].isin(won.index).sum()),
        "liquidator_return": _part(
            liquidators["profit_usd"].sum(), liquidators["capital_usd"].sum()
        ),
        "searcher_profit_usd": float(searchers["profit_usd"].sum()),
        "by_strategy": _by_strategy(agents),
        "concentration_hhi": float(((won / won.sum()) ** 2).sum()) if won.sum() > 0 else None,
        "builder_usd": float(liquidations["builder_usd"].sum()),
        "builder_share": _builder_share(sent[sent["role"] == "liquidator"], liquidations),
        "bids_mean": float(liquidations["bids"].mean()) if len(liquidations) else None,
        "front_run_share": _part(
            liquidations["repaid_usd"][liquidations["front_run"].astype(bool)].sum(), won.sum()
        ),
        "slippage_usd": float(liquidations["slippage_usd"].sum()),
        "gas_usd": float(sent["fee_usd"].sum()),
        "gas_by_role_usd": sent.groupby("role")["fee_usd"].sum().astype(float).to_dict(),
        "failed_transactions": len(failed),
        "failed_cost_usd": float(failed["fee_usd"].sum()),
        "expired_transactions": int((transactions["status"] == "expired").sum()),
        "transactions": len(sent),
    }


def _part(part: float, whole: float) -> float | None:
    return float(part / whole) if whole > 0 else None


def _by_strategy(agents: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """What those who liquidate or search did and earned."""
    found = {}
    chosen = agents[agents["role"].isin(("liquidator", "searcher", "attacker"))]
    for strategy, rows in chosen.groupby("strategy", sort=False):
        found[str(strategy)] = {
            "agents": len(rows),
            "attempts": int(rows["attempts"].sum()),
            "wins": int(rows["wins"].sum()),
            "failed_usd": float(rows["failed_usd"].sum()),
            "profit_usd": float(rows["profit_usd"].sum()),
            "capital_usd": float(rows["capital_usd"].sum()),
            "return": _part(rows["profit_usd"].sum(), rows["capital_usd"].sum()),
        }
    return found


def _builder_share(sent: pd.DataFrame, liquidations: pd.DataFrame) -> float | None:
    """What liquidators paid builders, tips of all they sent and bundles' payments, as a share
    of what they seized above what they repaid; above 1 where they paid more than they won."""
    gain = float((liquidations["seized_usd"] - liquidations["repaid_usd"]).sum())
    tips = sent["fee_usd"] * sent["tip_gwei"] / sent["effective_gas_price_gwei"]
    bundled = liquidations[liquidations["route"] == "bundle"]
    return _part(float(tips.sum()) + float(bundled["builder_usd"].sum()), gain)
