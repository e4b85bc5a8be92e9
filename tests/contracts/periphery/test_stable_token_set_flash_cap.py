import ape

from sim.units import MAX_UINT256


def test_flash_cap__is_none_at_first(stable):
    assert stable.flash_cap() == stable.maxFlashLoan(stable) == 0


def test_set_flash_cap__is_what_can_be_lent(stable, owner):
    receipt = stable.set_flash_cap(1000, sender=owner)
    assert stable.maxFlashLoan(stable) == 1000
    assert receipt.events == [stable.FlashCapSet(cap=1000)]


def test_max_flash_loan__never_overflows_the_supply(stable, owner, stranger):
    stable.mint(stranger, 10, sender=owner)
    stable.set_flash_cap(MAX_UINT256, sender=owner)
    assert stable.maxFlashLoan(stable) == MAX_UINT256 - 10


def test_set_flash_cap__stranger__reverts(stable, stranger):
    with ape.reverts("ownable: caller is not the owner"):
        stable.set_flash_cap(1, sender=stranger)
