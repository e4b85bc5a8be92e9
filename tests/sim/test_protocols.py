"""Every shipped protocol under the same scenarios: it runs, the books are the chain's, engines
agree, and what only one of them can do is what it does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from agents.trader import Trader
from sim.chain import open_engine
from sim.chain.tape import Tape
from sim.errors import LedgerMismatch
from sim.experiments.compare import comparison
from sim.experiments.compared import runs
from sim.experiments.sweep import sweep
from sim.metrics.summary import summarise
from sim.model import StressModel
from sim.protocol.adapters import SHIPPED
from sim.protocol.ledger import Ledger
from sim.scenario import load, names
from sim.units import WAD
from tests.sim.runs import CRASH, IN_PROCESS, finish, scenario

OTHERS = [name for name in SHIPPED if name != "plimsoll"]
SMALL = ("run.blocks=25", "traders.count=24", "liquidators.count=2")


def run(contract: str, engine: str = IN_PROCESS, **sections: Any) -> tuple[StressModel, str]:
    """A finished crash and its fingerprint."""
    sections["protocol"] = {**sections.get("protocol", {}), "contract": contract}
    with open_engine(engine) as opened:
        tape = Tape(opened)
        running = finish(StressModel(scenario(CRASH, **sections), rng=7, engine=tape))
        running.audit()
        return running, tape.fingerprint


@pytest.mark.parametrize("contract", SHIPPED)
@pytest.mark.parametrize("name", [name for name in names() if name != "replay"])
def test_shipped_scenario__any_protocol__runs_and_is_audited(name: str, contract: str) -> None:
    chosen = load(name, [*SMALL, f"protocol.contract={contract}"])
    with open_engine(IN_PROCESS) as engine:
        running = finish(StressModel(chosen, engine=engine))
        assert running.audit() > 100
    summary = summarise(running.tables())
    assert summary["solvency"]["accounts_with_debt"] > 0
    assert (summary["lenders"] is None) == (contract != "pool")


@pytest.mark.parametrize("contract", OTHERS)
def test_fingerprint__two_engines__is_one(contract: str) -> None:
    levered = {"count": 8, "leverage_low": 2.2, "leverage_high": 2.4}
    few = {"run": {"blocks": 35}, "traders": levered}
    fast, slow = run(contract, **few), run(contract, engine="py-evm", **few)
    assert fast[1] == slow[1]
    assert len(fast[0].tables()["liquidations"]) > 0


@pytest.fixture(scope="module")
def crashed() -> dict[str, dict[str, pd.DataFrame]]:
    """Tables of the same crash under each protocol; a pool that takes what is sold."""
    deep = {"assets": [{"symbol": "ETH", "pool_depth": 2e8}], "arbitrageurs": {"capital": 1e8}}
    return {name: run(name, **deep)[0].tables() for name in SHIPPED}


def test_same_seed__any_protocol__same_prices_and_people(
    crashed: dict[str, dict[str, pd.DataFrame]],
) -> None:
    ours = crashed["plimsoll"]
    for name in OTHERS:
        theirs = crashed[name]
        assert theirs["prices"]["outside"].equals(ours["prices"]["outside"])
        debt = [tables["blocks"]["debt_usd"].iloc[0] for tables in (ours, theirs)]
        assert debt[0] == pytest.approx(debt[1], rel=1e-3)


def test_vault__liquidates_whole(crashed: dict[str, dict[str, pd.DataFrame]]) -> None:
    liquidations = crashed["vault"]["liquidations"]
    assert len(liquidations) > 10
    assert liquidations["account"].is_unique
    accounts = crashed["vault"]["accounts"].set_index("account")
    assert (accounts.loc[liquidations["account"], "debt_usd"] == 0).all()


def test_pool__liquidates_in_parts(crashed: dict[str, dict[str, pd.DataFrame]]) -> None:
    liquidations = crashed["pool"]["liquidations"]
    assert not liquidations["account"].is_unique


def test_lenders__bad_debt__is_what_their_claims_lack() -> None:
    """A fall of two thirds within minutes and an oracle that sees it late: what cannot be
    recovered is off the lenders' claims, to the unit of what the contract wrote off."""
    running, _ = run(
        "pool",
        price={"model": "anchored", "anchors": [[0, 200], [0.03, 200], [0.05, 70], [1, 70]]},
        assets=[{"symbol": "ETH", "pool_depth": 2e9}],
        arbitrageurs={"capital": 2e9},
        liquidators={"count": 4, "capital": 5e6, "inventory": "hedge", "min_profit": 1},
        oracle={"max_deviation": 0.0},
    )
    tables = running.tables()
    found = summarise(tables)["lenders"]
    assert found["lost_usd"] == pytest.approx(tables["accounts"]["bad_debt_usd"].sum())
    assert found["lost_usd"] > 10_000
    assert found["interest_usd"] == pytest.approx(found["profit_usd"] + found["lost_usd"])
    assert 0 < found["interest_usd"] < 100
    claims = sum(running.system.claims().values())
    assert found["claims_end_usd"] == pytest.approx(claims / WAD)


