"""The arbitrageur's closed form, held against every other size it could have chosen."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.arbitrageur import Arbitrageur, best_trade
from agents.intent import Bid, Swap
from agents.market import Pool
from tests.agents.views import (
    ADDRESS,
    BTC,
    CHEAP_GAS,
    POOL,
    TERMS,
    WAD,
    market,
    sent,
    someone,
    view,
    wallet,
)

RICH = wallet(stable=1e9, tokens=(1e7,))
FEES = st.sampled_from([0.0, 0.0005, 0.003, 0.01, 0.1])


def arbitrageur(min_profit: float = 10.0) -> Arbitrageur:
    return Arbitrageur(someone(), "arbitrageur-0", ADDRESS, min_profit=min_profit, tip_gwei=2.0)


def gain(pool: Pool, price: float, sell_stable: bool, amount: float) -> float:
    """Stable units earned against the price outside (stable per unit), in real numbers."""
    into, out = (pool.stable, pool.collateral) if sell_stable else (pool.collateral, pool.stable)
    paid = amount * (1 - pool.fee)
    got = paid * out / (into + paid)
    return got * price - amount if sell_stable else got - amount * price


@given(
    price=st.floats(0.2, 5.0).map(lambda x: 200.0 * x),
    fee=FEES,
    depth=st.floats(1e3, 1e9),
    other=st.floats(0.0, 3.0),
    sell_stable=st.booleans(),
)
def test_best_trade__no_other_size_or_side_earns_more(
    price: float, fee: float, depth: float, other: float, sell_stable: bool
) -> None:
    pool = Pool(int(depth / 200 * WAD), int(depth * WAD), fee)
    side, amount = best_trade(pool, price)
    best = gain(pool, price, side, amount)
    reserve = pool.stable if sell_stable else pool.collateral
    assert best >= gain(pool, price, sell_stable, other * reserve) - 1e-9 * depth * WAD
    for nearby in (0.99 * amount, 1.01 * amount):
        assert best >= gain(pool, price, side, nearby) - 1e-12 * depth * WAD


@given(price=st.floats(0.2, 5.0).map(lambda x: 200.0 * x), fee=FEES)
def test_best_trade__leaves_the_pool_at_the_edge_of_its_fee_band(price: float, fee: float) -> None:
    """After it the pool's price, times or over (1 - f), is the price outside."""
    pool = replace(POOL, fee=fee)
    sell_stable, amount = best_trade(pool, price)
    spot = pool.stable / pool.collateral
    if amount == 0:
        assert price * (1 - fee) * (1 - 1e-9) <= spot <= price / (1 - fee) * (1 + 1e-9)
        return
    paid = amount * (1 - fee)
    if sell_stable:
        marginal = (pool.stable + paid) ** 2 / (pool.stable * pool.collateral) / (1 - fee)
    else:
        marginal = pool.stable * pool.collateral / (pool.collateral + paid) ** 2 * (1 - fee)
    assert marginal == pytest.approx(price, rel=1e-9)


def test_decide__pool_dear__sells_collateral_into_it() -> None:
    (swap,) = arbitrageur().decide(view(wallet=RICH, market=market(prices=(190.0,))))
    assert isinstance(swap, Swap)
    assert not swap.sell_stable
    assert swap.amount_in == best_trade(POOL, 190.0)[1]


def test_decide__pool_cheap__buys_collateral_from_it() -> None:
    (swap,) = arbitrageur().decide(view(wallet=RICH, market=market(prices=(210.0,))))
    assert isinstance(swap, Swap)
    assert swap.sell_stable
    assert swap.amount_in == best_trade(POOL, 210.0)[1]


@pytest.mark.parametrize("price", [199.5, 200.0, 200.5])
def test_decide__inside_the_fee_band__leaves_the_pool_alone(price: float) -> None:
    seen = view(wallet=RICH, market=replace(CHEAP_GAS, prices=(price,)))
    assert not arbitrageur(min_profit=0.0).decide(seen)


def test_decide__gain_below_gas_and_profit__waits() -> None:
    tempting = market(prices=(203.0,))
    (swap,) = arbitrageur(10.0).decide(view(wallet=RICH, market=tempting))
    assert isinstance(swap, Swap)
    earned = gain(POOL, 203.0, True, swap.amount_in) / WAD
    assert not arbitrageur(earned).decide(view(wallet=RICH, market=tempting))
    dear_gas = replace(tempting, base_fee=10**15)
    assert not arbitrageur(10.0).decide(view(wallet=RICH, market=dear_gas))


def test_decide__little_capital__trades_what_it_has() -> None:
    (swap,) = arbitrageur().decide(
        view(wallet=wallet(tokens=(100,)), market=market(prices=(190.0,)))
    )
    assert isinstance(swap, Swap)
    assert swap.amount_in == 100 * WAD


def test_decide__no_capital_on_that_side__waits() -> None:
    seen = view(wallet=wallet(stable=1e9), market=market(prices=(190.0,)))
    assert not arbitrageur().decide(seen)


def test_decide__trade_pending__waits() -> None:
    waiting = (Swap(bid=Bid(tip=1, max_fee=2), pool=0, sell_stable=True, amount_in=1, min_out=1),)
    seen = view(wallet=RICH, market=market(prices=(190.0,)), pending=sent(*waiting))
    assert not arbitrageur().decide(seen)


@pytest.mark.parametrize("pool", [None, Pool(0, 0, 0.003)])
def test_decide__no_pool_or_an_empty_one__waits(pool: Pool | None) -> None:
    seen = view(wallet=RICH, market=market(prices=(190.0,), pools=(pool,)))
    assert not arbitrageur().decide(seen)


def test_decide__least_it_accepts__still_pays() -> None:
    """Whoever trades before it in the block may cost it a tenth of a percent, no more."""
    (swap,) = arbitrageur().decide(view(wallet=RICH, market=market(prices=(190.0,))))
    assert isinstance(swap, Swap)
    quoted = POOL.quote(False, swap.amount_in)
    assert 0.998 * quoted < swap.min_out < quoted


@pytest.mark.parametrize(("price", "sell_stable"), [(190.0, False), (210.0, True)])
def test_decide__acts_exactly_from_its_least_profit_after_gas(
    price: float, sell_stable: bool
) -> None:
    seen = view(wallet=RICH, market=market(prices=(price,)))
    _, amount = best_trade(POOL, price)
    cost = seen.market.gas_usd(120_000, 2 * 10**9)
    earned = gain(POOL, price, sell_stable, amount) / WAD - cost
    assert arbitrageur(earned * (1 - 1e-6)).decide(seen)
    assert not arbitrageur(earned * (1 + 1e-6)).decide(seen)


def test_decide__token_of_eight_decimals__same_trade_in_whole_tokens() -> None:
    """Dollars, not native units, decide: the same pool in another unit gives the same trade."""
    small = Pool(POOL.collateral // 10**10, POOL.stable, POOL.fee)
    eight = market(terms=replace(TERMS, assets=(BTC,)), pools=(small,))
    for price in (190.0, 210.0):
        usual = view(wallet=RICH, market=market(prices=(price,)))
        held = replace(RICH, tokens=(RICH.tokens[0] // 10**10,))
        (wanted,) = arbitrageur().decide(usual)
        (found,) = arbitrageur().decide(
            replace(usual, wallet=held, market=replace(eight, prices=(price,)))
        )
        assert isinstance(wanted, Swap)
        assert isinstance(found, Swap)
        unit = 1 if wanted.sell_stable else 10**10
        assert found.sell_stable == wanted.sell_stable
        assert found.amount_in * unit == pytest.approx(wanted.amount_in, rel=1e-7)
