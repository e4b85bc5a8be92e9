"""What is left of a debt that collateral did not pay."""

from __future__ import annotations

from sim.check.rules.declared import Declared
from sim.check.rules.rule import ROUNDING, rule
from sim.check.rules.steps import liquidation_of, liquidations
from sim.check.world import Step
from sim.protocol.amounts import usd
from sim.units import WAD


@rule("No debt is left without collateral: it is written off.")
def leftovers(step: Step, declared: Declared) -> str | None:
    touched = [e.account for e in liquidations(step)]
    for number in touched:
        account = step.after.accounts[number - 1]
        if account.debt and not any(account.amounts):
            return f"account {number} owes {usd(account.debt)[0]} and has nothing"
    return "" if touched else None


@rule("What a liquidation forgives is not more than the collateral could not pay.")
def losses(step: Step, declared: Declared) -> str | None:
    found = liquidation_of(step)
    if found is None or not found[0].valid:
        return None
    was, done = found
    forgiven = was.debt - step.after.accounts[done.account - 1].debt - done.repaid
    covered = was.value * WAD // (WAD + declared.least_penalty)
    if forgiven > max(was.debt - covered, 0) + declared.min_left + ROUNDING:
        gone, debt, worth = usd(forgiven, was.debt, was.value)
        return f"{gone} is forgiven of {debt} with {worth} behind it"
    return ""
