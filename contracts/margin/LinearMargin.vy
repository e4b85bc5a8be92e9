# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Linear margin
@license Apache-2.0
@notice Each collateral asks for a fixed share of its value: M = sum of m_i * v_i.
"""

from ..interfaces import IMarginModel
from ..modules import fixed_point

implements: IMarginModel


INITIAL: immutable(DynArray[uint256, 8])
MAINTENANCE: immutable(DynArray[uint256, 8])
CLOSE_OUT: immutable(DynArray[uint256, 8])


@deploy
def __init__(
    initial: DynArray[uint256, 8],
    maintenance: DynArray[uint256, 8],
    close_out: DynArray[uint256, 8],
):
    """
    @notice Shares of value in WAD, in the core's asset order; for each asset
            1 >= initial > maintenance >= close_out.
    """
    count: uint256 = len(initial)
    assert len(maintenance) == count and len(close_out) == count, "model: lengths differ"
    for i: uint256 in range(count, bound=8):
        assert initial[i] <= fixed_point.WAD, "model: initial above one"
        assert initial[i] > maintenance[i], "model: initial not above maintenance"
        assert maintenance[i] >= close_out[i], "model: maintenance below close-out"
    INITIAL = initial
    MAINTENANCE = maintenance
    CLOSE_OUT = close_out


@view
@external
def requirements(values: DynArray[uint256, 8]) -> (uint256, uint256, uint256):
    initial: uint256 = 0
    maintenance: uint256 = 0
    close_out: uint256 = 0
    for i: uint256 in range(len(values), bound=8):
        held: uint256 = values[i]
        if held != 0:
            initial += fixed_point._mul_div_up(held, INITIAL[i], fixed_point.WAD)
            maintenance += fixed_point._mul_div_up(held, MAINTENANCE[i], fixed_point.WAD)
            close_out += fixed_point._mul_div_up(held, CLOSE_OUT[i], fixed_point.WAD)
    return initial, maintenance, close_out


@view
@external
def ratios(asset: uint256) -> (uint256, uint256, uint256):
    return INITIAL[asset], MAINTENANCE[asset], CLOSE_OUT[asset]


@view
@external
def close_out_floor(asset: uint256) -> uint256:
    return CLOSE_OUT[asset]


@view
@external
def asset_count() -> uint256:
    return len(INITIAL)
