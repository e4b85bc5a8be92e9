# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Two-step ownership
@license Apache-2.0
@notice A new owner must accept before the old one lets go, so that ownership is
        never handed to an address nobody controls. The importer decides what an
        owner may do, by calling `_only_owner`.
"""

event OwnershipTransferStarted:
    previous_owner: indexed(address)
    new_owner: indexed(address)


event OwnershipTransferred:
    previous_owner: indexed(address)
    new_owner: indexed(address)


owner: public(address)
pending_owner: public(address)


@deploy
def __init__(owner: address):
    assert owner != empty(address), "ownable: zero owner"
    self.owner = owner
    log OwnershipTransferred(previous_owner=empty(address), new_owner=owner)


@external
def transfer_ownership(new_owner: address):
    """
    @notice Owner: offer ownership to `new_owner`; the zero address withdraws the offer.
    """
    self._only_owner()
    self.pending_owner = new_owner
    log OwnershipTransferStarted(previous_owner=self.owner, new_owner=new_owner)


@external
def accept_ownership():
    """
    @notice The address on offer becomes the owner.
    """
    assert msg.sender == self.pending_owner, "ownable: caller is not the pending owner"
    log OwnershipTransferred(previous_owner=self.owner, new_owner=msg.sender)
    self.owner = msg.sender
    self.pending_owner = empty(address)


@view
@internal
def _only_owner():
    assert msg.sender == self.owner, "ownable: caller is not the owner"
