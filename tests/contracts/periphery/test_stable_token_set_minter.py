import ape


def test_set_minter__admits_and_dismisses(stable, owner, stranger):
    receipt = stable.set_minter(stranger, True, sender=owner)
    assert stable.is_minter(stranger)
    assert receipt.events == [stable.MinterSet(minter=stranger, active=True)]
    stable.set_minter(stranger, False, sender=owner)
    with ape.reverts("stable: caller is not a minter"):
        stable.mint(stranger, 1, sender=stranger)


def test_set_minter__dismissed__still_burns(stable, owner, stranger):
    assert not stable.may_burn(stranger)
    stable.set_minter(stranger, False, sender=owner)
    assert not stable.may_burn(stranger)
    stable.set_minter(stranger, True, sender=owner)
    stable.mint(stranger, 5, sender=stranger)
    stable.set_minter(stranger, False, sender=owner)
    assert stable.may_burn(stranger)
    stable.approve(stranger, 5, sender=stranger)
    stable.burn_from(stranger, 5, sender=stranger)
    assert stable.totalSupply() == 0


def test_set_minter__stranger__reverts(stable, stranger):
    with ape.reverts("ownable: caller is not the owner"):
        stable.set_minter(stranger, True, sender=stranger)
