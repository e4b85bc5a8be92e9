"""Who flees from the reserve coin into the stable."""

from __future__ import annotations

from collections.abc import Sequence

import mesa

from agents.base import GWEI, Participant, bid
from agents.intent import Bid, Intent, PegMint, PegRedeem, PegSwap
from agents.market import Peg
from agents.peg.chain import into
from agents.peg.routes import CAUTION, WAD
from agents.view import View, Wallet


class CoinHolder(Participant):
    """Holds the reserve coin while it trusts it. Below its trust it swaps what it has into the
    stable at par as long as the module takes it. Then it trades on the pool, where it takes the
    stable for 1 USD and the coin for its price outside. Once it trusts the coin again it swaps
    back what the module gives at par.

    In March 2023 that is how a failing coin came to fill the module of another stable.
    """

    role = "holder"

    def __init__(
        self,
        model: mesa.Model,
        name: str,
        address: bytes,
        *,
        trust: float,
        looks: Sequence[float],
        tip_gwei: float,
    ) -> None:
        """``trust``: USD of the coin below which it leaves. ``looks``: seconds since block 0 at
        which it looks."""
        super().__init__(model, name, address)
        self.trust = trust
        self.looks = looks
        self.tip = int(tip_gwei * GWEI)

    def wake_times(self) -> Sequence[float]:
        return self.looks

    def decide(self, view: View) -> Sequence[Intent]:
        peg = view.market.peg
        if view.pending or peg is None:
            return ()
        offer = bid(view.market, self.tip)
        if peg.coin_usd < self.trust:
            return self.leave(peg, view.wallet, offer)
        back = min(view.wallet.stable, peg.redeemable)
        return (PegRedeem(bid=offer, amount_in=back),) if back > WAD else ()

    def leave(self, peg: Peg, wallet: Wallet, offer: Bid) -> Sequence[Intent]:
        at_par = min(wallet.coin, peg.mintable * peg.coin_unit // WAD)
        if at_par >= peg.coin_unit and peg.gives * peg.coin_unit * peg.coin_usd <= WAD:
            return (PegMint(bid=offer, amount_in=at_par),)
        worth = peg.unit_usd * WAD
        for sell_stable, held, price in (
            (False, wallet.coin, 1 / worth),
            (True, wallet.stable, worth),
        ):
            amount = min(held, int(into(peg.pool, sell_stable).best(price)))
            paid = peg.pool.quote(sell_stable, amount)
            if amount * (1 if sell_stable else worth) > WAD and paid:
                least = int(paid * CAUTION)
                swap = PegSwap(bid=offer, sell_stable=sell_stable, amount_in=amount, min_out=least)
                return (swap,)
        return ()
