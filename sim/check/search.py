"""Coverage-guided search: what led somewhere new is kept and changed further.

New is a branch of the contract's code, where the engine says which way it goes, and a kind of
state or outcome: how accounts stand against their thresholds, which calls succeed or why not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from random import Random
from time import monotonic

import numpy as np

from sim.chain import open_engine
from sim.check.action import Action
from sim.check.alphabet import LONGEST, Alphabet
from sim.check.build import build, kinds, scenario_of
from sim.check.runner import Effort, Finding, Runner
from sim.check.stories import stories
from sim.check.target import Target
from sim.check.world import World
from sim.errors import UsageError

FRESH = 0.15
"""Share of sequences that are drawn from nothing."""
RECENT = 0.5
"""Share of changed ones that start from what was kept last."""


@dataclass
class Search:
    """Of one world."""

    runner: Runner
    seed: np.random.SeedSequence
    corpus: list[list[Action]] = field(default_factory=list)

    def __post_init__(self) -> None:
        world, declared = self.runner.world, self.runner.declared
        self._random = Random(int(self.seed.generate_state(1, np.uint64)[0]))
        self._alphabet = Alphabet(
            self._random,
            declared.abilities,
            declared.terms,
            world.adapter.scenario.oracle.max_age,
            world.is_hostile,
        )
        self._waiting = stories(declared.terms, world.is_hostile)

    def next(self) -> tuple[list[Action], Finding | None]:
        """One more sequence: first the stories, then what is drawn and changed."""
        actions = self._waiting.pop(0) if self._waiting else self._draw()
        before = self.runner.effort.novelty
        found = self.runner.run(actions)
        if self.runner.effort.novelty > before:
            self.corpus.append(actions)
        return actions, found

    def _draw(self) -> list[Action]:
        random = self._random
        if not self.corpus or random.random() < FRESH:
            return [self._alphabet.draw() for _ in range(random.randrange(4, LONGEST))]
        kept = self.corpus[-20:] if random.random() < RECENT else self.corpus
        return self._alphabet.mutate(random.choice(kept), self.corpus)


def searches_of(target: Target, engine: str, seed: int, stack: ExitStack) -> list[Search]:
    """One for each world that the contract is looked at in, on engines that `stack` closes.

    Raises ContractError, AdapterError or UsageError when there is nothing that can be checked.
    """
    effort, searches = Effort(), []
    worlds = kinds(target.abilities)
    for kind, own in zip(worlds, np.random.SeedSequence(seed).spawn(len(worlds)), strict=True):
        scenario = scenario_of(kind, target.protocol, target.collaterals)
        opened = stack.enter_context(open_engine(engine))
        world = build(opened, scenario, kind.hostile, target.make)
        searches.append(Search(Runner(world, effort), own))
    _is_deployed(target, searches[0].runner.world)
    return searches


def _is_deployed(target: Target, world: World) -> None:
    """Something of what PATH holds."""
    there = {contract.runtime_hash for contract in world.adapter.everything()}
    if target.given and not any(each.runtime_hash in there for each in target.given.values()):
        names = ", ".join(sorted({contract.name for contract in world.adapter.contracts()}))
        raise UsageError(
            f"{target.path} is not among what {world.adapter.name} deploys in a check: {names}"
        )


@dataclass(frozen=True, slots=True)
class Broken:
    """A sequence that breaks something, as it was found."""

    search: Search
    actions: Sequence[Action]
    finding: Finding
    sequence: int
    """How many sequences had been run on all worlds."""
    actions_before: int
    seconds: float


def search(
    searches: Sequence[Search],
    budget: float,
    progress: Callable[[Effort, float], None] | None = None,
    first_only: bool = False,
    most_actions: int | None = None,
) -> list[Broken]:
    """In turn on every world until `budget` seconds are over, or actions, or everything there
    is to look at is broken. What is found broken is not looked at again."""
    effort, begun, found = searches[0].runner.effort, monotonic(), []
    turn = 0
    while (spent := monotonic() - begun) < budget:
        if most_actions is not None and effort.actions >= most_actions:
            break
        each = searches[turn % len(searches)]
        actions, finding = each.next()
        turn += 1
        if progress:
            progress(effort, spent)
        if finding is None:
            continue
        spent = monotonic() - begun
        found.append(Broken(each, actions, finding, effort.sequences, effort.actions, spent))
        for other in searches:
            other.runner.skip.add(finding.invariant)
        if first_only:
            break
    return found
