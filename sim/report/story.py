"""A run in a few sentences: whether lenders are whole, what broke and why, what held."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sim.report.summary import percent, usd
from sim.report.words import count, money
from sim.scenario import changes

Figures = Mapping[str, Any]

WORTH_TELLING = 200
"""Basis points that the oracle is above the market."""
BECAUSE = {
    "oracle late": "the oracle is late",
    "underbid": "what would cure an account is outbid",
    "price gapped": "the price jumps past the margin",
    "too slow": "owners are too slow",
    "no funds": "owners have no funds",
}
UNDONE = {
    "on its way": "liquidators are only getting to it",
    "no capital": "no liquidator has the capital",
    "penalty still rising": "a penalty that rises with time is not enough yet",
    "no market": "nobody buys the collateral near the price outside",
    "no gain": "what the penalty leaves a liquidator does not pay for gas and risk",
    "no valid price": "the protocol has no valid price",
    "no liquidators": "there are no liquidators",
}


def answer(summary: Figures, ended: str = "complete") -> list[str]:
    """What the run says, the most important first."""
    solvency, liquidation = summary["solvency"], summary["liquidation"]
    sentences = [
        "" if ended == "complete" else f"The run is not whole: {ended}.",
        _lenders(solvency, liquidation["liquidations"]),
        _market(summary["market"]),
        _oracle(summary["oracle"]),
        _liquidations(liquidation, summary["incentives"]["liquidator_profit_usd"]),
        _attackers(summary["incentives"]["by_strategy"]),
        _pace(liquidation["efficiency"], liquidation["delay_blocks"]),
        _causes(liquidation["failure_causes"]),
        _selling(summary["cascade"]),
        _peg(summary.get("peg")),
        _left(solvency["liquidatable_end_usd"], liquidation["hindrances"]),
    ]
    return [sentence for sentence in sentences if sentence]


def unlike_shipped(record: Figures) -> str:
    """In what the scenario that was run is not the shipped one of its name."""
    return changes.unlike_shipped(record["scenario"], record["not_applied"])


def _lenders(s: Figures, liquidations: int) -> str:
    if s["loss_usd"] > 0:
        return (
            f"Lenders lose: {money(s['bad_debt_usd'])} of bad debt and "
            f"{money(s['shortfall_end_usd'])} of shortfall at the end, out of "
            f"{money(s['debt_start_usd'])} of debt."
        )
    if s["shortfall_worst_usd"] > 0:
        return (
            "It holds, narrowly: no bad debt and no shortfall at the end, but "
            f"{money(s['shortfall_worst_usd'])} of debt without collateral at the worst block."
        )
    if not liquidations and not s["liquidatable_worst_usd"]:
        return "It is not put to the test: in no block could an account be liquidated."
    return "It holds: no bad debt, and no block in which any account owed more than it held."


def _market(m: Figures) -> str:
    falls = [f"{asset} falls {each['deepest_fall']:.0%}" for asset, each in m["assets"].items()]
    return f"{', '.join(falls)}; the base fee reaches {m['base_fee_highest_gwei']:,.0f} gwei."


def _oracle(o: Figures) -> str:
    wrong = []
    if o["stale_longest_blocks"]:
        wrong.append(f"has no valid price for {count(o['stale_longest_blocks'], 'block')} in a row")
    if o["too_high_worst_bp"] > WORTH_TELLING:
        wrong.append(f"is {o['too_high_worst_bp'] / 1e4:.1%} above the market at worst")
    return f"The oracle {' and '.join(wrong)}." if wrong else ""


def _liquidations(f: Figures, profit: float) -> str:
    if not f["liquidations"]:
        return "Nothing is liquidated."
    return (
        f"{count(f['liquidations'], 'liquidation')} of "
        f"{count(f['accounts_liquidated'], 'account')} repay {percent(f['liquidated_share'])} of "
        "the debt; they cost borrowers "
        f"{money(max(0.0, f['borrower_loss_usd']))} and leave liquidators {usd(profit)} USD."
    )


def _attackers(strategies: Figures) -> str:
    """Those who gained without liquidating."""
    gains = {
        name: each["profit_usd"]
        for name, each in strategies.items()
        if each["attempts"] == 0 and each["profit_usd"] > 0
    }
    return " ".join(f"{name} gains {money(gain)}." for name, gain in gains.items())


def _pace(efficiency: Figures | None, delay: Figures | None) -> str:
    if efficiency is None or delay is None:
        return ""
    soon = (
        f"{efficiency['within_1']:.0%} of the collateral seized goes in the first block it can and "
        f"{efficiency['within_16']:.0%} within 16"
    )
    slow = f"; one liquidation in a hundred takes {delay['p99']:,.0f} blocks or more"
    return soon + (slow if delay["p99"] >= 2 else "") + "."


def _causes(causes: Figures) -> str:
    """The one that cost most."""
    worst = max(causes, key=lambda cause: causes[cause]["borrower_loss_usd"])
    found = causes[worst]
    if not found["accounts"]:
        return ""
    return (
        f"Most is lost where {BECAUSE[worst]}: {money(max(0.0, found['borrower_loss_usd']))} in "
        f"{count(found['accounts'], 'account')}."
    )


def _selling(cascade: Figures | None) -> str:
    if not cascade or not cascade["sold_usd"]:
        return ""
    falls = [
        (asset, f"{each['fall']:.1%}", f"{each['shock']:.1%}")
        for asset, each in cascade["assets"].items()
        if each["fall"] > each["shock"]
    ]
    deeper = [f"{asset} {fall} instead of {path}" for asset, fall, path in falls if fall != path]
    further = f"further: {', '.join(deeper)}" if deeper else "no further for it"
    return f"With {money(cascade['sold_usd'])} sold outside, prices fall {further}."


def _peg(p: Figures | None) -> str:
    if not p:
        return ""
    return (
        f"The stable trades at {p['lowest_usd']:.3f} USD at the lowest and {p['end_usd']:.3f} at "
        f"the end, beyond 1 % in {p['outside_share']:.0%} of blocks; the reserves lack "
        f"{money(p['hole_worst_usd'])} at worst and {money(p['hole_end_usd'])} at the end."
    )


def _left(liquidatable: float, hindrances: Figures) -> str:
    """With what keeps liquidators from most of it."""
    if not liquidatable > 0:
        return ""
    left = f"{money(liquidatable)} of debt is liquidatable at the end"
    known = {hindrance: each for hindrance, each in hindrances.items() if each["accounts"]}
    if not known:
        return f"{left}."
    most = max(known, key=lambda hindrance: known[hindrance]["debt_usd"])
    found = known[most]
    accounts = count(found["accounts"], "account")
    if len(known) == 1:
        return f"{left} in {accounts}, because {UNDONE[most]}."
    return f"{left}, {money(found['debt_usd'])} of it in {accounts} because {UNDONE[most]}."
