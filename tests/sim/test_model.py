"""The model: a Mesa model, deterministic, with books that are the chain's to the last wei."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mesa
import numpy as np
import pandas as pd
import pytest

from agents.arbitrageur import Arbitrageur
from agents.keepers import GasAuctioneer
from agents.oracle import Reporter
from agents.trader import Trader
from sim.chain import open_engine
from sim.chain.engine import Status
from sim.errors import LedgerMismatch, UsageError
from sim.experiments import store
from sim.mempool.fees import next_base_fee
from sim.model import StressModel
from sim.model.desk import BUILDER
from sim.protocol.names import DEPLOYER, MARKET
from sim.tables import BLOCK_COLUMNS, COLUMNS, TABLES
from sim.units import GWEI, WAD
from tests.sim.runs import IN_PROCESS, STILL, Watched, finish, model, scenario

LIQUIDATABLE = 4


@pytest.fixture(scope="module")
def crashed() -> Iterator[StressModel]:
    """The crash, run to its end. Tests read it."""
    with open_engine(IN_PROCESS) as engine:
        yield finish(StressModel(scenario(), rng=7, engine=Watched(engine)))


@pytest.fixture(scope="module")
def tables(crashed: StressModel) -> dict[str, pd.DataFrame]:
    return crashed.tables()


# --------------------------------------------------------------------- a Mesa model


def test_mesa__agents__are_an_agent_set_with_one_class_a_role(crashed: StressModel) -> None:
    assert isinstance(crashed, mesa.Model)
    counts = {kind: len(agents) for kind, agents in crashed.agents_by_type.items()}
    assert counts == {Trader: 60, GasAuctioneer: 3, Reporter: 3, Arbitrageur: 1}
    assert len(crashed.agents.select(lambda a: a.role == "liquidator")) == 3
    assert set(crashed.agents.get("role")) == {"trader", "liquidator", "reporter", "arbitrageur"}


def test_mesa__data_collector__has_a_row_a_step_and_no_holes(crashed: StressModel) -> None:
    collected = crashed.datacollector.get_model_vars_dataframe()
    assert tuple(collected.columns) == BLOCK_COLUMNS
    assert collected["block"].tolist() == list(range(1, 61))
    assert not collected.isna().any().any()


def test_mesa__run_model__ends_at_the_last_block() -> None:
    with model(scenario(STILL)) as running:
        running.run_model()
        assert (running.steps, running.running) == (30, False)
        with pytest.raises(UsageError, match="30 blocks"):
            running.step()


def test_mesa__rng__a_seed_or_a_generator_or_the_scenarios() -> None:
    drawn = []
    for rng in (5, np.random.default_rng(5), np.random.default_rng(5), None):
        with model(scenario(run={"seed": 5}), rng=rng) as fresh:
            drawn.append((fresh.seed, fresh.outside.paths[0, -1]))
    assert drawn[0] == drawn[3]
    assert drawn[1] == drawn[2]
    assert drawn[0] != drawn[1]
    with model(rng=drawn[1][0]) as again:
        assert again.outside.paths[0, -1] == drawn[1][1]


def test_model__an_engine_it_was_given__stays_open() -> None:
    with open_engine(IN_PROCESS) as engine:
        finish(StressModel(scenario(STILL), engine=engine))
        assert engine.balances([DEPLOYER])[0] > 0


def test_opportunities__the_largest_debt_first() -> None:
    """Nobody with capital: what is liquidatable stays."""
    with model(scenario(liquidators={"capital": 1.0})) as running:
        (keeper, *_) = running.agents_by_type[GasAuctioneer]
        shown = max(
            (running.step() or running.sees(keeper).opportunities for _ in range(59)), key=len
        )
    assert len(shown) > 5
    assert list(shown) == sorted(shown, key=lambda o: (-o.debt, o.account))
    assert [o.account for o in shown] != sorted(o.account for o in shown)


# ---------------------------------------------------------------------- determinism


def written(folder: Path, rng: int) -> dict[str, bytes]:
    with model(rng=rng) as running:
        store.write(folder, {"seed": rng}, finish(running).tables())
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_determinism__same_seed__byte_identical_tables(tmp_path: Path) -> None:
    first, again = written(tmp_path / "a", 7), written(tmp_path / "b", 7)
    assert set(first) == {"run.json", *(f"{name}.parquet" for name in TABLES)}
    assert first == again


def test_determinism__another_seed__other_tables(tmp_path: Path) -> None:
    first, other = written(tmp_path / "a", 7), written(tmp_path / "b", 8)
    for name in ("blocks.parquet", "prices.parquet", "transactions.parquet"):
        assert first[name] != other[name], name


def test_determinism__fewer_liquidators__same_prices_same_traders_same_background() -> None:
    """A sweep over one role compares like with like."""
    with model() as usual, model(scenario(liquidators={"count": 0})) as without:
        np.testing.assert_array_equal(usual.outside.paths, without.outside.paths)
        habits = [[a.habits for a in m.agents_by_type[Trader]] for m in (usual, without)]
        assert habits[0] == habits[1]
        usual.step()
        without.step()
        assert usual.figures["background_gas"] == without.figures["background_gas"]


def test_determinism__one_more_asset__the_first_keeps_its_price() -> None:
    price = {"model": "gbm", "start": 200.0, "sigma": 0.75}
    one = scenario(STILL, price=price, assets=[{"symbol": "ETH"}])
    two = scenario(STILL, price=price, assets=[{"symbol": "ETH"}, {"symbol": "BTC"}])
    with model(one) as first, model(two) as second:
        np.testing.assert_array_equal(first.outside.paths[0], second.outside.paths[0])
        assert (second.outside.paths[1] != second.outside.paths[0]).any()


# --------------------------------------------------------------------------- costs


def test_idle_population__costs_no_reads_and_no_transactions() -> None:
    with open_engine(IN_PROCESS) as engine:
        watched = Watched(engine)
        still = StressModel(scenario(STILL, oracle={"heartbeat": 10**6}), engine=watched)
        watched.reads = 0
        mined = len(watched.mined)
        finish(still)
        assert watched.reads == 0
        assert sum(len(block.receipts) for block in watched.mined[mined:]) == 0


def test_reads__only_what_is_near__is_read(crashed: StressModel) -> None:
    """In the crash itself a block reads a few accounts, not all of them each time."""
    engine = crashed.engine
    assert isinstance(engine, Watched)
    with open_engine(IN_PROCESS) as other:
        setting_up = Watched(other)
        StressModel(scenario(), rng=7, engine=setting_up)
    assert 0 < engine.reads - setting_up.reads < 60 * 60


# ---------------------------------------------------------------------------- books


def test_audit__ledger_and_wei_are_the_chains(crashed: StressModel) -> None:
    assert crashed.audit() > 300


def test_audit__one_wei_missing__is_caught_and_named() -> None:
    with model(scenario(STILL)) as running:
        agent = running.agents[0]
        running.desk.wei[agent.address] += 1
        with pytest.raises(LedgerMismatch, match=agent.name):
            running.audit()


def test_wei__nothing_is_made_or_lost_but_the_base_fee_burnt() -> None:
    with open_engine(IN_PROCESS) as engine:
        watched = Watched(engine)
        running = StressModel(scenario(), rng=7, engine=watched)
        holders = [a.address for a in running.agents]
        holders += [DEPLOYER, MARKET, BUILDER]
        holders += [c.address for c in running.system.adapter.everything()]
        before, mined = sum(watched.balances(holders)), len(watched.mined)
        finish(running)
        burnt = sum(block.base_fee * block.gas_used for block in watched.mined[mined:])
        assert burnt > 0
        assert before - sum(watched.balances(holders)) == burnt


def test_fees__base_fee_follows_eip_1559_from_the_gas_used(
    tables: dict[str, pd.DataFrame],
) -> None:
    blocks = tables["blocks"]
    limit = scenario().gas.block_gas_limit
    fees = (blocks["base_fee_gwei"] * GWEI).round().astype(int)
    used = (blocks["gas_used"] + blocks["background_gas"]).astype(int)
    expected = [next_base_fee(fee, gas, limit) for fee, gas in zip(fees, used, strict=True)]
    assert (used <= limit).all()
    assert fees.tolist()[1:] == pytest.approx(expected[:-1], abs=16)


# ------------------------------------------------------------- tables say what happened


def test_tables__every_one_is_there_with_its_columns(tables: dict[str, pd.DataFrame]) -> None:
    assert tuple(tables) == TABLES
    for name, columns in COLUMNS.items():
        assert tuple(tables[name].columns) == columns


def test_transactions__gas_of_a_block__is_what_the_engine_used(
    crashed: StressModel, tables: dict[str, pd.DataFrame]
) -> None:
    sent = tables["transactions"]
    by_block = sent.groupby("block")["gas_used"].sum()
    blocks = tables["blocks"].set_index("block")["gas_used"]
    assert by_block.sum() > 0
    pd.testing.assert_series_equal(
        blocks[blocks > 0], by_block[by_block > 0], check_dtype=False, check_names=False
    )


def test_transactions__statuses__are_those_of_the_receipts(
    crashed: StressModel, tables: dict[str, pd.DataFrame]
) -> None:
    assert isinstance(crashed.engine, Watched)
    receipts = [r for block in crashed.engine.mined[-60:] for r in block.receipts]
    statuses = tables["transactions"]["status"].value_counts().to_dict()
    assert statuses["succeeded"] == sum(r.status is Status.SUCCEEDED for r in receipts)
    assert statuses.get("reverted", 0) == sum(r.status is Status.REVERTED for r in receipts)


def test_agents__sums__are_those_of_their_transactions(tables: dict[str, pd.DataFrame]) -> None:
    agents, sent = tables["agents"].set_index("agent"), tables["transactions"]
    paid = sent["gas_used"] * sent["effective_gas_price_gwei"] / 1e9
    np.testing.assert_allclose(
        agents["gas_eth"], paid.groupby(sent["agent"]).sum().reindex(agents.index).fillna(0)
    )
    np.testing.assert_allclose(
        agents["gas_usd"],
        sent.groupby("agent")["fee_usd"].sum().reindex(agents.index).fillna(0),
    )
    assert (agents["transactions"] == agents["succeeded"] + agents["reverted"]).all()
    executed = sent[sent["position"] >= 0].groupby("agent").size().reindex(agents.index).fillna(0)
    assert (agents["transactions"] == executed).all()


def test_liquidations__each_is_an_event_and_a_transaction_that_succeeded(
    tables: dict[str, pd.DataFrame],
) -> None:
    found = tables["liquidations"]
    assert len(found) > 3
    events = tables["events"]
    assert len(found) == (events["event"] == "Liquidated").sum()
    sent = tables["transactions"].set_index(["block", "position"])
    for row in found.itertuples():
        transaction = sent.loc[(row.block, row.position)]
        assert (transaction["kind"], transaction["status"]) == ("Liquidate", "succeeded")
        assert (transaction["agent"], transaction["account"]) == (row.agent, row.account)
        assert transaction["fee_usd"] == pytest.approx(row.fee_usd)
    assert (found["health_before"] < 1).all()
    assert (found["eligible_block"] <= found["block"]).all()


def test_accounts__penalties_and_repayments__are_those_of_the_liquidations(
    tables: dict[str, pd.DataFrame],
) -> None:
    accounts, found = tables["accounts"].set_index("account"), tables["liquidations"]
    repaid = found.groupby("account")["repaid_usd"].sum().reindex(accounts.index).fillna(0)
    np.testing.assert_allclose(accounts["repaid_by_liquidation_usd"], repaid)
    counts = found.groupby("account").size().reindex(accounts.index).fillna(0)
    assert (accounts["liquidations"] == counts).all()


def test_figures__last_block__is_what_the_chain_says(
    crashed: StressModel, tables: dict[str, pd.DataFrame]
) -> None:
    """Read account by account, not through the ledger's columns."""
    figures = tables["blocks"].iloc[-1]
    positions, _ = crashed.system.read(crashed.engine, range(1, len(tables["accounts"]) + 1), [])
    debts = [p.debt / WAD for p in positions.values()]
    below = [p for p in positions.values() if p.debt and p.collateral - p.maintenance < p.debt]
    assert figures["debt_usd"] == pytest.approx(sum(debts), rel=1e-6)
    assert figures["below"] == len(below)
    assert figures["transactions"] >= 0
    outside = crashed.outside.paths[0, -1]
    held = [p.amounts[0] / WAD * outside for p in positions.values()]
    short = sum(max(0.0, debt - value) for debt, value in zip(debts, held, strict=True))
    assert figures["shortfall_usd"] == pytest.approx(short, abs=1e-6)
    assert figures["collateral_usd"] == pytest.approx(sum(held), rel=1e-9)


