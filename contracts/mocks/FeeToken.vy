# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Fee token
@license Apache-2.0
@notice A hostile ERC-20: one percent of every transfer is burned on the way.
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


@deploy
def __init__(name: String[64], symbol: String[16], decimals: uint8):
    erc20.__init__(name, symbol, decimals)


@external
def mint(to: address, amount: uint256):
    erc20._mint(to, amount)


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
    fee: uint256 = amount // 100
    erc20._burn(owner, fee)
    erc20._move(owner, to, amount - fee)
