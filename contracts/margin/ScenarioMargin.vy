# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Scenario margin
@license Apache-2.0
@notice A portfolio must bear its worst loss over a scan of price moves, so hedged and
        diversified accounts need less than the sum over their assets.

        Each asset has a range: the fall it must bear alone. A signed factor splits it: the
        factor's share of the range follows the market, up or, for an inverse asset, down;
        the rest is the asset's own. A scenario moves the market by a fraction of the
        range and lets one asset, the worst one, fall on its own as well.

        The fractions are SPAN's: 0, 1/3, 2/3 and 1, up and down, and the two extremes of
        twice the range of which 35 % must be covered. A holding's loss is proportional
        to the move, and 2 * 35 % is less than 1: the worst is always a full range up or down,
        and only these two are evaluated. (The tests scan them all.)

        The worst loss is a maximum of linear functions of the holdings, hence subadditive:
        an account never needs more than its parts would apart.
"""

from ..interfaces import IMarginModel

implements: IMarginModel

WAD: constant(uint256) = 10**18
WAD_SQUARED: constant(uint256) = WAD * WAD
MAX_ASSETS: constant(uint256) = 8

ranges: public(immutable(DynArray[uint256, MAX_ASSETS]))
factors: public(immutable(DynArray[int256, MAX_ASSETS]))
floor_share: public(immutable(uint256))
initial_scale: public(immutable(uint256))
close_out_scale: public(immutable(uint256))

# What a unit of value moves with the market's full range, and loses on its own; WAD**2.
MARKET: immutable(DynArray[int256, MAX_ASSETS])
OWN: immutable(DynArray[uint256, MAX_ASSETS])


@deploy
def __init__(
    ranges_: DynArray[uint256, MAX_ASSETS],
    factors_: DynArray[int256, MAX_ASSETS],
    floor_share_: uint256,
    initial_scale_: uint256,
    close_out_scale_: uint256,
):
    """
    @param ranges_ Fall each asset must bear alone, WAD share of value: its linear
           maintenance ratio.
    @param factors_ Share of the range that follows the market, WAD, -1e18 to 1e18.
    @param floor_share_ Least maintenance as a share of the linear answer, WAD.
    @param initial_scale_ Initial requirement over maintenance, WAD, above 1e18.
    @param close_out_scale_ Close-out requirement over maintenance, WAD, at most 1e18.
    """
    assert len(ranges_) == len(factors_), "model: lengths differ"
    assert 0 < floor_share_ and floor_share_ <= WAD, "model: floor_share out of range"
    assert 0 < close_out_scale_ and close_out_scale_ <= WAD, "model: close_out_scale out of range"
    assert initial_scale_ <= 100 * WAD, "model: initial_scale out of range"

    market: DynArray[int256, MAX_ASSETS] = []
    own: DynArray[uint256, MAX_ASSETS] = []
    for i: uint256 in range(len(ranges_), bound=MAX_ASSETS):
        share: uint256 = ranges_[i]
        factor: int256 = factors_[i]
        assert share != 0, "model: zero range"
        assert abs(factor) <= convert(WAD, int256), "model: factor out of range"
        initial: uint256 = self._scale_up(share, initial_scale_)
        assert initial > share, "model: initial not above maintenance"
        assert initial < WAD, "model: initial of the whole value"
        market.append(factor * convert(share, int256))
        own.append(share * (WAD - convert(abs(factor), uint256)))

    ranges = ranges_
    factors = factors_
    floor_share = floor_share_
    initial_scale = initial_scale_
    close_out_scale = close_out_scale_
    MARKET = market
    OWN = own


@view
@external
def requirements(values: DynArray[uint256, MAX_ASSETS]) -> (uint256, uint256, uint256):
    """
    @dev Total for values below 2**128.
    """
    market: int256 = 0  # lost or won as the market moves by the full range
    own: uint256 = 0    # lost by the one asset that has most to lose on its own
    linear: uint256 = 0
    for i: uint256 in range(len(values), bound=MAX_ASSETS):
        if values[i] == 0:
            continue
        market += convert(values[i], int256) * MARKET[i]
        own = max(own, values[i] * OWN[i])
        linear += values[i] * ranges[i]

    worst: uint256 = convert(abs(market), uint256) + own
    worst = max(worst, linear * floor_share)
    maintenance: uint256 = (worst + WAD_SQUARED - 1) // WAD_SQUARED
    return (
        self._scale_up(maintenance, initial_scale),
        maintenance,
        self._scale_up(maintenance, close_out_scale),
    )


@view
@external
def ratios(asset: uint256) -> (uint256, uint256, uint256):
    share: uint256 = ranges[asset]
    return (
        self._scale_up(share, initial_scale), share, self._scale_up(share, close_out_scale)
    )


@view
@external
def close_out_floor(asset: uint256) -> uint256:
    return ranges[asset] * floor_share * close_out_scale // WAD_SQUARED


@view
@external
def asset_count() -> uint256:
    return len(ranges)


@pure
@internal
def _scale_up(amount: uint256, scale: uint256) -> uint256:
    return (amount * scale + WAD - 1) // WAD
