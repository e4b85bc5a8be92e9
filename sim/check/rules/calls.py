"""Margin calls and their clock."""

from __future__ import annotations

from sim.check.rules.declared import Declared
from sim.check.rules.rule import ROUNDING, rule
from sim.check.rules.steps import pairs
from sim.check.world import Step
from sim.protocol.ability import Ability


@rule("A margin call stands, and its clock runs on, until the account is cured or it lapses.")
def margin_calls(step: Step, declared: Declared) -> str | None:
    if step.receipt is None or Ability.MARGIN_CALLS not in declared.abilities:
        return None
    called = False
    for number, was, now in pairs(step):
        if not was.position.called_at or not was.valid:
            continue
        called = True
        same = now.position.called_at == was.position.called_at
        if not same and now.debt and now.valid and now.buffer < -ROUNDING:
            return (
                f"account {number}, still below maintenance, was called at "
                f"{was.position.called_at} and now is at {now.position.called_at}"
            )
    return "" if called else None
