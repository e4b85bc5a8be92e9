# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Constant-product pool
@license Apache-2.0
@notice A collateral (token 0) against the stable (token 1), x * y = k with a fee that
        stays in the pool. What counts is what was paid in through these functions:
        tokens sent to the pool otherwise move neither price nor shares.
"""

from ethereum.ercs import IERC20
from ethereum.ercs import IERC20Detailed

from .interfaces import IAmmPool

implements: IAmmPool

WAD: constant(uint256) = 10**18
MINIMUM_SHARES: constant(uint256) = 1000  # locked, so that a share can never be made dear
MAX_RESERVE: constant(uint256) = 2**108 - 1
MAX_TIMESTAMP: constant(uint256) = 2**40 - 1
MAX_PRICE: constant(uint256) = 2**88 - 1
MIN_PRICE: constant(uint256) = 10**4  # so that a step is more than what is rounded
PACE: constant(uint256) = 100  # in a second the price followed moves by one part in so many
DOUBLINGS: constant(uint256) = 13  # (1 + 1/PACE)^(2^13) is more than prices can be apart

token0: public(immutable(address))
token1: public(immutable(address))
fee: public(immutable(uint256))
SCALE: immutable(uint256)  # spot_price = SCALE * reserve1 / reserve0

total_shares: public(uint256)
shares_of: public(HashMap[address, uint256])

_state: uint256  # reserve1 (108 bits), reserve0 (108), timestamp of the last change (40)
_followed: uint256  # up to that timestamp: cumulative (168 bits), price (88)


@deploy
def __init__(token0_: address, token1_: address, fee_: uint256):
    assert token0_ != token1_, "pool: tokens are the same"
    assert fee_ < WAD, "pool: fee out of range"
    decimals0: uint256 = convert(staticcall IERC20Detailed(token0_).decimals(), uint256)
    decimals1: uint256 = convert(staticcall IERC20Detailed(token1_).decimals(), uint256)
    assert decimals0 <= 18 and decimals1 <= 18, "pool: more than 18 decimals"
    token0 = token0_
    token1 = token1_
    fee = fee_
    SCALE = 10 ** (18 + decimals0 - decimals1)


@external
def swap(token_in: address, amount_in: uint256, min_out: uint256, to: address) -> uint256:
    assert token_in in [token0, token1], "pool: token is not in the pool"
    reserve0: uint256 = 0
    reserve1: uint256 = 0
    reserve0, reserve1 = self._reserves()
    received: uint256 = self._pull(token_in, amount_in)
    amount_out: uint256 = self._quote(token_in, received, reserve0, reserve1)
    assert amount_out != 0, "pool: nothing out"
    assert amount_out >= min_out, "pool: less than min_out"

    token_out: address = token0
    if token_in == token0:
        token_out = token1
        reserve0 += received
        reserve1 -= amount_out
    else:
        reserve1 += received
        reserve0 -= amount_out
    self._store(reserve0, reserve1)
    log IAmmPool.Swapped(
        trader=msg.sender,
        token_in=token_in,
        to=to,
        amount_in=received,
        amount_out=amount_out,
        reserve0=reserve0,
        reserve1=reserve1,
    )
    self._push(token_out, to, amount_out)
    return amount_out


@external
def add_liquidity(amount0: uint256, amount1: uint256, min_shares: uint256, to: address) -> uint256:
    assert to != empty(address), "pool: zero provider"
    reserve0: uint256 = 0
    reserve1: uint256 = 0
    reserve0, reserve1 = self._reserves()
    total: uint256 = self.total_shares

    paid0: uint256 = amount0
    paid1: uint256 = amount1
    if total != 0:
        paid1 = self._div_up(amount0 * reserve1, reserve0)
        if paid1 > amount1:
            paid0 = self._div_up(amount1 * reserve0, reserve1)
            paid1 = amount1
    paid0 = self._pull(token0, paid0)
    paid1 = self._pull(token1, paid1)

    shares: uint256 = 0
    if total == 0:
        assert isqrt(paid0 * paid1) > MINIMUM_SHARES, "pool: too little to start with"
        shares = isqrt(paid0 * paid1) - MINIMUM_SHARES
        total = MINIMUM_SHARES
    else:
        shares = min(paid0 * total // reserve0, paid1 * total // reserve1)
    assert shares != 0 and shares >= min_shares, "pool: less than min_shares"

    self.total_shares = total + shares
    self.shares_of[to] += shares
    self._store(reserve0 + paid0, reserve1 + paid1)
    self._log_liquidity(to)
    return shares


@external
def remove_liquidity(
    shares: uint256, min0: uint256, min1: uint256, to: address
) -> (uint256, uint256):
    assert shares <= self.shares_of[msg.sender], "pool: more than the caller's shares"
    reserve0: uint256 = 0
    reserve1: uint256 = 0
    reserve0, reserve1 = self._reserves()
    total: uint256 = self.total_shares
    assert total != 0, "pool: no liquidity"
    amount0: uint256 = reserve0 * shares // total
    amount1: uint256 = reserve1 * shares // total
    assert amount0 >= min0 and amount1 >= min1, "pool: less than the minimum"

    self.total_shares = total - shares
    self.shares_of[msg.sender] -= shares
    self._store(reserve0 - amount0, reserve1 - amount1)
    self._log_liquidity(msg.sender)
    self._push(token0, to, amount0)
    self._push(token1, to, amount1)
    return amount0, amount1


@view
@external
def quote(token_in: address, amount_in: uint256) -> uint256:
    assert token_in in [token0, token1], "pool: token is not in the pool"
    reserve0: uint256 = 0
    reserve1: uint256 = 0
    reserve0, reserve1 = self._reserves()
    return self._quote(token_in, amount_in, reserve0, reserve1)


@view
@external
def reserves() -> (uint256, uint256):
    return self._reserves()


# Reentrant, both: what they read is one word that is whole whenever a token can call back, as
# it is stored in one go. If a swap locked them, a token with a hook could have interest
# charged, or an account valued, as if this pool had no price.
@view
@external
@reentrant
def spot_price() -> uint256:
    return self._spot_price()


@view
@external
@reentrant
def cumulative_price() -> (uint256, uint256):
    return self._follow()[0], block.timestamp


@view
@internal
def _reserves() -> (uint256, uint256):
    state: uint256 = self._state
    return (state >> 40) & MAX_RESERVE, state >> 148


@internal
def _store(reserve0: uint256, reserve1: uint256):
    """
    @dev The price that ends now is followed for the time it stood, before it changes.
    """
    assert reserve0 <= MAX_RESERVE and reserve1 <= MAX_RESERVE, "pool: reserve too large"
    if self._state & MAX_TIMESTAMP != block.timestamp:
        cumulative: uint256 = 0
        price: uint256 = 0
        cumulative, price = self._follow()
        self._followed = (cumulative << 88) | price
    self._state = (reserve1 << 148) | (reserve0 << 40) | block.timestamp


@view
@internal
def _follow() -> (uint256, uint256):
    """
    @notice The price followed comes nearer to the spot price with every second, by one factor
            up or down, and stays there. Were the steps of one size, a push would take as long
            to be forgotten as the price is away, which after one to near nothing is for ever.
    @return (sum of its seconds, price) now.
    """
    cumulative: uint256 = self._followed >> 88
    price: uint256 = self._followed & MAX_PRICE
    spot: uint256 = min(self._spot_price(), MAX_PRICE)
    if price != 0 or spot != 0:
        spot = max(spot, MIN_PRICE)
    if price == 0:
        price = spot  # the first, and never again
    seconds: uint256 = block.timestamp - (self._state & MAX_TIMESTAMP)
    nearer: uint256 = 0
    short: uint256 = 0
    nearer, short = self._approach(price, spot, seconds)
    # A geometric series for the seconds short of the spot price, which stands for the others.
    if price < spot:
        cumulative += (nearer - price) * (PACE + 1)
    else:
        cumulative += (price - nearer) * PACE
    cumulative += spot * (seconds - short)
    return cumulative, nearer if short == seconds else spot


@pure
@internal
def _approach(start: uint256, spot: uint256, seconds: uint256) -> (uint256, uint256):
    """
    @return (price, after how many of the seconds): the last one short of the spot price.
    """
    powers: DynArray[uint256, DOUBLINGS] = []
    power: uint256 = WAD + WAD // PACE
    for i: uint256 in range(DOUBLINGS):
        if (1 << i) > seconds or self._moved(start, spot, power) == spot:
            break
        powers.append(power)
        power = power * power // WAD
    price: uint256 = start
    short: uint256 = 0
    for _: uint256 in range(DOUBLINGS):
        if len(powers) == 0:
            break
        power = powers.pop()
        nearer: uint256 = self._moved(price, spot, power)
        if nearer != spot and short + (1 << len(powers)) <= seconds:
            price = nearer
            short += 1 << len(powers)
    return price, short


@pure
@internal
def _moved(price: uint256, spot: uint256, power: uint256) -> uint256:
    """
    @return The price so many times nearer to the spot price, and not beyond.
    """
    if price < spot:
        return min(self._div_up(price * power, WAD), spot)
    return max(price * WAD // power, spot)


@view
@internal
def _spot_price() -> uint256:
    reserve0: uint256 = 0
    reserve1: uint256 = 0
    reserve0, reserve1 = self._reserves()
    if reserve0 == 0:
        return 0
    return reserve1 * SCALE // reserve0


@view
@internal
def _quote(
    token_in: address, amount_in: uint256, reserve0: uint256, reserve1: uint256
) -> uint256:
    """
    @notice Floored twice, after the fee and after the swap, so that k never falls.
    """
    reserve_in: uint256 = reserve0
    reserve_out: uint256 = reserve1
    if token_in == token1:
        reserve_in = reserve1
        reserve_out = reserve0
    assert reserve_in != 0 and reserve_out != 0, "pool: no liquidity"
    after_fee: uint256 = amount_in * (WAD - fee) // WAD
    return after_fee * reserve_out // (reserve_in + after_fee)


@pure
@internal
def _div_up(a: uint256, b: uint256) -> uint256:
    return (a + b - 1) // b


@internal
def _log_liquidity(provider: address):
    reserve0: uint256 = 0
    reserve1: uint256 = 0
    reserve0, reserve1 = self._reserves()
    log IAmmPool.LiquidityChanged(
        provider=provider, reserve0=reserve0, reserve1=reserve1, shares=self.shares_of[provider]
    )


@internal
def _pull(token: address, amount: uint256) -> uint256:
    """
    @return What arrived, which a fee of the token may make less.
    """
    before: uint256 = staticcall IERC20(token).balanceOf(self)
    assert extcall IERC20(token).transferFrom(
        msg.sender, self, amount, default_return_value=True
    ), "pool: transfer failed"
    return staticcall IERC20(token).balanceOf(self) - before


@internal
def _push(token: address, to: address, amount: uint256):
    assert extcall IERC20(token).transfer(
        to, amount, default_return_value=True
    ), "pool: transfer failed"
