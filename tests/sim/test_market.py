"""The block market, end to end: every strategy through mempool, builder and engine, its books
exact, and what the rules of the market do to it."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from tests.sim.runs import finish, model, scenario

DEEP = {"symbol": "ETH", "pool_depth": 30e6}


def market(**sections: Any) -> dict[str, pd.DataFrame]:
    """Tables of the crash in `tests.sim.runs`, audited to the last unit and wei."""
    with model(scenario(**sections)) as running:
        finish(running).audit()
        return running.tables()


@pytest.mark.parametrize(
    ("strategy", "route"),
    [
        ("keeper", "public"),
        ("auctioneer", "public"),
        ("private", "bundle"),
        ("flash", "flash"),
        ("sniper", "public"),
        ("split", "bundle"),
    ],
)
def test_strategy__liquidates_by_its_own_route(strategy: str, route: str) -> None:
    found = market(liquidators={"count": 2, "strategies": [strategy]}, assets=[DEEP])
    assert len(found["liquidations"]) > 0
    assert set(found["liquidations"]["route"]) == {route}


def test_bundles__not_included__cost_nothing() -> None:
    found = market(liquidators={"count": 3, "strategies": ["private"]}, assets=[DEEP])
    sent = found["transactions"]
    dropped = sent[sent["status"] == "dropped"]
    assert len(dropped) > 0
    assert (dropped["fee_usd"] == 0).all()
    liquidators = sent[(sent["role"] == "liquidator") & (sent["kind"] == "Liquidate")]
    assert "reverted" not in set(liquidators["status"])


def test_bundles__pay_the_builder__out_of_the_winners_wei() -> None:
    found = market(liquidators={"count": 3, "strategies": ["private"]}, assets=[DEEP])
    won = found["liquidations"]
    assert (won["builder_usd"] > 0).all()
    paid = won["sold_usd"] - won["repaid_usd"] - won["profit_usd"]
    assert (paid >= won["builder_usd"] + won["fee_usd"]).all()


def test_copycat__takes_public_liquidations__and_none_that_are_private() -> None:
    copied = {"copycats": 1, "capital": 1e6}
    public = market(liquidators={"count": 2, "strategies": ["keeper"]}, searchers=copied)
    private = market(liquidators={"count": 2, "strategies": ["private"]}, searchers=copied)
    assert (public["liquidations"]["agent"] == "copycat-0").any()
    assert not (private["liquidations"]["agent"] == "copycat-0").any()


def test_manipulator__gains_on_the_spot_price__and_nothing_on_the_averaged_one() -> None:
    attackers = {"manipulators": 1, "capital": 5e6}
    spot = market(oracle={"source": "spot"}, attackers=attackers)
    averaged = market(oracle={"source": "twap", "period": 600}, attackers=attackers)
    did = {
        name: found["agents"].set_index("agent").loc["manipulator-0", "transactions"]
        for name, found in (("spot", spot), ("averaged", averaged))
    }
    assert did["spot"] > 0
    assert did["averaged"] == 0


def test_guardian__volatility_above_its_limit__borrowing_is_paused() -> None:
    found = market(guardian={"enabled": True, "volatility_high": 0.5, "volatility_extreme": 50.0})
    paused = found["events"][found["events"]["event"] == "Paused"]
    assert len(paused) == 1
    after = found["transactions"]
    borrows = after[(after["kind"] == "Borrow") & (after["block"] > paused["block"].iloc[0])]
    assert "succeeded" not in set(borrows["status"])


def test_griefer__spends_and_stops_no_liquidation() -> None:
    calm = market(liquidators={"count": 2})
    grieved = market(liquidators={"count": 2}, attackers={"griefers": 1, "budget_eth": 1.0})
    repaid = [found["liquidations"]["repaid_usd"].sum() for found in (calm, grieved)]
    assert repaid[1] > 0.5 * repaid[0]


@pytest.mark.parametrize("order", ["fee", "first-come", "random"])
def test_order__any__books_hold(order: str) -> None:
    found = market(gas={"order": order, "level": [[0, 100]]})
    assert len(found["transactions"]) > 0


@pytest.mark.parametrize("source", ["delayed", "spot", "twap"])
def test_oracle_source__any__books_hold(source: str) -> None:
    found = market(oracle={"source": source, "period": 600})
    prices = found["prices"]
    assert prices["valid"].mean() > 0.9


def test_failures__every_traders_liquidation_has_a_cause() -> None:
    found = market(protocol={"grace": 600})
    assert (found["liquidations"]["cause"] != "").all()
