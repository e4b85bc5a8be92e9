"""What liquidators do with seized collateral, and what it is worth to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import Enum, auto
from math import sqrt
from operator import itemgetter

from agents import routing
from agents.base import GWEI, bid
from agents.intent import Bid, Swap, VenueOrder
from agents.market import Market, Pool
from agents.view import Seen, View

SWAP_GAS = 120_000
TRANSFER_GAS = 65_000
CAUTION = 0.98
"""Least part of a quote or a preview that it accepts."""
PATIENCE = 0.009
"""Of the price outside: what a sale gives up, or what the price may lose meanwhile if that is
more; below it the sale reverts. Three fees of an ordinary pool: arbitrageurs leave a falling one
a fee below the outside, and the sale pays another."""
PACE = PATIENCE / 6
"""Of a pool's collateral, what can so be sold on it in a block: half a fee moves the price one."""
YEAR = 365 * 86_400
GASES = 10
"""Sales bring so many times their gas, or wait."""
HOLD_DISCOUNT = 0.02
"""Of the price outside, for bearing its moves."""
HEDGE_COST = 0.002
"""Of the price outside: fees of opening and closing the short."""


class Inventory(Enum):
    """What a liquidator does with seized collateral, and so what it thinks it is worth."""

    SELL = auto()
    """Sold at once on the pool, and at the venue where there is one (`agents.routing`): worth
    what they pay, impact and all. What they do not take at a fair price, or what swaps that wait
    in the public pool take before it, stays in the wallet for arbitrageurs to refill the pool, or
    the venue's orders to come back."""
    HOLD = auto()
    """Kept, which ties up capital: worth the outside price less `HOLD_DISCOUNT`. Sold when there
    is more to liquidate than stable to do it with, of every collateral the same part."""
    HEDGE = auto()
    """Sold short outside at once, whatever the size, so that no later price matters: worth the
    outside price less `HEDGE_COST`, or what the venue's book pays where there is one; then it
    is sold there. Without a venue the short is outside the model and the collateral goes to the
    pool when that is above the outside price."""


def proceeds(inventory: Inventory, market: Market, asset: int, amount: int) -> int:
    """Stable that `amount` is worth: on the pool, or outside where there is none or where it
    does not sell there."""
    pool = market.pools[asset]
    if market.venues and inventory is Inventory.SELL:
        return routing.quote(pool, market.venues[asset], amount)
    if pool is not None and inventory is Inventory.SELL:
        return pool.quote(False, amount)
    if market.venues and inventory is Inventory.HEDGE:
        return market.venues[asset].quote(False, amount)
    unit: int = 10 ** market.terms.assets[asset].decimals
    return int(amount / unit * market.prices[asset] * _part(inventory) * 10**18)


def _part(inventory: Inventory) -> float:
    """Of the price outside, what collateral that is not sold is worth."""
    return 1 - {Inventory.HOLD: HOLD_DISCOUNT, Inventory.HEDGE: HEDGE_COST}.get(inventory, 0.0)


def first_price(inventory: Inventory, market: Market, asset: int) -> float:
    """Stable units that the first native unit is worth, and no other more; see `proceeds`."""
    pool = market.pools[asset]
    on_pool = pool.price(False) if pool is not None and pool.collateral else 0.0
    if market.venues and inventory is not Inventory.HOLD:
        at_venue = market.venues[asset].price(False)
        return at_venue if inventory is Inventory.HEDGE else max(on_pool, at_venue)
    if pool is not None and inventory is Inventory.SELL:
        return on_pool
    unit = 10.0 ** (18 - market.terms.assets[asset].decimals)
    return market.prices[asset] * unit * _part(inventory)


def price_risk(market: Market, asset: int, amount: float) -> float:
    """One standard deviation of the price, as a share of it, until so much is sold: a block, and
    one for each part of the pool that a block takes. 0 where no volatility is known."""
    pool = market.pools[asset]
    if market.venues:
        amount = 0
    if pool is None or pool.collateral == 0 or asset >= len(market.volatility):
        return 0.0
    blocks = 1 + amount / (PACE * pool.collateral)
    years = blocks * market.terms.block_seconds / YEAR
    return market.volatility[asset] * sqrt(years)


def gas_of_sale(inventory: Inventory) -> int:
    return SWAP_GAS if inventory is Inventory.SELL else 0


