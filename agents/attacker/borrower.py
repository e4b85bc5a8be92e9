"""Borrowing against a price that is gone."""

from __future__ import annotations

from collections.abc import Sequence

import mesa

from agents.base import GWEI, Participant, bid
from agents.intent import Bid, Borrow, Deposit, Intent, Open, Swap
from agents.market import Market
from agents.view import Report, View

SLACK = 0.001
"""Of what it may borrow, left for the interest until its transaction is executed."""
SLIPPAGE = 0.002


class StaleBorrower(Participant):
    """Sells the protocol collateral that its oracle overprices: deposits it, borrows all that the
    initial requirement allows, and never comes back.

    It buys on the pool as long as the last unit bought lends more than it costs: where the
    oracle stands above the market by more than the initial margin. What it borrows buys the
    next round, until the pool, a ceiling or a price that is no longer valid ends it. (Venus and
    LUNA, May 2022: a feed that was paused cost 11 million USD.)
    """

    role = "attacker"
    every_block = True

    def __init__(
        self, model: mesa.Model, name: str, address: bytes, *, tip_gwei: float = 3.0
    ) -> None:
        super().__init__(model, name, address)
        self.tip = int(tip_gwei * GWEI)

    def stirs(self, market: Market, reported: Report | None) -> bool:
        return any(lends_more(market, asset) for asset in range(len(market.prices)))

    def decide(self, view: View) -> Sequence[Intent]:
        if view.pending:
            return ()
        offer = bid(view.market, self.tip)
        for asset in range(len(view.market.prices)):
            if lends_more(view.market, asset):
                return self.exploit(view, asset, offer)
        return ()

    def exploit(self, view: View, asset: int, offer: Bid) -> Sequence[Intent]:
        """The next step of a round: open an account, buy, deposit and borrow."""
        pool = view.market.pools[asset]
        if view.market.terms.opens and not view.positions:
            return (Open(bid=offer),)
        if view.wallet.tokens[asset]:
            return self.deposit_and_borrow(view, asset, offer)
        if pool is None:
            return ()
        amount = min(view.wallet.stable, pool.room(True, lent(view.market, asset)))
        least = int(pool.quote(True, amount) * (1 - SLIPPAGE))
        if not least:
            return ()
        return (Swap(bid=offer, pool=asset, sell_stable=True, amount_in=amount, min_out=least),)

    def deposit_and_borrow(self, view: View, asset: int, offer: Bid) -> Sequence[Intent]:
        amount = view.wallet.tokens[asset]
        own = view.positions[0] if view.positions else None
        account, free = (own.account, own.collateral - own.initial - own.debt) if own else (0, 0)
        deposit = Deposit(bid=offer, account=account, asset=asset, amount=amount)
        borrowed = int((free + amount * lent(view.market, asset)) * (1 - SLACK))
        if borrowed < view.market.terms.min_debt:
            return (deposit,)
        return deposit, Borrow(bid=offer, account=account, amount=borrowed)


def lends_more(market: Market, asset: int) -> bool:
    """Whether a unit lends more than it costs on the pool, its fee included."""
    pool = market.pools[asset]
    if pool is None or not pool.collateral or market.paused & 1 or not market.oracle_valid[asset]:
        return False
    return lent(market, asset) > pool.price(sell_stable=True)


def lent(market: Market, asset: int) -> float:
    """What a native unit deposited lends, stable units."""
    terms = market.terms.assets[asset]
    worth: float = market.oracle[asset] / 10**terms.decimals
    return worth * (1 - terms.initial)
