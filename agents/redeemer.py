"""Redeemers: they turn the stable into collateral at face value where that pays."""

from __future__ import annotations

from collections.abc import Sequence

from agents.base import bid
from agents.dealer import Dealer
from agents.intent import Bid, Intent, Redeem, Swap
from agents.market import Market
from agents.view import Position, View

REDEEM_GAS, SWAP_GAS = 150_000, 120_000
"""Roughly; only to judge whether it pays."""
CAUTION = 0.998
"""Least part of what it reckons with that it accepts."""


class Redeemer(Dealer):
    """Redeems where the pool pays more for collateral than the protocol's price less its fee,
    and sells there what it gets.

    That is so while the oracle is late in a rise, or the stable is cheap on the pool. With p
    what the protocol takes for a unit of collateral, its price over 1 − fee, the best size is
    what brings the pool's marginal price after its fee down to p. Only accounts between their
    two requirements can be redeemed against: it takes the weakest, and leaves no debt or the
    least. What it could not sell at once it sells when the pool pays the outside price.
    """

    role = "searcher"
    watches_accounts = True

    def decide(self, view: View) -> Sequence[Intent]:
        if view.pending:
            return ()
        market, offer = view.market, bid(view.market, self.tip)
        left = [self.sale(asset, view, offer) for asset in range(len(market.pools))]
        if any(left):
            return [sale for sale in left if sale]
        for position in view.watched:
            if can_be_redeemed(position):
                intents = self.redeem(position, view, offer)
                if intents:
                    return intents
        return ()

    def redeem(self, position: Position, view: View, offer: Bid) -> Sequence[Intent]:
        """A redemption and the sale of what it brings; nothing where that does not pay."""
        market = view.market
        asset = next(i for i, amount in enumerate(position.amounts) if amount)
        pool, price = market.pools[asset], price_of(market, asset)
        if pool is None or price <= 0:
            return ()
        best = int(pool.room(False, price) * price)
        amount = allowed(position, min(best, view.wallet.stable), market.terms.min_debt)
        taken = int(amount / price)
        out = pool.quote(False, taken)
        cost = market.gas_usd(REDEEM_GAS + SWAP_GAS, offer.tip)
        if (out - amount) / 10**18 - cost < self.min_profit:
            return ()
        account, sold = position.account, int(taken * CAUTION)
        least = int(pool.quote(False, sold) * CAUTION)
        return (
            Redeem(bid=offer, account=account, asset=asset, amount=amount, min_out=sold),
            Swap(bid=offer, pool=asset, sell_stable=False, amount_in=sold, min_out=least),
        )

    def sale(self, asset: int, view: View, offer: Bid) -> Swap | None:
        """Of what an earlier redemption left in the wallet."""
        market, pool, held = view.market, view.market.pools[asset], view.wallet.tokens[asset]
        if pool is None or held == 0:
            return None
        unit = 10 ** market.terms.assets[asset].decimals
        out = pool.quote(False, held)
        dear = out / 10**18 >= held / unit * market.prices[asset]
        if not dear or out / 10**18 < 10 * market.gas_usd(SWAP_GAS, offer.tip):
            return None
        least = int(out * CAUTION)
        return Swap(bid=offer, pool=asset, sell_stable=False, amount_in=held, min_out=least)


def can_be_redeemed(position: Position) -> bool:
    """It owes, and is between its initial and its maintenance requirement."""
    equity = position.equity
    return (
        position.valid and position.debt > 0 and position.maintenance <= equity < position.initial
    )


def price_of(market: Market, asset: int) -> float:
    """Stable units that redeeming takes for a native unit of collateral."""
    fee = market.terms.redemption_fee or 0.0
    unit: int = 10 ** market.terms.assets[asset].decimals
    return market.oracle[asset] / unit / (1 - fee)


def allowed(position: Position, amount: int, min_debt: int) -> int:
    """Of an amount, what leaves the account without debt or with the least."""
    if amount >= position.debt:
        return position.debt
    return max(0, min(amount, position.debt - min_debt))