def best_sale(pool: Pool, discount: float) -> float:
    """Collateral whose sale gains most in total when each unit cost 1/`discount` of the pool's
    price: x·(sqrt((1 − f)·d) − 1)/(1 − f) on x·y = k with fee f."""
    keep = 1 - pool.fee
    return pool.collateral * (sqrt(max(1.0, keep * discount)) - 1) / keep


def sold(market: Market, asset: int, amount: int) -> Market:
    """The market with so much more of a collateral sold."""
    pool = market.pools[asset]
    if market.venues and amount > 0:
        amount, rest = routing.split(pool, market.venues[asset], amount)
        left = market.venues[asset].after(False, rest)
        venues = (*market.venues[:asset], left, *market.venues[asset + 1 :])
        market = replace(market, venues=venues)
    if pool is None or amount <= 0:
        return market
    return _with_pool(market, asset, pool.after(False, amount))


def after_pending(market: Market, mempool: Sequence[Seen]) -> Market:
    """The market once the swaps that wait in the public pool are done: a sale of now, at the
    going tip, comes after them. One that would get less than it accepts is not done."""
    swaps = [
        (seen.tip, seen.intent)
        for seen in mempool
        if isinstance(seen.intent, Swap) and seen.max_fee >= market.base_fee
    ]
    for _, swap in sorted(swaps, key=itemgetter(0), reverse=True):
        pool = market.pools[swap.pool]
        if pool and pool.quote(swap.sell_stable, swap.amount_in) >= swap.min_out:
            market = _with_pool(market, swap.pool, pool.after(swap.sell_stable, swap.amount_in))
    return market


def _with_pool(market: Market, asset: int, pool: Pool) -> Market:
    return replace(market, pools=(*market.pools[:asset], pool, *market.pools[asset + 1 :]))


def disposal(
    inventory: Inventory, market: Market, asset: int, held: int
) -> list[Swap | VenueOrder]:
    """How to sell what is held of a collateral now, where that is worth its gas."""
    if held == 0 or inventory is Inventory.HOLD:
        return []
    price = market.prices[asset] * 10 ** (18 - market.terms.assets[asset].decimals)
    pool, hedged = market.pools[asset], inventory is Inventory.HEDGE
    # Hedged, it can wait until the pool pays more than the world outside.
    risk = price_risk(market, asset, held)
    floor = price if hedged else price * (1 - max(PATIENCE, risk))
    to_pool = to_venue = 0
    if market.venues and hedged:
        to_venue = held
    elif market.venues:
        amount = min(held, routing.room(pool, market.venues[asset], floor))
        to_pool, to_venue = routing.split(pool, market.venues[asset], amount)
    elif pool is not None and pool.collateral:
        to_pool = min(held, pool.room(False, floor))
    offer, sales = bid(market, GWEI), list[Swap | VenueOrder]()
    if to_pool * floor / 10**18 > GASES * market.gas_usd(SWAP_GAS, offer.tip):
        sales.append(sale(offer, asset, to_pool, int(to_pool * floor)))
    if to_venue * floor / 10**18 > GASES * market.gas_usd(TRANSFER_GAS, offer.tip):
        sales.append(VenueOrder(bid=offer, asset=asset, sell_stable=False, amount_in=to_venue))
    return sales


def funding(view: View, budget: int) -> list[Swap | VenueOrder]:
    """Sales out of what is held, where all that could be repaid is more than the budget and what
    is still to be paid out."""
    wanted = {o.account: o.repaid for o in view.opportunities}
    coming = sum(owed.amount for owed in view.owed if owed.asset is None)
    missing = sum(wanted.values()) - budget - coming
    held = view.wallet.tokens
    worth = sum(
        proceeds(Inventory.HOLD, view.market, asset, amount) for asset, amount in enumerate(held)
    )
    if missing <= 0 or not worth:
        return []
    return [
        sale
        for asset, amount in enumerate(held)
        for sale in disposal(
            Inventory.SELL, view.market, asset, amount * min(missing, worth) // worth
        )
    ]


def sale(offer: Bid, asset: int, amount: int, min_out: int) -> Swap:
    """Of collateral, for the stable."""
    return Swap(bid=offer, pool=asset, sell_stable=False, amount_in=amount, min_out=min_out)
