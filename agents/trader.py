"""Traders: they hold leveraged positions, adjust them, and answer margin calls or do not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import inf

import mesa

from agents.base import Participant, bid
from agents.intent import Bid, Borrow, Deposit, Intent, Open, Repay, Swap, Withdraw
from agents.market import Market
from agents.view import Occasion, Position, View

CURED = 1.10
"""Health that a cure aims at."""
SLIPPAGE = 0.97
"""Least part of a quote accepted in an own swap."""
ROOM = 0.98
"""Part of the initial margin's room that is used: prices move before the block."""
FULL = 0.99
"""Utilisation above which there is nothing left to borrow."""
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
    further: tuple[int, ...] = ()
    """Collaterals it holds besides `asset`."""
    isolated: bool = False
    """An account for each collateral, in that order, rather than one for all."""
    looks: tuple[float, ...] = ()
    """Times at which it weighs what its debt costs."""
    bargain: float = 0.0
    """How far from 1 USD the stable must be to be worth a trade."""
    rate_limit: float = 0.0
    """Interest a year above which it would rather owe less."""


class Trader(Participant):
    """Keeps an account in one or several collaterals, or one in each.

    Arrives, deposits, borrows, buys more collateral until it has its leverage. Later it levers
    up and down by its own schedule, deleverages at its stop-loss, and answers an alarm after a
    delay, with the funds it has: it repays to `CURED` health, or, when its funds cannot bring
    the account back over the threshold, keeps them and walks away. Where the stable has a
    market it pays debt back while the stable is cheap or interest dear, and draws more while
    the stable is dear. What it trades of several collaterals it trades of each in proportion.
    """

    role = "trader"

    def __init__(self, model: mesa.Model, name: str, address: bytes, habits: Habits) -> None:
        super().__init__(model, name, address)
        self.habits = habits

    def wake_times(self) -> Sequence[float]:
        times = [*(time for time, _ in self.habits.adjustments), *self.habits.looks]
        return [self.habits.arrival, *times] if self.habits.arrival else times

    def alert_health(self) -> float:
        return max(self.habits.alarm, self.habits.stop_loss)

    def answer_delay(self, alarms: int) -> float:
        """Seconds from its alarm number `alarms` (from 0) to its answer."""
        return self.habits.delays[min(alarms, len(self.habits.delays) - 1)]

    @property
    def assets(self) -> tuple[int, ...]:
        return (self.habits.asset, *self.habits.further)

    def decide(self, view: View) -> Sequence[Intent]:
        if view.pending:
            return ()
        offer = bid(view.market, self.habits.tip, self.habits.headroom)
        if len(view.positions) < (len(self.assets) if self.habits.isolated else 1):
            return self.arrive(view, offer)
        if view.occasion is Occasion.SETTLED:
            return self.follow_up(view, offer)
        intents: list[Intent] = []
        for position in view.positions:
            spent = sum(i.amount for i in intents if isinstance(i, Repay))
            left = replace(view.wallet, stable=view.wallet.stable - spent)
            intents += self.act(position, replace(view, wallet=left), offer)
        return intents

    def act(self, position: Position, view: View, offer: Bid) -> Sequence[Intent]:
        match view.occasion:
            case Occasion.ALERT:
                return self.answer(position, view, offer)
            case Occasion.SCHEDULE if self.is_look(view.market):
                return self.weigh(position, view, offer)
            case Occasion.SCHEDULE:
                return self.adjust(position, view, offer)
            case _:
                return ()

    def arrive(self, view: View, offer: Bid) -> Sequence[Intent]:
        wanted = view.market.time >= self.habits.arrival
        accounts = len(self.assets) if self.habits.isolated else 1
        if not wanted or not any(view.wallet.tokens[asset] for asset in self.assets):
            return ()
        if view.market.terms.opens:
            return tuple(Open(bid=offer) for _ in range(accounts - len(view.positions)))
        held = [asset for asset in self.assets if view.wallet.tokens[asset]]
        return tuple(
            Deposit(bid=offer, account=0, asset=asset, amount=view.wallet.tokens[asset])
            for asset in held[:accounts]
        )

    def follow_up(self, view: View, offer: Bid) -> Sequence[Intent]:
        """Trade what was borrowed or withdrawn, put bought collateral to work, repay with what
        was sold, go on building."""
        trades = [swap for done in view.settled for swap in self.traded(done, view, offer)]
        if trades:
            return trades
        held = [asset for asset in self.assets if view.wallet.tokens[asset]]
        if held:
            return [self.put_in(asset, view, offer) for asset in held]
        spare = view.wallet.stable - self.habits.funds
        owing = min(view.positions, key=lambda position: position.health)
        if spare > DUST and owing.debt:
            return (Repay(bid=offer, account=owing.account, amount=spare),)
        building = 0 < self.habits.arrival > view.market.time - BUILD_SECONDS
        if not building:
            return ()
        leverage = self.habits.leverage
        return [i for p in view.positions for i in self.lever_up(p, view, offer, leverage)]

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

    def is_look(self, market: Market) -> bool:
        since = market.time - market.terms.block_seconds
        return any(since < time <= market.time for time in self.habits.looks)

    def is_dear(self, market: Market) -> bool:
        """Interest is above its limit, if it has one."""
        return 0 < self.habits.rate_limit < market.rate

    def weigh(self, position: Position, view: View, offer: Bid) -> Sequence[Intent]:
        """Owes half as much while the stable is a bargain or interest above its limit; half as
        much again, up to that much more than its leverage, while the stable is dear."""
        if position.equity <= 0:
            return ()
        market, bargain = view.market, self.habits.bargain
        borrowed = position.debt / position.equity
        if market.stable_usd < 1 - bargain or self.is_dear(market):
            return self.lever_down(position, view, offer, 1 + borrowed / 2)
        if market.stable_usd > 1 + bargain:
            most = 1 + 1.5 * (self.habits.leverage - 1)
            return self.lever_up(position, view, offer, min(1 + 1.5 * borrowed, most))
        return ()

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
        """Borrow toward V = target · E, within the initial requirement; once that is done it buys
        collateral."""
        room = (position.collateral - position.initial - position.debt) * ROOM
        amount = int(min(target * position.equity - position.collateral, room))
        if amount + position.debt < view.market.terms.min_debt or amount < DUST:
            return ()
        if view.market.paused & 1 or self.is_dear(view.market):
            return ()
        if view.market.utilisation > FULL:
            return ()
        if not (position.valid and position.equity > 0):
            return ()
        parts = list(_in_proportion(position, view.market, amount))
        if not all(view.market.pools[asset] for asset, _ in parts):
            return ()
        return (Borrow(bid=offer, account=position.account, amount=amount),)

    def lever_down(
        self, position: Position, view: View, offer: Bid, target: float, most: float = inf
    ) -> Sequence[Intent]:
        """Withdraw collateral toward V = target · E, worth no more than `most`; once that is done
        it is sold, and repays.

        Taking out w in proportion needs E − w ≥ i·(V − w): w ≤ (E − I)/(1 − i).
        """
        held = [asset for asset, amount in enumerate(position.amounts) if amount]
        if not all(view.market.pools[asset] for asset in held):
            return ()
        if view.market.paused & 2 or not position.valid or position.collateral == 0:
            return ()
        ratio = position.initial / position.collateral
        room = (position.equity - position.initial) / (1 - ratio) * ROOM
        worth = min(position.collateral - target * position.equity, room, most)
        share = worth / position.collateral
        parts = [(asset, int(position.amounts[asset] * share)) for asset in held]
        if worth < DUST or not all(part > 0 for _, part in parts):
            return ()
        return [
            Withdraw(bid=offer, account=position.account, asset=asset, amount=part)
            for asset, part in parts
        ]

    def traded(self, done: Intent, view: View, offer: Bid) -> Iterator[Swap]:
        """For what: borrowed stable buys collateral, withdrawn collateral is sold."""
        match done:
            case Borrow(account=account, amount=amount):
                position = next(p for p in view.positions if p.account == account)
                for asset, part in _in_proportion(position, view.market, amount):
                    yield swap(view.market, offer, asset, True, part)
            case Withdraw(asset=asset, amount=amount):
                yield swap(view.market, offer, asset, False, amount)

    def put_in(self, asset: int, view: View, offer: Bid) -> Deposit:
        """All of it in the wallet."""
        place = self.assets.index(asset) if self.habits.isolated else 0
        account = view.positions[place].account
        return Deposit(bid=offer, account=account, asset=asset, amount=view.wallet.tokens[asset])


def swap(market: Market, offer: Bid, asset: int, sell_stable: bool, amount: int) -> Swap:
    """On the pool, at its present price less `SLIPPAGE`."""
    pool = market.pools[asset]
    quoted = pool.quote(sell_stable, amount) if pool else 0
    return Swap(
        bid=offer,
        pool=asset,
        sell_stable=sell_stable,
        amount_in=amount,
        min_out=int(quoted * SLIPPAGE),
    )


def _in_proportion(position: Position, market: Market, amount: int) -> Iterator[tuple[int, int]]:
    """(collateral, part of the amount) by value at the prices on chain; together all of it."""
    units = [10**asset.decimals for asset in market.terms.assets]
    worth = [a * p // u for a, p, u in zip(position.amounts, market.oracle, units, strict=True)]
    left, total = amount, sum(worth)
    for asset, value in enumerate(worth):
        if value:
            part = left * value // total
            left, total = left - part, total - value
            yield asset, part
