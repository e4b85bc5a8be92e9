# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Mock token
@license Apache-2.0
@notice An ERC-20 anyone may mint: collateral and reserve coins of tests and simulations.
"""

from ..modules import erc20

initializes: erc20
exports: erc20.__interface__


@deploy
def __init__(name: String[64], symbol: String[16], decimals: uint8):
    erc20.__init__(name, symbol, decimals)


@external
def mint(to: address, amount: uint256):
    erc20._mint(to, amount)
