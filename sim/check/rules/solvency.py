"""What is there, what it is worth and what is owed: any state, and time alone."""

from __future__ import annotations

from sim.check.rules.declared import Declared
from sim.check.rules.rule import FINE, ROUNDING, rule
from sim.check.rules.steps import pairs
from sim.check.world import Step
from sim.protocol.amounts import usd
from sim.units import WAD, YEAR


@rule("Contracts hold the collateral of all accounts, and lenders' claims are there or owed.")
def solvency(step: Step, declared: Declared) -> str | None:
    state = step.after
    for asset, kept in enumerate(state.kept):
        owned = sum(account.amounts[asset] for account in state.accounts)
        if kept < owned:
            all_of_it, there = declared.tokens(asset, owned, kept)
            return f"accounts hold {all_of_it}, and the contracts {there}"
    claims, debts = sum(state.claims.values()), sum(a.debt for a in state.accounts)
    if claims > state.cash + debts:
        claimed, cash, owed = usd(claims, state.cash, debts)
        return f"lenders may claim {claimed}; there are {cash} and {owed} owed"
    return ""


@rule("What an account is worth, owes and must keep is what prices and terms say.")
def valuation(step: Step, declared: Declared) -> str | None:
    valid = [(n, a) for n, a in enumerate(step.after.accounts, 1) if a.valid]
    for number, account in valid:
        position = account.position
        said_so = (
            ("is worth", account.value, position.collateral),
            ("must keep", account.maintenance, position.maintenance),
            ("must keep at first", account.initial, position.initial),
        )
        for what, right, said in said_so:
            if abs(right - said) > ROUNDING + account.value // FINE:
                ours, theirs = usd(right, said)
                return f"account {number} {what} {ours}, and the contract says {theirs}"
    return "" if valid else None


@rule("Time changes debts by interest alone, upward and within the declared rates.")
def interest(step: Step, declared: Declared) -> str | None:
    if step.receipt is not None:
        return None
    seconds = step.after.time - step.before.time
    for number, was, now in pairs(step):
        grown = was.debt + was.debt * declared.largest_rate * seconds // (WAD * YEAR) + 2
        if not was.debt <= now.debt <= grown:
            old, new, most = usd(was.debt, now.debt, grown)
            return (
                f"debt of account {number} goes from {old} to {new} in {seconds} s; "
                f"allowed is up to {most}"
            )
        if was.amounts != now.amounts:
            return f"collateral of account {number} changes with time"
    return ""
