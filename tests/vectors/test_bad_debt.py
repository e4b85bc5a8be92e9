"""What collateral cannot pay: the Reserve, bad debt, the breaker (DESIGN §2 and §3)."""

from __future__ import annotations

from fractions import Fraction
from math import ceil

import pytest

from sim.units import WAD

from .system import (
    BITCOIN,
    BORROWER,
    ETHER,
    GUARDIAN,
    LIQUIDATOR,
    OWNER,
    PERCENT,
    STRANGER,
    System,
    levered,
    number,
    told,
    up,
)

HOUR, DAY = 3_600, 86_400
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
    """10,000 of value pay ceil(10,000 / 1.08) of debt; the rest is the Reserve's to cover."""
    system, account = sunk()
    insure(system, reserve)
    repaid = ceil(Fraction(10_000 * WAD * 100, 108))
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
                "penalty": 8 * PERCENT,
            },
        ),
        ("Covered", {"asked": left, "burned": paid}),
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


# ------------------------------------------------------------------ what counts as nothing


def cross(**terms: object) -> tuple[System, int]:
    """1 ether at 2,000 and a little bitcoin at 10,000 owe 1,200."""
    system = System(assets=(ETHER, BITCOIN), prices=(2_000 * WAD, 10_000 * WAD), grace=0, **terms)
    account = system.account(BORROWER, [WAD, 199_999], 1_200 * WAD)
    system.stables(LIQUIDATOR, 10_000 * WAD)
    system.price(0, 1_000 * WAD)
    return system, account


@pytest.mark.parametrize(("dust", "swept"), [(199_999, True), (200_000, False)])
def test_left_below_min_left__swept_to_the_reserve(dust: int, swept: bool) -> None:
    """199,999 satoshi at 10,000 are worth 19.9999 USD, one less than 20 exactly."""
    system, account = cross()
    if dust != 199_999:
        system.collateral(BORROWER, 1, 1)
        system.must(BORROWER, system.core.deposit, account, system.token(1), 1)
    outcome = system.liquidate(account, 10_000 * WAD)
    repaid = ceil(Fraction(1_000 * WAD * 100, 108))
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


# ------------------------------------------------------------------ absorb


