"""Which points of the parameter space a study looks at: grids, lists, Latin hypercubes, Sobol.

A parameter is a scenario's field and its values, as typed:

    margin.maintenance=0.10:0.30:5     five values from 0.10 to 0.30, evenly spaced
    penalty.fixed=0.05,0.10            these values
    margin.maintenance=0.10:0.30       a range, for lhs and sobol; bounds without a point are whole

    penalty=fixed,dutch                a bare section is its model

A tie sets a field from a parameter of the same point: ``margin.initial=margin.maintenance+0.05``.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import floor, log2

import numpy as np

from sim.errors import ScenarioError, UsageError
from sim.scenario import Scenario, load

Value = int | float | str
Params = Mapping[str, Value]
"""Field -> value, in the order given."""

CHOICES = {"oracle": "source", "gas": "order", "protocol": "contract"}
"""What a bare section means, where that is not its model."""
DESIGNS = ("grid", "lhs", "sobol")
FORMS = "key=low:high:count, key=low:high or key=value,value,…"
_TIE = re.compile(r"\s*([\w.]+)\s*(?:([-+*])\s*([\d.eE+-]+))?\s*")


@dataclass(frozen=True, slots=True)
class Axis:
    """A parameter: a list of values, or a range with `count` values on a grid (None: any)."""

    key: str
    listed: tuple[Value, ...] = ()
    low: float = 0.0
    high: float = 0.0
    count: int | None = None
    whole: bool = False
    """Only whole numbers."""

    def values(self) -> tuple[Value, ...]:
        """Those of a grid. Raises UsageError for a range without a count."""
        if self.listed:
            return self.listed
        if self.count is None:
            raise UsageError(
                f"--param {self.key} is a range without a count, which is for --design lhs and "
                f"sobol; for a grid write {self.key}=low:high:count"
            )
        return tuple(self._tidy(x) for x in np.linspace(self.low, self.high, self.count))

    def at(self, unit: float) -> Value:
        """The value at a place in [0, 1)."""
        if self.listed:
            return self.listed[floor(unit * len(self.listed))]
        top = self.high + 1 if self.whole else self.high
        found = self.low + unit * (top - self.low)
        return floor(found) if self.whole else self._tidy(found)

    def _tidy(self, x: float) -> Value:
        """Without the noise of binary fractions, so that a point reads as it was typed."""
        return round(x) if self.whole else float(f"{x:.12g}")


@dataclass(frozen=True, slots=True)
class Point:
    """One set of parameters and the scenario with them."""

    number: int
    params: Params
    """Ties included."""
    overrides: tuple[str, ...]
    """As for ``plimsoll run --set``."""
    scenario: Scenario


@dataclass(frozen=True, slots=True)
class Refused:
    """A set of parameters that the scenario does not allow, and why."""

    params: Params
    reason: str


@dataclass(frozen=True)
class Space:
    """What varies in a study: a scenario, overrides for all points, axes and ties."""

    source: str
    overrides: tuple[str, ...]
    axes: tuple[Axis, ...]
    ties: tuple[tuple[str, Callable[[Params], Value]], ...] = ()

    def point(self, number: int, params: Params) -> Point | Refused:
        """Raises ScenarioError when it is the scenario without any parameter that is wrong."""
        tied = {**params, **{key: value(params) for key, value in self.ties}}
        settings = tuple(f"{key}={_typed(value)}" for key, value in tied.items())
        try:
            return Point(number, tied, settings, load(self.source, (*self.overrides, *settings)))
        except ScenarioError as error:
            if not params:
                raise
            return Refused(tied, str(error))


def space(
    source: str, overrides: Sequence[str], params: Sequence[str], ties: Sequence[str] = ()
) -> Space:
    """Raises UsageError where a parameter or a tie is not of its form or names a field twice."""
    axes = tuple(axis(text) for text in params)
    keys = [each.key for each in axes]
    tied = tuple(_tie(text, keys) for text in ties)
    fields([*keys, *(key for key, _ in tied)])
    return Space(source, tuple(overrides), axes, tied)


def fields(keys: Sequence[str], where: str = "") -> None:
    """Raises UsageError where a field is there more than once, or is not what a study varies."""
    once(keys, where)
    if "run.seed" in keys:
        raise UsageError(f"{where}run.seed: every point has the same seeds, --seeds of them")


def once(given: Sequence[Value], where: str = "") -> None:
    """Raises UsageError where a value is there more than once."""
    for each in given:
        if given.count(each) > 1:
            raise UsageError(f"{where}{each} is given twice")


def field(key: str) -> str:
    """The field that a key names; a bare section is its model."""
    return f"{key}.{CHOICES.get(key, 'model')}" if key in Scenario.model_fields else key


def axis(text: str) -> Axis:
    """One parameter as typed. Raises UsageError."""
    key, equals, right = (part.strip() for part in text.partition("="))
    if not (key and equals and right):
        raise UsageError(f"--param {text!r} is not of the form {FORMS}")
    key = field(key)
    bounds = right.split(":")
    if len(bounds) == 1:
        listed = tuple(_value(each.strip()) for each in right.split(","))
        if "" in listed:
            raise UsageError(f"--param {text!r} has an empty value; the form is {FORMS}")
        once(listed, f"--param {text!r}: ")
        return Axis(key, listed)
    low, high = (_number(bound, text) for bound in bounds[:2])
    count = _count(bounds[2], text) if len(bounds) == 3 else None
    if len(bounds) > 3 or not low < high:
        raise UsageError(f"--param {text!r}: low:high:count with low below high is needed")
    whole = all(re.fullmatch(r"[+-]?\d+", bound.strip()) for bound in bounds[:2])
    if whole and count and count > high - low + 1:
        raise UsageError(f"--param {text!r}: there are not {count} whole numbers from low to high")
    return Axis(key, (), low, high, count, whole)


def points(
    of: Space, design: str = "grid", count: int | None = None, seed: int = 0
) -> tuple[list[Point], list[Refused]]:
    """Points and what the scenario refused.

    On a grid every combination was asked for by name, so one that is refused is an error and
    nothing is run; a random design skips it. Raises UsageError, ScenarioError.
    """
    drawn = _grid(of.axes) if design == "grid" else _random(of.axes, design, count, seed)
    if design == "grid" and count is not None:
        raise UsageError("--points is for --design lhs and sobol; a grid has its own")
    found: list[Point] = []
    refused: list[Refused] = []
    for params in drawn:
        each = of.point(len(found), params)
        if isinstance(each, Point):
            found.append(each)
        else:
            refused.append(each)
    if refused and (design == "grid" or not found):
        raise ScenarioError(refusal(refused, len(drawn)))
    return found, refused


def _grid(axes: Sequence[Axis]) -> list[dict[str, Value]]:
    keys = [each.key for each in axes]
    combinations = itertools.product(*(each.values() for each in axes))
    return [dict(zip(keys, values, strict=True)) for values in combinations]


def _random(
    axes: Sequence[Axis], design: str, count: int | None, seed: int
) -> list[dict[str, Value]]:
    from scipy.stats import qmc

    if count is None or not axes:
        raise UsageError(f"--design {design} needs --points and a --param")
    if design == "sobol" and not log2(count).is_integer():
        raise UsageError(f"--points {count}: a Sobol sequence is even over a power of two")
    sampler = (qmc.LatinHypercube if design == "lhs" else qmc.Sobol)(len(axes), seed=seed)
    return [
        {each.key: each.at(unit) for each, unit in zip(axes, row, strict=True)}
        for row in sampler.random(count).tolist()
    ]


def refusal(refused: Sequence[Refused], asked: int) -> str:
    """Why points cannot be run, and what may help."""
    first = refused[0]
    where = ", ".join(f"{key}={value}" for key, value in first.params.items())
    rest = f"; {len(refused)} of {asked} points are refused" if asked > 1 else ""
    hint = ""
    if "margin.maintenance" in first.params and "must be" in first.reason:
        hint = "; tie the others to it, as in --tie margin.initial=margin.maintenance+0.05"
    return f"at {where}: {first.reason}{rest}{hint}"


def _tie(text: str, keys: Sequence[str]) -> tuple[str, Callable[[Params], Value]]:
    key, equals, right = (part.strip() for part in text.partition("="))
    found = _TIE.fullmatch(right)
    if not (key and equals and found):
        raise UsageError(f"--tie {text!r} is not of the form key=parameter+number, - or *")
    source, sign, number = found.groups()
    if source not in keys:
        known = f"not among the parameters {', '.join(keys)}" if keys else "not a --param"
        raise UsageError(f"--tie {text!r}: {source} is {known}")
    amount = _number(number, text) if sign else 0.0

    def value(params: Params) -> Value:
        base = params[source]
        if isinstance(base, str):
            raise UsageError(f"--tie {text!r}: {source} is {base!r}, not a number")
        moved = {"+": base + amount, "-": base - amount, "*": base * amount}.get(sign, base)
        return float(f"{moved:.12g}")

    return key, value


def _value(text: str) -> Value:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _number(text: str, whole: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise UsageError(f"{whole!r}: {text!r} is not a number") from None


def _count(text: str, whole: str) -> int:
    if not text.strip().isdecimal() or int(text) < 2:
        raise UsageError(f"--param {whole!r}: {text!r} is not a count of two or more")
    return int(text)


def _typed(value: Value) -> str:
    return value if isinstance(value, str) else repr(value)
