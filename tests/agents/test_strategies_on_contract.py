"""What strategies believe of the core's terms, held against the core itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from agents.attacker.manipulator import target_of, threshold
from agents.intent import Bundle, Liquidate, MarginCall, Swap
from agents.keepers import DutchSniper, SplitKeeper
from agents.market import Terms
from agents.view import Opportunity, Position
from sim.units import MAX_UINT256
from tests.agents.views import (
    ADDRESS,
    DEEP,
    ETH,
    WAD,
    market,
    someone,
    view,
    wallet,
)
from tests.vectors.system import LIQUIDATOR, PERCENT, System, levered

LIMITS = {"min_profit": 0.0, "failure_rate": 0.0, "bid_share": 0.5, "max_tip_gwei": 500.0}
RICH = replace(wallet(stable=10**6), wei=10**6 * WAD)
AUCTION = ("DutchPenalty", 0, 8 * PERCENT, 1_800)


def terms_of(system: System, rise: float = 0.0) -> Terms:
    """As the deployment has them; its asset keeps 30, 20 and 15 %."""
    config = system.config
    return Terms(
        assets=(replace(ETH, initial=0.3, maintenance=0.2, close_out=0.15),),
        min_debt=config.min_debt,
        max_penalty=0.08,
        grace=config.grace,
        block_seconds=12,
        close_factor=config.close_factor / WAD,
        full_liquidation_health=config.full_liquidation_health / WAD,
        reserve_share=config.reserve_share / WAD,
        penalty_floor=config.liquidator_floor / WAD,
        penalty_rise=rise,
    )


def preview(system: System, account: int) -> dict[str, int]:
    words = system.read(system.core.preview_liquidate, account, system.token(), MAX_UINT256)
    names = ("allowed", "repaid", "seized", "reserve_cut", "penalty")
    return dict(zip(names, words, strict=True))


def shown(system: System, account: int, **changes: Any) -> Opportunity:
    """The account as the model shows it to liquidators."""
    words = preview(system, account)
    usual = Opportunity(
        account=account,
        asset=0,
        callable=False,
        debt=system.debt_of(account),
        repaid=words["repaid"] if words["allowed"] else 0,
        seized=words["seized"],
        rival_tip=-1,
        health=system.read(system.core.health_factor, account) / WAD,
        penalty=words["penalty"] / WAD,
        held=system.collateral_of(account),
    )
    return replace(usual, **changes)


@pytest.mark.parametrize("price", [1_430, 1_450, 1_470, 1_490, 1_499])
def test_split__core_takes_both_steps__and_more_than_one_step(price: int) -> None:
    """12,000 owed against ten ether: health from .953 to .999, threshold at 1,500."""
    system, account = levered(grace=0)
    system.price(0, price * WAD)
    before = shown(system, account)
    sea = market(terms=terms_of(system), prices=(float(price),), pools=(DEEP,), base_fee=1)
    sea = replace(sea, pools=(replace(DEEP, stable=price * DEEP.collateral),))
    keeper = SplitKeeper(someone(), "split-0", ADDRESS, **LIMITS)
    (bundle,) = keeper.decide(view(market=sea, wallet=RICH, opportunities=(before,)))
    assert isinstance(bundle, Bundle)
    *steps, sale = bundle.parts
    assert len(steps) == 2
    had = system.balance(system.tokens[0], LIQUIDATOR)
    for step in steps:
        assert isinstance(step, Liquidate)
        outcome = system.liquidate(account, step.max_repay, least=step.min_seize)
        assert outcome.ok, outcome.reason
    assert before.debt - system.debt_of(account) > before.repaid
    seized = system.balance(system.tokens[0], LIQUIDATOR) - had
    assert isinstance(sale, Swap)
    assert sale.amount_in <= seized == pytest.approx(sale.amount_in, rel=1e-9)


@pytest.mark.parametrize("ratio", [0.749, 0.73, 0.70, 0.69, 0.64, 0.62, 0.61, 0.6, 0.5, 0.3])
def test_target__is_what_the_core_allows_at_the_pushed_price(ratio: float) -> None:
    """Repaid and seized as previewed when 2,000 is shown as so much of it."""
    system, account = levered(grace=0)
    terms = terms_of(system)
    collateral, debt, initial, maintenance, _, valid = system.read(system.core.position, account)
    victim = Position(
        account, (system.collateral_of(account),), collateral, debt, initial, maintenance,
        bool(valid), 0,
    )  # fmt: skip
    assert threshold(victim, 0, terms) == pytest.approx(0.75)
    assert target_of(victim, 0, 0.751, terms) is None
    target = target_of(victim, 0, ratio, terms)
    assert target is not None
    system.price(0, int(2_000 * ratio * WAD))
    words = preview(system, account)
    assert words["allowed"]
    assert target.repaid == pytest.approx(words["repaid"], rel=1e-9)
    assert target.seized / 2_000 == pytest.approx(words["seized"], rel=1e-9)


def test_sniper__its_call_starts_the_auction_which_then_rises_as_it_believes() -> None:
    system, account = levered(penalty=AUCTION, grace=0)
    system.price(0, 1_450 * WAD)
    terms = terms_of(system, rise=0.08 / 1_800)
    system.wait(600)
    before = shown(system, account)
    assert before.penalty == 0
    sniper = DutchSniper(someone(), "sniper-0", ADDRESS, hazard=0.02, **LIMITS)
    (call,) = sniper.decide(view(market=market(terms=terms), wallet=RICH, opportunities=(before,)))
    assert isinstance(call, MarginCall)
    system.must(LIQUIDATOR, system.core.margin_call, account)
    system.wait(600)
    assert shown(system, account).penalty == pytest.approx(600 * terms.penalty_rise, abs=1e-3)
