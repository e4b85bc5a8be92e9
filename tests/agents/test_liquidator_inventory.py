"""What seized collateral is worth to a liquidator, and what it does with it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agents.intent import Bid, Liquidate, Swap
from agents.inventory import HEDGE_COST, HOLD_DISCOUNT, Inventory, proceeds
from agents.market import Market
from agents.take import Means
from agents.view import Opportunities, Seen, View
from tests.agents.views import (
    GWEI,
    MARKET,
    POOL,
    WAD,
    liquidator,
    market,
    opportunity,
    sent,
    view,
    wallet,
)

SHALLOW = replace(POOL, collateral=100 * WAD, stable=20_000 * WAD)
"""At the price outside, but 27 ETH move it by a third."""


def attempts(seen: View, inventory: Inventory, limit: int | None = None) -> list[Liquidate]:
    found = liquidator(inventory=inventory, capital_limit=limit).decide(seen)
    return [intent for intent in found if isinstance(intent, Liquidate)]


def facing(**changes: object) -> View:
    shown = (opportunity(),)
    return view(opportunities=shown, wallet=wallet(stable=1e9), market=market(**changes))


@pytest.mark.parametrize(
    ("inventory", "worth"),
    [(Inventory.HOLD, 200 * (1 - HOLD_DISCOUNT)), (Inventory.HEDGE, 200 * (1 - HEDGE_COST))],
)
def test_proceeds__not_sold__price_outside_less_the_cost_of_keeping(
    inventory: Inventory, worth: float
) -> None:
    found = proceeds(inventory, market(pools=(SHALLOW,)), 0, 27 * WAD)
    assert found == pytest.approx(27 * worth * WAD, rel=1e-12)


def test_proceeds__to_be_sold__what_the_pool_pays() -> None:
    found = proceeds(Inventory.SELL, market(pools=(SHALLOW,)), 0, 27 * WAD)
    assert found == SHALLOW.quote(False, 27 * WAD) < 4_300 * WAD


@pytest.mark.parametrize(
    ("inventory", "whole"),
    [(Inventory.SELL, False), (Inventory.HOLD, True), (Inventory.HEDGE, True)],
)
def test_size__shallow_pool__limits_only_who_sells_there(inventory: Inventory, whole: bool) -> None:
    account = opportunity()
    best = liquidator(inventory=inventory).best_repay(account, market(pools=(SHALLOW,)))
    assert (best == account.repaid) is whole


def test_decide__margin_between_holding_and_hedging__only_the_hedged_one_acts() -> None:
    """27 ETH for 5,315 USD: 1.6 % below the price outside."""
    thin = opportunity(debt=10_630 * WAD, repaid=5_315 * WAD)
    seen = replace(facing(), opportunities=Opportunities((thin,)))
    assert attempts(seen, Inventory.HEDGE)
    assert not attempts(seen, Inventory.HOLD)


@pytest.mark.parametrize(
    ("spot", "sells"),
    [
        (0.985, set()),
        (0.995, {Inventory.SELL}),
        (1.005, {Inventory.SELL, Inventory.HEDGE}),
    ],
)
def test_sales__by_where_the_pool_stands_to_the_price_outside(
    spot: float, sells: set[Inventory]
) -> None:
    pool = replace(POOL, stable=int(POOL.stable * spot))
    seen = view(wallet=wallet(tokens=(27,)), market=market(pools=(pool,)))
    assert {i for i in Inventory if liquidator(inventory=i).decide(seen)} == sells


def waits(swap: Swap, max_fee: int = 100 * GWEI) -> Seen:
    return Seen(0, "other-0", "liquidator", swap, 2 * GWEI, max_fee, since=0)


def swap(sell_stable: bool, amount: int, least: int = 0) -> Swap:
    return Swap(
        bid=Bid(2 * GWEI, 100 * GWEI), pool=0, sell_stable=sell_stable,
        amount_in=amount * WAD, min_out=least * WAD,
    )  # fmt: skip


FULL, BELOW = market(), market(pools=(replace(POOL, stable=int(POOL.stable * 0.985)),))


@pytest.mark.parametrize(
    ("shown", "waiting", "sells"),
    [
        (FULL, None, True),
        (FULL, waits(swap(False, 400)), False),
        (FULL, waits(swap(False, 400), max_fee=11 * GWEI), True),
        (FULL, waits(swap(False, 400, 79_800)), True),
        (BELOW, None, False),
        (BELOW, waits(swap(True, 200_000)), True),
    ],
    ids=["room", "a rival takes it", "cannot pay the base fee", "will fail", "none", "is made"],
)
def test_sales__swaps_that_wait_in_the_pool__come_first(
    shown: Market, waiting: Seen | None, sells: bool
) -> None:
    seen = view(
        wallet=wallet(tokens=(27,)), market=shown, mempool=() if waiting is None else (waiting,)
    )
    assert bool(liquidator(inventory=Inventory.SELL).decide(seen)) is sells


def test_sales__after_a_rivals__on_chain_bring_what_they_ask() -> None:
    """It offers what the rival's sale leaves room for, and no more than that is accepted."""
    rival = swap(False, 200)
    seen = view(wallet=wallet(tokens=(1_000,)), mempool=(waits(rival),))
    (sale,) = liquidator(inventory=Inventory.SELL).decide(seen)
    assert isinstance(sale, Swap)
    left = POOL.after(False, rival.amount_in)
    assert left.quote(False, sale.amount_in) >= sale.min_out
    (alone,) = liquidator(inventory=Inventory.SELL).decide(replace(seen, mempool=()))
    assert isinstance(alone, Swap)
    assert left.quote(False, alone.amount_in) < alone.min_out


def test_sales__hedged__last_unit_brings_the_price_outside() -> None:
    pool = replace(POOL, stable=int(POOL.stable * 1.05))
    seen = view(wallet=wallet(tokens=(1e6,)), market=market(pools=(pool,)))
    (sale,) = liquidator(inventory=Inventory.HEDGE).decide(seen)
    assert isinstance(sale, Swap)
    paid = sale.amount_in * (1 - pool.fee)
    marginal = pool.stable * pool.collateral / (pool.collateral + paid) ** 2
    assert marginal * (1 - pool.fee) == pytest.approx(200.0, rel=1e-9)


def test_capital_limit__caps_what_is_out_in_attempts() -> None:
    (found,) = attempts(facing(), Inventory.SELL, limit=2_000 * WAD)
    assert found.max_repay == 2_000 * WAD
    other = replace(facing(), pending=sent(replace(found, account=9, max_repay=1_500 * WAD)))
    (second,) = attempts(other, Inventory.SELL, limit=2_000 * WAD)
    assert second.max_repay == 500 * WAD


def test_expected__gas_of_a_sale_is_only_for_who_sells() -> None:
    seller, holder = liquidator(inventory=Inventory.SELL), liquidator(inventory=Inventory.HOLD)
    means = Means(MARKET, 10**30, 0.1)
    take = seller.size(opportunity(), means)
    assert take is not None
    saved = holder.expected(take, 0, means) - seller.expected(take, 0, means)
    assert saved == pytest.approx(0.9 * MARKET.gas_usd(120_000, 10**9), rel=1e-9)
