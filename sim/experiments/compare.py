"""The same seeds under different rules: who earns, who pays, how fast, what is left undone."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from sim.errors import UsageError
from sim.experiments.compared import KIND, TABLE
from sim.experiments.design import Point, Value, field, fields, once
from sim.experiments.sweep import Plan
from sim.scenario import load

PRESETS = {
    "regime": {
        "isolated": ("traders.accounts=isolated", "margin.model=linear"),
        "cross": ("traders.accounts=cross", "margin.model=linear"),
        "portfolio": ("traders.accounts=cross", "margin.model=scenario"),
    }
}
"""Words that stand for several overrides."""


def comparison(
    source: str,
    overrides: Sequence[str],
    vary: Sequence[str],
    seeds: int,
    engine: str,
    command: str = "",
) -> Plan:
    """For `sweep`. Raises as `points` does."""
    scenario = load(source, overrides)
    return Plan(
        source=source,
        scenario=scenario,
        overrides=tuple(overrides),
        params=tuple(vary),
        ties=(),
        design=KIND,
        points=points(source, overrides, vary),
        refused=(),
        first_seed=scenario.run.seed,
        seeds=seeds,
        engine=engine,
        tables=(TABLE,),
        command=command,
        kind=KIND,
    )


def points(source: str, overrides: Sequence[str], vary: Sequence[str]) -> list[Point]:
    """Every combination of `key=a,b,c`; a bare section means its model, or what
    `design.CHOICES` says; `regime` is of `PRESETS`.

    Raises UsageError where one is not of that form, ScenarioError where the scenario refuses it.
    """
    axes = [_axis(each) for each in vary]
    keys = [key for key, _ in axes]
    fields(keys, "--vary ")
    found = []
    for number, settings in enumerate(itertools.product(*(settings for _, settings in axes))):
        params: dict[str, Value] = dict(zip(keys, settings, strict=True))
        more = tuple(o for pair in zip(keys, settings, strict=True) for o in _overrides(*pair))
        found.append(Point(number, params, more, load(source, (*overrides, *more))))
    return found


def _axis(text: str) -> tuple[str, list[str]]:
    key, equals, right = text.partition("=")
    settings = _settings(right)
    if not equals or not all(settings):
        raise UsageError(f"--vary {text} is not of the form key=value,value,…")
    once(settings, f"--vary {text}: ")
    return key, settings


def _settings(text: str) -> list[str]:
    """At the commas that are not inside a list."""
    found, depth = [""], 0
    for letter in text:
        depth += (letter == "[") - (letter == "]")
        if letter == "," and depth == 0:
            found.append("")
        else:
            found[-1] += letter
    return found


def _overrides(key: str, setting: str) -> tuple[str, ...]:
    if key not in PRESETS:
        return (f"{field(key)}={setting}",)
    if setting not in PRESETS[key]:
        raise UsageError(f"--vary {key}: {setting!r} is not one of {', '.join(PRESETS[key])}")
    return PRESETS[key][setting]
