"""The table a risk analyst reads, and the one that compares runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd
from rich.console import Group, RenderableType
from rich.table import Table

from sim.report.nearness import cascade_rows, proximity_rows
from sim.report.stable import peg_rows

UNDER_OTHER_RULES = "The same day under other rules"
Row = tuple[str, str, str]
"""A figure's name, its value, what to know about it."""


def render(summary: Mapping[str, Any]) -> RenderableType:
    """The summary for a terminal."""
    if not summary:
        return "Nothing was run."
    return Group(*(_table(title, rows) for title, rows in sections(summary)))


def sections(summary: Mapping[str, Any]) -> list[tuple[str, list[Row]]]:
    """The rows of a summary under their headings."""
    return [
        ("The market", [*_market_rows(summary["market"]), *_oracle_rows(summary["oracle"])]),
        (
            "Are lenders whole?",
            [
                *_solvency_rows(summary["solvency"], summary["efficiency"]),
                *_lender_rows(summary["lenders"]),
            ],
        ),
        *_if_any("How near is debt to liquidation?", proximity_rows, summary["proximity"]),
        ("Margin calls and liquidations", _liquidation_rows(summary["liquidation"])),
        *_if_any("Did selling feed the fall?", cascade_rows, summary["cascade"]),
        *_if_any("Did the stable hold?", peg_rows, summary.get("peg")),
        ("Who earns, who pays", _incentive_rows(summary["incentives"])),
    ]


def _if_any(
    title: str, rows: Callable[[Mapping[str, Any]], list[Row]], figures: Mapping[str, Any] | None
) -> list[tuple[str, list[Row]]]:
    return [(title, rows(figures))] if figures else []


COMPARED = (
    ("shortfall at the worst block", "solvency", "shortfall_worst_usd"),
    ("shortfall at the end", "solvency", "shortfall_end_usd"),
    ("bad debt", "solvency", "bad_debt_usd"),
    ("shortfall and bad debt at the end", "solvency", "loss_usd"),
    ("liquidatable debt at the end", "solvency", "liquidatable_end_usd"),
    ("debt repaid by liquidation", "liquidation", "repaid_usd"),
    ("penalty paid by borrowers", "liquidation", "penalty_paid_usd"),
    ("liquidators' net profit", "incentives", "liquidator_profit_usd"),
)
"""Figures by which one run is held against others: name, and where in a summary."""


