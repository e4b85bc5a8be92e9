"""The stable's own market in small runs: what moves it, what holds it, what the books say."""

from __future__ import annotations

from typing import Any

import mesa
import numpy as np
import pandas as pd
import pytest

from agents.market import Peg
from sim.chain.engine import Call
from sim.errors import DataError, LedgerMismatch, ScenarioError
from sim.experiments.run import crosscheck, run
from sim.metrics.peg import peg
from sim.metrics.summary import summarise
from sim.model import StressModel
from sim.model.population import draw
from sim.price import simulate
from sim.protocol.abi import read, words
from sim.protocol.audit import audit
from sim.protocol.pegged import CAP, COINS, MINTED
from sim.scenario import Scenario, load
from sim.units import WAD, to_wad
from tests.sim.runs import CRASH, IN_PROCESS, STILL, finish, model, scenario

MARKET: dict[str, Any] = {"depth": 2e6, "look_hours": 0.05, "room": 1e6}
FAILS = {"model": "anchored", "anchors": [[0, 1], [0.03, 0.9], [1, 0.9]], "sigma": 0.0}
"""The coin, in nine blocks."""


def pegged(base: dict[str, Any] = STILL, **sections: Any) -> Scenario:
    market = {**MARKET, **sections.pop("peg", {})}
    return scenario(base, peg=market, assets=[{"symbol": "ETH", "pool_depth": 3e6}], **sections)


def tables(terms: Scenario) -> dict[str, pd.DataFrame]:
    with model(terms) as running:
        finish(running)
        running.audit()
        return running.tables()


def sent(found: dict[str, pd.DataFrame], kind: str, role: str) -> int:
    done = found["transactions"]
    done = done[(done["kind"] == kind) & (done["role"] == role) & (done["status"] == "succeeded")]
    return len(done)


# --------------------------------------------------------------------- what holds it


@pytest.mark.parametrize("room", [1e9, 0.0])
def test_coin_fails__open_module__takes_the_stable_along__full_one_does_not(room: float) -> None:
    """At par the stable is worth the coin, to within both fees; else what its debts are worth,
    which the collateral's pool three times as deep still has at a dollar."""
    found = tables(pegged(peg={"price": FAILS, "room": room}, arbitrageurs={"count": 2}))
    last = found["blocks"].iloc[-1]
    assert last["coin_usd"] == pytest.approx(0.9, rel=1e-9)
    if room:
        assert last["stable_usd"] == pytest.approx(0.9, rel=0.002)
        assert last["peg_minted_usd"] > found["blocks"]["peg_minted_usd"].iloc[0]
    else:
        assert last["stable_usd"] > 0.94
        assert last["peg_room_usd"] < 1


def test_crash__deleveraging__squeezes_the_stable_unless_the_module_gives_it() -> None:
    """Liquidators hold coin and need stable; those who repay need it too."""
    terms: dict[str, Any] = {"liquidators": {"coin_share": 1.0, "capital": 100_000.0}}
    squeezed = tables(pegged(CRASH, peg={"depth": 1e6, "room": 0.0, "fee": 0.1}, **terms))
    given = tables(pegged(CRASH, peg={"depth": 1e6, "room": 1e9}, **terms))
    dear = [(found["blocks"]["stable_usd"] - 1).clip(lower=0) for found in (squeezed, given)]
    assert dear[0].max() > 0.03
    assert dear[0].mean() > 5 * dear[1].mean()
    assert sent(squeezed, "PegSwap", "liquidator") > 0
    for found in (squeezed, given):
        repaid = found["liquidations"]["repaid_usd"].sum()
        assert repaid > 100_000  # with no stable to begin with


def test_holders__leave_a_failing_coin__until_the_module_is_full() -> None:
    found = tables(
        pegged(peg={"price": FAILS, "holders": 10, "holdings": 200_000, "room": 1e6, "trust": 0.95})
    )
    assert sent(found, "PegMint", "holder") > 0
    assert found["blocks"]["peg_room_usd"].iloc[-1] < 1e4
    stable = found["blocks"]["stable_usd"]
    assert stable.iloc[-1] > stable.min() + 0.02


def test_still__nothing_happens_to_it() -> None:
    blocks = tables(pegged())["blocks"]
    assert (blocks["stable_usd"] == 1).all()
    assert (blocks["coin_usd"] == 1).all()
    assert blocks["peg_minted_usd"].nunique() == 1


# --------------------------------------------------------------------------- interest


