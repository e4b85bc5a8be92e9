# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Aggregator
@license Apache-2.0
@notice The price of one asset in the shape that most lending contracts read: an aggregator
        with eight decimals. A price that is not valid, or less than its last decimal, was last
        updated at time 0.
"""

from ..interfaces import IOracle

FACTOR: constant(uint256) = 10**10   # from WAD to eight decimals

feed: public(immutable(address))
asset: public(immutable(address))


@deploy
def __init__(feed_: address, asset_: address):
    feed = feed_
    asset = asset_


@view
@external
def decimals() -> uint8:
    return 8


@view
@external
def latestAnswer() -> int256:
    return self._answer()[0]


@view
@external
def latestRoundData() -> (uint80, int256, uint256, uint256, uint80):
    """
    @return (round, price, started at, updated at, answered in round); there is one round.
    """
    answer: int256 = 0
    updated_at: uint256 = 0
    answer, updated_at = self._answer()
    return 1, answer, updated_at, updated_at, 1


@view
@internal
def _answer() -> (int256, uint256):
    price: uint256 = 0
    valid: bool = False
    price, valid = staticcall IOracle(feed).price(asset)
    answer: uint256 = price // FACTOR
    return convert(answer, int256), block.timestamp if valid and answer != 0 else 0
