"""Liquidation: how much is repaid, what is seized for it and who gets it.

The usual account: ten ether, 12,000 owed, threshold 1,500. At 1,450 V = 14,500, health
11,600 / 12,000 = 0.9666..., penalty 8 %, a fifth of it to the Reserve.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

import pytest

from sim.units import WAD
from tests.invariants.core_world import Asset

from .system import (
    BITCOIN,
    BORROWER,
    DOLLAR,
    ETHER,
    LIQUIDATOR,
    PERCENT,
    STRANGER,
    System,
    levered,
    number,
    told,
)

PENALTY = 8 * PERCENT
ZERO = bytes(20)
FIVE_PERCENT = ("FixedPenalty", 5 * PERCENT)


@dataclass(frozen=True)
class Seizure:
    taken: int
    reserve_cut: int

    @property
    def net(self) -> int:
        return self.taken - self.reserve_cut


def seizure(repaid: int, price: int, decimals: int = 18, penalty: int = PENALTY) -> Seizure:
    """repaid (1 + b) / price, down; the Reserve's part of it b * share / (1 + b), up."""
    taken = floor(Fraction(repaid * (WAD + penalty) * 10**decimals, price * WAD))
    part = ceil(Fraction(penalty, 5))
    return Seizure(taken, ceil(Fraction(taken * part, WAD + penalty)))


@pytest.mark.parametrize(
    ("asset", "price", "amount", "repay"),
    [
        (ETHER, 1_450 * WAD, 10 * WAD, 6_000 * WAD),
        (ETHER, 1_450 * WAD + 7, 10 * WAD, 1_234 * WAD + 5),
        (BITCOIN, 13_900 * WAD + 1, 10**8, 5_000 * WAD + 1),
        (Asset(6, ETHER.initial, ETHER.maintenance, ETHER.close_out), WAD - 3, 14_500 * 10**6, 777),
        (Asset(0, ETHER.initial, ETHER.maintenance, ETHER.close_out), 145 * WAD, 100, 600 * WAD),
    ],
)
def test_seizure__tokens_of_any_decimals__split_to_the_unit(
    asset: Asset, price: int, amount: int, repay: int
) -> None:
    system = System(assets=(asset,), prices=(2 * price,), grace=0)
    account = system.account(BORROWER, [amount], 12_000 * WAD)
    system.stables(LIQUIDATOR, 10**5 * WAD)
    system.price(0, price)
    expected = seizure(repay, price, asset.decimals)
    token = system.tokens[0]
    preview = system.read(system.core.preview_liquidate, account, token.address, repay)
    assert preview == (True, repay, expected.net, expected.reserve_cut, PENALTY)
    stable_before = system.balance(system.stable, LIQUIDATOR)
    start = system.snapshot()
    outcome = system.liquidate(account, repay, least=expected.net + 1)
    assert outcome.reason == "liquidation: seizes too little"
    system.restore(start)
    outcome = system.liquidate(account, repay, least=expected.net)
    assert dict(told(outcome))["Liquidated"] == {
        "account": account,
        "liquidator": number(LIQUIDATOR),
        "asset": number(token.address),
        "repaid": repay,
        "shares": repay,
        "seized": expected.net,
        "reserve_cut": expected.reserve_cut,
        "penalty": PENALTY,
    }
    assert system.balance(token, LIQUIDATOR) == expected.net
    assert system.balance(token, system.reserve.address) == expected.reserve_cut
    assert stable_before - system.balance(system.stable, LIQUIDATOR) == repay
    assert system.collateral_of(account) == amount - expected.taken
    assert system.read(system.core.deposited, token.address) == amount - expected.taken
    assert system.debt_of(account) == 12_000 * WAD - repay


def test_close_factor__half__rounded_up() -> None:
    system, account = levered(debt=12_000 * WAD + 1, grace=0)
    system.price(0, 1_450 * WAD)
    outcome = system.liquidate(account, 12_000 * WAD)
    assert outcome.event("Liquidated")["repaid"] == 6_000 * WAD + 1


def test_close_factor__whole_at_health_095_and_half_one_unit_above() -> None:
    """0.8 V / D = 0.95 at 1,425 exactly; 1,500 wei of price more is one unit of health."""
    for price, repaid in (
        (1_425 * WAD, 12_000 * WAD),
        (1_425 * WAD + 1_499, 12_000 * WAD),
        (1_425 * WAD + 1_500, 6_000 * WAD),
    ):
        system, account = levered(grace=0)
        system.price(0, price)
        expected = 95 * PERCENT + (price > 1_425 * WAD + 1_499)
        assert system.read(system.core.health_factor, account) == expected
        preview = system.read(system.core.preview_liquidate, account, system.token(), 20_000 * WAD)
        assert preview[1] == repaid
        assert system.liquidate(account, 20_000 * WAD).event("Liquidated")["repaid"] == repaid


