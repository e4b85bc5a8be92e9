"""Where the state machine plays: two assets, a margin model and an auction of the penalty."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sim.units import WAD

from .core_books import up
from .core_reference import Reference
from .core_world import Asset, Config, World, actor

BORROWERS = (actor("borrower"), actor("trader"))
LIQUIDATOR = actor("liquidator")
STRANGER = actor("stranger")
PEOPLE = (*BORROWERS, LIQUIDATOR, STRANGER)
ACCOUNTS = 3
ENDOWMENT = 3_000_000 * WAD
PERCENT = WAD // 100

CONFIGS = (
    Config(),
    Config(grace=0, close_factor=WAD, reserve_share=WAD, cap_toxic=False),
    Config(grace=60, call_window=7_200, min_debt=0, min_left=0, min_deposit=0, loss_window=60),
    Config(debt_ceiling=20_000 * WAD, account_ceiling=10_000 * WAD, loss_threshold=1),
    Config(debt_ceiling=0, min_left=5_000 * WAD, min_debt=2_000 * WAD, liquidator_floor=WAD),
)
CURVE = (PERCENT, 4 * PERCENT, 60 * PERCENT, 80 * PERCENT)
AUCTION = (2 * PERCENT, 10 * PERCENT, 7_200)
"""Of the DutchPenalty: start, cap, seconds, as many as the shortest window. It shows since when an
account is on record."""

Requirements = Callable[[Sequence[int]], tuple[int, int, int]]


@dataclass(frozen=True)
class Scene:
    assets: tuple[Asset, ...]
    prices: tuple[int, ...]
    tokens: tuple[int, ...]
    """Of each asset, to each person."""
    margin: tuple[Any, ...]
    """Contract and arguments; empty for LinearMargin of the assets' ratios."""
    requirements: Requirements
    drawn: int
    """Percent of their collateral that accounts owe at the start."""
    exact: bool = True
    """I is rounded once. Rounded twice it may fall by a unit where V rises by one, and the Lens
    then misses a unit of an asset whose own unit is worth less (Lens)."""


def linear(assets: Sequence[Asset]) -> Requirements:
    def requirements(values: Sequence[int]) -> tuple[int, int, int]:
        held = list(zip(values, assets, strict=True))
        return (
            sum(up(v * a.initial, WAD) for v, a in held),
            sum(up(v * a.maintenance, WAD) for v, a in held),
            sum(up(v * a.close_out, WAD) for v, a in held),
        )

    return requirements


def scan(
    ranges: Sequence[int], factors: Sequence[int], floor: int, initial: int, close_out: int
) -> Requirements:
    """The market up or down by the whole range, and the worst asset on its own (LAWS 11)."""

    def requirements(values: Sequence[int]) -> tuple[int, int, int]:
        held = list(zip(values, ranges, factors, strict=True))
        market = abs(sum(v * r * f for v, r, f in held))
        own = max(v * r * (WAD - abs(f)) for v, r, f in held)
        least = floor * sum(v * r for v, r, _ in held)
        maintenance = up(max(market + own, least), WAD * WAD)
        return up(maintenance * initial, WAD), maintenance, up(maintenance * close_out, WAD)

    return requirements


ETHER = Asset(18, 30 * PERCENT, 20 * PERCENT, 15 * PERCENT)
BITCOIN = Asset(8, 25 * PERCENT, 15 * PERCENT, 10 * PERCENT)
LINEAR = Scene(
    assets=(ETHER, BITCOIN),
    prices=(2_000 * WAD, 30_000 * WAD),
    tokens=(1_000 * 10**18, 70 * 10**8),
    margin=(),
    requirements=linear((ETHER, BITCOIN)),
    drawn=69,
)
_SCAN = (
    (40 * PERCENT, 30 * PERCENT), (WAD, -80 * PERCENT), 60 * PERCENT, 130 * PERCENT, 80 * PERCENT,
)  # fmt: skip
PORTFOLIO = Scene(
    assets=(Asset(6, 0, 0, 0), Asset(18, 0, 0, 0)),
    prices=(WAD, 300 * WAD),
    tokens=(2_000_000 * 10**6, 7_000 * 10**18),
    margin=("ScenarioMargin", *_SCAN),
    requirements=scan(*_SCAN),
    drawn=47,
    exact=False,
)


def penalty(elapsed: int) -> int:
    start, cap, duration = AUCTION
    return start + (cap - start) * min(elapsed, duration) // duration


@cache
def deployed(scene: Scene) -> tuple[World, Any, Reference]:
    """A world, a snapshot of it with tokens given and three accounts open, and its books."""
    world = World(scene.assets, CONFIGS[0], penalty=("DutchPenalty", *AUCTION), margin=scene.margin)
    books = Reference(
        world.owner, actor("guardian"), world.reserve.address, world.assets, world.config,
        scene.requirements, penalty, *CURVE, now=world.now, updated_at=world.core_since,
    )  # fmt: skip
    for i, price in enumerate(scene.prices):
        world.price(i, price)
        books.prices[i] = (price, True)
    for person in PEOPLE:
        world.stables(person, ENDOWMENT)
        books.stable[person] = ENDOWMENT
        for i, amount in enumerate(scene.tokens):
            world.collateral(person, i, amount)
            books.tokens[i][person] = amount
    for owner in (*BORROWERS, BORROWERS[0]):
        world.must(owner, world.core.open)
        books.open(owner)
    return world, world.snapshot(), books
