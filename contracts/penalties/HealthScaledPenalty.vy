# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Health-scaled penalty
@license Apache-2.0
@notice A base penalty at the threshold, more the further the account is below it.
"""

from ..interfaces import IPenaltyModel

implements: IPenaltyModel

WAD: constant(uint256) = 10**18
MAX_SLOPE: constant(uint256) = 100 * WAD

duration: public(constant(uint256)) = 0
base: public(immutable(uint256))
slope: public(immutable(uint256))
cap: public(immutable(uint256))


@deploy
def __init__(base_: uint256, slope_: uint256, cap_: uint256):
    """
    @param base_ Penalty at health 1, WAD.
    @param slope_ Penalty added per unit of health lost, WAD.
    @param cap_ Largest penalty, WAD.
    """
    assert base_ <= cap_, "model: base above cap"
    assert slope_ <= MAX_SLOPE, "model: slope out of range"
    assert cap_ <= WAD, "model: cap out of range"
    base = base_
    slope = slope_
    cap = cap_


@view
@external
def penalty(health: uint256, elapsed: uint256) -> uint256:
    return self._penalty(health)


@view
@external
def max_penalty() -> uint256:
    return self._penalty(0)


@view
@internal
def _penalty(health: uint256) -> uint256:
    lost: uint256 = WAD - min(health, WAD)
    return min(base + slope * lost // WAD, cap)
