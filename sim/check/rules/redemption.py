"""Collateral taken for debt paid, at par."""

from __future__ import annotations

from sim.check.rules.declared import Declared
from sim.check.rules.rule import ROUNDING, rule
from sim.check.world import Step
from sim.protocol.amounts import usd
from sim.protocol.effects import Redeemed


@rule("Who redeems takes at most what was paid is worth, and makes nobody poorer.")
def redemption(step: Step, declared: Declared) -> str | None:
    done = step.effects(Redeemed)
    for effect in done:
        price, unit = step.before.prices[effect.asset][0], declared.units[effect.asset]
        if not step.before.prices[effect.asset][1]:
            return "redeemed at a price that is not valid"
        worth = effect.seized * price // unit
        if worth > effect.repaid:
            out, paid = usd(worth, effect.repaid)
            return f"collateral worth {out} is taken for {paid}"
        was = step.before.accounts[effect.account - 1]
        now = step.after.accounts[effect.account - 1]
        if now.value - now.debt + ROUNDING < was.value - was.debt:
            old, new = usd(was.value - was.debt, now.value - now.debt)
            return f"equity falls from {old} to {new}"
    return "" if done else None
