"""Who takes part: drawn so that everyone can be set up, and each role from a stream of its own."""

from __future__ import annotations

from typing import Any

import mesa
import numpy as np
import pytest

from agents.base import Participant
from agents.trader import Trader
from sim.model.population import draw
from sim.protocol.margin import margin_book
from sim.protocol.populate import Endowment
from sim.scenario import Scenario, load, names
from sim.units import WAD, to_wad
from tests.sim.runs import CRASH, scenario

SEEDS = range(8)
PRICE = 200.0


def people(terms: Scenario, seed: int = 1) -> list[tuple[Participant, Endowment]]:
    prices = [PRICE] * len(terms.assets)
    return draw(mesa.Model(rng=1), terms, prices, np.random.SeedSequence(seed))


def shipped(name: str) -> Scenario:
    return load(name, ("price.file=any.csv",) if name == "replay" else ())


def traders(terms: Scenario, seed: int = 1) -> dict[str, tuple[Any, Endowment]]:
    return {a.name: (a.habits, e) for a, e in people(terms, seed) if isinstance(a, Trader)}


POOR = scenario(CRASH, traders={"count": 200, "equity_median": 60.0})
STRICT = scenario(
    CRASH, margin={"initial": 0.95, "maintenance": 0.3, "close_out": 0.2}, traders={"count": 200}
)


COARSE = scenario(CRASH, assets=[{"symbol": "BAR", "decimals": 0}], traders={"count": 200})
"""Whole bars of 200 USD."""


@pytest.mark.parametrize("name", [*names(), "poor traders", "strict margin", "coarse token"])
def test_draw__any_seed__every_position_is_one_the_core_accepts(name: str) -> None:
    """Else one seed of a thousand would end at set-up: below the least debt, above a limit."""
    terms = {"poor traders": POOR, "strict margin": STRICT, "coarse token": COARSE}.get(
        name
    ) or shipped(name)
    protocol = terms.protocol
    for seed in SEEDS:
        owing = [e for _, e in people(terms, seed) if e.collateral]
        assert len(owing) > terms.traders.count / 2
        for one in owing:
            units = [10**asset.decimals for asset in terms.assets]
            values = [one.collateral.get(i, 0) * to_wad(PRICE) // u for i, u in enumerate(units)]
            initial, _, _ = margin_book(terms).of_one(values)
            assert to_wad(protocol.min_debt) <= one.debt <= to_wad(protocol.account_ceiling)
            assert sum(values) - one.debt > initial
        assert sum(one.debt for one in owing) <= to_wad(protocol.debt_ceiling)


def test_draw__same_seed__same_people() -> None:
    first, again = traders(scenario()), traders(scenario())
    assert first == again
    assert first != traders(scenario(), seed=2)


@pytest.mark.parametrize(
    "changes",
    [
        {"liquidators": {"count": 20, "capital": 1e5}},
        {"oracle": {"reporters": 5, "heartbeat": 60}},
        {"arbitrageurs": {"count": 0}},
        {"protocol": {"grace": 3_600}, "penalty": {"fixed": 0.02}},
    ],
)
def test_draw__another_role_or_rule_changes__traders_stay_as_they_were(
    changes: dict[str, Any],
) -> None:
    assert traders(scenario(**changes)) == traders(scenario())


def test_draw__more_traders__the_first_stay_as_they_were() -> None:
    few, many = traders(scenario()), traders(scenario(traders={"count": 60}))
    assert len(many) == 60
    assert few.items() <= many.items()


def test_draw__traders_change__liquidators_stay_as_they_were() -> None:
    def liquidators(terms: Scenario) -> list[Endowment]:
        return [e for a, e in people(terms) if a.role == "liquidator"]

    assert liquidators(scenario(traders={"count": 90})) == liquidators(scenario())


def test_draw__those_with_an_account_come_first() -> None:
    """Accounts are numbered in the order of the endowments that have one."""
    has_account = [bool(e.collateral) for _, e in people(scenario(traders={"late_share": 0.5}))]
    assert has_account == sorted(has_account, reverse=True)


def test_draw__leverage__is_between_its_percentiles_for_most() -> None:
    """LAWS 15: mostly 1.4 to 1.9, larger wallets higher."""
    terms = scenario(traders={"count": 2_000, "leverage_size_slope": 0.0, "late_share": 0.0})
    levers = np.array([habits.leverage for habits, _ in traders(terms).values()])
    assert np.mean(levers < 1.4) == pytest.approx(0.10, abs=0.02)
    assert np.mean(levers > 1.9) == pytest.approx(0.10, abs=0.02)
    sloped = scenario(traders={"count": 2_000, "leverage_size_slope": 0.08, "late_share": 0.0})
    drawn = traders(sloped).values()
    equity = np.array([(e.debt / WAD) / (h.leverage - 1) for h, e in drawn])
    lever = np.array([h.leverage for h, _ in drawn])
    large, small = lever[equity > 100_000].mean(), lever[equity < 5_000].mean()
    assert large > small + 0.1


def test_draw__addresses_and_names__are_distinct() -> None:
    everyone = people(shipped("black-thursday"))
    assert len({e.address for _, e in everyone}) == len(everyone)
    assert len({a.name for a, _ in everyone}) == len(everyone)
    assert all(a.address == e.address for a, e in everyone)
