"""What collateral cannot pay: the Reserve, bad debt, the breaker (DESIGN §2 and §3)."""

from __future__ import annotations

from fractions import Fraction
from math import ceil

import pytest

from sim.units import WAD

from .system import (
    BORROWER,
    LIQUIDATOR,
    OWNER,
    PERCENT,
    STRANGER,
    System,
    cross,
    levered,
    number,
    told,
    up,
)

DAY = 86_400
NO_INTEREST_YET = ("Accrued", {"index": 10**27, "interest": 0, "minted": 0})


def sunk(price: int = 1_000, **terms: object) -> tuple[System, int]:
    """Ten ether at 1,000 owe 12,000; penalty 8 %; the whole may be repaid."""
    system, account = levered(grace=0, **terms)
    system.price(0, price * WAD)
    return system, account


def insure(system: System, amount: int) -> None:
    """Stable for the Reserve."""
    system.stables(OWNER, amount)
    system.must(OWNER, system.stable.transfer, system.reserve.address, amount)


def identity(system: System) -> int:
    """Supply + unminted - total debt - peg-minted - bad debt: always 0 (DESIGN §3)."""
    totals = system.read(system.core.totals)
    supply = system.read(system.stable.totalSupply)
    return int(supply + totals[3] - totals[0] - system.read(system.peg.minted) - totals[4])


@pytest.mark.parametrize(
    ("reserve", "covered"), [(0, 0), (1_000 * WAD, 1_000 * WAD), (10_000 * WAD, None)]
)
def test_liquidation_that_takes_the_last_collateral__rest_is_bad_debt(
    reserve: int, covered: int | None
) -> None:
    """10,000 of value pay ceil(10,000 / 1.01) of debt; the rest is the Reserve's to cover."""
    system, account = sunk()
    insure(system, reserve)
    repaid = ceil(Fraction(10_000 * WAD * 100, 101))
    left = 12_000 * WAD - repaid
    outcome = system.liquidate(account, 20_000 * WAD)
    paid = left if covered is None else covered
    assert told(outcome) == [
        NO_INTEREST_YET,
        (
            "Liquidated",
            {
                "account": account,
                "liquidator": number(LIQUIDATOR),
                "asset": number(system.token()),
                "repaid": repaid,
                "shares": repaid,
                "seized": 10 * WAD,
                "reserve_cut": 0,
                "penalty": PERCENT,
            },
        ),
        (
            "BadDebtRealised",
            {"account": account, "shares": left, "debt": left, "covered": paid},
        ),
    ]
    assert system.read(system.core.bad_debt) == left - paid
    assert system.read(system.core.totals)[4] == left - paid
    assert system.balance(system.stable, system.reserve.address) == reserve - paid
    assert system.debt_of(account) == 0
    assert system.read(system.core.totals)[:2] == (0, 0)
    assert identity(system) == 0
    # The account can start anew.
    assert system.read(system.core.status, account) == 1
    assert system.read(system.core.shares_of, account) == 0