def comparison(record: Mapping[str, Any], against: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """The figures of a run, USD, beside those of others of its seed, whose records are given by
    what differed."""
    runs = {"as it is": record, **against}
    table = pd.DataFrame({"USD": [name for name, *_ in COMPARED]})
    for name, run in runs.items():
        table[name] = [run["summary"][part][figure] for _, part, figure in COMPARED]
    return table


def render_comparison(
    record: Mapping[str, Any], against: Mapping[str, Mapping[str, Any]]
) -> RenderableType:
    """The same seed under different rules, side by side."""
    found = comparison(record, against)
    table = Table(title=UNDER_OTHER_RULES, title_justify="left", box=None)
    for name in found.columns.astype(str):
        table.add_column(name, justify="left" if name == "USD" else "right")
    for title, *figures in found.itertuples(index=False):
        table.add_row(title, *map(usd, figures))
    return table


def usd(amount: float | None) -> str:
    """Whole dollars with separators."""
    return "none" if amount is None else f"{amount:,.0f}"


def percent(share: float | None) -> str:
    return "none" if share is None else f"{share:.1%}"


def _table(title: str, rows: Sequence[Row]) -> Table:
    table = Table(title=title, title_justify="left", box=None, show_header=False, pad_edge=False)
    table.add_column(min_width=34)
    table.add_column(justify="right", min_width=16)
    table.add_column(style="dim")
    for row in rows:
        table.add_row(*row)
    return table


def _market_rows(market: Mapping[str, Any]) -> list[Row]:
    rows = [
        (
            asset,
            f"{p['first']:,.2f} to {p['last']:,.2f}",
            f"USD; lowest {p['lowest']:,.2f}, deepest fall {p['deepest_fall']:.1%}; oracle within "
            f"{p['oracle_error_p99']:.2%} in 99 % of blocks, invalid in "
            f"{p['oracle_invalid_blocks']:,}",
        )
        for asset, p in market["assets"].items()
    ]
    highest = f"gwei in the middle; highest {market['base_fee_highest_gwei']:,.0f}"
    rows.append(("base fee", f"{market['base_fee_median_gwei']:,.1f}", highest))
    return rows


def _oracle_rows(o: Mapping[str, Any]) -> list[Row]:
    stale = (
        f"without a valid price in {percent(o['stale_share'])} of blocks, "
        f"{o['stale_longest_blocks']:,} in a row"
        if o["stale_longest_blocks"]
        else "valid in every block"
    )
    off = (
        f"bp off the market on average; at worst {o['error_worst_bp']:,.0f}, too high by "
        f"{o['too_high_worst_bp']:,.0f}; {stale}"
    )
    return [("oracle", f"{o['error_mean_bp']:,.0f}", off)]


def _solvency_rows(s: Mapping[str, Any], e: Mapping[str, Any]) -> list[Row]:
    bands = "; ".join(f"{usd(debt)} {name}" for name, debt in s["debt_by_health_usd"].items())
    worst = "none in any block"
    if s["shortfall_worst_usd"] > 0:
        worst = f"at worst {usd(s['shortfall_worst_usd'])} in block {s['shortfall_worst_block']:,}"
    return [
        ("accounts", f"{s['accounts']:,}", f"{s['accounts_with_debt']:,} with debt at the end"),
        ("debt", usd(s["debt_end_usd"]), f"USD at the end, {usd(s['debt_start_usd'])} at first"),
        ("bad debt", usd(s["bad_debt_usd"]), "USD left when all collateral was gone"),
        (
            "shortfall",
            usd(s["shortfall_end_usd"]),
            f"USD at the end, debt above collateral not yet liquidated; {worst}",
        ),
        (
            "liquidatable debt",
            usd(s["liquidatable_end_usd"]),
            f"USD at the end; at worst {usd(s['liquidatable_worst_usd'])}",
        ),
        ("lowest maintenance buffer", usd(s["lowest_buffer_usd"]), "USD, of one account"),
        (
            "borrowing power used",
            percent(e["power_used"]),
            f"at first; {percent(e['borrowing_power'])} of collateral may be borrowed, and holding "
            f"collaterals together spares {percent(e['portfolio_saving'])} of the requirement",
        ),
        ("debt by health factor", "", f"USD at the end: {bands}"),
    ]


def _lender_rows(lenders: Mapping[str, Any] | None) -> list[Row]:
    """Where someone lent what was drawn."""
    if lenders is None:
        return []
    return [
        (
            "claims of lenders",
            usd(lenders["claims_end_usd"]),
            f"USD at the end of {usd(lenders['lent_usd'])} lent: "
            f"{usd(lenders['interest_usd'])} earned, {usd(lenders['lost_usd'])} lost; "
            f"{usd(lenders['at_risk_usd'])} of it is debt above its collateral",
        )
    ]


def _liquidation_rows(f: Mapping[str, Any]) -> list[Row]:
    rows = [
        ("margin calls", f"{f['margin_calls']:,}", f"{f['cured']:,} cured"),
        (
            "liquidations",
            f"{f['liquidations']:,}",
            f"of {f['accounts_liquidated']:,} accounts; {percent(f['liquidated_share'])} of the "
            "debt at first",
        ),
        ("debt repaid by liquidation", usd(f["repaid_usd"]), "USD"),
        ("penalty paid by borrowers", usd(f["penalty_paid_usd"]), "USD"),
    ]
    if f["delay_blocks"]:
        delay, share = f["delay_blocks"], f["efficiency"]
        rows.append(
            (
                "blocks to liquidation",
                f"{delay['p50']:,.0f}",
                f"in the middle; {delay['p90']:,.0f} in 90 %, {delay['p99']:,.0f} in 99 %; "
                f"{percent(share['within_1'])} of collateral in the first block, "
                f"{percent(share['within_16'])} within 16",
            )
        )
        rows.append(_penalty_row(f))
    failed = {cause: each for cause, each in f["failure_causes"].items() if each["accounts"]}
    for cause, each in failed.items():
        lost = usd(each["borrower_loss_usd"])
        rows.append(
            (f"  not saved: {cause}", f"{each['accounts']:,}", f"accounts, {lost} USD lost")
        )
    left = {hindrance: each for hindrance, each in f["hindrances"].items() if each["accounts"]}
    for hindrance, each in left.items():
        owed = f"accounts that could be at the end, with {usd(each['debt_usd'])} USD of debt"
        rows.append((f"  not liquidated: {hindrance}", f"{each['accounts']:,}", owed))
    return rows


def _penalty_row(f: Mapping[str, Any]) -> Row:
    return (
        "average penalty",
        percent(f["average_penalty"]),
        f"{percent(f['close_factor_excess'])} of what was repaid was more than needed for health; "
        f"the smallest debt liquidated was {usd(f['smallest_debt_usd'])} USD",
    )


def _incentive_rows(i: Mapping[str, Any]) -> list[Row]:
    gas = ", ".join(f"{role}s {usd(paid)}" for role, paid in i["gas_by_role_usd"].items())
    hhi = i["concentration_hhi"]
    concentration = "" if hhi is None else f"; concentration (HHI) {hhi:.2f}"
    builders = i["builder_share"]
    tips = "" if builders is None else f"; {percent(builders)} of their gain went to builders"
    rows = [
        (
            "liquidators' net profit",
            usd(i["liquidator_profit_usd"]),
            f"USD after {usd(i['liquidator_gas_usd'])} of gas and {usd(i['slippage_usd'])} of "
            f"slippage; {i['liquidators_active']} of {i['liquidators']} took part"
            f"{concentration}{tips}",
        ),
        *_strategy_rows(i["by_strategy"]),
        ("gas paid", usd(i["gas_usd"]), f"USD: {gas}" if gas else "USD"),
        (
            "failed transactions",
            f"{i['failed_transactions']:,}",
            f"of {i['transactions']:,}, cost {usd(i['failed_cost_usd'])} USD; "
            f"{i['expired_transactions']:,} never included",
        ),
    ]
    if i["bids_mean"] is not None:
        share = percent(i["front_run_share"])
        rows.append(("bids for an account", f"{i['bids_mean']:.1f}", f"mean; {share} front-run"))
    return rows


def _strategy_rows(strategies: Mapping[str, Any]) -> list[Row]:
    """Where there is more than one."""
    if len(strategies) < 2:
        return []
    return [
        (
            f"  {name}",
            usd(each["profit_usd"]),
            f"USD; {each['wins']:,} of {each['attempts']:,} attempts won, failures cost "
            f"{usd(each['failed_usd'])}; return on capital used {percent(each['return'])}",
        )
        for name, each in strategies.items()
    ]
