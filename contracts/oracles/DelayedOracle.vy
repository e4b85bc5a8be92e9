# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Delayed oracle
@license Apache-2.0
@notice Shows a source's price a period late, so that everyone can see what comes. Once
        a period anyone may poke: what was waiting is shown, and what the source says now
        waits. For study: who sees a fall coming can still borrow at the price shown.
"""

from ..interfaces import IDelayedOracle
from ..interfaces import IOracle

implements: IOracle
implements: IDelayedOracle


struct Reading:
    price: uint256
    read_at: uint256


# A price is shown from one period after it was read, two in the normal course; one more
# is the slack of pokers before it no longer is valid.
MAX_PERIODS: constant(uint256) = 3

source: public(immutable(address))
period: public(immutable(uint256))

_shown: HashMap[address, Reading]
_waiting: HashMap[address, Reading]


@deploy
def __init__(source_: address, period_: uint256):
    assert source_ != empty(address), "delayed: zero source"
    assert 0 < period_ and period_ <= 365 * 86_400, "delayed: period out of range"
    source = source_
    period = period_


@external
def poke(asset: address):
    waiting: Reading = self._waiting[asset]
    assert block.timestamp >= waiting.read_at + period, "delayed: too early"
    price: uint256 = 0
    valid: bool = False
    price, valid = staticcall IOracle(source).price(asset)
    assert valid, "delayed: source is not valid"
    self._shown[asset] = waiting
    self._waiting[asset] = Reading(price=price, read_at=block.timestamp)
    log IDelayedOracle.Poked(asset=asset, shown=waiting.price, waiting=price)


@view
@external
def price(asset: address) -> (uint256, bool):
    shown: Reading = self._shown[asset]
    valid: bool = shown.read_at != 0 and block.timestamp <= shown.read_at + MAX_PERIODS * period
    return shown.price, valid


@view
@external
def waiting(asset: address) -> (uint256, uint256):
    return self._waiting[asset].price, self._waiting[asset].read_at