def test_figures__debt_by_health__adds_up_to_the_debt(tables: dict[str, pd.DataFrame]) -> None:
    blocks = tables["blocks"]
    bands = blocks[[name for name in BLOCK_COLUMNS if name.startswith("band_")]]
    np.testing.assert_allclose(bands.sum(axis=1), blocks["debt_usd"])


def test_prices__outside_is_the_path_and_the_oracle_follows_it(
    crashed: StressModel, tables: dict[str, pd.DataFrame]
) -> None:
    prices = tables["prices"]
    np.testing.assert_array_equal(prices["outside"], crashed.outside.paths[0, 1:])
    assert prices["valid"].all()
    lag = (prices["oracle"] / prices["outside"] - 1).abs()
    assert lag.max() < 0.03
    assert lag.max() > 0


# ----------------------------------------------------------------------- what happens


def run_tables(**sections: Any) -> dict[str, pd.DataFrame]:
    with model(scenario(**sections)) as running:
        finish(running).audit()
        return running.tables()


def test_crash__without_liquidators__debt_stays_liquidatable() -> None:
    found = run_tables(liquidators={"count": 0})
    assert found["liquidations"].empty
    assert found["blocks"]["liquidatable_usd"].iloc[-1] > 10_000


def test_crash__with_liquidators__little_stays(tables: dict[str, pd.DataFrame]) -> None:
    blocks = tables["blocks"]
    assert blocks["liquidatable_usd"].iloc[-1] < 0.05 * blocks["liquidatable_usd"].max()
    agents = tables["agents"]
    assert agents.loc[agents["role"] == "liquidator", "profit_usd"].sum() > 0


