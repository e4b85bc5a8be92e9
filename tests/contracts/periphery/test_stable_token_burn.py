"""burn_from: what circulates is burned by minters alone."""

import ape
import pytest

from sim.units import MAX_UINT256


@pytest.fixture
def funded(stable, owner, stranger):
    stable.mint(stranger, 100, sender=owner)
    return stable


def test_burn_from__takes_from_supply(funded, owner, stranger):
    funded.approve(owner, 40, sender=stranger)
    receipt = funded.burn_from(stranger, 40, sender=owner)
    assert funded.balanceOf(stranger) == funded.totalSupply() == 60
    assert receipt.events == [funded.Transfer(sender=stranger, receiver="0x" + "00" * 20, value=40)]


def test_burn_from__more_than_held__reverts(funded, owner, stranger):
    funded.approve(owner, 101, sender=stranger)
    with ape.reverts("erc20: insufficient balance"):
        funded.burn_from(stranger, 101, sender=owner)


def test_burn_from__uses_the_allowance_up(funded, owner, stranger):
    funded.approve(owner, 50, sender=stranger)
    funded.burn_from(stranger, 30, sender=owner)
    assert funded.balanceOf(stranger) == funded.totalSupply() == 70
    assert funded.allowance(stranger, owner) == 20


def test_burn_from__minter_without_allowance__reverts(funded, owner, stranger):
    with ape.reverts("erc20: insufficient allowance"):
        funded.burn_from(stranger, 1, sender=owner)


def test_burn_from__allowance_but_no_minter__reverts(funded, stranger, attacker):
    funded.approve(attacker, MAX_UINT256, sender=stranger)
    with ape.reverts("stable: caller was never a minter"):
        funded.burn_from(stranger, 1, sender=attacker)
