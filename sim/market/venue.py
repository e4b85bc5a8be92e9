"""A venue with depth and resilience: trades eat its orders, and time brings them back.

Temporary impact is what was eaten and is not back yet (Obizhaeva and Wang 2013, "Optimal
trading strategy and supply/demand dynamics", with a depth of any shape as in Alfonsi, Fruth
and Schied 2010). Permanent impact is linear in what was traded, or the price could be pumped
(Huberman and Stanzl 2004, "Price manipulation and quasi-arbitrage"). Depth thins as realised
volatility rises above calm.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import copysign, exp

from sim.market.book import Book, Stretch
from sim.scenario import VenueTerms

Tier = tuple[float, float]
"""(distance from the price, USD down to there)."""
REACH = 0.95
"""Beyond this displacement there are no orders."""


class Venue:
    """The market of one collateral against the stable. What was eaten is counted in USD at the
    depth of calm, so that it keeps its place in the book when depth changes."""

    def __init__(self, terms: VenueTerms, decimals: int, price: float) -> None:
        """`price`: USD at first."""
        self._terms = terms
        self._tiers = [(0.0, 0.0), *((at, usd * terms.scale) for at, usd in terms.depth)]
        """(distance, USD) in calm."""
        self._unit = 10.0**decimals
        self._stable_unit = 10.0 ** (18 - decimals)
        self._eaten = 0.0
        self._shift = 0.0
        """Permanent impact on the log price."""
        self._path, self._thinned = price, 1.0
        self.book = self._book()

    @property
    def price(self) -> float:
        """USD, as the world sees it: in the middle of its best orders."""
        return self.book.middle / self._stable_unit * (1 - self.book.displacement)

    def depth(self, distance: float) -> float:
        """USD that can be sold until the price is so far below where it is now."""
        room = self.book.room(False, self.book.price(False) * (1 - distance))
        return room / self._unit * self.price

    def advance(self, path: float, volatility: float, seconds: float) -> None:
        """To where the undisturbed price is `path` USD, so many seconds later; `volatility` is
        a year's, as realised of late."""
        back = self._eaten * (1 - 0.5 ** (seconds / self._terms.half_life))
        self._eaten -= back
        distance, size = self._tiers[1]
        self._shift -= self._terms.permanent * distance / size * back
        self._path = path
        self._thin(volatility)
        self.book = self._book()

    def _thin(self, volatility: float) -> None:
        """Depth falls by the square of `_thinned`: half by orders that are smaller, half by
        orders that are further away. Orders move away from where the price is, so that this
        alone does not move it."""
        stress = max(1.0, volatility / self._terms.calm_volatility)
        thinned = min(stress**self._terms.volatility_weight, 1 / self._terms.thinnest) ** 0.5
        distance = _interpolated(self._tiers, 1, abs(self._eaten)) * self._thinned / thinned
        self._eaten = copysign(_interpolated(self._tiers, 0, distance), self._eaten)
        self._thinned = thinned

    def fill(self, sell_stable: bool, amount_in: int) -> tuple[int, int]:
        """(taken, paid) of an order executed now, native units; the book moves on."""
        taken, paid = self.book.fill(sell_stable, amount_in)
        sold = -paid if sell_stable else taken
        self._eaten += sold / self._tokens_per_usd()
        self.book = self._book()
        return taken, paid

    # --------------------------------------------------------------------------- orders

    def _middle(self) -> float:
        """USD where nothing was eaten."""
        return self._path * exp(self._shift)

    def _tokens_per_usd(self) -> float:
        """Native units that stand where a USD stands in calm."""
        return self._unit / self._thinned / self._middle()

    def _book(self) -> Book:
        tokens = self._tokens_per_usd()
        first, stretches = _orders(self._terms, self._tiers, self._thinned)
        both = [(-high, -low, -end, -start) for low, high, start, end in reversed(stretches)]
        return Book(
            middle=self._middle() * self._stable_unit,
            stretches=tuple(
                (low * tokens, high * tokens, start, end)
                for low, high, start, end in (*both, *stretches)
            ),
            eaten=self._eaten * tokens,
            cost=self._terms.fee + first,
        )


def _orders(terms: VenueTerms, known: Sequence[Tier], width: float) -> tuple[float, list[Stretch]]:
    """(distance of the first order, stretches of one side in USD at the depth of calm).

    `depth` spreads orders evenly between its tiers; a `book` has them at its levels alone, each
    as large as the depth between the level before and itself, and goes on evenly after the
    last. Distances are `width` times those of calm.
    """
    reach = REACH / width
    tiers = [*(tier for tier in known if tier[0] < reach), (reach, _interpolated(known, 0, reach))]
    if terms.model == "depth":
        return 0.0, _spread(tiers, width)
    levels = [level for level in terms.levels if level < reach]
    sizes = [_interpolated(tiers, 0, level) for level in levels]
    first = levels[0] * width
    at = [level * width - first for level in levels]
    steps = [(low, high, d, d) for low, high, d in zip([0.0, *sizes], sizes, at, strict=False)]
    beyond = [(levels[-1], sizes[-1]), *(tier for tier in tiers if tier[0] > levels[-1])]
    return first, [*steps, *_spread([(d - levels[0], usd) for d, usd in beyond], width)]


def _spread(tiers: Sequence[Tier], width: float) -> list[Stretch]:
    """Orders evenly between tiers."""
    return [
        (low, high, start * width, end * width) for (start, low), (end, high) in pairwise(tiers)
    ]


def _interpolated(tiers: Sequence[Tier], by: int, where: float) -> float:
    """By distance the USD, by USD (1) the distance; after the last tier as deep as between the
    last two."""
    end = next((i for i, tier in enumerate(tiers) if tier[by] >= where), len(tiers) - 1)
    before, after = tiers[max(1, end) - 1], tiers[max(1, end)]
    part = (where - before[by]) / (after[by] - before[by])
    return before[1 - by] + part * (after[1 - by] - before[1 - by])