def test_crash__whole_debts_are_repaid__none_fails_for_interest() -> None:
    """A whole debt must be repaid to the last unit, and grows between seeing and paying it."""
    found = run_tables(protocol={"full_liquidation_health": 1.0})
    sent = found["transactions"]
    attempts = sent[sent["kind"] == "Liquidate"]
    assert (attempts["status"] == "succeeded").mean() > 0.8
    assert "liquidation: below minimum debt" not in set(attempts["reason"])
    settled = found["accounts"][found["accounts"]["liquidations"] > 0]
    assert (settled["debt_usd"] == 0).mean() > 0.5


def test_grace__nobody_is_liquidated_before_the_deadline_unless_below_close_out() -> None:
    grace = 240
    found = run_tables(protocol={"grace": grace}, margin={"close_out": 0.12})
    liquidations = found["liquidations"]
    assert len(liquidations) > 3
    elapsed = (liquidations["block"] - liquidations["called_block"]) * 12
    # At 12 % equity the health factor is .7/.88 = .795.
    patient = liquidations["health_before"] > 0.8
    assert patient.any()
    assert (elapsed[patient] >= grace).all()


def test_grace__calls_are_made_and_counted() -> None:
    found = run_tables(protocol={"grace": 3_600})
    calls = (found["events"]["event"] == "MarginCalled").sum()
    assert calls > 3
    assert found["accounts"]["calls"].sum() == calls
    assert found["blocks"]["called"].max() > 3


