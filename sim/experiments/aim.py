"""What an optimisation is to find: objectives, and constraints to keep to."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sim.errors import UsageError
from sim.experiments import figures
from sim.experiments.figures import Figure

_CONSTRAINT = re.compile(r"\s*(\w+)\s*(<=|>=)\s*([\d.eE+-]+)\s*")


@dataclass(frozen=True, slots=True)
class Constraint:
    """What a figure must keep to."""

    figure: Figure
    sign: str
    bound: float

    def excess(self, value: float) -> float:
        """By how much it is broken; 0 or below where it is kept."""
        return value - self.bound if self.sign == "<=" else self.bound - value

    def __str__(self) -> str:
        return f"{self.figure.name}{self.sign}{self.bound:g}"


@dataclass(frozen=True, slots=True)
class Aim:
    """What is wanted."""

    objectives: tuple[Figure, ...]
    constraints: tuple[Constraint, ...]
    trials: int
    confirm: int
    """Fresh seeds."""

    @property
    def figures(self) -> tuple[Figure, ...]:
        both = (*self.objectives, *(each.figure for each in self.constraints))
        return tuple({each.name: each for each in both}.values())


def constraint(text: str) -> Constraint:
    """Raises UsageError where it is not of the form ``insolvency<=0.01``."""
    found = _CONSTRAINT.fullmatch(text)
    try:
        name, sign, bound = found.groups() if found else ("", "", "")
        return Constraint(figures.figure(name), sign, float(bound))
    except (UsageError, ValueError) as error:
        why = f": {error}" if found else ""
        raise UsageError(f"--constraint {text!r} is not of the form figure<=number{why}") from None
