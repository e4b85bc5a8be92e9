"""The fewest and plainest actions that still break the same thing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from sim.check.action import WHOLE, Action, Amount, Do, Of
from sim.check.runner import Effort, Finding, Runner

TRIES = 600
"""Sequences run to make one smaller."""


class Shrinker:
    """Delta debugging over actions, then a plainer value for each field of each.

    A smaller sequence counts when the same invariant breaks, wherever and however in it.
    """

    def __init__(self, runner: Runner, invariant: str) -> None:
        self._runner = Runner(runner.world, Effort(), set(runner.invariants()) - {invariant})
        self._invariant = invariant
        self._left = TRIES

    def shrink(self, actions: Sequence[Action]) -> tuple[list[Action], Finding]:
        """Raises ValueError when the sequence breaks nothing."""
        kept, finding = self._breaks(actions)
        if finding is None:
            raise ValueError(f"these actions do not break {self._invariant}")
        size = max(len(kept) // 2, 1)
        while self._left > 0:
            smaller = self._without(kept, size)
            if smaller:
                kept, finding = smaller
            elif size > 1:
                size //= 2
            else:
                plainer = self._plainer(kept)
                if not plainer:
                    break
                kept, finding = plainer
                size = max(len(kept) // 4, 1)
        return kept, finding

    def _without(self, actions: Sequence[Action], size: int) -> tuple[list[Action], Finding] | None:
        """Leaving out so many in a row, from the end, as that is cheapest to see."""
        for start in range(len(actions) - size, -1, -size):
            if self._left <= 0:
                return None
            fewer = [*actions[:start], *actions[start + size :]]
            kept, finding = self._breaks(fewer)
            if finding:
                return kept, finding
        return None

    def _plainer(self, actions: Sequence[Action]) -> tuple[list[Action], Finding] | None:
        for at, action in enumerate(actions):
            for other in plainer(action):
                if self._left <= 0:
                    return None
                kept, finding = self._breaks([*actions[:at], other, *actions[at + 1 :]])
                if finding:
                    return kept, finding
        return None

    def _breaks(self, actions: Sequence[Action]) -> tuple[list[Action], Finding | None]:
        """The actions up to where it breaks."""
        self._left -= 1
        finding = self._runner.run(actions, probe=True)
        return list(actions[: finding.at + 1] if finding else actions), finding


def plainer(action: Action) -> Iterator[Action]:
    """The same action with one thing about it simpler; each is simpler than the one given, so
    that there is an end to it."""
    if action.then is not None:
        for inner in plainer(action.then):
            yield replace(action, then=inner)
    for usual in (
        replace(action, after=12),
        replace(action, account=0),
        replace(action, asset=0),
        replace(action, who=""),
    ):
        if usual != action:
            yield usual
    for amount in _plainer_amounts(action):
        yield replace(action, amount=amount)


def _plainer_amounts(action: Action) -> Iterator[Amount]:
    amount = action.amount
    if amount != Amount() and action.do in (Do.OPEN, Do.CALL, Do.ABSORB, Do.WAIT, Do.ARM):
        yield Amount()
    if amount.of is Of.UNITS:
        yield from (Amount(plus=plus) for plus in _rounder(amount.plus))
        return
    if amount.plus:
        yield replace(amount, plus=0)
    yield from (replace(amount, ppm=ppm) for ppm in _parts(amount.ppm))


def _rounder(number: int) -> Iterator[int]:
    """Fewer digits that are not 0."""
    digits = str(number)
    for kept in (1, 2):
        rounded = int(digits[:kept].ljust(len(digits), "0"))
        if rounded != number:
            yield rounded


def _parts(ppm: int) -> Iterator[int]:
    """The whole, the half, or a plainer share that is close."""
    order = (WHOLE, WHOLE // 2)
    yield from order[: order.index(ppm)] if ppm in order else order
    if ppm not in order:
        for step in (WHOLE // 10, WHOLE // 100, WHOLE // 1000):
            rounded = ppm // step * step
            if rounded and rounded != ppm and ppm % step:
                yield rounded
                return
