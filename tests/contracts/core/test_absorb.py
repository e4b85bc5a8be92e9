"""absorb."""

import ape
import pytest
from core_system import BTC, ETH, USD, WAD

ZERO = "0x" + "00" * 20
INSOLVENT = 1_199 * WAD
"""Value 11,990 against 12,000."""


def test_absorb__all_collateral_to_the_reserve(system, core, indebted, borrower, stranger):
    system.give(borrower, system.btc, 3)
    core.deposit(indebted, system.btc, 3, sender=borrower)
    system.price(system.eth, INSOLVENT)
    receipt = core.absorb(indebted, sender=stranger)
    assert receipt.events[1:] == [
        core.Absorbed(account=indebted, caller=stranger),
        core.Swept(account=indebted, asset=system.eth, amount=10 * ETH),
        core.Swept(account=indebted, asset=system.btc, amount=3),
        core.BadDebtRealised(account=indebted, shares=12_000 * USD, debt=12_000 * USD, covered=0),
        system.eth.Transfer(sender=core, receiver=system.reserve, value=10 * ETH),
        system.btc.Transfer(sender=core, receiver=system.reserve, value=3),
    ]
    assert core.bad_debt() == 12_000 * USD
    assert core.debt(indebted) == core.position(indebted).collateral == 0
    assert core.deposited(system.eth) == core.deposited(system.btc) == 0
    assert len(set(system.books())) == 1


def test_absorb__debt_against_the_reserves_stable(system, core, indebted, borrower, stranger):
    system.stable.transfer(system.reserve, 12_000 * USD, sender=borrower)
    system.price(system.eth, INSOLVENT)
    core.absorb(indebted, sender=stranger)
    assert core.bad_debt() == system.stable.balanceOf(system.reserve) == 0
    assert len(set(system.books())) == 1


def test_absorb__what_the_collateral_is_worth_is_no_loss(system, core, indebted, stranger):
    """Debt 12,000 for collateral of 11,990: a loss of 10."""
    system.configure(loss_threshold=10 * WAD)
    system.price(system.eth, INSOLVENT)
    core.absorb(indebted, sender=stranger)
    assert not core.breaker_tripped()


def test_absorb__a_loss_above_the_threshold__trips_the_breaker(system, core, indebted, stranger):
    system.configure(loss_threshold=10 * WAD - 1)
    system.price(system.eth, INSOLVENT)
    receipt = core.absorb(indebted, sender=stranger)
    assert core.BreakerTripped(loss=10 * WAD) in receipt.events
    assert core.breaker_tripped()


def test_absorb__needs_no_call(system, core, indebted, stranger):
    """Insolvent is below close-out: there is no grace to wait for."""
    system.price(system.eth, INSOLVENT)
    assert core.called_at(indebted) == 0
    core.absorb(indebted, sender=stranger)
    assert core.debt(indebted) == 0


@pytest.mark.parametrize("price", [2_000, 1_300, 1_200])
def test_absorb__solvent__reverts(system, core, indebted, stranger, price):
    system.price(system.eth, price * WAD)
    with ape.reverts("margin: not insolvent"):
        core.absorb(indebted, sender=stranger)


def test_absorb__no_debt_or_not_opened__reverts(system, core, account, stranger):
    for somebody in (account, core.account_count() + 1):
        with ape.reverts("margin: not insolvent"):
            core.absorb(somebody, sender=stranger)


def test_absorb__stale_price__must_be_insolvent_at_twice_the_price(
    system, core, indebted, stranger
):
    system.price(system.eth, 600 * WAD, valid=False)
    with ape.reverts("margin: not insolvent"):
        core.absorb(indebted, sender=stranger)
    system.price(system.eth, 600 * WAD - 1, valid=False)
    core.absorb(indebted, sender=stranger)
    assert core.debt(indebted) == 0


def test_absorb__the_owner_can_go_on(system, core, indebted, borrower, stranger):
    system.price(system.eth, INSOLVENT)
    core.absorb(indebted, sender=stranger)
    system.give(borrower, system.btc, BTC)
    core.deposit(indebted, system.btc, BTC, sender=borrower)
    core.borrow(indebted, 1_000 * USD, borrower, sender=borrower)
    assert core.debt(indebted) == 1_000 * USD
