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


# ------------------------------------------------------------------ LAWS 3 and 4

LAW = {"grace": 0, "full_liquidation_health": 0, "cap_toxic": False, "min_left": 0}
FIVE_PERCENT = ("FixedPenalty", 5 * PERCENT)


def _at_health(health: Fraction, **terms: object) -> tuple[System, int]:
    """Ten ether, 10,000 owed, LT 0.8: 10 p 0.8 / 10,000 = health."""
    system, account = levered(
        debt=10_000 * WAD, penalty=FIVE_PERCENT, reserve_share=0, **(LAW | terms)
    )
    system.price(0, int(health * 10_000 * WAD / 8))
    return system, account


@pytest.mark.parametrize(
    ("health", "least_share", "health_after_half"),
    [
        # golden_dev.json, liq: LT .8, b .05, k .5
        (Fraction(97, 100), Fraction(1875, 10_000), Fraction(11, 10)),
        (Fraction(9, 10), Fraction(625, 1000), Fraction(96, 100)),
        # LAW 4: heals with k = 1/2 if and only if HF >= .92; at .99 only 6.25 % is needed
        (Fraction(92, 100), Fraction(1, 2), Fraction(1)),
        (Fraction(99, 100), Fraction(625, 10_000), None),
    ],
)
def test_laws_3_and_4__health_after_repaying(
    health: Fraction, least_share: Fraction, health_after_half: Fraction | None
) -> None:
    assert least_share == (1 - health) / (1 - Fraction(8, 10) * Fraction(105, 100))
    system, account = _at_health(health)
    start = system.snapshot()
    if health_after_half is not None:
        collateral, debt = 10 * int(health * 10_000 * WAD / 8), 10_000 * WAD
        law = Fraction(8, 10) * (collateral - Fraction(105, 100) * debt / 2) / (debt - debt / 2)
        assert system.liquidate(account, 10**6 * WAD).event("Liquidated")["repaid"] == debt // 2
        after = Fraction(system.read(system.core.health_factor, account), WAD)
        assert abs(after - health_after_half) < Fraction(1, 10**15)
        assert abs(law - health_after_half) < Fraction(1, 10**15)
        system.restore(start)
    if least_share <= Fraction(1, 2):
        least = int(least_share * 10_000 * WAD)
        # The seizure is rounded by a unit of ether, some 1,200 wei of value, of which 0.8
        # counts; a wei repaid raises the buffer by 1 - 0.84.
        rounding = 1_300 * 80 // 16
        assert system.liquidate(account, least - rounding).ok
        assert system.read(system.core.maintenance_buffer, account) < 0
        system.restore(start)
        assert system.liquidate(account, least + rounding).ok
        assert system.read(system.core.maintenance_buffer, account) >= 0


# ------------------------------------------------------------------ toxic liquidations


def test_law_5__spiral_run_to_its_end__bad_debt() -> None:
    """LTV 1.0 > 1/1.05: each liquidation lowers health; the end is D - C/(1 + b)."""
    system, account = levered(
        debt=10_000 * WAD, penalty=FIVE_PERCENT, **LAW, min_debt=0, loss_threshold=10**24
    )
    system.price(0, 1_000 * WAD)
    healths, steps = [], 0
    while system.collateral_of(account):
        healths.append(system.read(system.core.health_factor, account))
        assert system.liquidate(account, 1_500 * WAD).ok
        steps += 1
    assert steps == 8  # five of 1,500, then half the debt: 1,250, 625, and the rest
    assert healths == sorted(healths, reverse=True)
    law = Fraction(10_000 * WAD) - Fraction(10_000 * WAD * 100, 105)
    bad = system.read(system.core.bad_debt)
    # Rounding of each step goes against the liquidator: less bad debt, never more.
    assert law - 2_000 * steps < bad <= law + 1
    assert system.debt_of(account) == 0


def test_toxic_cap__on__same_account_ends_without_bad_debt() -> None:
    """V = 10,200 and D = 10,000: capped at V/D - 1 = 2 %, and everything is repaid."""
    system, account = levered(debt=10_000 * WAD, penalty=FIVE_PERCENT, grace=0)
    system.price(0, 1_020 * WAD)
    event = system.liquidate(account, 10**6 * WAD).event("Liquidated")
    assert event["penalty"] == 2 * PERCENT
    assert event["repaid"] == 10_000 * WAD
    assert event["seized"] + event["reserve_cut"] == 10 * WAD
    assert system.read(system.core.bad_debt) == 0


