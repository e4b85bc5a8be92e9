"""Traders: they hold leveraged positions, adjust them, and answer margin calls or do not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import mesa

from agents.base import Participant, bid
from agents.intent import Bid, Borrow, Deposit, Intent, Open, Repay, Swap, Withdraw
from agents.view import Occasion, Position, View

CURED = 1.10
"""Health that a cure aims at."""
SLIPPAGE = 0.97
"""Least part of a quote accepted in an own swap."""
ROOM = 0.98
"""Part of the initial margin's room that is used: prices move before the block."""
BUILD_SECONDS = 7_200
"""Time a late trader takes to reach its leverage after it arrives."""
DUST = 10**18
"""Stable units (one dollar) below which nothing is worth a transaction."""


@dataclass(frozen=True, slots=True)
class Habits:
    """What a trader was drawn with."""

    asset: int
    """Index of its collateral."""
    leverage: float
    """V/E it aims at."""
    funds: int
    """Stable it keeps aside to answer margin calls."""
    arrival: float
    """Seconds since block 0 at which it opens; 0 when it was there before."""
    alarm: float
    """Health below which it starts to answer."""
    stop_loss: float
    """Health below which it deleverages; 0 for never."""
    delays: tuple[float, ...]
    """Seconds from the k-th alarm to its answer; the last repeats."""
    adjustments: tuple[tuple[float, float], ...]
    """(time, factor on its leverage) of its own changes of mind, times rising."""
    tip: int
    headroom: float
    """Fee cap as a multiple of the base fee it sees."""


class Trader(Participant):
    """Keeps one account in one collateral.

    Arrives, deposits, borrows, buys more collateral until it has its leverage. Later it levers
    up and down by its own schedule, deleverages at its stop-loss, and answers an alarm after a
    delay, with the funds it has: it repays to `CURED` health, or, when its funds cannot bring
    the account back over the threshold, keeps them and walks away.
    """

    role = "trader"

    def __init__(self, model: mesa.Model, name: str, address: bytes, habits: Habits) -> None:
        super().__init__(model, name, address)
        self.habits = habits

    def wake_times(self) -> Sequence[float]:
        times = [time for time, _ in self.habits.adjustments]
        return [self.habits.arrival, *times] if self.habits.arrival else times

    def alert_health(self) -> float:
        return max(self.habits.alarm, self.habits.stop_loss)

    def answer_delay(self, alarms: int) -> float:
        """Seconds from its alarm number `alarms` (from 0) to its answer."""
        return self.habits.delays[min(alarms, len(self.habits.delays) - 1)]

    def decide(self, view: View) -> Sequence[Intent]:
        if view.pending:
            return ()
        offer = bid(view.market, self.habits.tip, self.habits.headroom)
        if not view.positions:
            return self.arrive(view, offer)
        position = view.positions[0]
        match view.occasion:
            case Occasion.SETTLED:
                return self.follow_up(position, view, offer)
            case Occasion.ALERT:
                return self.answer(position, view, offer)
            case Occasion.SCHEDULE:
                return self.adjust(position, view, offer)
            case _:
                return ()

    def arrive(self, view: View, offer: Bid) -> Sequence[Intent]:
        wanted = view.market.time >= self.habits.arrival and view.wallet.tokens[self.habits.asset]
        return (Open(bid=offer),) if wanted else ()

    def follow_up(self, position: Position, view: View, offer: Bid) -> Sequence[Intent]:
        """Put bought collateral to work, repay with what was sold, go on building."""
        held = view.wallet.tokens[self.habits.asset]
        if held:
            return (self.put_in(position, held, offer),)
        spare = view.wallet.stable - self.habits.funds
        if spare > DUST and position.debt:
            return (Repay(bid=offer, account=position.account, amount=spare),)
        building = 0 < self.habits.arrival > view.market.time - BUILD_SECONDS
        return self.lever_up(position, view, offer, self.habits.leverage) if building else ()

    def answer(self, position: Position, view: View, offer: Bid) -> Sequence[Intent]:
        if position.debt == 0:
            return ()
        if position.health < self.habits.stop_loss:
            sale = self.lever_down(position, view, offer, self.habits.leverage)
            if sale:
                return sale
        return self.cure(position, view, offer) if position.health < self.habits.alarm else ()

    def cure(self, position: Position, view: View, offer: Bid) -> Sequence[Intent]:
        """Repay R with (V − M)/(D − R) = `CURED`, or all funds if they still save the account."""
        cushion = position.collateral - position.maintenance
        needed = position.debt - int(cushion / CURED)
        least = position.debt - cushion
        amount = min(needed, view.wallet.stable)
        if amount <= max(least, DUST):
            return ()
        return (Repay(bid=offer, account=position.account, amount=amount),)

    def adjust(self, position: Position, view: View, offer: Bid) -> Sequence[Intent]:
        factor = [f for time, f in self.habits.adjustments if time <= view.market.time][-1:]
        if not factor or position.equity <= 0:
            return ()
        target = max(1.0, 1 + (self.habits.leverage - 1) * factor[0])
        if position.collateral < target * position.equity:
            return self.lever_up(position, view, offer, target)
        return self.lever_down(position, view, offer, target)

    def lever_up(
        self, position: Position, view: View, offer: Bid, target: float
    ) -> Sequence[Intent]:
        """Borrow and buy collateral toward V = target · E, within the initial requirement."""
        room = (position.collateral - position.initial - position.debt) * ROOM
        amount = int(min(target * position.equity - position.collateral, room))
        pool = view.market.pools[self.habits.asset]
        if pool is None or amount + position.debt < view.market.terms.min_debt or amount < DUST:
            return ()
        if view.market.paused & 1 or not (position.valid and position.equity > 0):
            return ()
        return (
            Borrow(bid=offer, account=position.account, amount=amount),
            Swap(
                bid=offer,
                pool=self.habits.asset,
                sell_stable=True,
                amount_in=amount,
                min_out=int(pool.quote(True, amount) * SLIPPAGE),
            ),
        )

    def lever_down(
        self, position: Position, view: View, offer: Bid, target: float
    ) -> Sequence[Intent]:
        """Withdraw and sell collateral toward V = target · E; what is sold repays on settling.

        Taking out w needs E − w ≥ i·(V − w): w ≤ (E − I)/(1 − i).
        """
        pool = view.market.pools[self.habits.asset]
        if pool is None or not position.valid or position.collateral == 0:
            return ()
        if view.market.paused & 2:
            return ()
        ratio = position.initial / position.collateral
        room = (position.equity - position.initial) / (1 - ratio) * ROOM
        worth = min(position.collateral - target * position.equity, room)
        amount = int(position.amounts[self.habits.asset] * (worth / position.collateral))
        if worth < DUST or amount <= 0:
            return ()
        return (
            Withdraw(bid=offer, account=position.account, asset=self.habits.asset, amount=amount),
            Swap(
                bid=offer,
                pool=self.habits.asset,
                sell_stable=False,
                amount_in=amount,
                min_out=int(pool.quote(False, amount) * SLIPPAGE),
            ),
        )

    def put_in(self, position: Position, amount: int, offer: Bid) -> Deposit:
        return Deposit(bid=offer, account=position.account, asset=self.habits.asset, amount=amount)
