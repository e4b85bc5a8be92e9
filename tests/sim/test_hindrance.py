"""Why an account that may be liquidated is not, as each liquidator's own judgement says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from agents.base import GWEI
from agents.intent import Bid, Liquidate
from agents.keepers import DutchSniper, FlashKeeper
from agents.liquidator import Liquidator
from agents.view import View
from sim.chain import open_engine
from sim.metrics.liquidation import HINDRANCES
from sim.metrics.summary import summarise
from sim.model import StressModel
from sim.model.hindrance import Hindrance, hindrances
from sim.report.story import UNDONE
from sim.scenario import load
from tests.agents.views import (
    DEEP,
    POOL,
    TERMS,
    WAD,
    liquidator,
    market,
    opportunity,
    sent,
    view,
    wallet,
)

RICH = wallet(stable=1e9)
DRY = replace(POOL, collateral=WAD, stable=200 * WAD)
"""A pool that takes hardly anything."""
RISES = replace(TERMS, penalty_rise=1e-5)


def facing(*seen: Any, **changes: Any) -> View:
    return view(opportunities=seen or (opportunity(),), **{"wallet": RICH, **changes})


def of(*views: tuple[Liquidator, View], accounts: Sequence[int] = (1,)) -> list[Hindrance]:
    return list(hindrances(accounts, views).values())


@pytest.mark.parametrize(
    ("seen", "hindrance"),
    [
        (facing(), Hindrance.COMING),
        (facing(wallet=wallet(stable=0)), Hindrance.CAPITAL),
        (facing(market=market(pools=(DRY,))), Hindrance.MARKET),
        (facing(wallet=wallet(stable=0), market=market(pools=(DRY,))), Hindrance.MARKET),
        (facing(opportunity(seized=25 * WAD)), Hindrance.GAIN),
        (facing(opportunity(seized=20 * WAD), wallet=wallet(stable=0)), Hindrance.GAIN),
        (facing(market=market(base_fee=10**4 * GWEI)), Hindrance.GAIN),
        (facing(opportunity(seized=25 * WAD), market=market(terms=RISES)), Hindrance.RISING),
        (
            facing(opportunity(seized=25 * WAD, penalty=0.08), market=market(terms=RISES)),
            Hindrance.GAIN,
        ),
        (facing(opportunity(rival_tip=10**6 * GWEI)), Hindrance.COMING),
        (facing(opportunity(repaid=0, seized=0)), Hindrance.GAIN),
        (
            facing(opportunity(repaid=0, seized=0), market=market(oracle_valid=(False,))),
            Hindrance.PRICE,
        ),
        (facing(opportunity(account=2)), Hindrance.GAIN),
    ],
)
def test_hindrance__of_one_liquidator(seen: View, hindrance: Hindrance) -> None:
    assert of((liquidator(), seen)) == [hindrance]


def test_hindrance__an_attempt_of_its_own_waits__is_on_its_way() -> None:
    attempt = Liquidate(bid=Bid(1, 1), account=1, asset=0, max_repay=WAD, min_seize=0)
    assert of((liquidator(), facing(pending=sent(attempt)))) == [Hindrance.COMING]


def test_hindrance__sniper_that_waits__for_the_penalty() -> None:
    sniper = liquidator(DutchSniper, hazard=0.001)
    called = opportunity(called_at=1, penalty=0.01)
    steep = market(terms=replace(TERMS, penalty_rise=1e-3), pools=(DEEP,))
    assert of((sniper, facing(called, market=steep))) == [Hindrance.RISING]


def test_hindrance__several_collaterals__the_nearest_counts() -> None:
    """The first brings too little, the second would pay."""
    both = (opportunity(seized=25 * WAD), opportunity())
    assert of((liquidator(), facing(*both, wallet=wallet(stable=0)))) == [Hindrance.CAPITAL]


def test_hindrance__several_liquidators__the_nearest_counts() -> None:
    poor = (liquidator(), facing(wallet=wallet(stable=0)))
    flash = (liquidator(FlashKeeper), facing(market=market(pools=(DRY,))))
    assert of(poor, flash) == of(flash, poor) == [Hindrance.CAPITAL]
    assert of(poor, flash, (liquidator(), facing())) == [Hindrance.COMING]


def test_hindrance__of_many_accounts__each_its_own() -> None:
    """More than are looked at one by one."""
    seen = [opportunity(account=n, seized=(25 if n % 2 else 27) * WAD) for n in range(1, 41)]
    found = hindrances(range(1, 41), [(liquidator(), facing(*seen, market=market(pools=(DEEP,))))])
    wanted = {True: Hindrance.GAIN, False: Hindrance.COMING}
    assert found == {n: wanted[bool(n % 2)] for n in range(1, 41)}


def test_hindrance__without_liquidators() -> None:
    assert of(accounts=(3, 4)) == [Hindrance.NOBODY] * 2


def test_hindrance__names__are_those_of_the_figures_and_each_has_a_sentence() -> None:
    assert [*HINDRANCES] == [*UNDONE] == [str(hindrance) for hindrance in Hindrance]


@pytest.mark.parametrize(
    ("change", "hindrance"),
    [
        ("liquidators.count=0", "no liquidators"),
        ("liquidators.capital=10", "no capital"),
        ("liquidators.min_profit=1e8", "no gain"),
    ],
)
def test_run__what_is_left__is_all_accounted_for(change: str, hindrance: str) -> None:
    scenario = load("toxic-spiral", [change])
    with open_engine("auto") as engine:
        model = StressModel(scenario, engine=engine)
        while model.running:
            model.step()
        summary = summarise(model.tables())
    found = summary["liquidation"]["hindrances"]
    left = summary["solvency"]["liquidatable_end_usd"]
    assert left > 0
    assert sum(each["debt_usd"] for each in found.values()) == pytest.approx(left)
    assert found[hindrance]["debt_usd"] > 0.9 * left
