"""Reporters: they post when the price has moved enough, or when it is time."""

from __future__ import annotations

from collections.abc import Sequence

import mesa

from agents.base import GWEI, Participant, bid
from agents.intent import Intent, Poke, Post
from agents.view import View

WAD = 10**18


class Reporter(Participant):
    """Heartbeat and deviation, each reporter against its own last report.

    The fee cap is a multiple of the base fee it saw: a post that the base fee outruns waits
    in the pool, and the next one is sent only when it was executed or taken back.
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
    ) -> None:
        super().__init__(model, name, address)
        self.heartbeat = heartbeat
        self.deviation = deviation
        self.tip = int(tip_gwei * GWEI)
        self.headroom = headroom
        self.latency_blocks = latency_blocks

    def decide(self, view: View) -> Sequence[Intent]:
        prices = tuple(round(price * WAD) for price in view.market.prices)
        if view.pending or not self.is_due(view, prices):
            return ()
        return (Post(bid=bid(view.market, self.tip, self.headroom), prices=prices),)

    def is_due(self, view: View, prices: Sequence[int]) -> bool:
        if view.reported is None:
            return True
        reported_at, reported = view.reported
        moved = any(
            abs(now - before) >= self.deviation * before
            for now, before in zip(prices, reported, strict=True)
        )
        return moved or view.market.time - reported_at >= self.heartbeat


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
        market = view.market
        due = market.timestamp - market.terms.oracle_period
        offer = bid(market, self.tip)
        return [Poke(bid=offer, asset=i) for i, at in enumerate(market.poked_at) if at <= due]
