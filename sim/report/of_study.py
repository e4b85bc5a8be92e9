"""The report of a study: a sweep over parameters, or the trials of an optimisation."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from math import isfinite
from pathlib import Path
from typing import Any

import pandas as pd

from sim.errors import UsageError
from sim.experiments import dataset
from sim.experiments.design import axis
from sim.experiments.figures import COLUMNS, figure
from sim.metrics.tail import shortfall_difference
from sim.report import of_optimum
from sim.report.document import Document, Section
from sim.report.study_parts import (
    GAIN,
    LOSS,
    RISK,
    across,
    by_point,
    every,
    left_out,
    losses,
    of,
    weighed,
)
from sim.report.weighing import weighing
from sim.report.words import called, money, short

WORST = f"{100 * (1 - (figure(RISK).quantile or 0)):.0f} %"
"""Of the runs, those that the risk is the mean of."""


def of_study(folder: Path) -> Document:
    """Of a folder that `sim.experiments.dataset` describes, ended or not."""
    study, runs, tails = dataset.study(folder), dataset.runs(folder), dataset.tails(folder)
    if runs.empty or tails.empty:
        raise UsageError(
            f"{folder} holds a study without figures yet: it has not ended, and --resume goes on"
        )
    failed = dataset.failures(folder)
    keys = [axis(text).key for text in study["params"]]
    points = _points(study["points"], keys)
    scenario = study["scenario"]
    if optimum := of_optimum.read(folder):
        said = of_optimum.answer(optimum)
        first = of_optimum.sections(optimum, folder, points, keys)
    else:
        said = answer(runs, tails, points)
        first = [*weighed(tails, points, keys), *_best_and_worst(runs, tails, points)]
    return Document(
        title=f"{scenario['name']}: {len(points)} points, {len(runs):,} runs",
        question=_question(scenario, keys),
        answer=[*said, *_left(len(failed)), *_unconfirmed(study["kind"], bool(optimum))],
        sections=[
            *first,
            Section("Across the parameters", list(across(tails, points, keys, bool(optimum)))),
            Section("Every figure", [by_point(tails, points, keys), every(tails, points, keys)],
                    _precision(tails)),
            *left_out(failed, study["refused"]),
        ],
        facts=[
            ("scenario", scenario["name"]),
            ("seeds", f"{study['seeds']['count']} from {study['seeds']['first']} on"),
            ("horizon", f"{study['horizon_hours']:,.1f} hours"),
            ("sampling", _sampling(study["sampling"], runs)),
            ("tied to them", "; ".join(study["ties"]) or "nothing"),
            ("engine", study["engine"]),
            *((f"version of {name}", version) for name, version in study["code"].items()),
        ],
        command=study["command"],
        files={"The scenario": json.dumps(scenario, indent=2)},
    )  # fmt: skip


def answer(runs: pd.DataFrame, tails: pd.DataFrame, points: pd.DataFrame) -> list[str]:
    """Which point loses least in the tail, which others cannot be told from it, and how sure.

    Of points that lose as little, the one that lets most be borrowed.
    """
    names = dict(zip(points["point"], points["name"], strict=True))
    gain = of(tails, GAIN).set_index("point")["value"]
    risk = of(tails, RISK).assign(gain=lambda t: t["point"].map(gain))
    best = risk.sort_values(["value", "gain"], ascending=[True, False], kind="stable").iloc[0]
    if not risk["value"].any():
        return [
            f"Lenders lose nothing at any of {len(risk)} points: no shortfall and no bad debt at "
            f"the end of {len(runs):,} runs."
        ]
    sentences = [_least(best, names[best["point"]], tails)]
    if len(risk) == 1:
        return sentences
    near = [point for point in risk["point"] if not _apart(runs, point, best["point"])]
    worse = len(risk) - len(near)
    sentences.append(
        f"Seed by seed, more is lost in the worst {WORST} at {_some(worse, len(risk) - 1)}, by "
        f"more than chance{'; the rest cannot be told from it' if worse < len(risk) - 1 else ''}."
    )
    most = gain.loc[gain.index.isin(near)].idxmax()
    if most != best["point"]:
        mine = risk[risk["point"] == most].iloc[0]
        sentences.append(
            f"Of those that cannot be told from it {names[most]} lets most be borrowed: "
            f"{gain[most]:.3f} of debt for each USD of collateral, against "
            f"{gain[best['point']]:.3f}. Its own loss in the worst {WORST} is {_span(mine)}."
        )
    return sentences


def _least(best: pd.Series[Any], name: str, tails: pd.DataFrame) -> str:
    where = f"over {best['horizon_hours']:,.0f} hours"
    if best["value"] > 0:
        return f"Least is lost at {name}: in the worst {WORST} of runs {where} {_span(best)}."
    said = f"Nothing is lost at {name} in any of {best['runs']:,} runs {where}"
    often = of(tails, "insolvency")
    often = often[often["point"] == best["point"]]
    if often.empty:
        return f"{said}."
    return (
        f"{said}, which is too few to say more than that a loss above 1 % of the debt is in fewer "
        f"than {100 * often['high'].iloc[0]:.2g} % of runs (95 % confidence)."
    )


def _apart(runs: pd.DataFrame, point: int, best: int) -> bool:
    """Whether a point's expected shortfall is larger than the best one's by more than chance."""
    column = COLUMNS[LOSS]
    mine, base = (
        runs.loc[runs["point"] == each, ["seed", "weight", column]].dropna()
        for each in (point, best)
    )
    both = mine.merge(base, on="seed", suffixes=("", "_base"))
    found = shortfall_difference(
        both[column].to_numpy(), both[f"{column}_base"].to_numpy(), figure(RISK).quantile or 0.0,
        both["weight"].to_numpy(), both["weight_base"].to_numpy(),
    )  # fmt: skip
    return found.low > 0


def _span(row: pd.Series[Any]) -> str:
    high = money(row["high"]) if isfinite(row["high"]) else "no upper end from so few"
    return (
        f"{money(row['value'])} (95 % interval {money(max(0.0, row['low']))} to {high}, "
        f"{row['runs']:,} runs)"
    )


def _some(part: int, whole: int) -> str:
    if part == whole:
        return "each of the others" if whole > 1 else "the other"
    return f"{part or 'none'} of the {whole} others"


def _left(failed: int) -> list[str]:
    return [f"{failed:,} runs came to nothing and are left out."] if failed else []


def _unconfirmed(kind: str, confirmed: bool) -> list[str]:
    if kind != "optimize" or confirmed:
        return []
    return ["Nothing is recommended yet: --resume makes what is missing and confirms it."]


def _question(scenario: Mapping[str, Any], keys: Sequence[str]) -> str:
    if not keys:
        return scenario["question"] or f"What happens in {scenario['name']}?"
    return f"Which {' and '.join(keys)} in {scenario['name']}?"


def _sampling(how: Mapping[str, Any] | None, runs: pd.DataFrame) -> str:
    if not how:
        return "plain"
    until = ", at its lowest" if how.get("minimum") else ""
    return (
        f"importance: every second run falls {how['tilt']:g} standard deviations deeper{until}; "
        f"{weighing(runs)}"
    )


def _precision(tails: pd.DataFrame) -> str:
    """How many runs would do."""
    needed = of(tails, RISK)["runs_needed"]
    if needed.isna().any():
        return (
            f"There are too few runs to say how many would bring {called(RISK)} to within 10 % at "
            "every point; --until ci=0.1 adds them where they are needed."
        )
    return f"About {needed.max():,.0f} runs a point would bring {called(RISK)} to within 10 %."


def _points(points: Sequence[Mapping[str, Any]], keys: Sequence[str]) -> pd.DataFrame:
    """Columns point, name, and one a parameter."""
    rows = [
        {"point": each["point"], **{key: each["params"].get(key) for key in keys}}
        for each in points
    ]
    table = pd.DataFrame(rows, columns=["point", *keys])
    names = [
        ", ".join(f"{key}={short(each['params'][key])}" for key in keys if key in each["params"])
        or "the scenario as it is"
        for each in points
    ]
    table.insert(1, "name", names)
    return table


def _best_and_worst(runs: pd.DataFrame, tails: pd.DataFrame, points: pd.DataFrame) -> list[Section]:
    """The losses where least and where most is lost."""
    risk = of(tails, RISK).sort_values("value", kind="stable")
    losing = risk.loc[risk["value"] > 0, "point"].tolist()
    return losses(runs, tails, points, list(dict.fromkeys([*losing[:1], *losing[-1:]])))
