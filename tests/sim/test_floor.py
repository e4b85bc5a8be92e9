"""The venue in a run: every trade is two transfers on chain, and the price feels it."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from agents.exchange import Exchange
from agents.intent import Owed, PayOut, VenueOrder
from agents.view import Wallet
from sim.model import StressModel
from sim.protocol.names import VENUE
from sim.units import WAD
from tests.agents import views
from tests.sim.runs import finish, model, scenario

THIN = {"model": "depth", "depth": [(0.01, 50_000.0), (0.05, 200_000.0)]}
"""Of the crash's few people: a liquidation moves it by percents."""
POOL = {"symbol": "ETH", "pool_depth": 200_000.0}


def crash(**sections: Any) -> Any:
    return model(scenario(**{"venue": THIN, "assets": [POOL], **sections}))


def balances(running: StressModel) -> tuple[int, int]:
    wallet = running.system.wallet(VENUE, 0)
    return wallet.stable, wallet.tokens[0]


@pytest.fixture(scope="module")
def ended():
    """A run to its end, what the venue had before and after, its books block by block."""
    with crash() as running:
        before, books = balances(running), [(0, 0)]
        while running.running:
            running.step()
            books.append((running.floor.stable, running.floor.tokens[0]))
        running.audit()
        yield running, before, balances(running), books, running.tables()


def test_trades__on_chain__the_venue_has_what_it_took_and_not_what_it_paid(ended):
    """To the last unit."""
    running, before, after, _, _ = ended
    owed = Counter[int | None]()
    for one in running.floor.owed.values():
        owed[one.asset] += one.amount
    assert after[0] - before[0] == running.floor.stable + owed[None]
    assert after[1] - before[1] == running.floor.tokens[0] + owed[0]
    assert running.floor.tokens[0] > 0


def test_trades__what_customers_lose__the_venue_gains(ended):
    """In each block, marked at the price that everyone saw when it began."""
    _, _, _, books, tables = ended
    stable, tokens = (
        np.diff(np.array(column, dtype=float) / WAD) for column in zip(*books, strict=True)
    )
    gained = stable + tokens * tables["venue"]["outside"]
    lost = tables["venue"]["slippage_usd"]
    assert lost.to_numpy() == pytest.approx(gained.to_numpy(), abs=1e-6)
    assert lost.sum() > 0
    paid = tables["venue"]["bought_usd"] - tables["venue"]["sold_usd"]
    assert paid.to_numpy() == pytest.approx(stable, abs=1e-6)


def test_trades__each__is_paid_in_the_next_block(ended):
    _, _, _, _, tables = ended
    sent = tables["transactions"]
    orders = sent[(sent["kind"] == "VenueOrder") & (sent["status"] == "succeeded")]
    paid = sent[(sent["kind"] == "PayOut") & (sent["status"] == "succeeded")]
    assert len(orders) > 5
    last = int(sent["block"].max())
    due = orders["block"][orders["block"] < last] + 1
    assert sorted(paid["block"]) == sorted(due)


def test_prices__outside__are_the_path_moved_by_what_was_sold(ended):
    _, _, _, _, tables = ended
    venue, prices = tables["venue"], tables["prices"]
    assert (venue["outside"] == prices["outside"]).all()
    assert (venue["outside"] < venue["path"] * 0.99).any()
    assert venue["outside"].iloc[0] == venue["path"].iloc[0]


def test_volatility__of_prices_that_were_moved__is_of_what_everyone_saw(ended):
    running, _, _, _, tables = ended
    moves = np.diff(np.log(running.outside.paths[0, : 60 + 1]))
    assert running.outside.volatility(60)[0] == pytest.approx(
        np.sqrt((moves**2).mean() * 365 * 86_400 / 12), rel=1e-6
    )
    assert running.outside.paths[0, 1:] == pytest.approx(tables["prices"]["outside"].to_numpy())


def test_venue__off__nothing_of_it_is_there():
    with model(scenario(run={"blocks": 3})) as running:
        assert finish(running).floor is None
        assert running.tables()["venue"].empty
        assert "venue" not in set(running.tables()["agents"]["role"])


