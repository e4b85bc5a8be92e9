"""Resilience scenarios beside the same day without what makes them: why it broke, what held.

Blocks are longer than shipped, so that a day is short; the story must not depend on that.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from sim.experiments.run import run
from sim.scenario import load
from tests.sim.runs import IN_PROCESS


@cache
def day(name: str, seconds: int, *changes: str) -> dict[str, Any]:
    """Summary of a scenario in blocks of so many seconds."""
    shipped = load(name)
    blocks = shipped.run.blocks * shipped.run.block_seconds // seconds
    shorter = (f"run.block_seconds={seconds}", f"run.blocks={blocks}")
    return run(load(name, (*shorter, *changes)), engine=IN_PROCESS).record["summary"]


def test_thin_liquidity__sales_deepen_the_fall__and_lenders_are_whole():
    thin, deep = day("thin-liquidity", 60), day("thin-liquidity", 60, "venue.scale=1")
    assert thin["cascade"]["amplification"] > 1.25 > 1.1 > deep["cascade"]["amplification"]
    assert thin["cascade"]["branching_ratio"] > 0.4
    assert thin["liquidation"]["liquidated_share"] > 2 * deep["liquidation"]["liquidated_share"]
    assert thin["solvency"]["bad_debt_usd"] == deep["solvency"]["bad_debt_usd"] == 0


def test_whale__goes_in_pieces_and_takes_others_along():
    whale, none = day("whale", 60), day("whale", 60, "traders.whale_share=0")
    assert whale["cascade"]["triggered_usd"] > 5 * none["cascade"]["triggered_usd"]
    others = whale["liquidation"]["accounts_liquidated"] - 1
    assert others > none["liquidation"]["accounts_liquidated"] + 10
    assert whale["solvency"]["liquidatable_worst_usd"] > 20e6
    assert whale["solvency"]["liquidatable_end_usd"] == whale["solvency"]["bad_debt_usd"] == 0


def test_bank_run__most_of_the_debt_gets_out__those_who_stay_pay():
    flight, calm = day("bank-run", 60), day("bank-run", 60, "traders.run_share=0")
    assert flight["solvency"]["debt_end_usd"] < 0.65 * calm["solvency"]["debt_end_usd"]
    assert flight["cascade"]["sold_usd"] > 4 * calm["cascade"]["sold_usd"]
    accounts = [f["liquidation"]["accounts_liquidated"] for f in (flight, calm)]
    assert accounts[0] > 1.4 * accounts[1]
    assert flight["solvency"]["bad_debt_usd"] == 0


def test_gas_spike__liquidation_waits_for_gas__and_small_debts_go_bad():
    spike, calm = day("gas-spike", 36), day("gas-spike", 36, "gas.level=[[0,30]]")
    assert spike["market"]["base_fee_highest_gwei"] > 2_000
    assert calm["liquidation"]["delay_blocks"]["p50"] == 1
    assert spike["liquidation"]["delay_blocks"]["p50"] > 20
    assert spike["solvency"]["loss_usd"] > calm["solvency"]["loss_usd"] == 0
    assert spike["solvency"]["loss_usd"] < 0.01 * spike["solvency"]["debt_start_usd"]


def test_cascade__a_market_maker_who_withdraws__turns_the_fall_into_one():
    weighted, static = day("cascade", 60), day("cascade", 60, "venue.volatility_weight=0")
    assert weighted["cascade"]["amplification"] > 1.5 > 1.15 > static["cascade"]["amplification"]
    assert weighted["cascade"]["branching_ratio"] > 2 * static["cascade"]["branching_ratio"]
    assert weighted["solvency"]["bad_debt_usd"] > 1e6
    assert static["solvency"]["bad_debt_usd"] == 0


def test_toxic_spiral__with_the_cap_off__and_gone_with_it_on():
    on, off = (day("toxic-spiral", 48, f"protocol.cap_toxic={cap}") for cap in ("true", "false"))
    assert off["solvency"]["bad_debt_usd"] > 100_000
    assert on["solvency"]["bad_debt_usd"] < 0.01 * off["solvency"]["bad_debt_usd"]


def test_contagion__one_account_for_both__reaches_the_collateral_that_did_not_fall():
    cross, apart = day("contagion", 60), day("contagion", 60, "traders.accounts=isolated")
    assert cross["cascade"]["spillover"] > 0.02
    assert apart["cascade"]["spillover"] < 0.001
    assert cross["cascade"]["assets"]["BTC"]["repaid_usd"] > 0


def test_contagion__liquidators_who_hold_both__sell_the_one_that_did_not_fall():
    held = ("traders.accounts=isolated", "liquidators.inventory=hold")
    with_both = day("contagion", 60, *held, "liquidators.collateral_share=0.8")
    assert with_both["cascade"]["spillover"] > 0.005
