"""What liquidators believe: of rivals, of their own sales, of the price until they are done."""

from __future__ import annotations

from dataclasses import replace
from math import sqrt
from typing import Any

import pytest

from agents.intent import Bundle, FlashLiquidate, Liquidate
from agents.inventory import PACE, YEAR, price_risk
from agents.keepers import FlashKeeper, Keeper, PrivateKeeper
from agents.liquidator import PRIOR, Liquidator
from tests.agents.views import (
    DEEP,
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

RICH = replace(wallet(stable=1e9), wei=1_000 * WAD)


def make(kind: type[Liquidator], **terms: Any) -> Any:
    return liquidator(
        kind, **{"min_profit": 0.0, "failure_rate": 0.5, "max_tip_gwei": 1e6, **terms}
    )


@pytest.mark.parametrize("failed", [0, 1, 5, 16])
def test_believed__own_record__counts_against_the_first_belief(failed: int) -> None:
    record = (False,) * failed + (True,) * 3
    found = make(Liquidator).believed(view(record=record))
    assert found == pytest.approx((PRIOR * 0.5 + failed) / (PRIOR + failed + 3))


def test_flash__beaten_again_and_again__stops_where_it_no_longer_pays() -> None:
    """A failure costs gas at its own bid: with enough of them small gains are left alone."""
    seen = view(opportunities=(opportunity(),), wallet=RICH, market=market(pools=(DEEP,)))
    keeper = make(FlashKeeper, min_profit=5.0)
    assert keeper.decide(seen)
    assert not keeper.decide(replace(seen, record=(False,) * 200))


@pytest.mark.parametrize(("rivals", "share"), [(0, 0.2), (1, 0.5), (3, 0.75), (9, 0.9)])
def test_private__sealed_bid__n_of_n_plus_one_and_never_less_than_its_least(
    rivals: int, share: float
) -> None:
    """The equilibrium among n + 1 whose gains are independent and uniform (Vickrey 1961)."""
    seen = view(opportunities=(opportunity(),), wallet=RICH, market=market(pools=(DEEP,)))
    (bundle,) = make(PrivateKeeper, rivals=rivals).decide(seen)
    assert isinstance(bundle, Bundle)
    gain = 400 - MARKET.gas_usd(190_000 + 120_000, 0)
    assert bundle.payment / WAD * 200 == pytest.approx(share * gain, rel=1e-6)


def test_decide__several_at_once__each_is_sized_for_the_pool_the_others_leave() -> None:
    flood = [
        opportunity(account=a, debt=int(8e25), repaid=int(4e25), seized=int(2.1e23))
        for a in (1, 2, 3)
    ]
    found = make(FlashKeeper).decide(view(opportunities=tuple(flood), wallet=RICH))
    assert isinstance(found[0], FlashLiquidate)
    sizes = [each.max_repay for each in found]
    assert sizes == sorted(sizes, reverse=True)
    assert sum(sizes[1:]) < 0.05 * sizes[0]


def test_decide__collateral_it_holds_or_has_on_the_way__is_in_the_pool_it_reckons_with() -> None:
    flood = opportunity(debt=int(8e25), repaid=int(4e25), seized=int(2.1e23))
    (free,) = make(Keeper).decide(view(opportunities=(flood,), wallet=RICH))
    laden = replace(RICH, tokens=(1_000 * WAD,))
    held = [
        i
        for i in make(Keeper).decide(view(opportunities=(flood,), wallet=laden))
        if isinstance(i, Liquidate)
    ]
    coming = replace(free, account=9, min_seize=int(0.98 * 1_000 * WAD), max_repay=1)
    (waiting,) = make(Keeper).decide(
        view(opportunities=(flood,), wallet=RICH, pending=sent(coming))
    )
    assert isinstance(free, Liquidate)
    assert held[0].max_repay < free.max_repay
    assert waiting.max_repay == pytest.approx(held[0].max_repay, rel=1e-6)


def test_price_risk__a_deviation_until_all_is_sold() -> None:
    """Of a year's 100 %, over a block and one for each part of the pool that a block takes."""
    rough = market(volatility=(1.0,))
    amount = 9 * PACE * POOL.collateral
    assert price_risk(rough, 0, amount) == pytest.approx(sqrt(10 * 12 / YEAR))
    assert price_risk(MARKET, 0, amount) == 0


def test_keeper__price_may_fall_by_more_than_the_penalty__leaves_it() -> None:
    account = opportunity(seized=int(5_000 * 1.01 / 200 * WAD))
    calm, wild = market(pools=(DEEP,)), market(pools=(DEEP,), volatility=(40.0,))
    assert make(Keeper).decide(view(opportunities=(account,), wallet=RICH, market=calm))
    assert not make(Keeper).decide(view(opportunities=(account,), wallet=RICH, market=wild))
