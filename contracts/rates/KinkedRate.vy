# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Kinked interest rate
@license Apache-2.0
@notice `base` at utilisation 0, `slope_at_kink` more at the kink, `slope_above` more at 1;
        linear in between. Each slope is the rise over its whole leg.
"""

from ..interfaces import IRateModel
from ..modules import fixed_point

implements: IRateModel


MAX_TERM: constant(uint256) = 100 * 10**18   # 10,000 % a year

BASE: immutable(uint256)
SLOPE_AT_KINK: immutable(uint256)
SLOPE_ABOVE: immutable(uint256)
KINK: immutable(uint256)


@deploy
def __init__(base: uint256, slope_at_kink: uint256, slope_above: uint256, kink: uint256):
    """
    @notice All WAD; rates a year, each at most 100 (10,000 %).
    """
    assert max(base, max(slope_at_kink, slope_above)) <= MAX_TERM, "model: rate too large"
    assert kink > 0 and kink < fixed_point.WAD, "model: kink not inside (0, 1)"
    BASE = base
    SLOPE_AT_KINK = slope_at_kink
    SLOPE_ABOVE = slope_above
    KINK = kink


@view
@external
def rate(utilisation: uint256) -> uint256:
    if utilisation <= KINK:
        return BASE + fixed_point._mul_div_up(SLOPE_AT_KINK, utilisation, KINK)
    above: uint256 = min(utilisation, fixed_point.WAD) - KINK
    return BASE + SLOPE_AT_KINK + fixed_point._mul_div_up(
        SLOPE_ABOVE, above, fixed_point.WAD - KINK
    )
