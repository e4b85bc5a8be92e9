# pragma version 0.4.3
"""
@title Hostile token
@license Apache-2.0
@notice An ERC-20 that does to a contract what a collateral token may do: act in the middle of
        a transfer, once each time it is armed; keep a fee; block an address. It may own
        accounts like anyone else: it executes what it is told. Not locked, on purpose.
"""

from ethereum.ercs import IERC20
from ..modules import erc20

initializes: erc20
exports: (
    erc20.approve,
    erc20.allowance,
    erc20.balanceOf,
    erc20.totalSupply,
    erc20.name,
    erc20.symbol,
    erc20.decimals,
)

implements: IERC20

interface Accomplice:
    def strike() -> bool: nonpayable


event Struck:
    by: address
    succeeded: bool


MILLION: constant(uint256) = 10**6

accomplice: public(address)
blocked: public(HashMap[address, bool])
fee: public(uint256)  # millionths


@deploy
def __init__(name: String[64], symbol: String[16], decimals: uint8):
    erc20.__init__(name, symbol, decimals)


@external
def mint(to: address, amount: uint256):
    erc20._mint(to, amount)


@external
def set_accomplice(accomplice: address):
    self.accomplice = accomplice


@external
def block(who: address, blocked: bool):
    self.blocked[who] = blocked


@external
def set_fee(fee: uint256):
    self.fee = fee


@external
def transfer(to: address, amount: uint256) -> bool:
    self._move(msg.sender, to, amount)
    return True


@external
def transferFrom(owner: address, to: address, amount: uint256) -> bool:
    erc20._spend_allowance(owner, msg.sender, amount)
    self._move(owner, to, amount)
    return True


@internal
def _move(owner: address, to: address, amount: uint256):
    assert not (self.blocked[owner] or self.blocked[to]), "token: blocked"
    self._strike()
    fee: uint256 = amount * self.fee // MILLION
    if fee != 0:
        erc20._burn(owner, fee)
    erc20._move(owner, to, amount - fee)


@internal
def _strike():
    accomplice: address = self.accomplice
    if accomplice != empty(address):
        log Struck(by=accomplice, succeeded=extcall Accomplice(accomplice).strike())
