"""The report of one run."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from sim.report.bars import bars
from sim.report.chart import chart
from sim.report.document import Document, Figure, Grid, Section
from sim.report.nearness import debt_map
from sim.report.story import UNDONE, answer, unlike_shipped
from sim.report.summary import UNDER_OTHER_RULES, comparison, sections
from sim.report.theme import configured
from sim.report.words import heading

EARNERS = ("liquidator", "searcher", "attacker")
"""Roles that start without a position: what they gain is what they earned."""
SHOWN = 25
"""Agents and liquidations listed, those with the most at stake."""


def of_run(
    record: Mapping[str, Any],
    tables: Mapping[str, pd.DataFrame],
    against: Mapping[str, Mapping[str, Any]],
    folder: Path,
) -> Document:
    """Of `run.json` and the tables of a run that has a block, and of what it was held against."""
    scenario, summary = record["scenario"], record["summary"]
    unlike = unlike_shipped(record)
    return Document(
        title=f"{scenario['name']}: {record['blocks']:,} blocks, seed {record['seed']}"
        + (f"; with {unlike}" if unlike else ""),
        question=scenario["question"] or f"What happens in {scenario['name']}?",
        answer=answer(summary, record["ended"]),
        sections=[
            Section("The day", [Figure("day", "Price, health and losses", chart(tables))]),
            Section("Figures", [_grid(title, rows) for title, rows in sections(summary)]),
            *_under_other_rules(record, against),
            *_proximity(tables),
            Section("Who earned what", _earnings(tables["agents"])),
            Section("Gas and delays", _gas_and_delays(summary, tables["liquidations"])),
            *_causes(summary),
            *_hindrances(summary),
            Section("The largest liquidations", [_largest(tables["liquidations"])]),
        ],
        facts=facts(record),
        command=shlex.join(
            ["plimsoll", "run", str(folder / "run.json"), "--seed", str(record["seed"])]
            + [part for change in against for part in ("--against", change)]
        ),
        files={"The scenario": json.dumps(scenario, indent=2)},
    )


def facts(record: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [
        ("scenario", record["scenario"]["name"]),
        ("seed", str(record["seed"])),
        ("engine", record["engine"]),
        ("blocks, transactions", f"{record['blocks']:,}, {record['transactions']:,}"),
        ("fingerprint", record["fingerprint"]),
        *((f"version of {name}", version) for name, version in record["versions"].items()),
        *((f"bytecode of {name}", digest) for name, digest in record["bytecode"].items()),
    ]


def _grid(title: str, rows: Any) -> Grid:
    name = title.lower().replace(" ", "-").strip("?").replace(",", "")
    return Grid(name, title, pd.DataFrame(rows, columns=["figure", "value", "to know"]))


def _under_other_rules(
    record: Mapping[str, Any], against: Mapping[str, Mapping[str, Any]]
) -> list[Section]:
    if not against:
        return []
    table = Grid("against", "The same seed", comparison(record, against).round())
    return [Section(UNDER_OTHER_RULES, [table])]


def _earnings(agents: pd.DataFrame) -> list[Figure | Grid]:
    active = agents[(agents["transactions"] > 0) & agents["role"].isin(EARNERS)]
    most = active.reindex(active["profit_usd"].abs().sort_values(ascending=False).index)[:SHOWN]
    most = most.sort_values("profit_usd", ascending=False)
    roles = agents.groupby("role", as_index=False)[
        ["transactions", "reverted", "gas_usd", "profit_usd"]
    ].sum()
    parts: list[Figure | Grid] = [Grid("roles", "By role", roles.rename(columns=heading))]
    if len(most):
        drawn = bars(most[["agent", "profit_usd"]], "agent", "profit_usd", "profit after gas, USD")
        parts.insert(
            0,
            Figure(
                "earnings",
                "Profit after gas of those who act on other people's accounts",
                configured(drawn),
            ),
        )
    return parts


def _gas_and_delays(summary: Mapping[str, Any], liquidations: pd.DataFrame) -> list[Figure | Grid]:
    paid = pd.Series(summary["incentives"]["gas_by_role_usd"], dtype=float).sort_values()
    table = paid[::-1].rename_axis("role").reset_index(name="usd")
    parts: list[Figure | Grid] = []
    if len(table):
        drawn = bars(table, "role", "usd", "gas paid, USD")
        parts.append(Figure("gas", "Gas paid by role", configured(drawn)))
    if len(liquidations):
        delay = liquidations["block"] - liquidations["eligible_block"]
        worth = liquidations.groupby(delay)["seized_usd"].sum().astype(float)
        waits = worth.rename_axis("delay").reset_index(name="usd").sort_values("delay")[:SHOWN]
        waits["delay"] = [f"{n:,} block{'s' * (n != 1)}" for n in waits["delay"]]
        drawn = bars(waits, "delay", "usd", "collateral seized, USD")
        title = "Collateral by the blocks it waited from becoming liquidatable"
        parts.append(Figure("delays", title, configured(drawn)))
    return parts


def _causes(summary: Mapping[str, Any]) -> list[Section]:
    causes = summary["liquidation"]["failure_causes"]
    if not causes:
        return []
    table = pd.DataFrame(
        [(cause, c["accounts"], c["borrower_loss_usd"]) for cause, c in causes.items()],
        columns=["cause", "accounts", "borrowers' loss, USD"],
    ).sort_values("accounts", ascending=False)
    text = "Why traders did not save the accounts that were liquidated."
    return [Section("Causes of failure", [Grid("causes", "Accounts by cause", table)], text)]


def _hindrances(summary: Mapping[str, Any]) -> list[Section]:
    left = [
        (hindrance, UNDONE[hindrance], each["accounts"], each["debt_usd"])
        for hindrance, each in summary["liquidation"]["hindrances"].items()
        if each["accounts"]
    ]
    if not left:
        return []
    table = pd.DataFrame(left, columns=["hindrance", "in words", "accounts", "debt, USD"])
    text = "Why liquidators did not liquidate what they could have at the end."
    return [Section("Left undone", [Grid("hindrances", "Accounts by hindrance", table)], text)]


def _proximity(tables: Mapping[str, pd.DataFrame]) -> list[Section]:
    """The debt by distance to its liquidation price, where the run kept it."""
    if tables["proximity"].empty:
        return []
    drawn = Figure(
        "proximity",
        "Debt by its distance to liquidation",
        configured(debt_map(tables["proximity"])),
    )
    return [Section("How near debt is to liquidation", [drawn])]


def _largest(liquidations: pd.DataFrame) -> Grid:
    columns = ["block", "agent", "account", "asset", "repaid_usd", "seized_usd", "penalty",
               "route", "tip_gwei", "builder_usd", "profit_usd", "cause"]  # fmt: skip
    largest = liquidations.astype({"repaid_usd": float}).nlargest(SHOWN, "repaid_usd")[columns]
    title = f"By debt repaid, at most {SHOWN}"
    return Grid("largest-liquidations", title, largest.rename(columns=heading))
