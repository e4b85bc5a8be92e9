"""What must be true of any lending contract, transaction by transaction.

A rule looks at one `Step` and answers None where it says nothing about it, "" where it holds,
or one sentence that says what is broken. Prices fed and the scenario's terms are what is held
against the contract; its own figures are used only where `valuation` has compared them.
"""

from sim.check.rules import (
    calls,
    conservation,
    drawing,
    liquidation,
    losses,
    redemption,
    solvency,
)
from sim.check.rules.rule import Rule

RULES: tuple[Rule, ...] = (
    solvency.solvency,
    solvency.valuation,
    solvency.interest,
    conservation.health,
    conservation.conservation,
    conservation.wallets,
    conservation.fairness,
    drawing.margin,
    drawing.caps,
    drawing.stopped,
    liquidation.due,
    liquidation.liquidation,
    liquidation.improvement,
    losses.leftovers,
    losses.losses,
    redemption.redemption,
    liquidation.self_liquidation,
    calls.margin_calls,
)
