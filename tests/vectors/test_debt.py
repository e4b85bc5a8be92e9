"""Borrowing and repaying: each limit to its last unit, and what is said of it."""

from __future__ import annotations

import pytest

from sim.units import MAX_UINT256, WAD

from .system import (
    BORROWER,
    GUARDIAN,
    OWNER,
    PERCENT,
    STRANGER,
    System,
    levered,
    number,
    told,
)

ZERO = bytes(20)


def test_borrow__more_than_a_word_of_shares_holds__refused_as_too_much() -> None:
    """Shares are kept in 128 bits: 2^128 + 100 must not become 100."""
    system, account = levered(account_ceiling=2**128 - 1)
    reason = "limit: debt ceiling"
    for amount in (10**6 * WAD, 2**128 + 100 * WAD):
        system.refuses(reason, BORROWER, system.core.borrow, account, amount, BORROWER)


def test_borrow__says_so_and_mints() -> None:
    system = System()
    account = system.account(BORROWER, [10 * WAD], 0)
    outcome = system.send(BORROWER, system.core.borrow, account, 12_000 * WAD, STRANGER)
    assert dict(told(outcome))["Borrowed"] == {
        "account": account,
        "to": number(STRANGER),
        "amount": 12_000 * WAD,
        "shares": 12_000 * WAD,
    }
    assert system.balance(system.stable, STRANGER) == 12_000 * WAD
    assert system.debt_of(account) == 12_000 * WAD
    assert system.read(system.core.shares_of, account) == 12_000 * WAD


def test_borrow__refusals() -> None:
    system, account = levered()
    borrow, core = system.core.borrow, system.core.address
    system.refuses("account: caller is not the owner", STRANGER, borrow, account, 1, STRANGER)
    system.refuses("account: caller is not the owner", STRANGER, borrow, 7, 1, STRANGER)
    system.refuses("amount: zero", BORROWER, borrow, account, 0, BORROWER)
    system.refuses("recipient: not allowed", BORROWER, borrow, account, 1, ZERO)
    system.refuses("recipient: not allowed", BORROWER, borrow, account, 1, core)
    system.price(0, 2_000 * WAD, valid=False)
    system.refuses("price: not valid", BORROWER, borrow, account, 1, BORROWER)
    system.price(0, 2_000 * WAD)
    system.must(GUARDIAN, system.core.set_paused, 1)
    system.refuses("pause: paused", BORROWER, borrow, account, 1, BORROWER)


def test_borrow__each_limit__last_unit_passes_and_one_more_does_not() -> None:
    """Margin (V - I = 14,000), the account's ceiling, the global one, the least debt."""
    system = System()
    other = system.account(STRANGER, [10 * WAD], 1_000 * WAD)
    account = system.account(BORROWER, [10 * WAD], 0)
    borrow = system.core.borrow
    limits = [
        (14_000 * WAD, "margin: below initial requirement", {}),
        (9_000 * WAD, "limit: account debt ceiling", {"account_ceiling": 9_000 * WAD}),
        (8_000 * WAD, "limit: debt ceiling", {"debt_ceiling": 9_000 * WAD}),
    ]
    for most, reason, changed in limits:
        system.configure(**changed)
        start = system.snapshot()
        assert system.read(system.core.max_borrow, account) == most
        system.refuses(reason, BORROWER, borrow, account, most + 1, BORROWER)
        system.must(BORROWER, borrow, account, most, BORROWER)
        assert system.read(system.core.max_borrow, account) == 0
        system.restore(start)
    system.configure()
    reason = "limit: below minimum debt"
    system.refuses(reason, BORROWER, borrow, account, 100 * WAD - 1, BORROWER)
    system.must(BORROWER, borrow, account, 100 * WAD, BORROWER)
    assert system.debt_of(other) == 1_000 * WAD


def test_borrow__account_limit__replaces_the_common_one_until_it_is_zero() -> None:
    system = System(account_ceiling=5_000 * WAD)
    account = system.account(BORROWER, [10 * WAD], 0)
    outcome = system.send(OWNER, system.core.set_account_limit, account, 6_000 * WAD)
    assert told(outcome) == [("AccountLimitSet", {"account": account, "limit": 6_000 * WAD})]
    assert system.read(system.core.max_borrow, account) == 6_000 * WAD
    start = system.snapshot()
    system.must(BORROWER, system.core.borrow, account, 6_000 * WAD, BORROWER)
    system.restore(start)
    system.must(OWNER, system.core.set_account_limit, account, 0)
    assert system.read(system.core.max_borrow, account) == 5_000 * WAD
    reason = "limit: account debt ceiling"
    system.refuses(reason, BORROWER, system.core.borrow, account, 5_000 * WAD + 1, BORROWER)