def test_toxic_cap__binds_from_the_unit_at_which_v_over_d_falls_below_the_penalty() -> None:
    """At 1,050 V/D - 1 is the penalty itself: not toxic; one unit of price below it is."""
    for price, penalty in (
        (1_050 * WAD, 5 * PERCENT),
        (1_050 * WAD - 1, 5 * PERCENT - 1),
        (1_051 * WAD, 5 * PERCENT),
    ):
        system, account = levered(debt=10_000 * WAD, penalty=FIVE_PERCENT, grace=0)
        system.price(0, price)
        assert system.liquidate(account, WAD).event("Liquidated")["penalty"] == penalty


@pytest.mark.parametrize(
    ("price", "penalty", "cut_share"),
    [
        # Penalty 5 %, a fifth to the Reserve, the liquidator keeps at least 1 % (floor).
        (1_060, 5 * PERCENT, PERCENT),
        (1_040, 4 * PERCENT, 8 * PERCENT // 10),
        (1_012, 12 * PERCENT // 10, 2 * PERCENT // 10),  # a fifth would leave less than 1 %
        (1_011, 11 * PERCENT // 10, PERCENT // 10),
        (1_010, PERCENT, 0),
        (1_005, PERCENT, 0),  # the floor is kept although it exceeds V/D - 1
        (1_000, PERCENT, 0),
    ],
)
def test_toxic_cap__floor_and_the_reserves_share(price: int, penalty: int, cut_share: int) -> None:
    system, account = levered(debt=10_000 * WAD, penalty=FIVE_PERCENT, grace=0)
    system.price(0, price * WAD)
    event = system.liquidate(account, 1_000 * WAD).event("Liquidated")
    taken = floor(Fraction(1_000 * WAD * (WAD + penalty), price * WAD))
    assert event["penalty"] == penalty
    assert event["reserve_cut"] == ceil(Fraction(taken * cut_share, WAD + penalty))
    assert event["seized"] == taken - event["reserve_cut"]


def test_toxic_cap__floor_above_the_penalty__the_penalty_is_kept() -> None:
    system, account = levered(
        debt=10_000 * WAD, penalty=("FixedPenalty", PERCENT), grace=0, liquidator_floor=3 * PERCENT
    )
    system.price(0, 1_005 * WAD)
    event = system.liquidate(account, WAD).event("Liquidated")
    assert (event["penalty"], event["reserve_cut"]) == (PERCENT, 0)


def test_toxic_cap__off__full_penalty_with_the_reserves_share() -> None:
    system, account = levered(debt=10_000 * WAD, penalty=FIVE_PERCENT, grace=0, cap_toxic=False)
    system.price(0, 1_010 * WAD)
    event = system.liquidate(account, 1_000 * WAD).event("Liquidated")
    taken = floor(Fraction(1_050 * WAD * WAD, 1_010 * WAD))
    assert event["penalty"] == 5 * PERCENT
    assert event["reserve_cut"] == ceil(Fraction(taken, 105))


@pytest.mark.parametrize(("debt", "insolvent"), [(10_000 * WAD, False), (10_000 * WAD + 1, True)])
def test_insolvent__full_penalty_and_nothing_for_the_reserve(debt: int, insolvent: bool) -> None:
    """Reserve share 0 when V < D; at V = D the cap still holds."""
    system, account = levered(debt=debt, penalty=FIVE_PERCENT, grace=0)
    system.price(0, 1_000 * WAD)
    event = system.liquidate(account, 1_000 * WAD).event("Liquidated")
    assert event["penalty"] == (5 if insolvent else 1) * PERCENT
    assert event["reserve_cut"] == 0


def hedged(price: int, debt: int = 15_000 * WAD) -> tuple[System, int]:
    """5 ether against 5 bitcoin that are short the market, both at `price`.
    M = 0.3 * 0.4 * V while they are level, 0.4 * V of what is left without the hedge."""
    terms = (30 * PERCENT, 2 * WAD, 90 * PERCENT)
    margin = ("ScenarioMargin", [40 * PERCENT] * 2, [WAD, -WAD], *terms)
    system = System(
        assets=(ETHER, BITCOIN), prices=(2_000 * WAD, 2_000 * WAD), margin=margin,
        penalty=FIVE_PERCENT, grace=0, full_liquidation_health=0,
    )  # fmt: skip
    account = system.account(BORROWER, [5 * WAD, 5 * 10**8], debt)
    system.stables(LIQUIDATOR, 10**5 * WAD)
    system.price(0, price * WAD)
    system.price(1, price * WAD)
    return system, account


def test_buffer__seizing_the_hedge_that_raises_the_requirement__refused() -> None:
    """V = 17,000, M = 2,040, X = 1,836, D = 15,000: E = 2,000. Without the hedge M would be
    above 2,800."""
    system, account = hedged(1_700)
    assert system.read(system.core.maintenance_buffer, account) == -40 * WAD
    outcome = system.liquidate(account, 7_000 * WAD, asset=1)
    assert outcome.reason == "liquidation: lowers the buffer"
    preview = system.read(system.core.preview_liquidate, account, system.token(1), 7_000 * WAD)
    assert preview[0] is False
    assert system.liquidate(account, 100 * WAD, asset=1).ok


def test_buffer__insolvent_account__may_fall() -> None:
    """V = 14,000 < D: what is lost is lost, and the liquidator may take either asset whole.
    The buffer goes from 14,000 - 15,000 - 1,680 to 7,000 - 8,333.33 - 2,800."""
    system, account = hedged(1_400)
    assert system.read(system.core.maintenance_buffer, account) == -2_680 * WAD
    assert system.liquidate(account, 7_000 * WAD, asset=1).ok
    left = 15_000 * WAD - ceil(Fraction(7_000 * WAD * 100, 105))
    assert system.read(system.core.maintenance_buffer, account) == 4_200 * WAD - left


@pytest.mark.parametrize(("more", "ok"), [(0, False), (1, True)])
def test_buffer__below_close_out__may_fall(more: int, ok: bool) -> None:
    """At V = 17,000 X = 1,836: a debt of 15,164 leaves just that, and one unit more less."""
    system, account = hedged(1_700, 15_164 * WAD + more)
    outcome = system.liquidate(account, 7_000 * WAD, asset=1)
    assert outcome.reason == ("" if ok else "liquidation: lowers the buffer")


def test_buffer__may_fall_by_the_rounding_and_not_by_a_unit_more() -> None:
    """16 units of value, debt and requirements, and one share (CollateralizedDebt). Seizing the
    smaller of two opposite assets lowers the buffer by about 0.47 of what is repaid."""
    margin = ("ScenarioMargin", [40 * PERCENT] * 2, [WAD, -WAD], 30 * PERCENT, 130 * PERCENT,
              90 * PERCENT)  # fmt: skip
    system = System(
        assets=(ETHER, ETHER), prices=(2 * WAD, 2 * WAD), margin=margin, penalty=FIVE_PERCENT,
        grace=0, full_liquidation_health=0,
    )  # fmt: skip
    amounts = [7_000 * WAD, 3_000 * WAD]
    account = system.account(BORROWER, amounts, 14_400 * WAD)
    price = 17 * WAD // 10
    for i in range(2):
        system.price(i, price)

    def value_less_maintenance(taken: int) -> int:
        left = [floor(Fraction(a * price, WAD)) for a in (amounts[0], amounts[1] - taken)]
        return sum(left) - ceil(Fraction(40 * abs(left[0] - left[1]), 100))

    seen = set()
    for repay in range(1, 60):
        taken = floor(Fraction(repay * 105 * WAD, 100 * price))
        fall = value_less_maintenance(0) - value_less_maintenance(taken) - repay
        preview = system.read(system.core.preview_liquidate, account, system.token(1), repay)
        assert preview[0] == (fall <= 17)
        seen.add(fall)
    assert {17, 18} <= seen


def test_buffer__linear_margin__never_falls() -> None:
    system, account = levered(grace=0, full_liquidation_health=0)
    system.price(0, 1_450 * WAD + 1)
    for repay in (1, 2, 3, WAD + 1, 777 * WAD + 3):
        before = system.read(system.core.maintenance_buffer, account)
        assert system.liquidate(account, repay).ok
        assert system.read(system.core.maintenance_buffer, account) >= before - 2


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


def test_law_7__smallest_debt_worth_liquidating() -> None:
    """gas * price / (b k): 500k gas at 200 gwei and 110 USD cost 11 USD; at 5 % that is 220
    of debt when all of it may be repaid (k = 1) and 440 when half of it may."""
    cost = 500_000 * 200 * 110 * 10**9
    for close_factor, smallest in ((WAD, 220 * WAD), (WAD // 2, 440 * WAD)):
        assert Fraction(cost * WAD * WAD, 5 * PERCENT * close_factor) == smallest
        for debt, pays in ((smallest + 10**6, True), (smallest - 10**6, False)):
            system, account = levered(
                debt=debt, amount=WAD, penalty=FIVE_PERCENT, grace=0, reserve_share=0,
                close_factor=close_factor, min_left=0, full_liquidation_health=0,
            )  # fmt: skip
            price = debt * 124 // 100
            system.price(0, price)
            event = system.liquidate(account, 10**6 * WAD).event("Liquidated")
            assert event["repaid"] == ceil(Fraction(debt * close_factor, WAD))
            profit = Fraction(event["seized"] * price, WAD) - event["repaid"]
            assert (profit >= cost) == pays


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