@pytest.mark.parametrize(("debt", "whole"), [(200 * WAD, False), (200 * WAD - 1, True)])
def test_close_factor__whole_when_less_than_the_least_debt_would_be_left(
    debt: int, whole: bool
) -> None:
    """Half of 200 leaves the least debt, 100; half of one unit less does not."""
    system, account = levered(debt=debt, amount=WAD, grace=0)
    system.price(0, 245 * WAD)
    repaid = system.liquidate(account, 10**6 * WAD).event("Liquidated")["repaid"]
    assert repaid == (debt if whole else 100 * WAD)


@pytest.mark.parametrize("extra", [0, -1])
def test_close_factor__whole_when_less_than_the_least_collateral_would_be_left(extra: int) -> None:
    """Half of 12,000 takes 6,480 of value; whole as soon as V < 6,480 + min_left."""
    left = 14_500 * WAD - 6_480 * WAD
    system, account = levered(grace=0, min_left=left - extra)
    system.price(0, 1_450 * WAD)
    repaid = system.liquidate(account, 10**6 * WAD).event("Liquidated")["repaid"]
    assert repaid == (6_000 if extra == 0 else 12_000) * WAD


def test_liquidate__whole_raises_the_limit_and_does_not_oblige() -> None:
    system, account = levered(grace=0)
    system.price(0, 1_400 * WAD)
    assert system.liquidate(account, WAD).event("Liquidated")["repaid"] == WAD
    assert system.debt_of(account) == 11_999 * WAD


def test_liquidate__may_not_leave_less_than_the_least_debt() -> None:
    system, account = levered(debt=300 * WAD, amount=WAD, grace=0)
    system.price(0, 350 * WAD)
    reason = "liquidation: below minimum debt"
    outcome = system.liquidate(account, 200 * WAD + 1)
    assert outcome.reason == reason
    preview = system.read(system.core.preview_liquidate, account, system.token(), 200 * WAD + 1)
    assert preview[0] is False
    start = system.snapshot()
    assert system.liquidate(account, 200 * WAD).ok
    assert system.debt_of(account) == 100 * WAD
    system.restore(start)
    assert system.liquidate(account, 300 * WAD).ok
    assert system.debt_of(account) == 0


