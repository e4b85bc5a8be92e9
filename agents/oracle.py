"""Reporters: they post when the price has moved enough, or when it is time."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

import mesa

from agents.base import GWEI, Participant, bid
from agents.intent import Intent, Poke, Post
from agents.market import Market
from agents.view import Report, View

WAD = 10**18


class Reporter(Participant):
    """Heartbeat and deviation, each reporter against its own last report.

    The fee cap is a multiple of the base fee it saw: a post that the base fee outruns waits
    in the pool, and the next one is sent only when it was executed or taken back. It may be
    silent for a time, and it may lie.
    """

    role = "reporter"
    every_block = True

    def __init__(
        self,
        model: mesa.Model,
        name: str,
        address: bytes,
        *,
        heartbeat: int,
        deviation: float,
        tip_gwei: float,
        headroom: float,
        latency_blocks: int,
        silence: tuple[float, float] = (inf, inf),
        lie_factor: float = 1.0,
        lies_from: float = inf,
    ) -> None:
        """`silence` is from when to when, `lies_from` since when it reports `lie_factor` times
        the price; seconds since block 0."""
        super().__init__(model, name, address)
        self.heartbeat = heartbeat
        self.deviation = deviation
        self.tip = int(tip_gwei * GWEI)
        self.headroom = headroom
        self.latency_blocks = latency_blocks
        self.silence = silence
        self.lie_factor = lie_factor
        self.lies_from = lies_from

    def decide(self, view: View) -> Sequence[Intent]:
        if view.pending or not self.stirs(view.market, view.reported):
            return ()
        prices = self._prices(view.market)
        return (Post(bid=bid(view.market, self.tip, self.headroom), prices=prices),)

    def stirs(self, market: Market, reported: Report | None) -> bool:
        """A report is due: the price has moved enough since the last, or it is time."""
        silent_from, silent_to = self.silence
        if silent_from <= market.time < silent_to:
            return False
        if reported is None:
            return True
        reported_at, before = reported
        moved = any(
            abs(now - then) >= self.deviation * then
            for now, then in zip(self._prices(market), before, strict=True)
        )
        return moved or market.time - reported_at >= self.heartbeat

    def _prices(self, market: Market) -> tuple[int, ...]:
        """What it reports, WAD."""
        factor = self.lie_factor if market.time >= self.lies_from else 1.0
        return tuple(round(price * factor * WAD) for price in market.prices)


class Poker(Participant):
    """Has a delayed or averaging oracle take its readings as soon as they are due."""

    role = "reporter"
    every_block = True

    def __init__(self, model: mesa.Model, name: str, address: bytes, *, tip_gwei: float) -> None:
        super().__init__(model, name, address)
        self.tip = int(tip_gwei * GWEI)

    def decide(self, view: View) -> Sequence[Intent]:
        if view.pending:
            return ()
        offer = bid(view.market, self.tip)
        return [Poke(bid=offer, asset=asset) for asset in _due(view.market)]

    def stirs(self, market: Market, reported: Report | None) -> bool:
        return bool(_due(market))


def _due(market: Market) -> list[int]:
    """Assets whose last reading is a period old."""
    latest = market.timestamp - market.terms.oracle_period
    return [asset for asset, at in enumerate(market.poked_at) if at <= latest]