def test_oracle__reporters_outbid_by_the_base_fee__the_price_on_chain_is_late() -> None:
    """The congestion of 12 March 2020: a budget near the base fee, and a base fee that runs."""
    spike = [[0, 20], [0.02, 20], [0.05, 400]]
    late = run_tables(gas={"level": spike}, oracle={"budget_multiple": 1.0, "tip_gwei": 0.1})[
        "prices"
    ]
    calm = run_tables()["prices"]
    worst = [(p["oracle"] / p["outside"] - 1).abs().max() for p in (late, calm)]
    assert worst[0] > 2 * worst[1]


def test_two_assets_of_different_decimals__books_hold() -> None:
    price = {"model": "anchored", "anchors": [[0, 9_000], [0.15, 5_400], [1, 5_400]], "sigma": 0.5}
    found = run_tables(assets=[{"symbol": "ETH"}, {"symbol": "BTC", "decimals": 8, "price": price}])
    seized = found["liquidations"]
    assert set(seized["asset"]) == {"ETH", "BTC"}
    prices = found["prices"]
    pool = prices[prices["asset"] == "BTC"]["pool"]
    assert pool.iloc[0] == pytest.approx(9_000, rel=0.01)
    assert pool.iloc[-1] == pytest.approx(5_400, rel=0.06)


def test_reserve__pays_first(tables: dict[str, pd.DataFrame]) -> None:
    """What the Reserve holds at block 0 is what the scenario says, plus interest minted."""
    with model(scenario(STILL, protocol={"reserve": 12_345.0})) as running:
        running.step()
        assert running.figures["reserve_usd"] == pytest.approx(12_345.0, abs=1.0)
    assert tables["blocks"]["reserve_usd"].iloc[0] < 1.0


def test_model__nobody_has_it_any_more__is_let_go() -> None:
    """Mesa counts agents by model; a study of a thousand runs must not keep a thousand models."""
    with model(scenario(STILL)) as running:
        gone = weakref.ref(running)
        agents = [agent.unique_id for agent in running.agents]
    assert agents == list(range(1, len(agents) + 1))
    del running
    gc.collect()
    assert gone() is None
