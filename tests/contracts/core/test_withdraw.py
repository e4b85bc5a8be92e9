"""withdraw."""

import ape
import pytest
from core_system import BTC, ETH, ETH_PRICE, USD, WAD

ZERO = "0x" + "00" * 20
KEPT = -(-12_000 * USD * 10 // (7 * 2_000))
"""Least ether that holds 12,000 of debt at an initial requirement of 30 %."""


def test_withdraw__without_debt__all_of_it(system, core, account, borrower, stranger):
    receipt = core.withdraw(account, system.eth, 10 * ETH, stranger, sender=borrower)
    assert receipt.events == [
        core.Withdrawn(account=account, asset=system.eth, to=stranger, amount=10 * ETH),
        system.eth.Transfer(sender=core, receiver=stranger, value=10 * ETH),
    ]
    assert core.collateral_of(account, system.eth) == core.deposited(system.eth) == 0
    assert system.eth.balanceOf(stranger) == 10 * ETH
    assert core.position(account).collateral == 0


def test_withdraw__down_to_the_initial_requirement(system, core, indebted, borrower):
    core.withdraw(indebted, system.eth, 10 * ETH - KEPT, borrower, sender=borrower)
    assert core.collateral_of(indebted, system.eth) == KEPT
    p = core.position(indebted)
    assert p.collateral - p.debt >= p.initial


def test_withdraw__a_unit_below_the_initial_requirement__reverts(system, core, indebted, borrower):
    with ape.reverts("margin: below initial requirement"):
        core.withdraw(indebted, system.eth, 10 * ETH - KEPT + 1, borrower, sender=borrower)


def test_withdraw__after_recovery__clears_the_call(system, core, indebted, borrower, stranger):
    system.price(system.eth, 1_400 * WAD)
    core.margin_call(indebted, sender=stranger)
    system.price(system.eth, ETH_PRICE)
    receipt = core.withdraw(indebted, system.eth, 1, borrower, sender=borrower)
    assert receipt.events[0] == core.MarginCallCleared(account=indebted)
    assert core.called_at(indebted) == 0


def test_withdraw__not_the_owner__reverts(system, core, account, stranger):
    for somebody in (account, core.account_count() + 1):
        with ape.reverts("account: caller is not the owner"):
            core.withdraw(somebody, system.eth, 1, stranger, sender=stranger)


def test_withdraw__nothing__reverts(system, core, account, borrower):
    with ape.reverts("amount: zero"):
        core.withdraw(account, system.eth, 0, borrower, sender=borrower)


def test_withdraw__more_than_is_held__reverts(system, core, account, borrower):
    with ape.reverts("amount: more than is held"):
        core.withdraw(account, system.eth, 10 * ETH + 1, borrower, sender=borrower)


def test_withdraw__someone_elses_collateral__reverts(system, core, account, stranger):
    """The pool holds ten ether, but not of this account."""
    own = system.account(stranger, system.eth, ETH)
    with ape.reverts("amount: more than is held"):
        core.withdraw(own, system.eth, ETH + 1, stranger, sender=stranger)


def test_withdraw__to_nobody_or_the_core__reverts(system, core, account, borrower):
    for to in (ZERO, core):
        with ape.reverts("recipient: not allowed"):
            core.withdraw(account, system.eth, 1, to, sender=borrower)


def test_withdraw__unlisted_asset__reverts(system, core, account, borrower):
    with ape.reverts("asset: not listed"):
        core.withdraw(account, system.coin, 1, borrower, sender=borrower)


# ----------------------------------------------------- pause, breaker, prices


def test_withdraw__paused_with_debt__reverts(system, core, indebted, owner, borrower):
    core.set_paused(2, sender=owner)
    with ape.reverts("pause: paused"):
        core.withdraw(indebted, system.eth, 1, borrower, sender=borrower)


def test_withdraw__borrowing_paused__passes(system, core, indebted, owner, borrower):
    core.set_paused(1, sender=owner)
    core.withdraw(indebted, system.eth, 1, borrower, sender=borrower)
    assert core.collateral_of(indebted, system.eth) == 10 * ETH - 1


def test_withdraw__paused_and_stale_without_debt__passes(system, core, account, owner, borrower):
    core.set_paused(3, sender=owner)
    system.price(system.eth, 0, valid=False)
    core.withdraw(account, system.eth, 10 * ETH, borrower, sender=borrower)
    assert system.eth.balanceOf(borrower) == 10 * ETH


@pytest.mark.parametrize(("price", "valid"), [(ETH_PRICE, False), (0, True)])
def test_withdraw__no_valid_price_with_debt__reverts(
    system, core, indebted, borrower, price, valid
):
    system.price(system.eth, price, valid)
    with ape.reverts("price: not valid"):
        core.withdraw(indebted, system.eth, 1, borrower, sender=borrower)


def test_withdraw__the_whole_of_what_has_a_stale_price__passes(system, core, indebted, borrower):
    """What is left has valid prices and is enough."""
    system.give(borrower, system.btc, BTC)
    core.deposit(indebted, system.btc, BTC, sender=borrower)
    system.price(system.btc, 1, valid=False)
    with ape.reverts("price: not valid"):
        core.withdraw(indebted, system.btc, BTC - 1, borrower, sender=borrower)
    core.withdraw(indebted, system.btc, BTC, borrower, sender=borrower)
    assert system.btc.balanceOf(borrower) == BTC
