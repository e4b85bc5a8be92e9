"""A sequence of actions executed with everything looked at, up to the first thing broken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from sim.chain.engine import Branch, Status, Watching
from sim.check.action import Action
from sim.check.probes import PROBES
from sim.check.rules import RULES
from sim.check.rules.declared import Declared
from sim.check.state import Account, State
from sim.check.world import Step, World
from sim.errors import AdapterError, ContractError, LedgerMismatch
from sim.protocol.abi import text
from sim.protocol.audit import audit

Listen = Callable[[Step], None]
BOOKS, VIEWS = "books", "views"
ALWAYS = {
    BOOKS: "Events tell the truth: books kept from them equal the chain to the last unit.",
    VIEWS: "Views answer in every state.",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something broken."""

    invariant: str
    sentence: str
    at: int
    """Index of the action after which it showed."""


@dataclass
class Effort:
    """How hard everything was tried."""

    tried: Counter[str] = field(default_factory=Counter)
    """Invariant -> how often it was held against something."""
    actions: int = 0
    sequences: int = 0
    states: set[object] = field(default_factory=set)
    """Kinds of states seen; see `signature`."""
    branches: set[Branch] = field(default_factory=set)

    @property
    def novelty(self) -> int:
        return len(self.states) + len(self.branches)


class Runner:
    """Executes sequences on one world; those that reach something new are interesting."""

    def __init__(self, world: World, effort: Effort, skip: Iterable[str] = ()) -> None:
        self.world = world
        self.effort = effort
        self.declared = Declared.of(world.adapter, world.is_hostile)
        self.skip = set(skip)
        """Invariants that are known to be broken."""
        self._place = world.adapter.scenario.name
        """Of this world: what is new is new in it."""
        self._promises = dict(world.adapter.invariants())
        self._watch = world.engine if isinstance(world.engine, Watching) else None
        if self._watch:
            self._watch.watch_branches()

    def invariants(self) -> dict[str, str]:
        """Everything that is looked at: name -> sentence."""
        found = {rule.name: rule.says for rule in RULES}
        found |= {probe.name: probe.says for probe in PROBES}
        return found | ALWAYS | dict.fromkeys(self._promises, "Promised by the adapter.")

    def run(
        self, actions: Sequence[Action], probe: bool = False, listen: Listen | None = None
    ) -> Finding | None:
        """From the beginning to the first thing broken that is not skipped; with `probe` the
        probes are tried after every block, else in states of a new kind and at the end.
        """
        return next(self._findings(actions, probe, listen or _silent), None)

    def _findings(
        self, actions: Sequence[Action], probe: bool, listen: Listen
    ) -> Iterator[Finding]:
        self.world.reset()
        self.effort.sequences += 1
        done = 0
        try:
            blocks = in_blocks(actions)
            for number, block in enumerate(blocks):
                for step in self.world.block(block):
                    listen(step)
                    yield from self._look(step, done + step.position)
                done += len(block)
                self.effort.actions += len(block)
                news = self._is_news(self.world.state)
                last = number + 1 == len(blocks)
                yield from self._look_at_end(done - 1, probe or news or last)
        except AdapterError:
            raise
        except ContractError as error:
            yield from self._broken(VIEWS, str(error), done)
        except LedgerMismatch as error:
            yield from self._broken(BOOKS, str(error), done)

    def _look(self, step: Step, at: int) -> Iterator[Finding]:
        self.effort.states.add((self._place, _outcome(step)))
        for rule in RULES:
            if rule.name in self.skip:
                continue
            answer = rule.of(step, self.declared)
            if answer is not None:
                self.effort.tried[rule.name] += 1
            if answer:
                yield Finding(rule.name, answer, at)

    def _look_at_end(self, at: int, probe: bool) -> Iterator[Finding]:
        self.effort.tried[VIEWS] += 1
        for name, promise in self._promises.items():
            answer = promise(self.world.engine, self.world.ledger)
            self.effort.tried[name] += 1
            if answer:
                yield from self._broken(name, answer, at)
        if probe:
            yield from self._probe(at)

    def _probe(self, at: int) -> Iterator[Finding]:
        """What costs more than to look, so not after every block: a lie in the books stays."""
        if BOOKS not in self.skip:
            self.effort.tried[BOOKS] += 1
            try:
                audit(self.world.engine, self.world.adapter, self.world.ledger)
            except LedgerMismatch as error:
                yield from self._broken(BOOKS, str(error), at)
        for each in PROBES:
            if each.name in self.skip:
                continue
            here = self.world.fork()
            answer = each.of(self.world, self.declared)
            self.world.back(here)
            if answer is not None:
                self.effort.tried[each.name] += 1
            if answer:
                yield Finding(each.name, answer, at)

    def _broken(self, name: str, sentence: str, at: int) -> Iterator[Finding]:
        if name not in self.skip:
            yield Finding(name, sentence, at)

    def _is_news(self, state: State) -> bool:
        """Whether a block led to a kind of state, or along a branch, not met before."""
        before = self.effort.novelty
        self.effort.states.add((self._place, signature(state)))
        if self._watch:
            self.effort.branches.update(self._watch.new_branches())
        return self.effort.novelty > before


def _silent(_: Step) -> None:
    pass


def in_blocks(actions: Sequence[Action]) -> list[list[Action]]:
    """Actions that share a block, in order."""
    blocks: list[list[Action]] = []
    for action in actions:
        if action.after or not blocks:
            blocks.append([])
        blocks[-1].append(action)
    return blocks


def signature(state: State) -> object:
    """What kind of state it is: how each account stands, what is stopped, what has a price."""
    accounts = sorted(
        (
            bool(account.debt),
            tuple(map(bool, account.amounts)),
            _band(account),
            bool(account.position.called_at),
        )
        for account in state.accounts
    )
    return tuple(accounts), state.stopped, tuple(valid for _, valid in state.prices)


def _band(account: Account) -> int:
    """Of the thresholds, those met, and whether one is met exactly."""
    equity = account.value - account.debt
    levels = (0, account.close_out, account.maintenance, account.initial)
    return 2 * sum(equity >= level for level in levels) + (equity > 0 and equity in levels)


def _outcome(step: Step) -> object:
    """What kind of thing happened."""
    if step.receipt is None:
        return step.action.do
    reason = "" if step.receipt.status is Status.SUCCEEDED else text(step.receipt.output)
    if reason.startswith("0x"):
        reason = reason[:10]  # the selector of an error, without its arguments
    return step.action.do, reason, tuple(h.name for h in step.happened)
