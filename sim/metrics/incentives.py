"""Who earned and who paid: liquidators, gas, concentration."""

from __future__ import annotations

from typing import Any

import pandas as pd


def incentives(
    agents: pd.DataFrame, liquidations: pd.DataFrame, transactions: pd.DataFrame
) -> dict[str, Any]:
    """Money in USD. A liquidator's profit is what its wallet gained, marked at the outside
    price, less the gas it paid: slippage, losses on what it holds and failures included."""
    liquidators = agents[agents["role"] == "liquidator"]
    sent = transactions[transactions["status"].isin(("succeeded", "reverted"))]
    failed = transactions[transactions["status"] == "reverted"]
    won = liquidations.groupby("agent")["repaid_usd"].sum().astype(float)
    return {
        "liquidators": len(liquidators),
        "liquidator_profit_usd": float(liquidators["profit_usd"].sum()),
        "liquidator_gas_usd": float(liquidators["gas_usd"].sum()),
        "liquidators_active": int(liquidators["agent"].isin(won.index).sum()),
        "searchers_share": _share(won, agents[agents["role"] == "searcher"]["agent"]),
        "concentration_hhi": float(((won / won.sum()) ** 2).sum()) if won.sum() > 0 else None,
        "builder_share": _builder_share(sent[sent["role"] == "liquidator"], liquidations),
        "gas_usd": float(sent["fee_usd"].sum()),
        "gas_by_role_usd": sent.groupby("role")["fee_usd"].sum().astype(float).to_dict(),
        "failed_transactions": len(failed),
        "failed_cost_usd": float(failed["fee_usd"].sum()),
        "expired_transactions": int((transactions["status"] == "expired").sum()),
        "transactions": len(sent),
    }


def _share(won: pd.Series[float], names: pd.Series[str]) -> float | None:
    """Part of the debt repaid by liquidation that these repaid."""
    return float(won[won.index.isin(names)].sum() / won.sum()) if won.sum() > 0 else None


def _builder_share(sent: pd.DataFrame, liquidations: pd.DataFrame) -> float | None:
    """What liquidators paid builders, tips of all they sent and bundles' payments, as a share
    of what they seized above what they repaid; above 1 where they paid more than they won."""
    gain = float((liquidations["seized_usd"] - liquidations["repaid_usd"]).sum())
    tips = sent["fee_usd"] * sent["tip_gwei"] / sent["effective_gas_price_gwei"]
    bundled = liquidations[liquidations["route"] == "bundle"]
    paid = float(tips.sum()) + float(bundled["builder_usd"].sum())
    return paid / gain if gain > 0 else None
