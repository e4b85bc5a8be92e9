import ape
import pytest

from sim.units import MAX_UINT256, WAD

ZERO = "0x" + "00" * 20


@pytest.fixture
def funded(stable, owner, stranger):
    stable.mint(stranger, 100, sender=owner)
    return stable


def test_metadata(stable):
    assert (stable.name(), stable.symbol(), stable.decimals()) == ("Plimsoll Dollar", "PLD", 18)
    assert stable.totalSupply() == 0


def test_transfer__moves_and_logs(funded, stranger, trader):
    receipt = funded.transfer(trader, 40, sender=stranger)
    assert funded.balanceOf(stranger) == 60
    assert funded.balanceOf(trader) == 40
    assert funded.totalSupply() == 100
    assert receipt.events == [funded.Transfer(sender=stranger, receiver=trader, value=40)]


def test_transfer__to_oneself__changes_nothing(funded, stranger):
    funded.transfer(stranger, 100, sender=stranger)
    assert funded.balanceOf(stranger) == 100


def test_transfer__more_than_held__reverts(funded, stranger, trader):
    with ape.reverts("erc20: insufficient balance"):
        funded.transfer(trader, 101, sender=stranger)


@pytest.mark.parametrize("nowhere", ["zero", "token"])
def test_transfer__to_nobody__reverts(funded, stranger, nowhere):
    to = ZERO if nowhere == "zero" else funded
    with ape.reverts("erc20: cannot receive"):
        funded.transfer(to, 1, sender=stranger)


def test_approve__sets_not_adds(funded, stranger, trader):
    funded.approve(trader, 50, sender=stranger)
    receipt = funded.approve(trader, 30, sender=stranger)
    assert funded.allowance(stranger, trader) == 30
    assert receipt.events == [funded.Approval(owner=stranger, spender=trader, value=30)]


def test_transfer_from__uses_the_allowance_up(funded, stranger, trader):
    funded.approve(trader, 50, sender=stranger)
    funded.transferFrom(stranger, trader, 30, sender=trader)
    assert funded.allowance(stranger, trader) == 20
    assert funded.balanceOf(trader) == 30


def test_transfer_from__unlimited_allowance__stays(funded, stranger, trader):
    funded.approve(trader, MAX_UINT256, sender=stranger)
    funded.transferFrom(stranger, trader, 100, sender=trader)
    assert funded.allowance(stranger, trader) == MAX_UINT256


def test_transfer_from__above_the_allowance__reverts(funded, stranger, trader):
    funded.approve(trader, 50, sender=stranger)
    with ape.reverts("erc20: insufficient allowance"):
        funded.transferFrom(stranger, trader, 51, sender=trader)


def test_transfer_from__allowance_of_another_spender__reverts(funded, stranger, trader, attacker):
    funded.approve(trader, 50, sender=stranger)
    with ape.reverts("erc20: insufficient allowance"):
        funded.transferFrom(stranger, attacker, 1, sender=attacker)


def test_transfer_from__above_the_balance__reverts(funded, stranger, trader):
    funded.approve(trader, WAD, sender=stranger)
    with ape.reverts("erc20: insufficient balance"):
        funded.transferFrom(stranger, trader, 101, sender=trader)
