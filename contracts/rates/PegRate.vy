# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Peg-sensitive interest rate
@license Apache-2.0
@notice The rate of another model, raised while the stable trades below one coin and lowered
        while it trades above: dear debt is repaid, which buys the stable, and cheap debt is
        drawn, which sells it. Linear in the distance, and never more than `most` either way.

        Each core pays what it was last poked for, from the poke on: a core charges the rate of
        the moment for all the time since its last accrual, and if a price could change that,
        a push of minutes would undo the interest of months. So a poke has the core accrue
        first, and what a push puts in its place lasts until the next one.

        The price is an oracle's, of the coin in the stable, meant to be the average of a pool
        over time: what one swap does to it, it does only by standing. While the oracle has no
        valid price a poke leaves the other model's rate.
@dev It sees the stable in coins. A coin that fails takes the stable along unseen.
"""

from ..interfaces import ICollateralizedDebt
from ..interfaces import IOracle
from ..interfaces import IPegRate
from ..interfaces import IRateModel
from ..modules import fixed_point

implements: IRateModel
implements: IPegRate


MAX_SLOPE: constant(uint256) = 10_000 * 10**18
MAX_CHANGE: constant(uint256) = 100 * 10**18   # 10,000 % a year

curve: public(immutable(address))
oracle: public(immutable(address))
coin: public(immutable(address))
slope: public(immutable(uint256))
most: public(immutable(uint256))

premium_of: public(HashMap[address, int256])


@deploy
def __init__(curve_: address, oracle_: address, coin_: address, slope_: uint256, most_: uint256):
    """
    @param curve_ Rate model of a stable at one.
    @param oracle_ IOracle whose price of the coin is in the stable, such as PoolOracle.
    @param slope_ Rate a year for each unit away from one, WAD: 10e18 is 10 % for a cent.
    @param most_ Largest change of the rate a year, WAD.
    """
    assert curve_ != empty(address) and oracle_ != empty(address), "model: zero address"
    assert slope_ <= MAX_SLOPE, "model: slope out of range"
    assert most_ <= MAX_CHANGE, "model: rate too large"
    curve = curve_
    oracle = oracle_
    coin = coin_
    slope = slope_
    most = most_


@external
def poke(core: address):
    # It may have no reading due, or none at all.
    poked: bool = raw_call(
        oracle,
        abi_encode(coin, method_id=method_id("poke(address)")),
        revert_on_failure=False,
    )
    extcall ICollateralizedDebt(core).accrue()
    premium: int256 = self._premium()
    self.premium_of[core] = premium
    log IPegRate.PremiumSet(core=core, premium=premium)


# Reentrant: a core that is poked asks for the rate until now.
@view
@external
@reentrant
def rate(utilisation: uint256) -> uint256:
    """
    @notice What the core that asks pays.
    """
    plain: uint256 = staticcall IRateModel(curve).rate(utilisation)
    premium: int256 = self.premium_of[msg.sender]
    if premium < 0:
        return plain - min(plain, convert(-premium, uint256))
    return plain + convert(premium, uint256)


@view
@external
def stable_price() -> (uint256, bool):
    return self._stable_price()


@view
@internal
def _premium() -> int256:
    """
    @dev Rounded up: the premium up, the discount down.
    """
    price: uint256 = 0
    valid: bool = False
    price, valid = self._stable_price()
    if not valid:
        return 0
    if price < fixed_point.WAD:
        below: uint256 = fixed_point.WAD - price
        change: uint256 = fixed_point._mul_div_up(slope, below, fixed_point.WAD)
        return convert(min(most, change), int256)
    above: uint256 = price - fixed_point.WAD
    return -convert(min(most, slope * above // fixed_point.WAD), int256)


@view
@internal
def _stable_price() -> (uint256, bool):
    """
    @dev At most WAD**2, so that no product overflows.
    """
    in_stable: uint256 = 0
    valid: bool = False
    in_stable, valid = staticcall IOracle(oracle).price(coin)
    if in_stable == 0:
        return 0, False
    return fixed_point.WAD * fixed_point.WAD // in_stable, valid
