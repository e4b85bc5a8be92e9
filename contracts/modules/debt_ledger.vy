# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Debt shares, the interest index and what of it is not yet minted
@license Apache-2.0
@notice An account with s shares owes ceil(s * index); all accounts together are counted
        as owing total = ceil(shares * index).

        The identity   supply + unminted = total + peg-minted + bad debt   holds exactly
        after every action because each action adds to `unminted` whatever the rounding
        leaves over. That is never negative, so `unminted` needs no sign:
        - interest: `total` rises and nothing is minted: the whole rise;
        - a loan of a mints a for s >= a/index shares: `total` rises by at least a;
        - a payment of a burns a for s <= a/index shares: `total` falls by at most a;
        - a last payment burns ceil(s * index), and ceil(x + y) <= ceil(x) + ceil(y), so
          again `total` falls by at most what is burned. Debt written off is like it.
"""

from . import fixed_point


struct Market:
    shares: uint256
    index: uint256        # RAY
    unminted: uint256
    updated_at: uint256


YEAR: constant(uint256) = 365 * 86400
MAX_INDEX: constant(uint256) = 2**128 - 1

_shares_and_index: uint256      # shares: bits 0-127, index: bits 128-255
_unminted_and_time: uint256     # unminted: bits 0-207, updated_at: bits 208-255


@deploy
def __init__():
    self._store(Market(
        shares=0, index=fixed_point.RAY, unminted=0, updated_at=block.timestamp
    ))


@view
@internal
def _load() -> Market:
    debt: uint256 = self._shares_and_index
    rest: uint256 = self._unminted_and_time
    return Market(
        shares=debt & (2**128 - 1),
        index=debt >> 128,
        unminted=rest & (2**208 - 1),
        updated_at=rest >> 208,
    )


@internal
def _store(market: Market):
    # Shares never exceed the debt they stand for (index >= 1), whose ceiling is below 2^127.
    self._shares_and_index = market.shares | (market.index << 128)
    self._unminted_and_time = market.unminted | (market.updated_at << 208)


@pure
@internal
def _debt_up(shares: uint256, index: uint256) -> uint256:
    return fixed_point._mul_div_up(shares, index, fixed_point.RAY)


@pure
@internal
def _utilisation(market: Market, ceiling: uint256) -> uint256:
    """
    @return Total debt over the ceiling, WAD; 1 when the ceiling is reached, passed or 0.
    """
    total: uint256 = self._debt_up(market.shares, market.index)
    if total >= ceiling:
        return fixed_point.WAD
    return total * fixed_point.WAD // ceiling


@view
@internal
def _grow(market: Market, rate: uint256) -> Market:
    """
    @notice Interest at `rate` since the last accrual, rounded up.
    @dev The index stops at its largest value rather than revert: debt stays repayable.
    """
    elapsed: uint256 = block.timestamp - market.updated_at
    growth: uint256 = fixed_point._mul_div_up(
        market.index, rate * elapsed, fixed_point.WAD * YEAR
    )
    grown: Market = market
    grown.index = min(market.index + growth, MAX_INDEX)
    grown.updated_at = block.timestamp
    grown.unminted += (
        self._debt_up(market.shares, grown.index) - self._debt_up(market.shares, market.index)
    )
    return grown


@internal
def _lend(amount: uint256, ceiling: uint256) -> uint256:
    """
    @notice `amount` will be minted to a borrower. Accrue first.
    @return The shares owed for it, rounded up.
    """
    market: Market = self._load()
    shares: uint256 = fixed_point._mul_div_up(amount, fixed_point.RAY, market.index)
    before: uint256 = self._debt_up(market.shares, market.index)
    market.shares += shares
    after: uint256 = self._debt_up(market.shares, market.index)
    # Before the shares are stored: those of a larger debt would not fit their word.
    assert after <= ceiling, "limit: debt ceiling"
    market.unminted += after - before - amount
    self._store(market)
    return shares


@internal
def _retire(shares: uint256, amount: uint256):
    """
    @notice `shares` leave for `amount` burned or written off; see `_payment`. Accrue first.
    """
    market: Market = self._load()
    before: uint256 = self._debt_up(market.shares, market.index)
    market.shares -= shares
    market.unminted += self._debt_up(market.shares, market.index) + amount - before
    self._store(market)


@internal
def _take_unminted() -> uint256:
    """
    @return What the caller now mints.
    """
    market: Market = self._load()
    amount: uint256 = market.unminted
    market.unminted = 0
    self._store(market)
    return amount


@pure
@internal
def _payment(owed: uint256, amount: uint256, index: uint256) -> (uint256, uint256):
    """
    @param owed Shares of the account.
    @return (paid, shares): all of the debt for all of the shares when `amount` reaches
            it, else `amount` for the shares it buys, rounded down.
    """
    debt: uint256 = self._debt_up(owed, index)
    if amount >= debt:
        return debt, owed
    return amount, fixed_point._mul_div_down(amount, fixed_point.RAY, index)
