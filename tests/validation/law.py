"""What a law is, what a check of it says, and how tolerances follow from the number of paths."""

from __future__ import annotations

import functools
import importlib
import math
import pkgutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum, StrEnum

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import norm as normal
from scipy.stats import t as student

Z = 3.5
"""Standard errors allowed: one check in 2,000 would miss by chance, were seeds not fixed."""


class Effort(Enum):
    """How many paths to spend."""

    QUICK = "quick"
    """An ordinary test, within seconds."""
    FULL = "full"
    """`make validate`."""

    def of(self, quick: int, full: int) -> int:
        return quick if self is Effort.QUICK else full


class Relation(StrEnum):
    """How what is measured must stand to what is expected, the tolerance given."""

    IS = "="
    IS_NOT = "≠"
    AT_LEAST = "≥"
    AT_MOST = "≤"
    ABOVE = ">"
    """By more than the tolerance."""


IS, IS_NOT, AT_LEAST, AT_MOST, ABOVE = Relation


@dataclass(frozen=True, slots=True)
class Check:
    """One row of the table; `basis` says where the tolerance comes from."""

    name: str
    expected: float
    measured: float
    tolerance: float = 0.0
    relation: Relation = IS
    basis: str = "exact"

    @property
    def holds(self) -> bool:
        """False, too, where something is not a number."""
        beyond = self.measured - self.expected
        match self.relation:
            case Relation.IS:
                return abs(beyond) <= self.tolerance
            case Relation.IS_NOT:
                return abs(beyond) > self.tolerance
            case Relation.AT_LEAST:
                return beyond >= -self.tolerance
            case Relation.AT_MOST:
                return beyond <= self.tolerance
            case Relation.ABOVE:
                return beyond > self.tolerance

    def __str__(self) -> str:
        return (
            f"{self.name}: {self.measured:.6g} is not {self.relation} {self.expected:.6g} "
            f"within {self.tolerance:.3g} ({self.basis})"
        )


Measure = Callable[[Effort], Iterable[Check]]


@dataclass(frozen=True)
class Law:
    number: int
    """Of the laws and facts that the simulator must obey; several may share one."""
    name: str
    measure: Measure

    @property
    def key(self) -> tuple[str, str]:
        """Names it across processes."""
        return self.measure.__module__, self.measure.__qualname__


_registry: dict[tuple[str, str], Law] = {}


def law(number: int, name: str) -> Callable[[Measure], Callable[[Effort], None]]:
    """Registers a measurement and makes a test of it that misses when a check does."""

    def register(measure: Measure) -> Callable[[Effort], None]:
        found = Law(number, name, measure)
        _registry[found.key] = found

        @functools.wraps(measure)
        def test(effort: Effort) -> None:
            checks = list(measure(effort))
            assert checks, "nothing was checked"
            missed = [str(check) for check in checks if not check.holds]
            assert not missed, "\n".join(missed)

        return test

    return register


def laws() -> list[Law]:
    """Every law of this package, by number; those of one number in the order of their files."""
    package = importlib.import_module("tests.validation")
    for module in sorted(found.name for found in pkgutil.iter_modules(package.__path__)):
        if module.startswith("test_"):
            importlib.import_module(f"tests.validation.{module}")
    return sorted(_registry.values(), key=lambda each: each.number)


def measured(key: tuple[str, str], effort: Effort) -> list[Check]:
    """The checks of one law, in any process: it finds the law anew."""
    found = next(each for each in laws() if each.key == key)
    return list(found.measure(effort))


def exact(
    name: str, expected: float, measured: float, tolerance: float = 0.0, basis: str = "exact"
) -> Check:
    """No chance is involved; a tolerance is that of rounding, and `basis` says whose."""
    return Check(name, expected, measured, tolerance, IS, basis)


def share(name: str, expected: float, hits: int, paths: int, relation: Relation = IS) -> Check:
    """A probability from independent paths, the error that of a binomial share."""
    error = math.sqrt(expected * (1 - expected) / paths)
    return Check(name, expected, hits / paths, Z * error, relation, f"{Z} s.e., {paths:,} paths")


def mean(
    name: str,
    expected: float,
    samples: ArrayLike,
    relation: Relation = IS,
    of: str = "paths",
) -> Check:
    """A mean of independent samples, the error from their own spread; of few samples Student's
    tail that is as rare as `Z` standard errors are of many."""
    found = np.asarray(samples, dtype=float)
    error = float(found.std(ddof=1)) / math.sqrt(len(found))
    wide = float(student.isf(normal.sf(Z), len(found) - 1))
    basis = f"{Z} s.e., {len(found):,} {of}"
    return Check(name, expected, float(found.mean()), wide * error, relation, basis)
