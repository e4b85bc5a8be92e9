# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Pool oracle
@license Apache-2.0
@notice The price of a pool: spot, which a swap moves at once, or time-weighted over at
        least a window, which moves it only as far as the swap stands. For study.
"""

from ..interfaces import IAmmPool
from ..interfaces import IOracle
from ..interfaces import IPoolOracle

implements: IOracle
implements: IPoolOracle


struct Checkpoint:
    cumulative: uint256
    timestamp: uint256


# In the normal course an average is over one to two windows; one more is the slack of pokers.
MAX_WINDOWS: constant(uint256) = 3
# As of PriceOracle: a pool bought empty shows more, and what the core multiplies must fit.
MAX_PRICE: constant(uint256) = 2**88 - 1

pool_of: public(HashMap[address, address])
window: public(immutable(uint256))

_latest: HashMap[address, Checkpoint]
_previous: HashMap[address, Checkpoint]


@deploy
def __init__(pools: DynArray[address, 8], window_: uint256):
    """
    @param pools Each prices its token 0.
    @param window_ Least seconds to average over; 0 for the spot price.
    """
    assert window_ <= 365 * 86_400, "pool oracle: window out of range"
    window = window_
    for pool: address in pools:
        asset: address = staticcall IAmmPool(pool).token0()
        assert self.pool_of[asset] == empty(address), "pool oracle: two pools of an asset"
        self.pool_of[asset] = pool


@external
def poke(asset: address):
    pool: address = self.pool_of[asset]
    latest: Checkpoint = self._latest[asset]
    assert window != 0, "pool oracle: spot needs no checkpoint"
    assert pool != empty(address), "pool oracle: no pool of the asset"
    assert block.timestamp >= latest.timestamp + window, "pool oracle: too early"
    assert (staticcall IAmmPool(pool).reserves())[0] != 0, "pool oracle: no liquidity"

    cumulative: uint256 = 0
    timestamp: uint256 = 0
    cumulative, timestamp = staticcall IAmmPool(pool).cumulative_price()
    self._previous[asset] = latest
    self._latest[asset] = Checkpoint(cumulative=cumulative, timestamp=timestamp)
    log IPoolOracle.Checkpointed(asset=asset, cumulative=cumulative, timestamp=timestamp)


@view
@external
def price(asset: address) -> (uint256, bool):
    pool: address = self.pool_of[asset]
    if pool == empty(address):
        return 0, False
    price: uint256 = 0
    valid: bool = False
    if window == 0:
        price = staticcall IAmmPool(pool).spot_price()
        valid = price != 0
    else:
        price, valid = self._time_weighted(asset, pool)
    return min(price, MAX_PRICE), valid and price < MAX_PRICE


@view
@internal
def _time_weighted(asset: address, pool: address) -> (uint256, bool):
    since: Checkpoint = self._latest[asset]
    if block.timestamp < since.timestamp + window:
        since = self._previous[asset]
    if since.timestamp == 0:
        return 0, False

    cumulative: uint256 = 0
    now: uint256 = 0
    cumulative, now = staticcall IAmmPool(pool).cumulative_price()
    elapsed: uint256 = now - since.timestamp
    average: uint256 = unsafe_sub(cumulative, since.cumulative) // elapsed
    # Worth nothing is not the same as without any price, which may be worth anything.
    return max(average, 1), average != 0 and elapsed <= MAX_WINDOWS * window
