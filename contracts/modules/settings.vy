# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Settings of the core, gated and packed
@license Apache-2.0
@notice Fourteen fields in four storage words, of which a liquidation reads three.
"""

from ..interfaces import ICollateralizedDebt
from . import fixed_point


# What a liquidation needs to know.
struct Terms:
    close_factor: uint256
    full_liquidation_health: uint256
    reserve_share: uint256
    liquidator_floor: uint256
    min_debt: uint256
    min_left: uint256
    grace: uint256
    cap_toxic: bool


WAD: constant(uint256) = fixed_point.WAD
U127: constant(uint256) = 2**127 - 1
U128: constant(uint256) = 2**128 - 1
U96: constant(uint256) = 2**96 - 1
U64: constant(uint256) = 2**64 - 1
U32: constant(uint256) = 2**32 - 1

_ceilings: uint256   # account_ceiling: bits 0-127, debt_ceiling: 128-254, cap_toxic: 255
# close_factor: 0-63, full_liquidation_health: 64-127, reserve_share: 128-191,
# liquidator_floor: 192-255
_shares: uint256
_limits: uint256     # min_debt: 0-95, min_left: 96-191, grace: 192-223, call_window: 224-255
_losses: uint256     # min_deposit: 0-95, loss_threshold: 96-223, loss_window: 224-255
_lapsed: uint256     # calls that ended before this had lapsed when the settings last changed


@internal
def _set(config: ICollateralizedDebt.Config):
    self._check(0, config.debt_ceiling, U127, "config: debt_ceiling")
    self._check(0, config.account_ceiling, U128, "config: account_ceiling")
    self._check(0, config.min_debt, U96, "config: min_debt")
    self._check(0, config.min_left, U96, "config: min_left")
    self._check(0, config.min_deposit, U96, "config: min_deposit")
    self._check(1, config.close_factor, WAD, "config: close_factor")
    self._check(0, config.full_liquidation_health, WAD, "config: full_liquidation_health")
    self._check(0, config.reserve_share, WAD, "config: reserve_share")
    self._check(0, config.liquidator_floor, WAD, "config: liquidator_floor")
    self._check(0, config.grace, U32, "config: grace")
    self._check(1, config.call_window, U32, "config: call_window")
    self._check(1, config.loss_threshold, U128, "config: loss_threshold")
    self._check(1, config.loss_window, U32, "config: loss_window")

    # By the window that ends now: a longer one revives no call.
    self._lapsed = self._lapsed_before()
    self._ceilings = (
        config.account_ceiling
        | (config.debt_ceiling << 128)
        | (convert(config.cap_toxic, uint256) << 255)
    )
    self._shares = (
        config.close_factor
        | (config.full_liquidation_health << 64)
        | (config.reserve_share << 128)
        | (config.liquidator_floor << 192)
    )
    self._limits = (
        config.min_debt
        | (config.min_left << 96)
        | (config.grace << 192)
        | (config.call_window << 224)
    )
    self._losses = (
        config.min_deposit | (config.loss_threshold << 96) | (config.loss_window << 224)
    )


@pure
@internal
def _check(least: uint256, given: uint256, most: uint256, refusal: String[32]):
    assert least <= given and given <= most, refusal


@view
@internal
def _get() -> ICollateralizedDebt.Config:
    terms: Terms = self._terms()
    threshold: uint256 = 0
    window: uint256 = 0
    threshold, window = self._loss_limit()
    return ICollateralizedDebt.Config(
        debt_ceiling=self._debt_ceiling(),
        account_ceiling=self._account_ceiling(),
        min_debt=terms.min_debt,
        min_left=terms.min_left,
        min_deposit=self._min_deposit(),
        close_factor=terms.close_factor,
        full_liquidation_health=terms.full_liquidation_health,
        reserve_share=terms.reserve_share,
        liquidator_floor=terms.liquidator_floor,
        grace=terms.grace,
        call_window=self._call_window(),
        loss_threshold=threshold,
        loss_window=window,
        cap_toxic=terms.cap_toxic,
    )


@view
@internal
def _terms() -> Terms:
    shares: uint256 = self._shares
    limits: uint256 = self._limits
    return Terms(
        close_factor=shares & U64,
        full_liquidation_health=(shares >> 64) & U64,
        reserve_share=(shares >> 128) & U64,
        liquidator_floor=shares >> 192,
        min_debt=limits & U96,
        min_left=(limits >> 96) & U96,
        grace=(limits >> 192) & U32,
        cap_toxic=(self._ceilings >> 255) == 1,
    )


@view
@internal
def _debt_ceiling() -> uint256:
    return (self._ceilings >> 128) & U127


@view
@internal
def _account_ceiling() -> uint256:
    return self._ceilings & U128


@view
@internal
def _min_debt() -> uint256:
    return self._limits & U96


@view
@internal
def _min_deposit() -> uint256:
    return self._losses & U96


@view
@internal
def _grace() -> uint256:
    return (self._limits >> 192) & U32


@view
@internal
def _call_window() -> uint256:
    return self._limits >> 224


@view
@internal
def _lapsed_before() -> uint256:
    """
    @return A call whose deadline, or a record whose time, is before this has lapsed.
    """
    return max(self._lapsed, block.timestamp - min(self._call_window(), block.timestamp))


@view
@internal
def _loss_limit() -> (uint256, uint256):
    """
    @return (loss_threshold, loss_window)
    """
    losses: uint256 = self._losses
    return (losses >> 96) & U128, losses >> 224