def test_absorb__everything_to_the_reserve_and_the_rest_is_bad_debt() -> None:
    system, account = cross()
    insure(system, 300 * WAD)
    outcome = system.send(STRANGER, system.core.absorb, account)
    assert told(outcome) == [
        NO_INTEREST_YET,
        ("Absorbed", {"account": account, "caller": number(STRANGER)}),
        ("Swept", {"account": account, "asset": number(system.token(0)), "amount": WAD}),
        ("Swept", {"account": account, "asset": number(system.token(1)), "amount": 199_999}),
        ("Covered", {"asked": 1_200 * WAD, "burned": 300 * WAD}),
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


# ------------------------------------------------------------------ the breaker


def losses(system: System, size: int) -> list[int]:
    """Accounts that lose 1,200 when ether falls to 1,000 and they are absorbed: 1,200 - 0."""
    return [system.account(BORROWER, [WAD], 1_200 * WAD) for _ in range(size)]


def absorb(system: System, account: int, after: int = 1) -> list[str]:
    outcome = system.send(STRANGER, system.core.absorb, account, after=after)
    return [name for name, _ in told(outcome)]


LOSS = 200 * WAD  # 1,200 of debt, 1,000 of collateral swept: what was swept is no loss


def test_breaker__trips_above_the_threshold_and_not_at_it() -> None:
    for threshold, trips in ((2 * LOSS, False), (2 * LOSS - 1, True)):
        system = System(grace=0, loss_threshold=threshold)
        first, second = losses(system, 2)
        system.price(0, 1_000 * WAD)
        assert "BreakerTripped" not in absorb(system, first)
        assert ("BreakerTripped" in absorb(system, second)) == trips
        assert system.read(system.core.breaker_tripped) is trips


def test_breaker__loss_is_what_was_lost() -> None:
    system = System(grace=0, loss_threshold=0)
    first, second = losses(system, 2)
    system.price(0, 1_000 * WAD)
    outcome = system.send(STRANGER, system.core.absorb, first)
    assert outcome.event("BreakerTripped") == {"loss": LOSS}
    # It trips once.
    assert "BreakerTripped" not in absorb(system, second)


def test_breaker__liquidation_that_sweeps__dust_is_no_loss() -> None:
    """cross(): 1,200 owed, 1,000 / 1.08 repaid, 19.9999 swept."""
    system, account = cross(loss_threshold=0)
    outcome = system.liquidate(account, 10_000 * WAD)
    left = 1_200 * WAD - ceil(Fraction(1_000 * WAD * 100, 108))
    assert outcome.event("BreakerTripped") == {"loss": left - 199_999 * 10_000 * WAD // 10**8}


def test_breaker__tripped__stops_what_it_should_and_nothing_else() -> None:
    system = System(grace=0, loss_threshold=0)
    (lost,) = losses(system, 1)
    account = system.account(BORROWER, [10 * WAD], 5_000 * WAD)
    free = system.account(BORROWER, [WAD], 0)
    system.stables(BORROWER, 1_000 * WAD)
    system.collateral(BORROWER, 0, WAD)
    system.price(0, 1_000 * WAD)
    absorb(system, lost)
    token, core = system.token(), system.core
    system.refuses("breaker: tripped", BORROWER, core.borrow, account, WAD, BORROWER)
    system.refuses("breaker: tripped", BORROWER, core.withdraw, account, token, 1, BORROWER)
    assert system.read(core.max_borrow, account) == 0
    assert system.read(system.lens.max_withdraw, account, token) == 0
    assert system.read(system.lens.max_withdraw, free, token) == WAD
    system.must(BORROWER, core.withdraw, free, token, WAD, BORROWER)
    system.must(BORROWER, core.deposit, account, token, WAD)
    system.must(BORROWER, core.repay, account, WAD)
    system.price(0, 560 * WAD)
    system.stables(LIQUIDATOR, 5_000 * WAD)
    assert system.liquidate(account, 100 * WAD).ok
    system.refuses("guardian: not the guardian", STRANGER, core.reset_breaker)
    assert told(system.send(GUARDIAN, core.reset_breaker)) == [("BreakerReset", {})]
    system.price(0, 2_000 * WAD)
    system.must(BORROWER, core.borrow, account, WAD, BORROWER)


def test_breaker__reset_forgets_the_losses() -> None:
    system = System(grace=0, loss_threshold=2 * LOSS - 1)
    first, second, third, fourth = losses(system, 4)
    system.price(0, 1_000 * WAD)
    absorb(system, first)
    assert "BreakerTripped" in absorb(system, second)
    system.must(OWNER, system.core.reset_breaker)
    assert "BreakerTripped" not in absorb(system, third)
    assert "BreakerTripped" in absorb(system, fourth)


@pytest.mark.parametrize(
    ("waits", "counted"),
    [
        # Window of an hour, buckets from the first loss on. Loss i comes waits[i] later.
        ([0, 3_599], 2),  # same bucket
        ([0, 3_600], 2),  # the next one: the one before still counts
        ([0, 7_199], 2),
        ([0, 7_200], 1),  # two windows later both are forgotten
        ([0, 3_600, 3_599], 3),
        ([0, 3_600, 3_600], 2),  # the first has left, the second is the previous one
        ([0, 3_700, 3_499], 3),  # the second bucket starts at 3,600, not at 3,700
        ([0, 3_700, 3_500], 2),
        ([0, 3_700, 7_100], 1),
        ([0, 3_599, 3_601], 1),
        ([0, 3_599, 3_600], 3),
        ([0, 7_200, 3_599], 2),  # anew from the second loss on
        ([0, 7_300, 3_600, 3_599], 3),
    ],
)
def test_loss_window__two_buckets(waits: list[int], counted: int) -> None:
    """The sum is tripped at: loss i is counted exactly, by a threshold one unit below it."""
    for threshold, trips in ((counted * LOSS - 1, True), (counted * LOSS, False)):
        system = System(grace=0, loss_window=HOUR, loss_threshold=10**30)
        accounts = losses(system, len(waits))
        system.price(0, 1_000 * WAD)
        *before, last = zip(accounts, waits, strict=True)
        for account, after in before:
            absorb(system, account, after=max(after, 1))
        system.configure(loss_window=HOUR, loss_threshold=threshold)
        outcome = absorb(system, last[0], after=last[1] - 1)
        assert ("BreakerTripped" in outcome) == trips
