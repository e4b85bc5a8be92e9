# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Mock margin model
@license Apache-2.0
@notice One asset, whatever ratios: what the core must refuse to be deployed with.
"""

from ..interfaces import IMarginModel

implements: IMarginModel


INITIAL: immutable(uint256)
MAINTENANCE: immutable(uint256)
CLOSE_OUT: immutable(uint256)
LEAST: immutable(uint256)


@deploy
def __init__(initial: uint256, maintenance: uint256, close_out: uint256, least: uint256):
    INITIAL = initial
    MAINTENANCE = maintenance
    CLOSE_OUT = close_out
    LEAST = least


@view
@external
def requirements(values: DynArray[uint256, 8]) -> (uint256, uint256, uint256):
    return INITIAL, MAINTENANCE, CLOSE_OUT


@view
@external
def ratios(asset: uint256) -> (uint256, uint256, uint256):
    return INITIAL, MAINTENANCE, CLOSE_OUT


@view
@external
def close_out_floor(asset: uint256) -> uint256:
    return LEAST


@view
@external
def asset_count() -> uint256:
    return 1
