"""The rows of liquidations: what was bid, what was too much, what it cost."""

from __future__ import annotations

from math import isnan

import pandas as pd
import pytest

from sim.model.liquidations import Patient
from tests.sim.runs import finish, model, scenario

DEEP = {"symbol": "ETH", "pool_depth": 30e6}


def liquidations(*strategies: str, **sections: object) -> pd.DataFrame:
    people = {"count": 2 * len(strategies), "strategies": list(strategies), "max_tip_gwei": 1e6}
    terms = scenario(liquidators=people, assets=[DEEP], **sections)
    with model(terms) as running:
        return finish(running).tables()["liquidations"]


# ------------------------------------------------------------------------ what is too much


def patient(health: float, debt: float = 100.0, threshold: float = 0.8) -> Patient:
    return Patient(debt, health * debt / threshold, 1 - threshold)


def test_patient__health_and_healing__laws_4() -> None:
    """LT .8, b .05: 6.25 % of the debt heals HF .99, half of it HF .92."""
    assert patient(0.99).health == pytest.approx(0.99)
    assert patient(0.99).healing(0.05) == pytest.approx(6.25)
    assert patient(0.92).healing(0.05) == pytest.approx(50)


def test_patient__after_its_healing_repayment__is_healthy() -> None:
    sick = patient(0.95)
    assert sick.after(sick.healing(0.05), 0.05).health == pytest.approx(1)


def test_patient__beyond_healing__all_its_debt_is_needed() -> None:
    assert patient(0.5).healing(0.05) == 100
    assert patient(0.9, threshold=0.96).healing(0.05) == 100


def test_patient__healthy_before_the_block__nobody_knows_what_was_needed() -> None:
    assert isnan(patient(1.01).healing(0.05))


# ---------------------------------------------------------------------------- whole rows


def test_rows__sealed_bids__the_highest_wins_and_the_next_is_told() -> None:
    found = liquidations("private", "private")
    contested = found[found["rivals"] > 0]
    assert len(contested) > 3
    assert (contested["bid_gwei"] >= contested["rival_bid_gwei"]).all()
    assert (contested["bids"] > contested["rivals"]).all()
    alone = found[found["rivals"] == 0]
    assert alone["rival_bid_gwei"].isna().all()


def test_rows__bundle__profit_is_what_the_sale_brought_less_all_that_was_paid() -> None:
    """The rest is the gas of the sale and of the payment: some 130,000 at the base fee."""
    found = liquidations("private")
    whole = found[found["slippage_usd"] > 0]
    rest = whole["sold_usd"] - whole["repaid_usd"] - whole["profit_usd"]
    rest -= whole["fee_usd"] + whole["builder_usd"]
    at_base_fee = 130_000 * whole["base_fee_gwei"] * 1e-9 * 200
    assert ((rest > 0.3 * at_base_fee) & (rest < 1.2 * at_base_fee)).all()
    assert (whole["sold_usd"] + whole["slippage_usd"]).tolist() == pytest.approx(
        whole["seized_usd"].tolist(), rel=1e-6
    )


def test_rows__builder_share__of_what_was_seized_above_what_was_repaid() -> None:
    found = liquidations("auctioneer", gas={"rounds": 10})
    expected = found["builder_usd"] / (found["seized_usd"] - found["repaid_usd"])
    known = found["builder_share"].notna()
    assert known.any()
    assert found["builder_share"][known].tolist() == pytest.approx(expected[known].tolist())


def test_rows__excess__is_what_was_repaid_beyond_healing() -> None:
    """Threshold .7 and a penalty of 8 %: D(1 − HF)/(1 − .7·1.08) would have been enough."""
    found = liquidations("keeper")
    known = found[found["excess_usd"].notna()]
    healing = known["debt_usd"] * (1 - known["health_before"]) / (1 - 0.7 * 1.08)
    expected = (known["repaid_usd"] - healing.clip(upper=known["debt_usd"])).clip(lower=0)
    assert len(known) > 3
    assert known["excess_usd"].tolist() == pytest.approx(expected.tolist(), rel=1e-6, abs=1e-6)


def test_rows__second_liquidation_of_an_account_in_a_block__starts_where_the_first_ended() -> None:
    """Two steps of a bundle: the second finds what the first has left."""
    close = {"close_factor": 0.5, "full_liquidation_health": 0.5}
    found = liquidations("split", protocol=close)
    twice = found[found.duplicated(["block", "account"], keep=False)]
    assert len(twice) > 0
    for _, rows in twice.groupby(["block", "account"]):
        first, second = rows.iloc[0], rows.iloc[1]
        left = first["debt_usd"] - first["repaid_usd"]
        assert second["debt_usd"] == pytest.approx(left)
        assert first["health_before"] < second["health_before"] < 1


def test_rows__copied__is_front_run() -> None:
    copied = {"copycats": 1, "capital": 1e6}
    found = liquidations("keeper", searchers=copied, gas={"rounds": 5})
    assert found["front_run"].any()
    assert (found["front_run"] == (found["agent"] == "copycat-0")).all()
