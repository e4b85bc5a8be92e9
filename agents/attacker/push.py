"""What moving the price of a pool costs, on x·y = k with fee f, a = 1 − f. Own derivations."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, exp, expm1, inf, log, sqrt

from agents.market import Pool

PACE = log(1.01)
"""A second: what the price that a pool's averages are of follows its spot price, in logarithms."""
HALVINGS = 50
"""Of the distance between two ratios, until they are one."""


def push_size(ratio: float, fee: float) -> float:
    """u = q/x that moves the spot price to `ratio` of what it was, the fee staying in the pool:
    the positive root of a·u² + (1 + a)·u + 1 − 1/ρ = 0."""
    a = 1 - fee
    excess = 1 / ratio - 1
    return 2 * excess / (1 + a + sqrt((1 + a) ** 2 + 4 * a * excess))


def round_trip_cost(stable: float, ratio: float, fee: float) -> float:
    """What the push and buying back the same collateral cost, in the unit of `stable`, the
    pool's reserve of it: y·u·(1 − a²)/(a·(1 + a·u))."""
    a, u = 1 - fee, push_size(ratio, fee)
    return stable * u * (1 - a * a) / (a * (1 + a * u))


def buy_back(pool: Pool, sold: int) -> float:
    """Stable that buys back `sold` collateral just sold: q·y/(a·(x + a·q))."""
    a = 1 - pool.fee
    return sold * pool.stable / (a * (pool.collateral + a * sold))


def break_even_depth(gain: float, ratio: float, fee: float) -> float:
    """The pool's stable reserve at which the push costs all of `gain`; deeper pools are safe.
    Infinite without a fee."""
    cost = round_trip_cost(1.0, ratio, fee)
    return gain / cost if cost else float("inf")


def holding_cost(stable: float, ratio: float, fee: float, blocks: int) -> float:
    """What keeping the price there costs when arbitrageurs undo the push in every block: each
    time q is sold for less than its price before, a loss of y·u·(1 − a/(1 + a·u))."""
    a, u = 1 - fee, push_size(ratio, fee)
    return blocks * stable * u * (1 - a / (1 + a * u))


def seen_ratio(ratio: float, stood: float, window: float) -> float:
    """What an average over `window` seconds shows of a push down that has stood for `stood`; the
    spot price, a window of 0, shows all of it."""
    if not window:
        return ratio
    before = _followed(ratio, max(0.0, stood - window))
    return 1 - (_followed(ratio, stood) - before) / window


def _followed(ratio: float, stood: float, rest: float = 0.0) -> float:
    """Integral of the drop that a pool has followed: 1 − exp(−`PACE`·t), until it is all of it;
    from then on it stays, or is let go for `rest` seconds and brought back in as many."""
    whole = -log(ratio) / PACE
    on_the_way = min(stood, whole)
    followed = on_the_way - (1 - exp(-PACE * on_the_way)) / PACE
    held = 1 - ratio
    if rest:
        moves = min(rest, whole)
        back = moves - ratio * expm1(PACE * moves) / PACE
        held = (back + held * (rest - moves) / 2) / rest
    return followed + held * (stood - on_the_way)


def _push_for(followed: float, stood: float, rest: float) -> float:
    """The ratio of which so much is followed while it stands; 0 where none is enough."""
    deepest, none = exp(-PACE * stood), 1.0
    if _followed(deepest, stood, rest) < followed:
        return 0.0
    for _ in range(HALVINGS):
        middle = (deepest + none) / 2
        if _followed(middle, stood, rest) < followed:
            none = middle
        else:
            deepest = middle
    return deepest


@dataclass(frozen=True, slots=True)
class Hold:
    """A push renewed in so many blocks: in every one until the pool has followed it, and from
    then on in every one, or in every second, for `stood` seconds in all."""

    blocks: int
    ratio: float
    unit_cost: float
    """For a pool with one unit of stable."""
    stood: float
    rest: float
    """Seconds that it is let go before it is renewed."""


def cheapest_hold(ratio: float, window: float, block_seconds: float, fee: float) -> Hold:
    """The cheapest of these ways to have an average over `window` seconds show `ratio`: few deep
    pushes, or many shallow ones, which last to the end of the window. What a pool has followed
    it forgets no faster, so that a push in every second block holds it for half the cost."""
    best = Hold(0, 0.0, inf, 0.0, 0.0)
    for lasting in range(1, max(1, int(window / block_seconds)) + 1):
        stood = lasting * block_seconds
        for rest in (0.0, block_seconds):
            pushed = _push_for((1 - ratio) * window, stood, rest)
            if not pushed:
                continue
            followed_in = min(lasting, ceil(-log(pushed) / PACE / block_seconds))
            spared = (lasting - followed_in) // 2 if rest else 0
            blocks = lasting - spared
            cost = holding_cost(1.0, pushed, fee, blocks)
            if cost < best.unit_cost:
                best = Hold(blocks, pushed, cost, stood, rest)
    return best
