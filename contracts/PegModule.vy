# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Peg module
@license Apache-2.0
@notice Holds the stable at one reserve coin. The coins held are always worth at least
        `minted()`; what they are worth more is fees, which the owner may collect.
"""

from ethereum.ercs import IERC20
from ethereum.ercs import IERC20Detailed

from .interfaces import IPegModule
from .interfaces import IStableToken
from .modules import ownable

implements: IPegModule

initializes: ownable
exports: ownable.__interface__

WAD: constant(uint256) = 10**18
MAX_FEE: constant(uint256) = WAD // 10

stable: public(immutable(address))
coin: public(immutable(address))
SCALE: immutable(uint256)  # stable units in one unit of the coin

fee: public(uint256)  # WAD share, of either direction
cap: public(uint256)
minted: public(uint256)


@deploy
def __init__(owner: address, stable_: address, coin_: address, fee: uint256, cap: uint256):
    ownable.__init__(owner)
    stable = stable_
    coin = coin_
    decimals: uint8 = staticcall IERC20Detailed(coin_).decimals()
    assert decimals <= 18, "peg: coin has more than 18 decimals"
    SCALE = 10 ** convert(18 - decimals, uint256)
    self._set_fee(fee)
    self._set_cap(cap)


@external
def mint(coin_in: uint256, min_out: uint256, to: address) -> uint256:
    received: uint256 = self._pull(coin_in)
    worth: uint256 = received * SCALE
    stable_out: uint256 = worth - self._fee_up(worth)
    assert stable_out != 0, "peg: nothing out"
    assert stable_out >= min_out, "peg: less than min_out"
    self.minted += stable_out
    assert self.minted <= self.cap, "peg: above the cap"
    log IPegModule.Minted(payer=msg.sender, to=to, coin_in=received, stable_out=stable_out)
    extcall IStableToken(stable).mint(to, stable_out)
    return stable_out


@external
def redeem(stable_in: uint256, min_out: uint256, to: address) -> uint256:
    coin_out: uint256 = (stable_in - self._fee_up(stable_in)) // SCALE
    assert coin_out != 0, "peg: nothing out"
    assert coin_out >= min_out, "peg: less than min_out"
    assert stable_in <= self.minted, "peg: more than was minted here"
    self.minted -= stable_in
    log IPegModule.Redeemed(payer=msg.sender, to=to, stable_in=stable_in, coin_out=coin_out)
    extcall IStableToken(stable).burn_from(msg.sender, stable_in)
    self._push(to, coin_out)
    return coin_out


@external
def collect(to: address) -> uint256:
    ownable._only_owner()
    surplus: uint256 = self._surplus()
    log IPegModule.Collected(to=to, amount=surplus)
    self._push(to, surplus)
    return surplus


@external
def set_fee(fee: uint256):
    ownable._only_owner()
    self._set_fee(fee)


@external
def set_cap(cap: uint256):
    ownable._only_owner()
    self._set_cap(cap)


@view
@external
def surplus() -> uint256:
    return self._surplus()


@internal
def _set_fee(fee: uint256):
    assert fee <= MAX_FEE, "peg: fee out of range"
    self.fee = fee
    log IPegModule.FeeSet(fee=fee)


@internal
def _set_cap(cap: uint256):
    self.cap = cap
    log IPegModule.CapSet(cap=cap)


@view
@internal
def _fee_up(amount: uint256) -> uint256:
    return (amount * self.fee + WAD - 1) // WAD


@view
@internal
def _surplus() -> uint256:
    backing: uint256 = (self.minted + SCALE - 1) // SCALE
    held: uint256 = staticcall IERC20(coin).balanceOf(self)
    return held - min(held, backing)


@internal
def _pull(amount: uint256) -> uint256:
    before: uint256 = staticcall IERC20(coin).balanceOf(self)
    assert extcall IERC20(coin).transferFrom(
        msg.sender, self, amount, default_return_value=True
    ), "peg: transfer failed"
    return staticcall IERC20(coin).balanceOf(self) - before


@internal
def _push(to: address, amount: uint256):
    assert extcall IERC20(coin).transfer(
        to, amount, default_return_value=True
    ), "peg: transfer failed"
