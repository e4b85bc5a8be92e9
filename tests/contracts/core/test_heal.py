"""heal."""

import ape
import pytest
from core_system import USD, WAD

from sim.units import MAX_UINT256

ZERO = "0x" + "00" * 20


@pytest.fixture
def hurt(system, core, indebted, stranger) -> int:
    """12,000 of bad debt."""
    system.price(system.eth, 1_000 * WAD)
    core.absorb(indebted, sender=stranger)
    return 12_000 * USD


def test_heal__burns_against_bad_debt(system, core, hurt, borrower):
    receipt = core.heal(5_000 * USD, sender=borrower)
    assert receipt.return_value == 5_000 * USD
    assert receipt.events == [
        core.Healed(payer=borrower, amount=5_000 * USD),
        system.stable.Transfer(sender=borrower, receiver=ZERO, value=5_000 * USD),
    ]
    assert core.bad_debt() == 7_000 * USD
    assert system.stable.balanceOf(borrower) == 7_000 * USD
    assert len(set(system.books())) == 1


def test_heal__at_most_all_of_it(system, core, hurt, borrower, stranger):
    system.give_stable(stranger, 5 * USD)
    core.heal(5 * USD, sender=stranger)
    assert core.heal(MAX_UINT256, sender=borrower).return_value == 11_995 * USD
    assert core.bad_debt() == 0
    assert system.stable.balanceOf(borrower) == 5 * USD


def test_heal__nothing__reverts(core, hurt, borrower):
    with ape.reverts("amount: zero"):
        core.heal(0, sender=borrower)


def test_heal__no_bad_debt__reverts(core, indebted, borrower):
    with ape.reverts("amount: zero"):
        core.heal(1, sender=borrower)


def test_heal__without_stable__reverts(system, core, hurt, stranger):
    system.stable.approve(core, MAX_UINT256, sender=stranger)
    with ape.reverts("erc20: insufficient balance"):
        core.heal(1, sender=stranger)
