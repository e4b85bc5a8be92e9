"""Who trades wherever two prices of the stable are apart."""

from __future__ import annotations

from collections.abc import Sequence

from agents.base import bid
from agents.dealer import Dealer
from agents.intent import Bid, Intent
from agents.market import Market
from agents.peg.routes import routes
from agents.view import Report, View, Wallet

TWO_STEPS_GAS = 240_000
"""What a swap and a second step cost, roughly; only to judge whether they pay."""
_FREE = Bid(tip=0, max_fee=0)


class PegArbitrageur(Dealer):
    """Trades wherever two prices of the stable are apart, always both steps in one block.

    Between the pool of the coin and the module: a cheap stable is bought and redeemed, a dear
    one is minted and sold. Between either of them and a collateral's pool: coin into stable
    into collateral or the other way, at the prices outside of coin and collateral. That is how
    what borrowers and liquidators do on the collateral's pool reaches the peg. It deals for
    coin and collateral; stable is left over only where a second step failed.
    """

    role = "arbitrageur"

    def stirs(self, market: Market, reported: Report | None) -> bool:
        endless = Wallet(2**100, 2**100, (2**100,) * len(market.prices), 2**100)
        return market.peg is not None and any(
            route.gain > 0 for route in routes(market.peg, market, endless, _FREE)
        )

    def decide(self, view: View) -> Sequence[Intent]:
        """The one way round that earns most; it looks again when that is done."""
        market = view.market
        if view.pending or market.peg is None:
            return ()
        offer = bid(market, self.tip)
        found = routes(market.peg, market, view.wallet, offer)
        if not found:
            return ()
        best = max(found, key=lambda route: route.gain)
        cost = market.gas_usd(TWO_STEPS_GAS, offer.tip)
        return best.steps if best.gain - cost >= self.min_profit else ()
