"""One person with two accounts, or an account and a liquidator's purse."""

from __future__ import annotations

import pytest

from sim.units import MAX_UINT256, WAD
from tests.vectors.system import BORROWER, LIQUIDATOR, STRANGER, System

from .arena import ACCOMPLICE, ATTACKER, wealth
from .test_prices import reported

PEOPLE = (BORROWER, LIQUIDATOR)


def opened(**terms: object) -> tuple[System, int]:
    """The most that ten ether at 2,000 allow, and an accomplice with a purse."""
    system = System(grace=0, **terms)
    account = system.account(BORROWER, [10 * WAD], 14_000 * WAD)
    system.stables(LIQUIDATOR, 10**5 * WAD)
    return system, account


def test_at_the_price_it_was_opened_at__there_is_nothing_to_liquidate() -> None:
    """Guard: I > M, by the constructor. An account just opened is never liquidatable."""
    system, account = opened()
    assert system.read(system.core.max_borrow, account) == 0
    assert system.liquidate(account, WAD).reason == "margin: not liquidatable"
    outcome = system.send(LIQUIDATOR, system.core.margin_call, account)
    assert outcome.reason == "margin: not below maintenance"


def test_initial_not_above_maintenance__is_no_core() -> None:
    """Guard: the constructor's gate, and the model's own."""
    for name, ratio in (("LinearMargin", [20 * WAD // 100] * 3), ("ScenarioMargin", None)):
        arguments = [[r] for r in ratio] if ratio else ([WAD // 5], [0], WAD, WAD, WAD)
        with pytest.raises(RuntimeError, match="initial not above maintenance"):
            System(margin=(name, *arguments))


@pytest.mark.parametrize("reserve_share", [0, WAD // 5])
@pytest.mark.parametrize("price", [1_740, 1_650, 1_550, 1_500, 1_450, 1_405, 1_400])
def test_whatever_the_fall__to_liquidate_oneself_pays_nothing(
    price: int, reserve_share: int
) -> None:
    """Guard: the penalty is capped at V / D - 1 while V >= D, so that one's own penalty is
    never paid by the protocol; and what is paid for is rounded against the liquidator."""
    system, account = opened(reserve_share=reserve_share, liquidator_floor=0)
    system.price(0, price * WAD)
    before = wealth(system, PEOPLE)
    for _ in range(3):
        system.liquidate(account, MAX_UINT256)
    assert wealth(system, PEOPLE) <= before
    assert system.read(system.core.bad_debt) == 0


@pytest.mark.parametrize("price", [2_000, 1_799, 1_740, 1_600, 1_500])
def test_opened_around_a_post_and_liquidated_in_the_same_block__never_profits(price: int) -> None:
    """Guards: a price moves by no more than the deviation guard at once, which is less than I,
    and the penalty takes no more than there is. Ten ether, drawn on to the last unit, a post
    that ends above the debt, and whatever can be had of one's own account."""
    system, oracle, core = reported(WAD // 4, grace=0, reserve_share=0, liquidator_floor=0)
    system.stables(ACCOMPLICE, 10**5 * WAD)
    system.must(ACCOMPLICE, system.stable.approve, core.address, MAX_UINT256)
    token = system.token()
    drawn, *taken = system.together(
        (ATTACKER, core.borrow, 1, system.read(core.max_borrow, 1), ATTACKER),
        (STRANGER, oracle.post, [token], [price * WAD]),
        (ACCOMPLICE, core.liquidate, 1, token, MAX_UINT256, 0, ACCOMPLICE),
        (ACCOMPLICE, core.liquidate, 1, token, MAX_UINT256, 0, ACCOMPLICE),
        (ACCOMPLICE, core.absorb, 1),
    )
    assert drawn.ok
    assert any(outcome.ok for outcome in taken[1:]) == (price < 1_750)
    worth = sum(system.balance(system.stable, person) for person in (ATTACKER, ACCOMPLICE))
    held = system.balance(system.tokens[0], ACCOMPLICE) + system.read(core.collateral_of, 1, token)
    assert worth + held * price - system.read(core.debt, 1) <= 10**5 * WAD + 10 * price * WAD
    assert system.read(core.bad_debt) == 0


@pytest.mark.parametrize("reserve_share", [0, WAD // 5])
def test_below_zero_equity__waiting_is_no_better(reserve_share: int) -> None:
    """Guard: with the toxic cap on the penalty below V = D is what it was there, the floor.
    Else everyone would wait a little longer, the borrower first, and have the protocol pay the
    whole penalty."""
    for price in (1_400 * WAD, 1_400 * WAD - 1, 1_300 * WAD):
        system, account = opened(reserve_share=reserve_share)
        system.price(0, price)
        event = system.liquidate(account, 1_000 * WAD).event("Liquidated")
        assert event["penalty"] == system.config.liquidator_floor
        assert event["seized"] * price <= 1_010 * WAD * WAD


def test_the_second_account__lends_the_first_no_margin() -> None:
    """Guard: accounts are apart. What one pledges and draws, pledged by the other, is one
    collateral under one debt at a time."""
    system, account = opened()
    system.must(BORROWER, system.core.open)
    second = account + 1
    system.refuses(
        "amount: more than is held",
        BORROWER, system.core.withdraw, second, system.token(), 1, BORROWER,
    )  # fmt: skip
    system.refuses(
        "margin: below initial requirement",
        BORROWER, system.core.withdraw, account, system.token(), 1, BORROWER,
    )  # fmt: skip
    system.refuses(
        "account: caller is not the owner",
        STRANGER, system.core.withdraw, account, system.token(), 1, STRANGER,
    )  # fmt: skip
    system.refuses(
        "account: caller is not the owner", STRANGER, system.core.borrow, account, WAD, STRANGER
    )
