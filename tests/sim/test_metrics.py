"""Figures of a run, against the hand-written run of `tables`."""

from __future__ import annotations

import json
import math

import pandas as pd
import pytest

from sim.metrics.incentives import incentives
from sim.metrics.liquidation import CAUSES, liquidation
from sim.metrics.solvency import BANDS, solvency
from sim.metrics.summary import summarise
from sim.model.failure import Cause
from tests.sim import tables


@pytest.fixture
def found():
    return summarise(tables.run())


def test_solvency__figures(found):
    figures = found["solvency"]
    assert figures | {"debt_by_health_usd": ...} == {
        "accounts": 3,
        "accounts_with_debt": 2,
        "debt_start_usd": 19_000,
        "debt_highest_usd": 19_000,
        "debt_end_usd": 10_000,
        "collateral_end_usd": 20_000,
        "bad_debt_usd": 250,
        "shortfall_end_usd": 40,
        "shortfall_worst_usd": 900,
        "shortfall_worst_block": 5,
        "loss_usd": 290,
        "reserve_usd": 100,
        "liquidatable_end_usd": 0,
        "liquidatable_worst_usd": 5_000,
        "lowest_buffer_usd": -700,
        "lowest_health": 0.9,
        "debt_by_health_usd": ...,
    }
    assert figures["debt_by_health_usd"] == dict.fromkeys(BANDS.values(), 1_000) | {"below 1": 0}


def test_solvency__nobody_ever_had_debt__no_lowest_buffer_and_no_lowest_health():
    data = tables.run()
    figures = solvency(data["blocks"], data["accounts"].iloc[2:])
    assert figures["accounts_with_debt"] == 0
    assert figures["lowest_buffer_usd"] is None
    assert figures["lowest_health"] is None


def test_liquidation__figures(found):
    figures = found["liquidation"]
    assert {name: figures[name] for name in ("margin_calls", "cured", "liquidations")} == {
        "margin_calls": 3,
        "cured": 1,
        "liquidations": 3,
    }
    assert figures["accounts_liquidated"] == 2
    assert figures["repaid_usd"] == 4_000
    assert figures["seized_usd"] == 4_200
    assert figures["liquidated_share"] == pytest.approx(4_000 / 19_000)
    assert figures["penalty_paid_usd"] == 200


def test_liquidation__delays_and_efficiency__in_blocks_since_it_was_possible(found):
    """Half of the collateral went in the first block, a quarter in the second, a quarter late."""
    figures = found["liquidation"]
    assert figures["efficiency"] == {"within_1": 0.5, "within_2": 0.75, "within_16": 0.75}
    assert figures["delay_blocks"]["p50"] == 2
    assert figures["delay_blocks"]["p99"] == pytest.approx(2 + 0.98 * 18)


def test_liquidation__in_the_very_block_it_became_possible__counts_as_the_first():
    data = tables.run()
    same = tables.table("liquidations", [tables.liquidation(6, "liquidator-1", 1.0, 1.0, 6)])
    figures = liquidation(data["blocks"], same, data["accounts"])
    assert figures["efficiency"]["within_1"] == 1


def test_incentives__figures(found):
    figures = found["incentives"]
    assert figures["liquidators"] == 3
    assert figures["liquidators_active"] == 2
    assert figures["liquidator_profit_usd"] == 82
    assert figures["liquidator_gas_usd"] == 38
    assert figures["concentration_hhi"] == pytest.approx(0.75**2 + 0.25**2)
    assert figures["gas_usd"] == 41
    assert figures["gas_by_role_usd"] == {"liquidator": 38, "trader": 3}
    assert (figures["failed_transactions"], figures["failed_cost_usd"]) == (2, 5)
    assert (figures["transactions"], figures["expired_transactions"]) == (6, 1)


def test_incentives__builder_share__tips_of_all_attempts_over_what_was_won(found):
    """Tips 20*35/50 + 8*10/40 + 6*15/30 + 4*5/20 = 14 + 2 + 3 + 1 on a gain of 200."""
    assert found["incentives"]["builder_share"] == pytest.approx(20 / 200)


def test_incentives__one_liquidator_took_all__concentration_is_1():
    data = tables.run()
    alone = data["liquidations"][data["liquidations"]["agent"] == "liquidator-1"]
    assert incentives(data["agents"], alone, data["transactions"])["concentration_hhi"] == 1


def test_market__figures(found):
    market = found["market"]
    assert market["blocks"] == 10
    assert market["hours"] == pytest.approx(120 / 3_600)
    assert market["base_fee_median_gwei"] == 15.5
    assert market["base_fee_highest_gwei"] == 20
    ether = market["assets"]["ETH"]
    assert (ether["first"], ether["lowest"], ether["last"]) == (200, 110, 120)
    assert ether["deepest_fall"] == pytest.approx(0.45)
    assert ether["oracle_invalid_blocks"] == 1
    assert ether["oracle_error_p99"] == pytest.approx(0.91 * (190 / 110 - 1))


def test_market__a_rise_before_the_fall__the_fall_is_from_the_high():
    data = tables.run()
    data["prices"].loc[2, "outside"] = 220.0
    assert summarise(data)["market"]["assets"]["ETH"]["deepest_fall"] == pytest.approx(0.5)


def test_market__assets__each_in_the_order_of_the_run():
    data = tables.run()
    second = data["prices"].assign(asset="BTC", outside=5.0)
    data["prices"] = pd.concat([data["prices"], second]).sort_values("block", kind="stable")
    assert list(summarise(data)["market"]["assets"]) == ["ETH", "BTC"]


