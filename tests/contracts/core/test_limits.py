"""set_account_limit, set_deposit_cap, set_guardian: what the owner alone sets."""

import ape
from core_system import ETH, USD

from sim.units import MAX_UINT256


def test_set_account_limit__zero_returns_to_the_common_ceiling(
    system, core, account, owner, borrower
):
    receipt = core.set_account_limit(account, 200 * USD, sender=owner)
    assert receipt.events == [core.AccountLimitSet(account=account, limit=200 * USD)]
    assert core.max_borrow(account) == 200 * USD
    core.set_account_limit(account, MAX_UINT256, sender=owner)
    assert core.max_borrow(account) == 14_000 * USD
    system.configure(account_ceiling=300 * USD)
    core.set_account_limit(account, 0, sender=owner)
    assert core.max_borrow(account) == 300 * USD


def test_set_account_limit__below_the_debt__binds_increases_only(core, indebted, owner, borrower):
    core.set_account_limit(indebted, 1, sender=owner)
    assert core.max_borrow(indebted) == 0
    core.repay(indebted, 1_000 * USD, sender=borrower)
    assert core.debt(indebted) == 11_000 * USD


def test_set_account_limit__not_the_owner__reverts(core, account, guardian):
    with ape.reverts("ownable: caller is not the owner"):
        core.set_account_limit(account, 1, sender=guardian)


def test_set_deposit_cap__below_what_is_there__binds_increases_only(
    system, core, account, owner, borrower
):
    receipt = core.set_deposit_cap(system.eth, 1, sender=owner)
    assert receipt.events == [core.DepositCapSet(asset=system.eth, cap=1)]
    core.withdraw(account, system.eth, ETH, borrower, sender=borrower)
    system.eth.approve(core, ETH, sender=borrower)
    with ape.reverts("limit: deposit cap"):
        core.deposit(account, system.eth, 1, sender=borrower)


def test_set_deposit_cap__is_of_one_asset(system, core, account, owner, borrower):
    core.set_deposit_cap(system.eth, 0, sender=owner)
    system.give(borrower, system.btc, 1)
    core.deposit(account, system.btc, 1, sender=borrower)
    assert core.deposited(system.btc) == 1


def test_set_deposit_cap__too_large__reverts(system, core, owner):
    core.set_deposit_cap(system.eth, 2**128 - 1, sender=owner)
    with ape.reverts("config: deposit cap"):
        core.set_deposit_cap(system.eth, 2**128, sender=owner)


def test_set_deposit_cap__unlisted_asset__reverts(system, core, owner):
    with ape.reverts("asset: not listed"):
        core.set_deposit_cap(system.coin, 1, sender=owner)


def test_set_deposit_cap__not_the_owner__reverts(system, core, guardian):
    with ape.reverts("ownable: caller is not the owner"):
        core.set_deposit_cap(system.eth, 1, sender=guardian)


def test_set_guardian__changes_hands(core, owner, guardian, stranger):
    receipt = core.set_guardian(stranger, sender=owner)
    assert receipt.events == [core.GuardianSet(guardian=stranger)]
    assert core.guardian() == stranger
    with ape.reverts("guardian: not the guardian"):
        core.set_paused(1, sender=guardian)
    core.set_paused(1, sender=stranger)
    assert core.paused() == 1


def test_set_guardian__not_the_owner__reverts(core, guardian):
    with ape.reverts("ownable: caller is not the owner"):
        core.set_guardian(guardian, sender=guardian)
