"""Who runs and who is the whale: drawn as asked, and nobody else's draw changes."""

from __future__ import annotations

from typing import Any

import pytest

from agents.runner import Runner
from agents.trader import Trader
from sim.errors import ScenarioError
from sim.protocol.populate import Endowment
from sim.scenario import Scenario
from sim.units import WAD
from tests.sim.runs import STILL, finish, model, scenario
from tests.sim.test_population import people

MANY = {"count": 200, "late_share": 0.1}


def traders(terms: Scenario) -> list[tuple[Any, Endowment]]:
    return [(a, e) for a, e in people(terms) if isinstance(a, Trader)]


def test_run__the_share_asked_for__joins_with_a_delay():
    terms = scenario(traders={**MANY, "run_share": 0.5, "run_hours": 2.0, "run_seconds": 600})
    runs = [agent.runs for agent, _ in traders(terms) if isinstance(agent, Runner)]
    assert 80 <= len(runs) <= 120
    assert min(runs) >= 7_200
    assert sum(runs) / len(runs) - 7_200 == pytest.approx(600, rel=0.35)


@pytest.mark.parametrize(("share", "runners"), [(0.0, 0), (1.0, 200)])
def test_run__nobody_or_everybody(share, runners):
    found = traders(scenario(traders={**MANY, "run_share": share}))
    assert sum(isinstance(agent, Runner) for agent, _ in found) == runners


def test_run__everyone_else_is_as_they_were():
    calm = traders(scenario(traders=MANY))
    run = traders(scenario(traders={**MANY, "run_share": 0.5}))
    assert [(a.name, a.habits, e) for a, e in calm] == [(a.name, a.habits, e) for a, e in run]


def test_whale__owes_its_share__at_its_leverage():
    terms = scenario(traders={**MANY, "whale_share": 0.2, "whale_leverage": 2.0})
    found = traders(terms)
    debts = [endowed.debt for _, endowed in found]
    whale, endowed = max(found, key=lambda pair: pair[1].debt)
    assert endowed.debt / sum(debts) == pytest.approx(0.2, rel=1e-9)
    value = endowed.collateral[0] / WAD * 200
    assert value / (value - endowed.debt / WAD) == pytest.approx(2.0, rel=1e-9)
    assert (whale.habits.leverage, whale.habits.stop_loss) == (2.0, 0.0)


def test_whale__everyone_else_is_as_they_were():
    without = {a.name: (a.habits, e) for a, e in traders(scenario(traders=MANY))}
    terms = scenario(traders={**MANY, "whale_share": 0.2, "whale_leverage": 2.0})
    changed = [a.name for a, e in traders(terms) if without[a.name] != (a.habits, e)]
    assert len(changed) == 1


@pytest.mark.parametrize(
    ("terms", "sentence"),
    [
        ({"whale_share": 0.9}, "traders.whale_share (0.9) makes an account that owes 80,7"),
        ({"whale_leverage": 9.0}, "traders.whale_leverage (9.0) is above the 2.46"),
        ({"count": 0}, "traders.whale_share needs a trader with debt"),
    ],
)
def test_whale__more_than_the_contract_lends__one_sentence(terms, sentence):
    asked = scenario(
        protocol={"account_ceiling": 10e6},
        traders={**MANY, "whale_share": 0.2, "whale_leverage": 2.0, **terms},
    )
    with pytest.raises(ScenarioError) as refused:
        people(asked)
    assert str(refused.value).startswith(sentence)
    assert "\n" not in str(refused.value)


def test_bank_run__on_chain__those_who_run_get_out_and_the_books_are_right():
    """The price stands still: nobody is liquidated, everyone who runs is free of debt."""
    running = {"run_share": 1.0, "run_hours": 0, "run_seconds": 60}
    terms = scenario(STILL, run={"blocks": 60}, traders=running)
    with model(terms) as one:
        finish(one).audit()
        accounts = one.tables()["accounts"]
    assert (accounts["debt_usd"] == 0).all()
    assert (accounts["collateral_usd"] == 0).all()
    assert accounts["liquidations"].sum() == 0


def test_liquidators__part_of_the_capital_in_collateral__worth_the_same():
    plain = [e for a, e in people(scenario()) if a.role == "liquidator"]
    mixed = [
        e
        for a, e in people(scenario(liquidators={"count": 3, "collateral_share": 0.75}))
        if a.role == "liquidator"
    ]
    for one, other in zip(plain, mixed, strict=True):
        assert other.stable == pytest.approx(one.stable / 4)
        assert other.tokens[0] * 200 == pytest.approx(one.stable * 3 / 4)
