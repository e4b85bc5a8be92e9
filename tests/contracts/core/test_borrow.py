"""borrow."""

import ape
import pytest
from core_system import ETH, ETH_PRICE, RATE, USD, WAD, lend

from sim.units import RAY

ZERO = "0x" + "00" * 20


def test_borrow__mints_to_the_recipient(system, core, account, borrower, stranger):
    receipt = core.borrow(account, 5_000 * USD, stranger, sender=borrower)
    assert receipt.events == [
        core.Accrued(index=RAY, interest=0, minted=0),
        core.Borrowed(account=account, to=stranger, amount=5_000 * USD, shares=5_000 * USD),
        system.stable.Transfer(sender=ZERO, receiver=stranger, value=5_000 * USD),
    ]
    assert system.stable.balanceOf(stranger) == 5_000 * USD
    assert core.debt(account) == core.shares_of(account) == core.totals().debt == 5_000 * USD
    assert len(set(system.books())) == 1


def test_borrow__up_to_the_initial_requirement(core, account, borrower):
    """70 % of 20,000, to the unit."""
    core.borrow(account, 14_000 * USD, borrower, sender=borrower)
    with ape.reverts("margin: below initial requirement"):
        core.borrow(account, 1, borrower, sender=borrower)


def test_borrow__a_unit_beyond_the_initial_requirement__reverts(core, account, borrower):
    with ape.reverts("margin: below initial requirement"):
        core.borrow(account, 14_000 * USD + 1, borrower, sender=borrower)


def test_borrow__at_an_index_above_one__owes_shares_rounded_up(build, borrower, at):
    system = build(rate=RATE)
    account = system.account(borrower, system.eth, 10 * ETH)
    loan = lend(system, borrower, account, 10_000 * USD)
    at(loan.timestamp + 1_000_000)
    receipt = system.core.borrow(account, 7, borrower, sender=borrower)
    index = loan.index_after(1_000_000)
    shares = -(-7 * RAY // index)
    assert receipt.events[:2] == [
        system.core.Accrued(index=index, interest=loan.interest_after(1_000_000), minted=0),
        system.core.Borrowed(account=account, to=borrower, amount=7, shares=shares),
    ]
    assert system.core.totals().debt == -(-(loan.shares + shares) * index // RAY)
    assert len(set(system.books())) == 1


def test_borrow__after_recovery__clears_the_call(system, core, indebted, borrower, stranger):
    system.price(system.eth, 1_400 * WAD)
    core.margin_call(indebted, sender=stranger)
    system.price(system.eth, ETH_PRICE)
    receipt = core.borrow(indebted, USD, borrower, sender=borrower)
    assert core.MarginCallCleared(account=indebted) in receipt.events
    assert core.called_at(indebted) == 0


def test_borrow__not_the_owner__reverts(core, account, stranger):
    with ape.reverts("account: caller is not the owner"):
        core.borrow(account, 100 * USD, stranger, sender=stranger)


def test_borrow__nothing__reverts(core, account, borrower):
    with ape.reverts("amount: zero"):
        core.borrow(account, 0, borrower, sender=borrower)


def test_borrow__to_nobody_or_the_core__reverts(core, account, borrower):
    for to in (ZERO, core):
        with ape.reverts("recipient: not allowed"):
            core.borrow(account, 100 * USD, to, sender=borrower)


# -------------------------------------------------------------------- limits


def test_borrow__at_the_minimum_debt(core, account, borrower):
    with ape.reverts("limit: below minimum debt"):
        core.borrow(account, 100 * USD - 1, borrower, sender=borrower)
    core.borrow(account, 100 * USD, borrower, sender=borrower)
    core.borrow(account, 1, borrower, sender=borrower)
    assert core.debt(account) == 100 * USD + 1


def test_borrow__at_the_account_ceiling(system, core, account, borrower):
    system.configure(account_ceiling=1_000 * USD)
    core.borrow(account, 1_000 * USD, borrower, sender=borrower)
    with ape.reverts("limit: account debt ceiling"):
        core.borrow(account, 1, borrower, sender=borrower)


def test_borrow__at_the_limit_of_the_account(system, core, account, owner, borrower):
    """An account's own limit stands in place of the common one, above it or below."""
    system.configure(account_ceiling=1_000 * USD)
    core.set_account_limit(account, 2_000 * USD, sender=owner)
    core.borrow(account, 2_000 * USD, borrower, sender=borrower)
    core.set_account_limit(account, 500 * USD, sender=owner)
    with ape.reverts("limit: account debt ceiling"):
        core.borrow(account, 1, borrower, sender=borrower)


def test_borrow__at_the_debt_ceiling(system, core, account, borrower):
    system.configure(debt_ceiling=core.totals().debt + 5_000 * USD)
    core.borrow(account, 5_000 * USD, borrower, sender=borrower)
    with ape.reverts("limit: debt ceiling"):
        core.borrow(account, 1, borrower, sender=borrower)


# ----------------------------------------------------- pause, breaker, prices


def test_borrow__paused__reverts(core, account, owner, borrower):
    core.set_paused(1, sender=owner)
    with ape.reverts("pause: paused"):
        core.borrow(account, 100 * USD, borrower, sender=borrower)


def test_borrow__withdrawing_paused__passes(core, account, owner, borrower):
    core.set_paused(2, sender=owner)
    core.borrow(account, 100 * USD, borrower, sender=borrower)
    assert core.debt(account) == 100 * USD


@pytest.mark.parametrize(("price", "valid"), [(ETH_PRICE, False), (0, True)])
def test_borrow__no_valid_price__reverts(system, core, account, borrower, price, valid):
    system.price(system.eth, price, valid)
    with ape.reverts("price: not valid"):
        core.borrow(account, 100 * USD, borrower, sender=borrower)


def test_borrow__stale_price_of_an_asset_not_held__passes(system, core, account, borrower):
    system.price(system.btc, 1, valid=False)
    core.borrow(account, 100 * USD, borrower, sender=borrower)
    assert core.debt(account) == 100 * USD
