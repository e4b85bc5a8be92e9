"""A run in sentences: each says what the figures say, and nothing where there is nothing."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from sim.report.story import answer

NO_CAUSE = {"accounts": 0, "borrower_loss_usd": 0.0}
QUIET: dict[str, Any] = {
    "market": {"assets": {"ETH": {"deepest_fall": 0.1}}, "base_fee_highest_gwei": 20.4},
    "oracle": {"stale_longest_blocks": 0, "too_high_worst_bp": 60.0},
    "solvency": {
        "loss_usd": 0.0,
        "bad_debt_usd": 0.0,
        "shortfall_end_usd": 0.0,
        "shortfall_worst_usd": 0.0,
        "debt_start_usd": 2e6,
        "liquidatable_end_usd": 0.0,
        "liquidatable_worst_usd": 1e3,
    },
    "liquidation": {
        "liquidations": 0,
        "accounts_liquidated": 0,
        "liquidated_share": 0.0,
        "borrower_loss_usd": 0.0,
        "efficiency": None,
        "delay_blocks": None,
        "failure_causes": {"too slow": NO_CAUSE, "no funds": NO_CAUSE},
        "hindrances": {"no capital": {"accounts": 0, "debt_usd": 0.0}},
    },
    "incentives": {"liquidator_profit_usd": 0.0, "by_strategy": {}},
    "cascade": None,
    "peg": None,
}
HOLDS = "It holds: no bad debt, and no block in which any account owed more than it held."


def with_(**changes: dict[str, Any]) -> dict[str, Any]:
    summary = deepcopy(QUIET)
    for part, figures in changes.items():
        summary[part] = {**(summary[part] or {}), **figures}
    return summary


def test_quiet_run__says_only_that_it_holds() -> None:
    market = "ETH falls 10%; the base fee reaches 20 gwei."
    assert answer(QUIET) == [HOLDS, market, "Nothing is liquidated."]


@pytest.mark.parametrize(
    ("part", "figures", "sentence"),
    [
        (
            "solvency",
            {"loss_usd": 3e4, "bad_debt_usd": 1e4, "shortfall_end_usd": 2e4},
            "Lenders lose: 10 thousand USD of bad debt and 20 thousand USD of shortfall at the "
            "end, out of 2 million USD of debt.",
        ),
        (
            "solvency",
            {"shortfall_worst_usd": 5e3},
            "It holds, narrowly: no bad debt and no shortfall at the end, but 5 thousand USD of "
            "debt without collateral at the worst block.",
        ),
        (
            "oracle",
            {"stale_longest_blocks": 1},
            "The oracle has no valid price for 1 block in a row.",
        ),
        (
            "oracle",
            {"stale_longest_blocks": 37, "too_high_worst_bp": 3_458.0},
            "The oracle has no valid price for 37 blocks in a row and is 34.6% above the market "
            "at worst.",
        ),
        (
            "liquidation",
            {"liquidations": 8, "accounts_liquidated": 1, "liquidated_share": 0.125},
            "8 liquidations of 1 account repay 12.5% of the debt; they cost borrowers 0 USD and "
            "leave liquidators 0 USD.",
        ),
        (
            "liquidation",
            {"efficiency": {"within_1": 0.9, "within_16": 1.0}, "delay_blocks": {"p99": 1.0}},
            "90% of the collateral seized goes in the first block it can and 100% within 16.",
        ),
        (
            "liquidation",
            {"efficiency": {"within_1": 0.6, "within_16": 0.7}, "delay_blocks": {"p99": 668.4}},
            "60% of the collateral seized goes in the first block it can and 70% within 16; one "
            "liquidation in a hundred takes 668 blocks or more.",
        ),
        (
            "liquidation",
            {
                "failure_causes": {
                    "too slow": {"accounts": 3, "borrower_loss_usd": 10.0},
                    "no funds": {"accounts": 1, "borrower_loss_usd": 20.0},
                }
            },
            "Most is lost where owners have no funds: 20 USD in 1 account.",
        ),
        (
            "incentives",
            {
                "by_strategy": {
                    "Keeper": {"attempts": 2, "profit_usd": 9.0},
                    "Griefer": {"attempts": 0, "profit_usd": -1.0},
                    "StaleBorrower": {"attempts": 0, "profit_usd": 59_010.0},
                }
            },
            "StaleBorrower gains 59 thousand USD.",
        ),
        (
            "cascade",
            {"sold_usd": 2e6, "assets": {"ETH": {"fall": 0.468, "shock": 0.272}}},
            "With 2 million USD sold outside, prices fall further: ETH 46.8% instead of 27.2%.",
        ),
        (
            "peg",
            {
                "lowest_usd": 0.9444,
                "end_usd": 0.994,
                "outside_share": 0.087,
                "hole_worst_usd": 3.5e6,
                "hole_end_usd": 0.0,
            },
            "The stable trades at 0.944 USD at the lowest and 0.994 at the end, beyond 1 % in 9% "
            "of blocks; the reserves lack 3.5 million USD at worst and 0 USD at the end.",
        ),
        (
            "solvency",
            {"liquidatable_end_usd": 4_406.0},
            "4.41 thousand USD of debt is liquidatable at the end.",
        ),
    ],
)
def test_what_happened__is_said(part: str, figures: dict[str, Any], sentence: str) -> None:
    said = answer(with_(**{part: figures}))
    assert sentence in said
    assert len(set(said) - set(answer(QUIET))) == 1


def test_nothing_was_liquidatable__is_no_proof() -> None:
    said = answer(with_(solvency={"liquidatable_worst_usd": 0.0}))
    assert said[0] == "It is not put to the test: in no block could an account be liquidated."
    at_once = {"liquidations": 1, "accounts_liquidated": 1}
    said = answer(with_(solvency={"liquidatable_worst_usd": 0.0}, liquidation=at_once))
    assert said[0] == HOLDS


@pytest.mark.parametrize("fall", [0.2712, 0.2723])
def test_selling_that_moved_no_price__is_not_said_to(fall: float) -> None:
    cascade = {"sold_usd": 2e6, "assets": {"ETH": {"fall": fall, "shock": 0.272}}}
    told = "With 2 million USD sold outside, prices fall no further for it."
    assert told in answer(with_(cascade=cascade))


def test_run_that_was_cut_short__says_so() -> None:
    assert answer(QUIET, "interrupted")[0] == "The run is not whole: interrupted."


def test_debt_that_is_left__with_what_hinders_most_of_it() -> None:
    capital, gain = {"accounts": 3, "debt_usd": 3e6}, {"accounts": 1, "debt_usd": 1e6}
    left = {"liquidatable_end_usd": 4e6}
    both = with_(
        solvency=left, liquidation={"hindrances": {"no gain": gain, "no capital": capital}}
    )
    assert answer(both)[-1] == (
        "4 million USD of debt is liquidatable at the end, 3 million USD of it in 3 accounts "
        "because no liquidator has the capital."
    )
    alone = with_(solvency=left, liquidation={"hindrances": {"no capital": capital}})
    assert answer(alone)[-1] == (
        "4 million USD of debt is liquidatable at the end in 3 accounts, because no liquidator "
        "has the capital."
    )