def test_liquidate__asset_exhausted__may_leave_less_than_the_least_debt() -> None:
    """Of two assets the smaller goes whole: 0.15 ether at 1,000 repays ceil(150 / 1.08)."""
    system = System(assets=(ETHER, BITCOIN), prices=(2_000 * WAD, 2_000 * WAD), grace=0, min_left=0)
    account = system.account(BORROWER, [15 * WAD // 100, 10**7], 230 * WAD)
    system.stables(LIQUIDATOR, 10**4 * WAD)
    system.price(0, 1_000 * WAD)
    system.price(1, 1_090 * WAD)
    outcome = system.liquidate(account, 230 * WAD)
    event = outcome.event("Liquidated")
    assert event["repaid"] == ceil(Fraction(150 * WAD * WAD, WAD + PENALTY))
    assert event["seized"] + event["reserve_cut"] == 15 * WAD // 100
    assert system.debt_of(account) == 230 * WAD - event["repaid"] < 100 * WAD
    assert system.collateral_of(account, 1) == 10**7
    assert [name for name, _ in told(outcome)][-1] == "Liquidated"


def test_liquidate__asset_worth_less_than_the_limit__paid_for_what_it_is_worth() -> None:
    """Rounded up twice: the value of the asset, and what is repaid for it."""
    price = 3_000 * WAD + 1
    system = System(assets=(ETHER, BITCOIN), prices=(price, 60_000 * WAD), grace=0)
    account = system.account(BORROWER, [WAD + 1, 10**8], 40_000 * WAD)
    system.stables(LIQUIDATOR, 10**6 * WAD)
    system.price(1, 44_000 * WAD)
    event = system.liquidate(account, 20_000 * WAD).event("Liquidated")
    worth = ceil(Fraction((WAD + 1) * price, WAD))
    assert event["repaid"] == ceil(Fraction(worth * WAD, WAD + PENALTY))
    assert event["seized"] + event["reserve_cut"] == WAD + 1
    assert system.collateral_of(account, 0) == 0


def test_liquidate__refusals() -> None:
    system = System(assets=(ETHER, BITCOIN), prices=(2_000 * WAD, WAD), grace=0)
    account = system.account(BORROWER, [10 * WAD], 12_000 * WAD)
    system.stables(LIQUIDATOR, 10**5 * WAD)
    liquidate, token, core = system.core.liquidate, system.token(), system.core.address
    refuses = system.refuses
    healthy = "margin: not liquidatable"
    refuses(healthy, LIQUIDATOR, liquidate, account, token, WAD, 0, LIQUIDATOR)
    system.price(0, 1_450 * WAD)
    refuses("amount: zero", LIQUIDATOR, liquidate, account, token, 0, 0, LIQUIDATOR)
    refuses("recipient: not allowed", LIQUIDATOR, liquidate, account, token, WAD, 0, ZERO)
    refuses("recipient: not allowed", LIQUIDATOR, liquidate, account, token, WAD, 0, core)
    unknown = system.coin.address
    refuses("asset: not listed", LIQUIDATOR, liquidate, account, unknown, WAD, 0, LIQUIDATOR)
    other = system.token(1)
    reason = "liquidation: asset is not held"
    refuses(reason, LIQUIDATOR, liquidate, account, other, WAD, 0, LIQUIDATOR)
    refuses(healthy, LIQUIDATOR, liquidate, 99, token, WAD, 0, LIQUIDATOR)
    system.must(LIQUIDATOR, liquidate, account, token, WAD, 0, STRANGER)
    assert system.balance(system.tokens[0], STRANGER) == seizure(WAD, 1_450 * WAD).net


def test_preview__nothing_to_repay__not_allowed() -> None:
    system, account = levered(grace=0)
    system.price(0, 1_450 * WAD)
    assert system.read(system.core.preview_liquidate, account, system.token(), 0)[0] is False


def test_index_above_one__shares_of_the_repayment_round_down() -> None:
    system = System(rate=(WAD, 0, 0, WAD // 2), grace=0, full_liquidation_health=0)
    account = system.account(BORROWER, [10 * WAD], 12_000 * WAD)
    system.stables(LIQUIDATOR, 10**5 * WAD)
    system.wait(10**6)
    system.price(0, 1_500 * WAD)
    outcome = system.liquidate(account, 1_000 * WAD + 1)
    index = outcome.event("Accrued")["index"]
    assert index > 10**27
    assert outcome.event("Liquidated")["shares"] == (1_000 * WAD + 1) * 10**27 // index


def portfolio(prices: Sequence[int]) -> System:
    return System(assets=(ETHER, BITCOIN, DOLLAR), prices=prices, penalty=FIVE_PERCENT, grace=0)


def test_cross_margin__liquidator_chooses_the_asset_and_others_stay() -> None:
    system = portfolio((2_000 * WAD, 40_000 * WAD, WAD))
    account = system.account(BORROWER, [5 * WAD, 25_000_000, 4_000 * 10**6], 17_000 * WAD)
    system.stables(LIQUIDATOR, 10**5 * WAD)
    system.price(0, 1_200 * WAD)
    assert system.read(system.core.status, account) == 4
    event = system.liquidate(account, 1_000 * WAD, asset=1).event("Liquidated")
    expected = seizure(1_000 * WAD, 40_000 * WAD, 8, 5 * PERCENT)
    assert event["seized"] == expected.net
    assert system.collateral_of(account, 0) == 5 * WAD
    assert system.collateral_of(account, 1) == 25_000_000 - expected.taken
    assert system.collateral_of(account, 2) == 4_000 * 10**6


def test_liquidate__pays_for_less_than_a_unit_more__pays_for_what_it_gets() -> None:
    """A unit of bitcoin at 60,000 is worth 6e14; half of that, offered above the worth of all,
    buys nothing more and is not taken."""
    system = System(assets=(BITCOIN,), prices=(100_000 * WAD,), grace=0)
    account = system.account(BORROWER, [10**8], 70_000 * WAD)
    system.stables(LIQUIDATOR, 10**6 * WAD)
    system.price(0, 60_000 * WAD)
    whole = ceil(Fraction(60_000 * WAD) / (1 + Fraction(PERCENT, WAD)))
    done = system.liquidate(account, whole + 3 * 10**14).event("Liquidated")
    assert done["repaid"] == whole
    assert done["seized"] + done["reserve_cut"] == 10**8
