# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Losses within a window, in two buckets
@license Apache-2.0
@notice The sum of this bucket and the one before it: never less than what was lost in the
        last `window` seconds, never more than in the last two windows. One storage word,
        however many losses there are.
"""

U104: constant(uint256) = 2**104 - 1

_buckets: uint256   # current: bits 0-103, previous: 104-207, start of current: 208-255


@internal
def _record(loss: uint256, window: uint256) -> uint256:
    """
    @return The losses that count now, with this one.
    """
    word: uint256 = self._buckets
    current: uint256 = word & U104
    previous: uint256 = (word >> 104) & U104
    start: uint256 = word >> 208

    elapsed: uint256 = block.timestamp - start
    if elapsed >= 2 * window:
        current = 0
        previous = 0
        start = block.timestamp
    elif elapsed >= window:
        previous = current
        current = 0
        start += window

    current = min(current + loss, U104)
    self._buckets = current | (previous << 104) | (start << 208)
    return current + previous


@internal
def _clear():
    self._buckets = 0
