# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title No-return token
@license Apache-2.0
@notice A careless ERC-20, as some large ones are: its transfers return nothing.
"""

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


@deploy
def __init__(name: String[64], symbol: String[16], decimals: uint8):
    erc20.__init__(name, symbol, decimals)


@external
def mint(to: address, amount: uint256):
    erc20._mint(to, amount)


@external
def transfer(to: address, amount: uint256):
    erc20._move(msg.sender, to, amount)


@external
def transferFrom(owner: address, to: address, amount: uint256):
    erc20._spend_allowance(owner, msg.sender, amount)
    erc20._move(owner, to, amount)
