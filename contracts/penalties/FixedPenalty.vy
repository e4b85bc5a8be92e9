# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Fixed penalty
@license Apache-2.0
@notice The same share of the debt repaid, whatever the account's health.
"""

from ..interfaces import IPenaltyModel

implements: IPenaltyModel


duration: public(constant(uint256)) = 0
max_penalty: public(immutable(uint256))


@deploy
def __init__(penalty: uint256):
    """
    @param penalty WAD share of the debt repaid, at most 1.
    """
    assert penalty <= 10**18, "model: penalty above one"
    max_penalty = penalty


@view
@external
def penalty(health: uint256, elapsed: uint256) -> uint256:
    return max_penalty
