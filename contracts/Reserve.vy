# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Reserve
@license Apache-2.0
@notice The protocol's own money: first loss behind the accounts.
"""

from ethereum.ercs import IERC20

from .interfaces import IReserve
from .modules import ownable

implements: IReserve

initializes: ownable
exports: ownable.__interface__

stable: public(immutable(address))
core: public(address)


@deploy
def __init__(owner: address, stable_: address):
    ownable.__init__(owner)
    stable = stable_


@external
def spend(token: address, to: address, amount: uint256):
    ownable._only_owner()
    log IReserve.Spent(token=token, to=to, amount=amount)
    assert extcall IERC20(token).transfer(
        to, amount, default_return_value=True
    ), "reserve: transfer failed"


@external
def set_core(core: address):
    ownable._only_owner()
    assert self.core == empty(address), "reserve: core is set"
    assert core != empty(address), "reserve: zero core"
    self.core = core
    log IReserve.CoreSet(core=core)
    extcall IERC20(stable).approve(core, max_value(uint256))
