# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Price oracle
@license Apache-2.0
@notice The median of what up to nine reporters posted lately, held back by a deviation
        guard. Reading a price is one storage slot; posting one writes two.
"""

from .interfaces import IOracle
from .interfaces import IPriceOracle
from .modules import ownable

implements: IOracle
implements: IPriceOracle

initializes: ownable
exports: ownable.__interface__

WAD: constant(uint256) = 10**18
MASK_88: constant(uint256) = 2**88 - 1
MASK_64: constant(uint256) = 2**64 - 1
MASK_40: constant(uint256) = 2**40 - 1
MASK_32: constant(uint256) = 2**32 - 1
MAX_REPORTERS: constant(uint256) = 9
MAX_ASSETS: constant(uint256) = 32
MAX_PRICE: constant(uint256) = MASK_88  # 309 million USD a token
MAX_AGE: constant(uint256) = 365 * 86_400
MAX_DEVIATION: constant(uint256) = 10 * WAD

assets: public(DynArray[address, MAX_ASSETS])

# Packed by hand, high bits first, because posts are the most frequent transaction.
_rules: HashMap[address, uint256]  # max_deviation (64 bits), max_age (64), seats (32), quorum (32)
# price (88 bits), the price before this second (88), updated_at (40), good_until (40)
_prices: HashMap[address, uint256]
_reports: HashMap[address, uint256[MAX_REPORTERS]]  # price (88 bits), timestamp (64); by seat

_reporters: address[MAX_REPORTERS]  # by seat; a bit of `seats` is set while it is taken
_seat_of: HashMap[address, uint256]  # seat + 1, 0 for who is no reporter


@deploy
def __init__(owner: address):
    ownable.__init__(owner)


@external
def post(assets: DynArray[address, 8], prices: DynArray[uint256, 8]):
    assert len(assets) == len(prices), "oracle: lengths differ"
    seat: uint256 = self._seat_of[msg.sender]
    assert seat != 0, "oracle: caller is not a reporter"

    i: uint256 = 0
    for asset: address in assets:
        report: uint256 = prices[i]
        assert report != 0, "oracle: zero price"
        assert report <= MAX_PRICE, "oracle: price too large"
        rules: uint256 = self._rules[asset]
        assert rules != 0, "oracle: asset is not listed"
        self._reports[asset][unsafe_sub(seat, 1)] = (report << 64) | block.timestamp
        price: uint256 = self._update(asset, rules)
        log IPriceOracle.Posted(asset=asset, reporter=msg.sender, report=report, price=price)
        i = unsafe_add(i, 1)


@external
def refresh(asset: address):
    # What the guard holds back goes on with the next post, not with anyone's next second.
    assert self._prices[asset] & MASK_40 >= block.timestamp, "oracle: price is not valid"
    log IPriceOracle.Refreshed(asset=asset, price=self._update(asset, self._rules[asset]))


@external
def set_reporter(reporter: address, active: bool):
    ownable._only_owner()
    assert reporter != empty(address), "oracle: zero reporter"
    assert (self._seat_of[reporter] == 0) == active, "oracle: nothing to change"
    if active:
        self._admit(reporter)
    else:
        self._dismiss(reporter)
    log IPriceOracle.ReporterSet(reporter=reporter, active=active)


@external
def set_asset(asset: address, max_age: uint256, max_deviation: uint256, quorum: uint256):
    ownable._only_owner()
    assert asset != empty(address), "oracle: zero asset"
    assert 0 < max_age and max_age <= MAX_AGE, "oracle: max_age out of range"
    assert max_deviation <= MAX_DEVIATION, "oracle: max_deviation out of range"
    assert 0 < quorum and quorum <= MAX_REPORTERS, "oracle: quorum out of range"
    if self._rules[asset] == 0:
        self.assets.append(asset)
    rules: uint256 = (max_deviation << 128) | (max_age << 64) | (self._seats() << 32) | quorum
    self._rules[asset] = rules
    self._update(asset, rules)
    log IPriceOracle.AssetSet(
        asset=asset, max_age=max_age, max_deviation=max_deviation, quorum=quorum
    )


@view
@external
def price(asset: address) -> (uint256, bool):
    word: uint256 = self._prices[asset]
    return word >> 168, word & MASK_40 >= block.timestamp


@view
@external
def report_of(asset: address, reporter: address) -> (uint256, uint256):
    seat: uint256 = self._seat_of[reporter]
    if seat == 0:
        return 0, 0
    report: uint256 = self._reports[asset][seat - 1]
    return report >> 64, report & MASK_64


@view
@external
def updated_at(asset: address) -> uint256:
    return (self._prices[asset] >> 40) & MASK_40


@view
@external
def rules_of(asset: address) -> (uint256, uint256, uint256):
    rules: uint256 = self._rules[asset]
    return (rules >> 64) & MASK_64, rules >> 128, rules & MASK_32


@view
@external
def reporters() -> DynArray[address, MAX_REPORTERS]:
    active: DynArray[address, MAX_REPORTERS] = []
    for reporter: address in self._reporters:
        if reporter != empty(address):
            active.append(reporter)
    return active


@internal
def _update(asset: address, rules: uint256) -> uint256:
    """
    @notice Move the price to the median of the fresh reports, as far as the guard lets it.
            Too few fresh reports leave it where it is, not valid.
    @return The price now.
    """
    max_age: uint256 = (rules >> 64) & MASK_64
    seats: uint256 = (rules >> 32) & MASK_32
    quorum: uint256 = rules & MASK_32
    stored: uint256 = self._prices[asset]
    last: uint256 = stored >> 168
    # The guard holds against the price before this second, however many posts are in it.
    opening: uint256 = last
    if (stored >> 40) & MASK_40 == block.timestamp:
        opening = (stored >> 80) & MASK_88

    fresh: uint256 = 0
    prices: uint256[MAX_REPORTERS] = empty(uint256[MAX_REPORTERS])
    times: uint256[MAX_REPORTERS] = empty(uint256[MAX_REPORTERS])
    for seat: uint256 in range(MAX_REPORTERS):
        if seats >> seat == 0:
            break
        report: uint256 = self._reports[asset][seat]
        timestamp: uint256 = report & MASK_64
        if report == 0 or unsafe_add(timestamp, max_age) < block.timestamp:
            continue
        # Keep both in ascending order: leave the smaller in place, carry the larger on.
        reported: uint256 = report >> 64
        for i: uint256 in range(fresh, bound=MAX_REPORTERS):
            other: uint256 = prices[i]
            prices[i] = min(other, reported)
            reported = max(other, reported)
            other = times[i]
            times[i] = min(other, timestamp)
            timestamp = max(other, timestamp)
        prices[fresh] = reported
        times[fresh] = timestamp
        fresh = unsafe_add(fresh, 1)

    if fresh < quorum:
        self._prices[asset] = (stored >> 40) << 40
        return last

    median: uint256 = (prices[(fresh - 1) // 2] + prices[fresh // 2]) // 2
    price: uint256 = self._guarded(opening, median, rules >> 128)
    good_until: uint256 = 0
    if price == median:
        good_until = times[fresh - quorum] + max_age  # until the quorum is lost to age
    else:
        log IPriceOracle.PriceGuarded(asset=asset, median=median, price=price)
    self._prices[asset] = (price << 168) | (opening << 80) | (block.timestamp << 40) | good_until
    return price


@pure
@internal
def _guarded(opening: uint256, median: uint256, max_deviation: uint256) -> uint256:
    """
    @return The median, or as near to it as one second may go.
    """
    if opening == 0 or max_deviation == 0:
        return median
    step: uint256 = max(unsafe_mul(opening, max_deviation) // WAD, 1)
    return min(max(median, opening - min(step, opening)), unsafe_add(opening, step))


@internal
def _admit(reporter: address):
    for seat: uint256 in range(MAX_REPORTERS):
        if self._reporters[seat] == empty(address):
            self._reporters[seat] = reporter
            self._seat_of[reporter] = seat + 1
            for asset: address in self.assets:
                self._rules[asset] |= 1 << (32 + seat)
            return
    raise "oracle: no seat left"


@internal
def _dismiss(reporter: address):
    """
    @notice Forget a reporter and its reports, which may change prices or cost them quorum.
    """
    seat: uint256 = self._seat_of[reporter] - 1
    self._reporters[seat] = empty(address)
    self._seat_of[reporter] = 0
    for asset: address in self.assets:
        self._rules[asset] ^= 1 << (32 + seat)
        self._reports[asset][seat] = 0
        self._update(asset, self._rules[asset])


@view
@internal
def _seats() -> uint256:
    seats: uint256 = 0
    for seat: uint256 in range(MAX_REPORTERS):
        if self._reporters[seat] != empty(address):
            seats |= 1 << seat
    return seats