def test_vault__pool_above_the_oracle__is_redeemed_against() -> None:
    """A fall that leaves accounts between their ratios, then a rise that the oracle sees late."""
    running, _ = run(
        "vault",
        run={"blocks": 90},
        price={"anchors": [[0, 200], [0.1, 165], [0.15, 165], [0.25, 185], [1, 190]], "sigma": 0.1},
        oracle={"latency_blocks": 3, "deviation": 0.03},
        traders={"leverage_low": 2.2, "leverage_high": 2.5},
    )
    events = running.tables()["events"]
    redeemed = events[events["event"] == "Redeemed"]
    assert len(redeemed) > 0
    agents = running.tables()["agents"].set_index("agent")
    assert agents.loc["redeemer-0", "profit_usd"] > 0


def test_late_trader__no_opening_by_itself__opens_by_its_first_deposit() -> None:
    running, _ = run("pool", traders={"count": 20, "late_share": 0.9})
    late = [a for a in running.agents if isinstance(a, Trader) and a.habits.arrival > 0]
    owners = set(running.system.ledger.owners)
    arrived = [agent for agent in late if agent.address in owners]
    assert len(arrived) > 5
    kinds = set(running.tables()["transactions"]["kind"])
    assert "Open" not in kinds
    assert {"Deposit", "Borrow"} <= kinds


# ------------------------------------------------------------------- books and audit


def _shares(ledger: Ledger) -> None:
    ledger.shares[0] -= 1
    ledger.shares[1] += 1


def _collateral(ledger: Ledger) -> None:
    ledger.amounts[1][0] += 1


def _bad_debt(ledger: Ledger) -> None:
    ledger.bad_debt += 1


def _total(ledger: Ledger) -> None:
    ledger.total_shares += 10


def _cash(ledger: Ledger) -> None:
    ledger.counts["cash"] += 1


def _lent(ledger: Ledger) -> None:
    lender = next(iter(ledger.lent))
    ledger.lent[lender] += 10**12


@pytest.fixture(scope="module")
def running() -> Any:
    """Finished runs on open engines, by protocol."""
    found, engines = {}, []
    for contract in OTHERS:
        engine = open_engine(IN_PROCESS)
        engines.append(engine)
        terms = scenario(CRASH, protocol={"contract": contract}, traders={"count": 20})
        found[contract] = finish(StressModel(terms, rng=7, engine=engine))
    yield found
    for engine in engines:
        engine.close()


@pytest.mark.parametrize(
    ("contract", "falsify", "names"),
    [
        ("vault", _shares, "account 1: debt"),
        ("vault", _collateral, "account 2: "),
        ("vault", _bad_debt, "bad debt"),
        ("vault", _total, "total debt"),
        ("pool", _shares, "account 1: debt"),
        ("pool", _collateral, "account 2: value"),
        ("pool", _bad_debt, "loss of the lenders"),
        ("pool", _total, "total debt"),
        ("pool", _cash, "cash"),
        ("pool", _lent, "claim of"),
    ],
)
def test_audit__one_figure_falsified__is_caught_and_named(
    running: dict[str, StressModel],
    contract: str,
    falsify: Callable[[Ledger], None],
    names: str,
) -> None:
    system, engine = running[contract].system, running[contract].engine
    honest = system.ledger
    assert system.audit(engine) > 50
    system.ledger = honest.copy()
    falsify(system.ledger)
    try:
        with pytest.raises(LedgerMismatch, match=names):
            system.audit(engine)
    finally:
        system.ledger = honest


def test_copy__of_a_ledger__goes_its_own_way(running: dict[str, StressModel]) -> None:
    ledger = running["pool"].system.ledger
    other = ledger.copy()
    before = list(ledger.shares)
    other.shares[0] += 5
    other.oracle.prices[0] = 1
    other.account_of(b"\x01" * 20)
    assert ledger.shares == before
    assert ledger.oracle.prices[0] != 1
    assert len(other) == len(ledger) + 1


def test_vault__promise__every_stable_is_owed_or_bad_debt(
    running: dict[str, StressModel],
) -> None:
    system, engine = running["vault"].system, running["vault"].engine
    promise = system.adapter.invariants()["every stable is owed or bad debt"]
    assert promise(engine, system.ledger) == ""
    broken = system.ledger.copy()
    broken.bad_debt += 1
    assert "of debt and bad debt" in promise(engine, broken)


# ------------------------------------------------------------------------ the study


def test_study__three_protocols__same_paths_side_by_side(tmp_path: Path) -> None:
    few = ("run.blocks=60", "traders.count=30")
    sweep(comparison("protocols", few, ["protocol=plimsoll,vault,pool"], 1, IN_PROCESS), tmp_path)
    found = runs(tmp_path).set_index("point")
    assert list(found.index) == [f"protocol={name}" for name in ("plimsoll", "vault", "pool")]
    assert found["interest to lenders, USD"].notna().tolist() == [False, False, True]
