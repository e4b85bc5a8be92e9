# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Dutch penalty
@license Apache-2.0
@notice An auction by time: the penalty rises from a start to a cap, and whoever takes
        the account first gets what it has risen to.
"""

from ..interfaces import IPenaltyModel

implements: IPenaltyModel

WAD: constant(uint256) = 10**18

start: public(immutable(uint256))
cap: public(immutable(uint256))
duration: public(immutable(uint256))


@deploy
def __init__(start_: uint256, cap_: uint256, duration_: uint256):
    """
    @param start_ Penalty at once, WAD.
    @param cap_ Penalty from `duration_` on, WAD.
    @param duration_ Seconds.
    """
    assert start_ <= cap_, "model: start above cap"
    assert cap_ <= WAD, "model: cap out of range"
    assert duration_ != 0, "model: zero duration"
    assert duration_ <= 365 * 86_400, "model: duration out of range"
    start = start_
    cap = cap_
    duration = duration_


@view
@external
def penalty(health: uint256, elapsed: uint256) -> uint256:
    return start + (cap - start) * min(elapsed, duration) // duration


@view
@external
def max_penalty() -> uint256:
    return cap