def test_venue__sells_to_nobody__prices_are_the_path():
    """With nobody to trade, a run with a venue sees what a run without one sees."""
    nobody = {"traders": {"count": 0}, "liquidators": {"count": 0}, "arbitrageurs": {"count": 0}}
    seen = []
    for sections in ({}, {"venue": THIN}):
        with model(scenario(run={"blocks": 20}, **nobody, **sections)) as running:
            seen.append(finish(running).tables()["prices"]["outside"])
    assert (seen[0] == seen[1]).all()


# ------------------------------------------------------------------------- at the desk


def order(running: StressModel, amount: int, sell_stable: bool = False) -> Any:
    """The outcome of a liquidator's order that succeeded."""
    agent = next(a for a in running.agents if a.role == "liquidator")
    intent = VenueOrder(bid=None, asset=0, sell_stable=sell_stable, amount_in=amount)
    return _outcome(agent, intent, "succeeded")


def _outcome(agent: Any, intent: Any, status: str) -> Any:
    ticket = SimpleNamespace(agent=agent, intent=intent)
    return SimpleNamespace(ticket=ticket, status=status)


@pytest.fixture
def floor():
    with crash() as running:
        running.floor.open(1)
        yield running, running.floor, running.system.wallet(VENUE, 0)


def test_settle__orders_of_one_block__later_ones_get_less(floor):
    running, desk, wallet = floor
    desk.settle([order(running, 100 * WAD), order(running, 100 * WAD)], wallet)
    first, second = (owed.amount for owed in desk.owed.values())
    assert second < first < 100 * 200 * WAD


def test_settle__an_order_that_failed__is_not_executed(floor):
    running, desk, wallet = floor
    failed = order(running, WAD)
    failed.status = "reverted"
    desk.settle([failed], wallet)
    assert desk.owed == {}


def test_settle__more_than_the_book_takes__the_rest_goes_back(floor):
    running, desk, wallet = floor
    rich = Wallet(wallet.wei, 10**40, wallet.tokens)
    desk.settle([order(running, 10**9 * WAD)], rich)
    paid, back = desk.owed.values()
    assert (paid.asset, back.asset) == (None, 0)
    assert 0 < back.amount < 10**9 * WAD
    assert desk.tokens[0] == 10**9 * WAD - back.amount


def test_settle__more_than_it_can_pay__all_goes_back(floor):
    running, desk, wallet = floor
    poor = Wallet(wallet.wei, 10 * WAD, wallet.tokens)
    desk.settle([order(running, WAD)], poor)
    assert [(owed.asset, owed.amount) for owed in desk.owed.values()] == [(0, WAD)]
    assert (desk.stable, desk.tokens) == (0, [0])


def test_settle__what_it_owes_already__is_not_there_to_pay_with(floor):
    running, desk, wallet = floor
    once = Wallet(wallet.wei, 250 * WAD, wallet.tokens)
    desk.settle([order(running, WAD), order(running, WAD)], once)
    assert [owed.asset for owed in desk.owed.values()] == [None, 0]


def test_exchange__not_yet_included__is_sent_again_and_never_twice_at_once():
    exchange = Exchange(views.someone(), "venue", VENUE)
    owed = (Owed(0, b"a", None, 5), Owed(1, b"b", 0, 7))
    view = views.view(owed=owed)
    sent = exchange.decide(view)
    assert [intent.owed for intent in sent] == list(owed)
    assert exchange.decide(views.view(owed=owed, pending=views.sent(*sent))) == []
    again = exchange.decide(views.view(owed=owed, pending=views.sent(sent[0])))
    assert [intent.owed for intent in again] == [owed[1]]


def test_payout__succeeded__is_owed_no_more(floor):
    running, desk, wallet = floor
    desk.settle([order(running, WAD)], wallet)
    (owed,) = desk.owed.values()
    paid = _outcome(None, PayOut(bid=None, owed=owed), "expired")
    desk.settle([paid], wallet)
    assert desk.owed
    paid.status = "succeeded"
    desk.settle([paid], wallet)
    assert not desk.owed