def numbers(summary):
    if isinstance(summary, dict):
        for value in summary.values():
            yield from numbers(value)
    elif isinstance(summary, list):
        for value in summary:
            yield from numbers(value)
    else:
        yield summary


@pytest.mark.parametrize("data", [tables.run(), tables.quiet(), tables.quiet(1)])
def test_summarise__any_run__plain_numbers_or_none_and_the_same_after_json(data):
    summary = summarise(data)
    assert all(value is None or type(value) in (int, float) for value in numbers(summary))
    assert all(value is None or math.isfinite(value) for value in numbers(summary))
    assert json.loads(json.dumps(summary, allow_nan=False)) == summary


def test_summarise__nothing_happened__figures_that_cannot_be_given_are_none():
    summary = summarise(tables.quiet())
    assert summary["liquidation"]["delay_blocks"] is None
    assert summary["liquidation"]["efficiency"] is None
    assert summary["incentives"]["concentration_hhi"] is None
    assert summary["incentives"]["builder_share"] is None
    assert summary["incentives"]["gas_usd"] == 0


def test_summarise__no_block__nothing():
    assert summarise(tables.empty()) == {}


def test_summarise__liquidations_of_nothing__no_share_of_nothing():
    """Dust can round to 0 on both sides; a share of 0 is no number."""
    data = tables.run()
    dust = data["liquidations"].assign(repaid_usd=0.0, seized_usd=0.0)
    summary = summarise(data | {"liquidations": dust})
    assert summary["liquidation"]["efficiency"] is None
    assert summary["incentives"]["concentration_hhi"] is None


def test_liquidation__failure_causes__by_each_accounts_first(found):
    """All three are account 1's; what they cost its owner is 100 + 50 + 50."""
    causes = found["liquidation"]["failure_causes"]
    assert causes.pop("too slow") == {"accounts": 1, "borrower_loss_usd": 200}
    assert len(causes) == 4
    assert all(each == {"accounts": 0, "borrower_loss_usd": 0} for each in causes.values())
    assert found["liquidation"]["borrower_loss_usd"] == 200


def test_incentives__builder_share__a_bundles_payment_counts():
    data = tables.run()
    bundled = data["liquidations"].assign(route="bundle")
    figures = incentives(data["agents"], bundled, data["transactions"])
    assert figures["builder_share"] == pytest.approx((20 + 3 * 3) / 200)


def test_failure_causes__are_those_that_the_model_attributes():
    assert sorted(CAUSES) == sorted(str(cause) for cause in Cause)


def test_liquidation__hindrances__debt_that_is_left_by_what_hinders(found):
    hindrances = found["liquidation"]["hindrances"]
    assert hindrances["no capital"] == {"accounts": 1, "debt_usd": 4_000}
    assert hindrances["no gain"] == {"accounts": 0, "debt_usd": 0}


def test_incentives__front_run_share__of_what_was_repaid():
    data = tables.run()
    won = data["liquidations"].assign(front_run=[True, False, False])
    assert incentives(data["agents"], won, data["transactions"])["front_run_share"] == 0.5


def test_incentives__by_strategy__attempts_wins_failures_profit_capital_and_return(found):
    """Three keepers: 122 - 40 + 0 earned with 500 each at most at work."""
    assert found["incentives"]["by_strategy"] == {
        "Keeper": {
            "agents": 3,
            "attempts": 6,
            "wins": 3,
            "failed_usd": pytest.approx(3.8),
            "profit_usd": 82,
            "capital_usd": 1_500,
            "return": pytest.approx(82 / 1_500),
        }
    }
    assert found["incentives"]["liquidator_return"] == pytest.approx(82 / 1_500)


def test_incentives__bids_slippage_and_builders(found):
    figures = found["incentives"]
    assert (figures["bids_mean"], figures["slippage_usd"], figures["builder_usd"]) == (2, 6, 9)


def test_liquidation__penalty_excess_and_smallest_debt(found):
    """A quarter of each repayment was more than needed; debts were three times what was repaid."""
    figures = found["liquidation"]
    assert figures["average_penalty"] == pytest.approx(0.05)
    assert figures["close_factor_excess"] == pytest.approx(0.25)
    assert figures["smallest_debt_usd"] == 3_000


def test_liquidation__excess_that_nobody_knows__is_left_out():
    """An account that was healthy at the price before its block has no healing repayment."""
    data = tables.run()
    won = data["liquidations"].assign(excess_usd=[500.0, math.nan, math.nan])
    assert liquidation(data["blocks"], won, data["accounts"])["close_factor_excess"] == 0.25


def test_liquidation__break_even__law_7_with_the_gas_that_was_paid():
    """1.125 USD of gas, at a penalty of 5 % of which a tenth is the Reserve's, and half of the debt
    repaid: 1.125/(.045·.5). The builder's part is no gas; a sale of another day does not matter."""
    data = tables.run()
    won = data["liquidations"].assign(
        debt_usd=10_000.0, repaid_usd=5_000.0, penalty=0.05, seized=52.25, reserve_cut=0.25,
        sold_usd=5_200.0, builder_usd=30.0, profit_usd=5_200.0 - 5_000.0 - 30.0 - 1.125,
    )  # fmt: skip
    found = liquidation(data["blocks"], won, data["accounts"])["break_even_debt_usd"]
    assert found == pytest.approx(50)
    none = liquidation(data["blocks"], won.assign(penalty=0.0), data["accounts"])
    assert none["break_even_debt_usd"] is None
