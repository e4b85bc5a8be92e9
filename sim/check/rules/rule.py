"""A rule: its name, the sentence it stands for, and how a step is held against it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from sim.check.rules.declared import Declared
from sim.check.world import Step
from sim.units import WAD

ROUNDING = 16
"""WAD USD units that a liquidation may cost the buffer, besides the value of one debt share."""
FINE = 10**12
"""Of a value: a share that ratios given in WAD may differ by."""
DUST = WAD // 10**9
"""Share of what is moved that rounding may cost."""

Judge = Callable[[Step, Declared], str | None]


class Rule(NamedTuple):
    name: str
    says: str
    of: Judge


def rule(says: str) -> Callable[[Judge], Rule]:
    """Make one, called as the function is."""
    return lambda judge: Rule(judge.__name__.replace("_", "-"), says, judge)
