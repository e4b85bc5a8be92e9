"""Actions drawn at random, most of them worth doing, and sequences changed into others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from agents.market import Terms
from sim.check.action import WHOLE, Action, Amount, Do, Of
from sim.check.edge import LEVELS
from sim.check.orders import ACCOMPLICE, NEEDS
from sim.check.world import BORROWERS, KEEPER, LENDER, STRANGER
from sim.protocol.adapter import Ability
from sim.units import WAD

DAY = 86_400
LONGEST = 40
"""Actions of a sequence."""
PARTS = (0, 1, WHOLE // 1000, WHOLE // 10, WHOLE // 2, WHOLE - 1, WHOLE, WHOLE + 1, 2 * WHOLE)
BESIDE = (0, 0, 0, -2, -1, 1, 2)
WHOLE_TOKENS = (1, 2, 5, 10, 100)
ABSURD = (0, 1, 2**64, 2**96, 2**127, 2**128 - 1, 2**128, 2**255, 2**256 - 1)
MOVES = (0, 1, 500_000, 800_000, 900_000, 970_000, WHOLE, 1_030_000, 1_250_000, 2_000_000, 10**12)
EDGES = (WHOLE * 98 // 100, WHOLE * 999 // 1000, WHOLE, WHOLE * 1001 // 1000, WHOLE * 102 // 100)
WEIGHTS = {
    Do.OPEN: 2,
    Do.DEPOSIT: 6,
    Do.WITHDRAW: 6,
    Do.BORROW: 7,
    Do.REPAY: 7,
    Do.CALL: 4,
    Do.LIQUIDATE: 12,
    Do.ABSORB: 3,
    Do.REDEEM: 4,
    Do.LEND: 4,
    Do.RECALL: 4,
    Do.PAUSE: 1,
    Do.PRICE: 12,
    Do.WAIT: 5,
    Do.DONATE: 2,
    Do.ELSE: 3,
}
HOSTILE = {Do.ARM: 5, Do.BLOCK: 1, Do.TAX: 1}


class Alphabet:
    """What may be done to a contract of certain abilities and terms."""

    def __init__(
        self, random: Random, abilities: Ability, terms: Terms, max_age: int, hostile: bool
    ) -> None:
        self._random = random
        self._units: list[int] = [10**asset.decimals for asset in terms.assets]
        weights = WEIGHTS | HOSTILE if hostile else WEIGHTS
        able = {do: w for do, w in weights.items() if NEEDS.get(do, Ability(0)) in abilities}
        self._kinds, self._weights = list(able), list(able.values())
        self._people = (*BORROWERS, KEEPER, STRANGER, *([ACCOMPLICE] if hostile else []))
        edges = (terms.grace, max_age, 2 * terms.grace, terms.grace + max_age)
        beside = (edge + d for edge in edges for d in (-1, 0, 1) if edge + d > 0)
        self._waits = (1, 12, 60, 3_600, DAY, 30 * DAY, 400 * DAY, *beside)

    def draw(self) -> Action:
        """One action, of an account or a price that may not be there."""
        random = self._random
        do = random.choices(self._kinds, self._weights)[0]
        asset = random.randrange(len(self._units) + (do is Do.DONATE))
        return Action(
            do,
            self._who(do),
            random.randrange(3),
            asset,
            self._amount(do, asset),
            after=self._after(do),
            then=self._within() if do is Do.ARM else None,
        )

    def mutate(self, actions: Sequence[Action], others: Sequence[Sequence[Action]]) -> list[Action]:
        """A sequence like it: something put in, left out, moved, changed, or another's end."""
        changed = list(actions)
        for _ in range(self._random.choice((1, 1, 2, 3, 5))):
            changed = self._change(changed, others)
        return changed[:LONGEST]

    def _change(self, actions: list[Action], others: Sequence[Sequence[Action]]) -> list[Action]:
        random = self._random
        at = random.randrange(len(actions) + 1)
        kind = random.randrange(7) if actions else 0
        if kind <= 1:
            fresh = [self.draw() for _ in range(random.choice((1, 1, 2, 4)))]
            return [*actions[:at], *fresh, *actions[at:]]
        at = min(at, len(actions) - 1)
        if kind == 2:
            return [*actions[:at], *actions[at + random.choice((1, 1, 2)) :]]
        if kind == 3:
            other = random.randrange(len(actions))
            actions[at], actions[other] = actions[other], actions[at]
            return actions
        if kind == 4:
            return [*actions[: at + 1], *random.choice(others)]
        if kind == 5:
            return [*actions[:at], actions[at], *actions[at:]]
        actions[at] = self._varied(actions[at])
        return actions

    def _varied(self, action: Action) -> Action:
        random = self._random
        match random.randrange(5):
            case 0:
                return replace(action, amount=self._amount(action.do, action.asset))
            case 1:
                plus = action.amount.plus + random.choice((-1, 1))
                return replace(action, amount=replace(action.amount, plus=plus))
            case 2:
                return replace(action, after=self._after(action.do))
            case 3:
                return replace(action, account=random.randrange(3))
            case _:
                return replace(action, asset=random.randrange(len(self._units)))

    def _who(self, do: Do) -> str:
        random = self._random
        match do:
            case Do.WITHDRAW | Do.BORROW:
                return random.choice(self._people) if random.random() < 0.1 else ""
            case Do.LIQUIDATE | Do.ABSORB | Do.CALL | Do.REDEEM:
                return KEEPER if random.random() < 0.6 else random.choice(self._people)
            case Do.LEND | Do.RECALL:
                return random.choice((LENDER, STRANGER, BORROWERS[1]))
            case Do.BLOCK:
                return random.choice(BORROWERS)
            case Do.PAUSE:
                return random.choice(("guardian", "owner", STRANGER))
            case Do.REPAY if random.random() < 0.5:
                return ""
            case _:
                return random.choice(self._people)

    def _after(self, do: Do) -> int:
        random = self._random
        if do is Do.WAIT:
            return random.choice(self._waits)
        return random.choice((0, 0, 0, 12, 12, 12, 12, 12, 12, random.choice(self._waits)))

    def _amount(self, do: Do, asset: int) -> Amount:
        random = self._random
        if do is Do.PRICE:
            return self._price()
        if do is Do.ELSE:
            return Amount(ppm=random.randrange(10**9), plus=random.randrange(100))
        if do is Do.TAX:
            return Amount(ppm=random.choice((0, WHOLE // 10, WHOLE)))
        if do in (Do.PAUSE, Do.BLOCK):
            return Amount(plus=random.randrange(4))
        if random.random() < 0.05:
            return Amount(plus=random.choice(ABSURD))
        whole = Amount(plus=random.choice(WHOLE_TOKENS) * self._unit(do, asset))
        part = random.choice((*PARTS, random.randrange(WHOLE)))
        bases = {
            Do.DEPOSIT: (Of.WALLET,),
            Do.WITHDRAW: (Of.HELD, Of.ROOM),
            Do.BORROW: (Of.ROOM, Of.ROOM, Of.ROOM, Of.CEILING),
            Do.REPAY: (Of.DEBT, Of.DEBT, random.choice(LEVELS)),
            Do.LIQUIDATE: (Of.DEBT, Of.DEBT, Of.DEBT),
            Do.REDEEM: (Of.DEBT, Of.DEBT),
            Do.RECALL: (Of.CLAIM, Of.CLAIM),
        }.get(do, ())
        of = random.choice((Of.UNITS, *bases))
        return whole if of is Of.UNITS else Amount(of, part, random.choice(BESIDE))

    def _unit(self, do: Do, asset: int) -> int:
        """A whole token of what the action moves; of the stable, a hundred."""
        if do in (Do.DEPOSIT, Do.WITHDRAW) or (do is Do.DONATE and asset < len(self._units)):
            return self._units[asset % len(self._units)]
        return 100 * WAD

    def _price(self) -> Amount:
        random = self._random
        if random.random() < 0.4:
            return Amount(Of.LAST, random.choice((*MOVES, random.randrange(2 * WHOLE))))
        of = random.choice((Of.INITIAL, Of.MAINTENANCE, Of.MAINTENANCE, Of.CLOSE_OUT, Of.INSOLVENT))
        part = random.choice((*EDGES, random.randrange(WHOLE // 2, WHOLE)))
        return Amount(of, part, random.choice(BESIDE))

    def _within(self) -> Action:
        """What the accomplice does: for its own account most of the time."""
        kinds = (Do.DEPOSIT, Do.WITHDRAW, Do.BORROW, Do.REPAY, Do.LIQUIDATE, Do.ABSORB)
        do = self._random.choice(kinds)
        asset = self._random.randrange(len(self._units))
        return Action(do, ACCOMPLICE, self._random.randrange(3), asset, self._amount(do, asset))