def test_max_borrow__nothing__when_it_would_not_pass() -> None:
    system = System()
    account = system.account(BORROWER, [10 * WAD], 0)
    most = system.core.max_borrow
    assert system.read(most, account) == 14_000 * WAD
    for flags, left in ((1, 0), (2, 14_000 * WAD), (3, 0)):
        system.must(OWNER, system.core.set_paused, flags)
        assert system.read(most, account) == left
    system.must(OWNER, system.core.set_paused, 0)
    system.price(0, 2_000 * WAD, valid=False)
    assert system.read(most, account) == 0
    # V - I just under and just at the least debt of 100.
    system.price(0, 100 * WAD // 7)
    assert system.read(most, account) == 0
    system.price(0, 100 * WAD // 7 + 1)
    amount = system.read(most, account)
    assert amount >= 100 * WAD
    system.must(BORROWER, system.core.borrow, account, amount, BORROWER)


@pytest.mark.parametrize("debt", [100 * WAD + 1, 33_333 * WAD + 7])
def test_max_borrow__index_above_one__executable_to_the_unit(debt: int) -> None:
    """ceil(shares * index) must not pass the limit, whatever the rounding of the shares."""
    system = System(rate=(30 * PERCENT, 0, 0, WAD // 2), account_ceiling=100_000 * WAD + 3)
    account = system.account(BORROWER, [200 * WAD], debt)
    other = system.account(STRANGER, [WAD], 101 * WAD)
    system.wait(12_345_678)
    # Executed one second later, when the debt has grown: freeze that second's index.
    system.configure(debt_ceiling=10**24)
    index = system.read(system.core.totals)[2]
    amount = system.read(system.core.max_borrow, account)
    shares = system.read(system.core.shares_of, account)
    ray = 10**27
    owed = -(-(shares + -(-amount * ray // index)) * index // ray)
    more = -(-(shares + -(-(amount + 2) * ray // index)) * index // ray)
    assert owed <= 100_000 * WAD + 3 < more
    assert system.debt_of(other) > 101 * WAD


def test_repay__part_and_all() -> None:
    system, account = levered()
    system.stables(STRANGER, 20_000 * WAD)
    outcome = system.send(STRANGER, system.core.repay, account, 11_999 * WAD)
    # A repayment may leave less than the least debt.
    assert dict(told(outcome))["Repaid"] == {
        "account": account,
        "payer": number(STRANGER),
        "amount": 11_999 * WAD,
        "shares": 11_999 * WAD,
    }
    assert system.debt_of(account) == WAD
    before = system.balance(system.stable, STRANGER)
    system.must(STRANGER, system.core.repay, account, MAX_UINT256)
    assert before - system.balance(system.stable, STRANGER) == WAD
    assert system.debt_of(account) == 0
    system.refuses("account: no debt", STRANGER, system.core.repay, account, 1)
    assert system.read(system.core.totals)[:2] == (0, 0)


def test_repay__refusals_and_never_paused() -> None:
    system, account = levered()
    system.refuses("amount: zero", BORROWER, system.core.repay, account, 0)
    system.must(GUARDIAN, system.core.set_paused, 3)
    system.price(0, 0, valid=False)
    system.must(BORROWER, system.stable.approve, system.core.address, MAX_UINT256)
    system.must(BORROWER, system.core.repay, account, WAD)
    system.collateral(BORROWER, 0, WAD)
    system.must(BORROWER, system.core.deposit, account, system.token(), WAD)


def test_borrow__limit_is_the_accounts_not_the_callers() -> None:
    system = System()
    account = system.account(BORROWER, [10 * WAD], 0)
    second = system.account(BORROWER, [WAD], 0)
    system.must(OWNER, system.core.set_account_limit, second, 500 * WAD)
    assert system.read(system.core.max_borrow, account) == 14_000 * WAD
    assert system.read(system.core.max_borrow, second) == 500 * WAD
