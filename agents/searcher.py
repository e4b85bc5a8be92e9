"""Searchers: they live off other people's transactions that wait in the public pool."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import sqrt

import mesa

from agents.base import GWEI, Participant, bid
from agents.intent import Bid, Bundle, FlashLiquidate, Intent, Liquidate, Swap, Theirs
from agents.inventory import SWAP_GAS
from agents.liquidator import OUTBID, Liquidator
from agents.market import Market, Pool
from agents.take import Means, Take
from agents.view import Opportunities, Opportunity, Seen, View

WAD = 10**18
SEARCH_STEPS = 80
"""Of the golden section: enough to bring any interval below a unit of a float."""
GOLDEN = (sqrt(5) - 1) / 2
ROUNDING = 16
"""Native units by which a swap may pay less than its quote."""


class CopyCat(Liquidator):
    """Copies liquidations that wait in the public pool, with a tip an eighth higher.

    Looks for no liquidations itself: what someone else has sent is worth a look, and it takes
    it, at the size its own capital allows, when its own valuation pays `min_profit` at the
    higher tip: front-running a liquidation (Daian et al., Flash Boys 2.0, 2020). Makes no
    margin calls. Believes that whoever bids in public does not answer, so it bids no more
    than needed. Inventory as any `Liquidator`.
    """

    role = "searcher"
    watches_mempool = True
    answers_bids = True

    def decide(self, view: View) -> Sequence[Intent]:
        copied = {
            (seen.intent.account, seen.intent.asset)
            for seen in view.mempool
            if isinstance(seen.intent, Liquidate | FlashLiquidate)
        }
        worth = Opportunities(o for o in view.opportunities if (o.account, o.asset) in copied)
        return super().decide(replace(view, opportunities=worth))

    def act_on(self, opportunity: Opportunity, means: Means) -> Intent | None:
        return None if opportunity.callable else super().act_on(opportunity, means)

    def offer(self, take: Take, means: Means) -> Bid:
        return self.capped(
            bid(means.market, max(GWEI, int(take.opportunity.rival_tip * OUTBID) + 1))
        )


class Sandwicher(Participant):
    """Puts two swaps around someone's swap in the public pool, as one bundle.

    First it sells what the victim sells, which moves the price against the victim; then, after
    the victim's swap moved it further, it swaps back what it got. On x·y = k with fee f, and
    a = 1 − f, a victim who sells v still gets its least m when the front-run q satisfies
    (x + a·q)(x + q + a·v) ≤ x·y·a·v/m, a quadratic in q (`largest_front`); without fee that is
    also the best size, with one the best lies at it or below and is searched for
    (`best_front`; after Zhou et al., High-Frequency Trading on Decentralized On-Chain
    Exchanges, 2021). Acts where the profit after gas, less the share of it that is paid to the
    builder, is `min_profit`; losing costs nothing, since a bundle that fails is not included.
    One bundle a block. Capital: its wallet, of which it ends with more of the token sold.
    """

    role = "searcher"
    every_block = True
    watches_mempool = True
    answers_bids = True

    def __init__(
        self, model: mesa.Model, name: str, address: bytes, *, min_profit: float, bid_share: float
    ) -> None:
        super().__init__(model, name, address)
        self.min_profit = min_profit
        self.bid_share = bid_share

    def decide(self, view: View) -> Sequence[Intent]:
        if view.pending:
            return ()
        found = [bundle for seen in view.mempool if (bundle := self.around(seen, view))]
        if not found:
            return ()
        best = max(found, key=lambda bundle: bundle.payment)
        return (replace(best, payment=min(best.payment, view.wallet.wei // 2)),)

    def around(self, seen: Seen, view: View) -> Bundle | None:
        victim, market = seen.intent, view.market
        if not isinstance(victim, Swap) or seen.max_fee < market.base_fee:
            return None
        pool = market.pools[victim.pool]
        if pool is None or pool.collateral == 0:
            return None
        held = view.wallet.stable if victim.sell_stable else view.wallet.tokens[victim.pool]
        front = best_front(pool, victim, held)
        got = pool.quote(victim.sell_stable, front)
        back = got - ROUNDING
        if front <= 0 or back <= 0:
            return None
        gas = market.gas_usd(2 * SWAP_GAS, 0)
        gain = self.worth(sandwich(pool, victim, front), victim, market) - gas
        if (1 - self.bid_share) * gain < self.min_profit:
            return None
        offer = Bid(tip=0, max_fee=2 * market.base_fee)
        return Bundle(
            bid=offer,
            parts=(
                _swap(offer, victim.pool, victim.sell_stable, front, back),
                Theirs(seen.sequence),
                _swap(offer, victim.pool, not victim.sell_stable, back, front),
            ),
            payment=int(self.bid_share * gain / market.eth_usd * 1e18),
        )

    def worth(self, amount: float, victim: Swap, market: Market) -> float:
        """USD of so much of the token that the victim sells."""
        if victim.sell_stable:
            return amount / WAD
        unit: int = 10 ** market.terms.assets[victim.pool].decimals
        return amount / unit * market.prices[victim.pool]


def largest_front(pool: Pool, victim: Swap) -> float:
    """Most of the victim's token that can be sold before it and leave it its least amount.

    The positive root of a·q² + ((1 + a)·x + a²·v)·q + x·(x + a·v) − x·y·a·v/m = 0; below 0
    when the victim would fail as it is.
    """
    x, y = _sides(pool, victim)
    a, v = 1 - pool.fee, float(victim.amount_in)
    half = ((1 + a) * x + a * a * v) / 2
    constant = x * (x + a * v) - x * y * a * v / max(1, victim.min_out)
    return -constant / (half + sqrt(max(0.0, half * half - a * constant)))


def sandwich(pool: Pool, victim: Swap, front: float) -> float:
    """What a front-run of that size earns, in the token that the victim sells."""
    x, y = _sides(pool, victim)
    a = 1 - pool.fee
    got = _out(x, y, a, front)
    x, y = x + front, y - got
    x, y = x + victim.amount_in, y - _out(x, y, a, victim.amount_in)
    return _out(y, x, a, got) - front


def best_front(pool: Pool, victim: Swap, capital: int) -> int:
    """The front-run that earns most within the victim's least amount and the capital; 0 when
    none earns anything."""
    most = min(largest_front(pool, victim) * (1 - 1e-9), float(capital))
    if most <= 0:
        return 0
    best = _maximise(lambda front: sandwich(pool, victim, front), most)
    return int(best) if sandwich(pool, victim, best) > 0 else 0


def _maximise(of: Callable[[float], float], most: float) -> float:
    """Where in [0, most] a function with one peak is largest, by golden section; the end itself
    when it rises all the way."""
    low, high = 0.0, most
    for _ in range(SEARCH_STEPS):
        left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
        if of(left) < of(right):
            low = left
        else:
            high = right
    middle = (low + high) / 2
    return most if of(most) >= of(middle) else middle


def _sides(pool: Pool, victim: Swap) -> tuple[float, float]:
    """Reserves of the token that the victim sells and of the one that it buys."""
    into, out = float(pool.stable), float(pool.collateral)
    return (into, out) if victim.sell_stable else (out, into)


def _out(into: float, out: float, keep: float, amount: float) -> float:
    return out * keep * amount / (into + keep * amount)


def _swap(offer: Bid, pool: int, sell_stable: bool, amount: int, least: int) -> Swap:
    return Swap(bid=offer, pool=pool, sell_stable=sell_stable, amount_in=amount, min_out=least)
