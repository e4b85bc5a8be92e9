"""In what two scenarios differ."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from sim.scenario.load import load, names
from sim.scenario.people import Arbitrageurs, Lenders

OF_FEW = {
    "lenders.count": Lenders().count,
    "arbitrageurs.redeemers": Arbitrageurs().redeemers,
}
"""Fields for which most contracts have no use, and what they are by default."""


def changed(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """Name by dots, value before and value now of what is not as it was, the innermost first."""
    for name, value in now.items():
        was = before.get(name)
        if isinstance(was, Mapping) and isinstance(value, Mapping):
            every = {**dict.fromkeys(was), **value}
            yield from ((f"{name}.{inner}", *rest) for inner, *rest in changed(was, every))
        elif was != value:
            yield name, was, value


def unlike_shipped(scenario: Mapping[str, Any], but: Collection[str] = (), most: int = 5) -> str:
    """What is not as in the shipped scenario of this name, as one would set it, of `most` fields,
    none of `but` or `OF_FEW`; empty where all is, or where none has this name."""
    if scenario["name"] not in names():
        return ""
    shipped = load(scenario["name"]).model_dump(mode="json")
    were, are = _by_place(shipped), _by_place(scenario)
    found = [
        f"{name}={_as_set(value)}"
        for name, _, value in changed(were, are)
        if name not in {*but, *OF_FEW}
    ]
    more = [f"{len(found) - most} more"] if len(found) > most else []
    return ", ".join(found[:most] + more)


def _by_place(part: Any) -> Any:
    """With lists of sections as sections named by their index."""
    if isinstance(part, list) and any(isinstance(each, Mapping) for each in part):
        part = {str(i): each for i, each in enumerate(part)}
    if not isinstance(part, Mapping):
        return part
    return {name: _by_place(inner) for name, inner in part.items()}


def _as_set(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
