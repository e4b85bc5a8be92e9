# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Blocking token
@license Apache-2.0
@notice A hostile ERC-20: anyone may block an address from sending and receiving, and
        choose whether a blocked transfer reverts or returns False, and whether it moves the
        tokens all the same.
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

blocked: public(HashMap[address, bool])
returns_false: public(bool)
lies: public(bool)


@deploy
def __init__(name: String[64], symbol: String[16], decimals: uint8):
    erc20.__init__(name, symbol, decimals)


@external
def mint(to: address, amount: uint256):
    erc20._mint(to, amount)


@external
def block(who: address, blocked: bool):
    self.blocked[who] = blocked


@external
def return_false(returns_false: bool):
    self.returns_false = returns_false


@external
def lie(lies: bool):
    self.lies = lies


@external
def transfer(to: address, amount: uint256) -> bool:
    return self._move(msg.sender, to, amount)


@external
def transferFrom(owner: address, to: address, amount: uint256) -> bool:
    erc20._spend_allowance(owner, msg.sender, amount)
    return self._move(owner, to, amount)


@internal
def _move(owner: address, to: address, amount: uint256) -> bool:
    blocked: bool = self.blocked[owner] or self.blocked[to]
    assert self.returns_false or not blocked, "token: blocked"
    if self.lies or not blocked:
        erc20._move(owner, to, amount)
    return not blocked
