"""A debt ceiling below what people want: who comes first borrows, nobody is lost on the way."""

from __future__ import annotations

import mesa
import numpy as np
import pytest

from sim.chain import open_engine
from sim.errors import ScenarioError
from sim.metrics.summary import summarise
from sim.model import StressModel
from sim.model.ceiling import ROOM, within_ceiling
from sim.model.population import draw
from sim.protocol.margin import margin_book
from sim.protocol.populate import Endowment
from sim.scenario import Scenario, load, names
from sim.units import from_wad, to_wad

PRICES = [200.0, 5_000.0]


def wanted(ceiling: float, *changes: str) -> tuple[Scenario, list[tuple[object, Endowment]]]:
    terms = load("contagion", [f"protocol.debt_ceiling={ceiling}", *changes])
    return terms, [*draw(mesa.Model(rng=1), terms, PRICES, np.random.SeedSequence(1))]


def equity(one: Endowment, terms: Scenario) -> float:
    units = [10**asset.decimals for asset in terms.assets]
    value = sum(amount / units[i] * PRICES[i] for i, amount in one.collateral.items())
    return value - from_wad(one.debt)


@pytest.mark.parametrize("name", names())
def test_ceiling__room_for_all__changes_nothing(name: str) -> None:
    replayed = ["price.file=any.csv"] if name == "replay" else []
    terms = load(name, ["protocol.debt_ceiling=1e12", *replayed])
    prices = [200.0] * len(terms.assets)
    people = draw(mesa.Model(rng=1), terms, prices, np.random.SeedSequence(1))
    assert within_ceiling(people, terms, prices) == people


@pytest.mark.parametrize("accounts", ["cross", "isolated"])
@pytest.mark.parametrize("ceiling", [0.5, 1e3, 1e5, 1e6, 5e6])
def test_ceiling__is_filled_in_turn_and_everyone_keeps_their_equity(
    ceiling: float, accounts: str
) -> None:
    terms, people = wanted(ceiling, f"traders.accounts={accounts}")
    found = within_ceiling(people, terms, PRICES)
    before, after = [one for _, one in people], [one for _, one in found]
    assert [agent for agent, _ in found] == [agent for agent, _ in people]
    total = sum(one.debt for one in after)
    assert total <= to_wad(ROOM * ceiling) < sum(one.debt for one in before)
    # What nobody borrows is less than the least debt.
    assert total > to_wad(ROOM * ceiling) - to_wad(1.05 * terms.protocol.min_debt) - 1
    for was, one in zip(before, after, strict=True):
        assert one.debt == was.debt or one.debt == 0 or one.debt < was.debt
        assert equity(one, terms) == pytest.approx(equity(was, terms), rel=1e-6, abs=1e-6)
        values = [
            one.collateral.get(i, 0) * to_wad(price) // 10**asset.decimals
            for i, (asset, price) in enumerate(zip(terms.assets, PRICES, strict=True))
        ]
        initial, _, _ = margin_book(terms).of_one(values)
        assert not one.debt or sum(values) - one.debt > initial


def test_run__at_its_ceiling__lends_as_much_and_nobody_asks_for_more() -> None:
    terms = load("severity", ["protocol.debt_ceiling=2e6", "run.blocks=120", "price.sigma=0.1"])
    with open_engine("auto") as engine:
        model = StressModel(terms, engine=engine)
        while model.running:
            model.step()
        model.audit()
        summary, sent = summarise(model.tables()), model.tables()["transactions"]
    assert 0 < model.turned_away < terms.traders.count
    assert summary["solvency"]["debt_start_usd"] == pytest.approx(2e6, rel=2e-3)
    assert summary["solvency"]["accounts"] == terms.traders.count
    assert "reverted" not in set(sent[sent["role"] == "trader"]["status"])


def test_run__contract_whose_ceilings_are_others__says_what_is_too_much() -> None:
    """A vault has a ceiling of its own for each collateral; nobody is turned away unseen."""
    terms = load("severity", ["protocol.debt_ceiling=2e6", "protocol.contract=vault"])
    with (
        open_engine("auto") as engine,
        pytest.raises(ScenarioError, match=r"together owe .* protocol\.debt_ceiling allows 2,000"),
    ):
        StressModel(terms, engine=engine)
