"""Where the world outside has depth: what liquidators sell where, and what arbitrageurs carry."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from agents.arbitrageur import Arbitrageur
from agents.intent import Liquidate, Owed, Swap, VenueOrder
from agents.inventory import CAUTION, PATIENCE, Inventory, disposal, proceeds
from agents.keepers import FlashKeeper, PrivateKeeper
from agents.liquidator import Liquidator
from agents.market import Pool
from sim.market.venue import Venue
from sim.scenario import VenueTerms
from tests.agents.views import (
    ADDRESS,
    BTC,
    MARKET,
    WAD,
    market,
    opportunity,
    someone,
    view,
    wallet,
)

POOL = Pool(10_000 * WAD, 2_000_000 * WAD, 0.003)


def book(scale: float = 0.02) -> Any:
    """480,000 USD within 1 % of 200."""
    return Venue(VenueTerms(model="depth", scale=scale), 18, 200.0).book


def outside(scale: float = 0.02, **changes: Any) -> Any:
    return market(**{"pools": (POOL,), "venues": (book(scale),), **changes})


def liquidator(kind: type[Liquidator] = Liquidator, inventory: Inventory = Inventory.SELL) -> Any:
    return kind(
        someone(),
        "liquidator-0",
        ADDRESS,
        min_profit=20.0,
        failure_rate=0.1,
        bid_share=0.2,
        max_tip_gwei=500.0,
        inventory=inventory,
    )


def test_proceeds__pool_and_venue__more_than_either_alone():
    amount = 3_000 * WAD
    both = proceeds(Inventory.SELL, outside(), 0, amount)
    assert both > max(POOL.quote(False, amount), book().quote(False, amount))


def test_disposal__sells_on_both_until_each_is_at_the_floor():
    sales = disposal(Inventory.SELL, outside(), 0, 10**6 * WAD)
    (swap,) = [s for s in sales if isinstance(s, Swap)]
    (order,) = [s for s in sales if isinstance(s, VenueOrder)]
    floor = 200 * (1 - PATIENCE)
    assert swap.amount_in == pytest.approx(POOL.room(False, floor), rel=1e-4)
    assert order.amount_in == pytest.approx(book().room(False, floor), rel=1e-4)


def test_disposal__no_pool__all_to_the_venue():
    (order,) = disposal(Inventory.SELL, outside(pools=(None,)), 0, 10 * WAD)
    assert (order.asset, order.sell_stable, order.amount_in) == (0, False, 10 * WAD)


def test_disposal__hedged__at_the_venue_whatever_the_price():
    (order,) = disposal(Inventory.HEDGE, outside(), 0, 10**5 * WAD)
    assert isinstance(order, VenueOrder)
    assert order.amount_in == 10**5 * WAD


def test_size__no_more_than_pays_at_the_last_unit():
    """27 ETH for 5,000 USD cost 185.2 each: a thin market takes a part of them at that."""
    thin = outside(scale=1e-5, pools=(replace(POOL, collateral=10 * WAD, stable=2_000 * WAD),))
    seen = view(opportunities=(opportunity(),), wallet=wallet(stable=1e9), market=thin)
    (attempt,) = [i for i in liquidator().decide(seen) if isinstance(i, Liquidate)]
    seized = attempt.min_seize / CAUTION
    price = 5_000 / 27
    left = thin.venues[0].room(False, price) + thin.pools[0].room(False, price)
    assert seized == pytest.approx(left, rel=1e-3)
    assert seized < 27 * WAD


@pytest.mark.parametrize("kind", [PrivateKeeper, FlashKeeper])
def test_size__sold_in_the_same_transaction__the_pool_alone_counts(kind):
    deep = view(opportunities=(opportunity(),), wallet=wallet(stable=1e9), market=outside(1.0))
    without = replace(deep, market=replace(deep.market, venues=()))
    assert liquidator(kind).decide(deep) == liquidator(kind).decide(without)


# --------------------------------------------------------------- what is held and what is short

TWO = replace(MARKET.terms, assets=(*MARKET.terms.assets, BTC))


def two(**changes: Any) -> Any:
    return market(terms=TWO, prices=(200.0, 200.0), pools=(POOL, None), venues=(book(), _btc()))


def _btc() -> Any:
    return Venue(VenueTerms(model="depth"), 8, 200.0).book


def test_several_collaterals__seizes_the_one_that_brings_most():
    """In ether the pool and a thin venue; in bitcoin a deep one."""
    shown = (
        opportunity(repaid=10**6 * WAD, seized=5_400 * WAD, debt=2 * 10**6 * WAD),
        opportunity(asset=1, repaid=10**6 * WAD, seized=5_400 * 10**8, debt=2 * 10**6 * WAD),
    )
    rich = replace(wallet(stable=1e9), tokens=(0, 0))
    seen = view(opportunities=shown, wallet=rich, market=two())
    (attempt,) = [i for i in liquidator().decide(seen) if isinstance(i, Liquidate)]
    assert attempt.asset == 1


@pytest.mark.parametrize("stable", [5_000, 4_000, 0])
def test_hold__short_of_stable__sells_of_each_what_is_missing(stable):
    """It holds 100 of each at 200, which it counts for 98 % of it; 5,000 could be repaid."""
    held = replace(wallet(stable=stable), tokens=(100 * WAD, 100 * 10**8))
    seen = view(opportunities=(opportunity(),), wallet=held, market=two())
    sales = liquidator(inventory=Inventory.HOLD).sales(seen)
    missing = (5_000 - stable) / (200 * 200 * 0.98)
    sold = {0: 0.0, 1: 0.0}
    for sale in sales:
        asset = sale.pool if isinstance(sale, Swap) else sale.asset
        sold[asset] += sale.amount_in / (100 * 10 ** (18 if asset == 0 else 8))
    assert sold == pytest.approx({0: missing, 1: missing}, rel=1e-6)
    assert bool(sales) == (missing > 0)


def test_hold__what_the_venue_owes__is_not_raised_again():
    held = replace(wallet(), tokens=(100 * WAD, 0))
    coming = (Owed(0, ADDRESS, None, 5_000 * WAD),)
    seen = view(opportunities=(opportunity(),), wallet=held, market=two(), owed=coming)
    assert liquidator(inventory=Inventory.HOLD).sales(seen) == []


# ---------------------------------------------------------------------------- arbitrageurs


def arbitrageur(stock: float = 100.0) -> Arbitrageur:
    return Arbitrageur(
        someone(), "arbitrageur-0", ADDRESS, min_profit=10.0, tip_gwei=2.0, stock=[int(stock * WAD)]
    )


RICH = replace(wallet(stable=1e7), tokens=(100 * WAD,))
CHEAP = Pool(10_000 * WAD, 1_900_000 * WAD, 0.003)


def test_arbitrageur__pool_below_the_venues_bids__buys_until_they_meet():
    seen = view(wallet=RICH, market=outside(pools=(CHEAP,)))
    (trade,) = arbitrageur().decide(seen)
    assert isinstance(trade, Swap)
    assert trade.sell_stable
    bought = CHEAP.quote(True, trade.amount_in)
    marginal = (CHEAP.stable + trade.amount_in * 0.997) / (CHEAP.collateral - bought) / 0.997
    assert book().after(False, bought).price(False) == pytest.approx(marginal, rel=1e-3)


def test_arbitrageur__pool_between_the_venues_prices__does_nothing():
    near = Pool(10_000 * WAD, 2_002_000 * WAD, 0.003)
    assert arbitrageur().decide(view(wallet=RICH, market=outside(pools=(near,)))) == []


@pytest.mark.parametrize(("held", "sells_stable"), [(150, False), (50, True)])
def test_arbitrageur__stock_away_from_where_it_was__brings_it_back_at_the_venue(held, sells_stable):
    off = replace(RICH, tokens=(held * WAD,))
    (order,) = arbitrageur().decide(view(wallet=off, market=outside()))
    assert isinstance(order, VenueOrder)
    assert order.sell_stable == sells_stable
    worth = order.amount_in / WAD * (1 if sells_stable else 200)
    assert worth == pytest.approx(50 * 200, rel=1e-3)


def test_arbitrageur__bought_back_but_not_yet_paid_out__does_not_buy_twice():
    off = replace(RICH, tokens=(50 * WAD,))
    coming = (Owed(0, ADDRESS, 0, 50 * WAD),)
    assert arbitrageur().decide(view(wallet=off, market=outside(), owed=coming)) == []
