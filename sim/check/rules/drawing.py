"""Drawing debt and taking collateral out: margin, ceilings, what is stopped."""

from __future__ import annotations

from sim.check.rules.declared import Declared
from sim.check.rules.rule import FINE, ROUNDING, rule
from sim.check.rules.steps import weaker
from sim.check.world import Step
from sim.protocol.ability import Ability
from sim.protocol.amounts import usd


@rule("Who draws or takes out with debt keeps initial margin, at prices that are valid.")
def margin(step: Step, declared: Declared) -> str | None:
    owing = [(number, now) for number, was, now in weaker(step) if now.debt]
    for number, account in owing:
        p, fine = account.position, ROUNDING + account.value // FINE
        if not account.valid:
            return f"account {number} is drawn from at a price that is not valid"
        if p.collateral < p.debt + p.initial:
            left, needed = usd(p.equity, p.initial)
            return f"equity of {left} is left to account {number}, and {needed} is required"
        if account.value + fine < account.debt + account.initial:
            left, needed = usd(account.value - account.debt, account.initial)
            return f"equity of {left} is left to account {number}; the terms say {needed}"
    return "" if owing else None


@rule("A debt is not below the least, nor drawn above an account's or everybody's ceiling.")
def caps(step: Step, declared: Declared) -> str | None:
    drawn = [(number, now) for number, was, now in weaker(step) if now.debt > was.debt]
    total = sum(each.debt for each in step.after.accounts)
    ceilings = Ability.CEILINGS in declared.abilities
    for number, account in drawn:
        if account.debt < declared.terms.min_debt:
            debt, least = usd(account.debt, declared.terms.min_debt)
            return f"a debt of {debt} is below the least, {least}"
        if ceilings and account.debt > declared.account_ceiling:
            debt, most = usd(account.debt, declared.account_ceiling)
            return f"account {number} owes {debt}; allowed is {most}"
        if ceilings and total > declared.debt_ceiling + len(step.after.accounts):
            debts, most = usd(total, declared.debt_ceiling)
            return f"all debts, {debts}, are above the ceiling of {most}"
    return "" if drawn else None


@rule("What is stopped, by the guardian or a breaker, is stopped.")
def stopped(step: Step, declared: Declared) -> str | None:
    flags = step.before.stopped
    if not flags or step.receipt is None:
        return None
    for number, was, now in weaker(step):
        if now.debt > was.debt and flags & 1:
            return f"account {number} draws while that is stopped"
        if was.debt and now.debt <= was.debt and flags & 2:
            return f"account {number} takes collateral out, with debt, while that is stopped"
    return ""
