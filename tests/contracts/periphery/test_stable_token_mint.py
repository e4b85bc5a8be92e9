import ape

from sim.units import MAX_UINT256


def test_mint__adds_to_supply(stable, owner, stranger):
    receipt = stable.mint(stranger, 7, sender=owner)
    assert stable.balanceOf(stranger) == stable.totalSupply() == 7
    assert receipt.events == [stable.Transfer(sender="0x" + "00" * 20, receiver=stranger, value=7)]


def test_mint__no_minter__reverts(stable, stranger):
    with ape.reverts("stable: caller is not a minter"):
        stable.mint(stranger, 1, sender=stranger)


def test_mint__beyond_the_largest_supply__reverts(stable, owner, stranger, trader):
    stable.mint(stranger, MAX_UINT256, sender=owner)
    with ape.reverts():
        stable.mint(trader, 1, sender=owner)