def test_rate__stable_cheap__debt_is_dearer_and_the_books_agree_to_the_unit() -> None:
    """Someone with a million of stable sells it; the module is shut."""
    terms = pegged(
        peg={"fee": 0.1, "rate_limit": 1e3, "bargain": 1.0},
        rate={"model": "peg", "peg_window": 60},
        arbitrageurs={"count": 0},
        run={"blocks": 40},
    )
    with model(terms) as running:
        for _ in range(10):
            running.step()
        before = running.figures["rate"]
        _sell_stable(running, to_wad(100_000))
        finish(running)
        after, price = running.figures["rate"], running.figures["stable_usd"]
        running.audit()
        adapter: Any = running.system.adapter
        average = read(running.engine, adapter.rate.stable_price)
    assert price == pytest.approx((2e6 / 2.1e6) ** 2, rel=1e-3)
    assert average == (pytest.approx(price * WAD, rel=1e-6), True)
    assert after - before == pytest.approx(min(10 * (1 - price), 0.5), rel=1e-3)


def _sell_stable(running: StressModel, amount: int) -> None:
    """By the deployer, outside of the model's own blocks: into the next one of its builder."""
    from sim.chain.engine import BlockRequest, Status, Transaction
    from sim.protocol.names import DEPLOYER

    adapter: Any = running.system.adapter
    market = adapter.market
    nonce = running.engine.nonces([DEPLOYER])[0]
    timestamp = running.engine.timestamp + 1
    steps = [
        adapter.peg.mint(amount * 12 // 10 // 10**12, 0, DEPLOYER),
        market.pool.swap(adapter.stable.address, amount, 0, DEPLOYER),
    ]
    to = (adapter.peg.address, market.pool.address)
    request = BlockRequest(
        [
            Transaction(DEPLOYER, where, data, 500_000, 10**12, 0, nonce + i)
            for i, (where, data) in enumerate(zip(to, steps, strict=True))
        ],
        timestamp,
        running.blockspace.base_fee,
    )
    block = running.engine.mine(request)
    assert [r.status for r in block.receipts] == [Status.SUCCEEDED] * 2
    running.system.follow(block.receipts, timestamp)


def test_rate__every_block__is_what_the_core_pays() -> None:
    terms = pegged(CRASH, peg={"fee": 0.1}, rate={"model": "peg", "peg_window": 60})
    with model(terms) as running:
        rates = set()
        adapter: Any = running.system.adapter
        while running.running:
            running.step()
            used = adapter.utilisation(running.system.ledger)
            data, core = adapter.rate.rate(used), adapter.core.address
            (answer,) = running.engine.call([Call(adapter.rate.address, data, sender=core)])
            rates.add(adapter.interest(running.system.ledger))
            assert words(answer.output)[0] == adapter.interest(running.system.ledger)
        running.audit()
    assert len(rates) > 10
    assert max(rates) - min(rates) > WAD // 100


# -------------------------------------------------------------------------- the books


@pytest.mark.parametrize(("figure", "name"), [(COINS, "pool of the peg"), (CAP, "cap of the peg")])
def test_audit__a_figure_of_the_market_is_off_by_one__is_noticed(figure: str, name: str) -> None:
    with model(pegged(run={"blocks": 2})) as running:
        finish(running)
        running.system.ledger.counts[figure] += 1
        with pytest.raises(LedgerMismatch, match=f"{name} is"):
            audit(running.engine, running.system.adapter, running.system.ledger)


def test_begin__set_up_is_free_and_without_limit__then_the_terms_hold() -> None:
    with model(pegged(peg={"fee": 0.002, "room": 123.0})) as running:
        adapter: Any = running.system.adapter
        minted = read(running.engine, adapter.peg.minted)
        assert read(running.engine, adapter.peg.fee) == 2 * WAD // 1_000
        assert read(running.engine, adapter.peg.cap) == minted + 123 * WAD
        assert running.system.ledger.counts[MINTED] == minted
        shown = running.system.peg(0.9)
        assert isinstance(shown, Peg)
        assert (shown.redeemable, shown.mintable, shown.price) == (minted, 123 * WAD, 1.0)
        assert shown.stable_usd == pytest.approx(0.9)


def test_worth__stable_and_coin_at_their_prices() -> None:
    """Liquidators keep what they have: half stable, half coin, both a tenth down."""
    terms = pegged(
        peg={"price": FAILS, "room": 1e9},
        liquidators={"coin_share": 0.5},
        arbitrageurs={"count": 2},
    )
    found = tables(terms)["agents"].set_index("role").loc["liquidator"]
    assert found["end_usd"].sum() == pytest.approx(0.9 * found["start_usd"].sum(), rel=0.002)


def test_no_market__no_contracts_no_people_no_figures() -> None:
    with model(scenario(STILL)) as running:
        adapter: Any = running.system.adapter
        assert adapter.market is None
        assert adapter.rate is adapter.curve
        assert running.system.peg(1.0) is None
        finish(running)
        found = running.tables()
    assert summarise(found)["peg"] is None
    assert (found["blocks"]["stable_usd"] == 1).all()
    assert (found["blocks"]["coin_usd"] == 0).all()


def test_engines__a_run_with_everything__is_the_same_on_another() -> None:
    terms = pegged(
        CRASH,
        run={"blocks": 25},
        traders={"count": 12},
        peg={"price": FAILS, "holders": 3, "fee": 0.02},
        rate={"model": "peg", "peg_window": 60},
        liquidators={"coin_share": 0.5},
    )
    result = run(terms, engine=IN_PROCESS, seed=3, keep_blocks=25)
    kinds = set(result.tables["transactions"]["kind"])
    assert {"PegSwap", "PegMint", "PegPoke"} <= kinds
    assert crosscheck(result.tape, "py-evm").fingerprint == result.tape.fingerprint


# ---------------------------------------------------------------- people and scenarios


def test_draw__a_market__traders_are_the_same_people_with_an_eye_on_it() -> None:
    def traders(terms: Scenario) -> list[Any]:
        found = draw(mesa.Model(rng=1), terms, [200.0], np.random.SeedSequence(7))
        return [(a.habits, e) for a, e in found if a.role == "trader"]  # type: ignore[attr-defined]

    plain, minding = traders(scenario(assets=[{"pool_depth": 3e6}])), traders(pegged(CRASH))
    assert [e for _, e in plain] == [e for _, e in minding]
    assert not any(habits.looks for habits, _ in plain)
    assert sum(len(habits.looks) for habits, _ in minding) > 60
    assert 0.02 < np.median([habits.bargain for habits, _ in minding]) < 0.04


@pytest.mark.parametrize(
    ("sections", "found"),
    [
        ({"rate": {"model": "peg"}}, "rate.model 'peg' needs a market of the stable"),
        ({"peg": {"holders": 1}}, "peg.holders needs a market of the stable"),
        ({"peg": {"price": FAILS}}, "peg.price needs a market of the stable"),
        ({"liquidators": {"coin_share": 0.5}}, "liquidators.coin_share needs a market"),
        ({"peg": {"depth": 1e6, "fee": 0.2}}, "peg.fee is 0.2"),
        ({"peg": {"depth": 1e6, "trust": 1.5}}, "peg.trust is 1.5"),
        ({"peg": {"depth": 1e6}, "rate": {"peg_slope": 2e4}}, "rate.peg_slope is 20000.0"),
    ],
)
def test_validate__wrong__one_sentence(sections: dict[str, Any], found: str) -> None:
    with pytest.raises(ScenarioError, match=found):
        scenario(CRASH, **sections)


def test_coin__path_shorter_than_the_run__is_refused() -> None:
    short = {"model": "anchored", "anchors": [[0, 1], [0.01, 0.9]], "sigma": 0.0}
    with pytest.raises(DataError, match="anchors"), model(pegged(peg={"price": short})):
        pass


def test_depeg__the_coin__is_the_usdc_of_march_2023() -> None:
    """Low 0.88 in the morning of the 11th, back above 0.99 by midnight of the 12th."""
    terms = load("depeg")
    assert terms.peg.price is not None
    times = np.arange(terms.run.blocks + 1) * float(terms.run.block_seconds)
    coin = simulate(terms.peg.price, times, np.random.default_rng(1), 20)
    hours = times / 3_600
    assert np.all(np.abs(coin.min(axis=1) - 0.88) < 0.01)
    assert np.all(np.abs(hours[coin.argmin(axis=1)] - 7.5) < 1.0)
    assert np.all(coin[:, -1] == 0.995)
    assert np.all(coin[:, (hours > 10) & (hours < 44)] < 0.985)


# ---------------------------------------------------------------------------- figures


def blocks(**columns: list[float]) -> pd.DataFrame:
    usual: dict[str, Any] = {
        "coin_usd": [1.0, 0.9, 0.95, 1.0],
        "stable_usd": [1.0, 0.92, 1.005, 0.995],
        "peg_minted_usd": [1_000.0, 1_500.0, 1_500.0, 800.0],
        "peg_room_usd": [500.0, 0.0, 0.0, 700.0],
        "peg_reserve_usd": [1_000.0, 1_350.0, 1_425.0, 801.0],
        "rate": [0.01, 0.5, 0.03, 0.02],
    }
    return pd.DataFrame({**usual, **columns})


def test_figures__by_hand() -> None:
    assert peg(blocks()) == pytest.approx(
        {
            "lowest_usd": 0.92,
            "highest_usd": 1.005,
            "end_usd": 0.995,
            "deviation_mean_bp": 225.0,
            "deviation_worst_bp": 800.0,
            "outside_share": 0.25,
            "coin_lowest_usd": 0.9,
            "coin_end_usd": 1.0,
            "minted_start_usd": 1_000.0,
            "minted_highest_usd": 1_500.0,
            "minted_end_usd": 800.0,
            "full_share": 0.5,
            "reserves_left": 0.8,
            "hole_worst_usd": 150.0,
            "hole_end_usd": 0.0,
            "rate_mean": 0.14,
            "rate_highest": 0.5,
        }
    )


def test_figures__no_market__none() -> None:
    assert peg(blocks(coin_usd=[0.0] * 4)) is None