def test_unminted_interest__pays_with_the_rest() -> None:
    """The Reserve has nothing but what `accrue` would mint it."""
    system, account = sunk(rate=(10 * PERCENT, 0, 0, WAD // 2))
    shares = system.read(system.core.shares_of, account)
    system.wait(30 * DAY)
    outcome = system.liquidate(account, 20_000 * WAD)
    events = told(outcome)
    index = events[0][1]["index"]
    minted = events[2][1]
    unminted = minted["minted"]
    # One borrower, so what was not minted is what this account owes above what it drew, and
    # what the rounding of shares left of the payment.
    owed = up(shares * index, 10**27)
    repaid = outcome.event("Liquidated")
    left = up((shares - repaid["shares"]) * index, 10**27)
    assert unminted == owed - 12_000 * WAD + (left + repaid["repaid"] - owed)
    assert minted == {"index": index, "interest": 0, "minted": unminted}
    realised = outcome.event("BadDebtRealised")
    assert realised["covered"] == unminted > 0
    assert system.read(system.core.bad_debt) == realised["debt"] - unminted
    assert identity(system) == 0


@pytest.mark.parametrize("amount", [WAD, 10**30])
def test_heal__burns_the_callers_stable__at_most_all_of_it(amount: int) -> None:
    system, account = sunk()
    system.liquidate(account, 20_000 * WAD)
    bad = system.read(system.core.bad_debt)
    system.stables(STRANGER, 10_000 * WAD)
    healed = min(amount, bad)
    outcome = system.send(STRANGER, system.core.heal, amount)
    assert told(outcome) == [("Healed", {"payer": number(STRANGER), "amount": healed})]
    assert system.balance(system.stable, STRANGER) == 10_000 * WAD - healed
    assert system.read(system.core.bad_debt) == bad - healed
    assert identity(system) == 0
    system.refuses("amount: zero", STRANGER, system.core.heal, 0)


def test_heal__nothing_to_heal__refused() -> None:
    system = System()
    system.refuses("amount: zero", STRANGER, system.core.heal, WAD)


@pytest.mark.parametrize(("dust", "swept"), [(199_999, True), (200_000, False)])
def test_left_below_min_left__swept_to_the_reserve(dust: int, swept: bool) -> None:
    """199,999 satoshi at 10,000 are worth 19.9999 USD, one less than 20 exactly."""
    system, account = cross()
    if dust != 199_999:
        system.collateral(BORROWER, 1, 1)
        system.must(BORROWER, system.core.deposit, account, system.token(1), 1)
    outcome = system.liquidate(account, 10_000 * WAD)
    repaid = ceil(Fraction(1_000 * WAD * 100, 101))
    assert outcome.event("Liquidated")["repaid"] == repaid
    left = 1_200 * WAD - repaid
    if not swept:
        assert system.debt_of(account) == left
        assert system.collateral_of(account, 1) == dust
        assert system.read(system.core.bad_debt) == 0
        return
    assert outcome.event("Swept") == {
        "account": account, "asset": number(system.token(1)), "amount": dust,
    }  # fmt: skip
    assert system.balance(system.tokens[1], system.reserve.address) == dust
    assert system.read(system.core.deposited, system.token(1)) == 0
    assert system.collateral_of(account, 1) == 0
    assert system.read(system.core.bad_debt) == left
    assert identity(system) == 0


def test_left_below_min_left__but_enough_for_the_debt__stays() -> None:
    """After all but a little is repaid the rest of the collateral is the borrower's."""
    system = System(grace=0, min_left=3_000 * WAD, full_liquidation_health=WAD)
    account = system.account(BORROWER, [10 * WAD], 12_000 * WAD)
    system.stables(LIQUIDATOR, 20_000 * WAD)
    system.price(0, 1_450 * WAD)
    assert system.liquidate(account, 11_700 * WAD).ok
    assert system.debt_of(account) == 300 * WAD
    assert 300 * WAD < system.read(system.core.position, account)[0] < 3_000 * WAD
    assert system.read(system.core.bad_debt) == 0
    assert system.collateral_of(account) > 0


def test_emptied__without_debt_left__is_no_bad_debt() -> None:
    """V/D - 1 = 2 % is the capped penalty: the debt and the collateral end together."""
    system, account = sunk(1_224)
    outcome = system.liquidate(account, 20_000 * WAD)
    assert system.collateral_of(account) == 0
    assert system.debt_of(account) == 0
    assert [name for name, _ in told(outcome)] == ["Accrued", "Liquidated"]


def test_absorb__everything_to_the_reserve_and_the_rest_is_bad_debt() -> None:
    system, account = cross()
    insure(system, 300 * WAD)
    outcome = system.send(STRANGER, system.core.absorb, account)
    assert told(outcome) == [
        NO_INTEREST_YET,
        ("Absorbed", {"account": account, "caller": number(STRANGER)}),
        ("Swept", {"account": account, "asset": number(system.token(0)), "amount": WAD}),
        ("Swept", {"account": account, "asset": number(system.token(1)), "amount": 199_999}),
        (
            "BadDebtRealised",
            {
                "account": account,
                "shares": 1_200 * WAD,
                "debt": 1_200 * WAD,
                "covered": 300 * WAD,
            },
        ),
    ]
    assert system.read(system.core.bad_debt) == 900 * WAD
    assert system.balance(system.tokens[0], system.reserve.address) == WAD
    assert system.balance(system.tokens[1], system.reserve.address) == 199_999
    assert system.read(system.core.position, account) == (0, 0, 0, 0, 0, True)
    assert system.read(system.core.deposited, system.token(0)) == 0
    assert identity(system) == 0


def test_absorb__only_below_zero_equity() -> None:
    system, account = sunk(1_200)
    system.refuses("margin: not insolvent", STRANGER, system.core.absorb, account)
    system.price(0, 1_200 * WAD - 1)
    start = system.snapshot()
    system.must(STRANGER, system.core.absorb, account)
    system.restore(start)
    # A price that is not valid gets the benefit of the doubt.
    system.price(0, 600 * WAD, valid=False)
    system.refuses("margin: not insolvent", STRANGER, system.core.absorb, account)
    system.price(0, 600 * WAD - 1, valid=False)
    system.must(STRANGER, system.core.absorb, account)
    system.refuses("margin: not insolvent", STRANGER, system.core.absorb, account)


def test_absorb__interest_is_charged_first() -> None:
    """12,000 and 10 % a year: in a month above what ten ether at 1,205 are worth."""
    system, account = sunk(1_205, rate=(10 * PERCENT, 0, 0, WAD // 2))
    system.refuses("margin: not insolvent", STRANGER, system.core.absorb, account)
    shares = system.read(system.core.shares_of, account)
    system.wait(30 * DAY)
    outcome = system.send(STRANGER, system.core.absorb, account)
    index = told(outcome)[0][1]["index"]
    assert outcome.event("BadDebtRealised")["debt"] == up(shares * index, 10**27)
    assert system.read(system.core.totals)[7] == system.now
    assert identity(system) == 0


def test_absorb__ends_the_call() -> None:
    system, account = sunk(1_450)
    system.must(STRANGER, system.core.margin_call, account)
    system.price(0, 1_000 * WAD)
    outcome = system.send(STRANGER, system.core.absorb, account)
    assert outcome.event("MarginCallCleared") == {"account": account}
    assert system.read(system.core.called_at, account) == 0


def test_pay_reserve__sends_what_was_refused_and_only_once() -> None:
    """Ten of a token absorbed while it refused the Reserve; then it takes them."""
    system, account = levered(token="BlockingToken")
    token, reserve = system.tokens[0], system.reserve.address
    system.must(OWNER, token.block, reserve, True)
    system.price(0, 1_100 * WAD)
    system.must(STRANGER, system.core.absorb, account)
    assert system.read(system.core.unpaid, token.address) == 10 * WAD
    system.must(OWNER, token.block, reserve, False)
    system.must(STRANGER, system.core.pay_reserve, token.address)
    assert system.balance(token, reserve) == 10 * WAD
    assert system.balance(token, system.core.address) == 0
    assert system.read(system.core.unpaid, token.address) == 0
    system.refuses("amount: zero", STRANGER, system.core.pay_reserve, token.address)
