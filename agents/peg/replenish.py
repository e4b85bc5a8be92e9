"""How a liquidator gets the stable that it does not have."""

from __future__ import annotations

from agents.base import GWEI, bid
from agents.intent import Intent, PegMint, PegSwap
from agents.peg.chain import into
from agents.peg.routes import WAD, minted
from agents.view import View

RUSH = 0.98
"""Least part of a quote that it accepts: others need the stable too."""


def replenish(view: View) -> list[Intent]:
    """For a liquidator with reserve coin: the stable that open liquidations ask for and it does
    not have, minted where the pool is dearer than the module, else bought, at up to half the
    penalty above 1 USD."""
    peg, market = view.market.peg, view.market
    if peg is None or view.wallet.coin < peg.coin_unit:
        return []
    short = sum(o.repaid for o in view.opportunities) - view.wallet.stable
    if short < WAD or any(isinstance(intent, PegSwap | PegMint) for intent in view.waiting):
        return []
    offer = bid(market, GWEI)
    if peg.price * (1 - peg.fee) > 1 and peg.mintable > WAD:
        return [PegMint(bid=offer, amount_in=minted(peg, float(short), view.wallet)[0])]
    chain = into(peg.pool, sell_stable=False)
    limit = (1 + market.terms.max_penalty / 2) / WAD / peg.unit_usd
    amount = int(min(chain.best(limit), chain.reaching(short), view.wallet.coin))
    bought = peg.pool.quote(False, amount)
    if bought < WAD:
        return []
    least = int(bought * RUSH)
    return [PegSwap(bid=offer, sell_stable=False, amount_in=amount, min_out=least)]
