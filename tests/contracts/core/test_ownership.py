"""transfer_ownership and accept_ownership of the core."""

import ape

ZERO = "0x" + "00" * 20


def test_transfer_ownership__is_done_when_accepted(core, owner, stranger):
    receipt = core.transfer_ownership(stranger, sender=owner)
    assert receipt.events == [
        core.OwnershipTransferStarted(previous_owner=owner, new_owner=stranger)
    ]
    assert (core.owner(), core.pending_owner()) == (owner, stranger)
    receipt = core.accept_ownership(sender=stranger)
    assert receipt.events == [core.OwnershipTransferred(previous_owner=owner, new_owner=stranger)]
    assert (core.owner(), core.pending_owner()) == (stranger, ZERO)
    core.set_paused(1, sender=stranger)
    with ape.reverts("ownable: caller is not the owner"):
        core.set_guardian(owner, sender=owner)


def test_transfer_ownership__can_be_withdrawn(core, owner, stranger):
    core.transfer_ownership(stranger, sender=owner)
    core.transfer_ownership(ZERO, sender=owner)
    with ape.reverts("ownable: caller is not the pending owner"):
        core.accept_ownership(sender=stranger)


def test_transfer_ownership__not_the_owner__reverts(core, guardian):
    with ape.reverts("ownable: caller is not the owner"):
        core.transfer_ownership(guardian, sender=guardian)


def test_accept_ownership__not_on_offer__reverts(core, stranger):
    with ape.reverts("ownable: caller is not the pending owner"):
        core.accept_ownership(sender=stranger)
