"""Trades of the stable, held against every other size; who leaves a failing coin and how."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.intent import Bid, Intent, PegMint, PegPoke, PegRedeem, PegSwap, Swap
from agents.market import Peg, Pool
from agents.peg import CoinHolder, PegArbitrageur, PegPoker, replenish
from agents.peg.chain import Chain, into, through
from agents.peg.routes import routes
from agents.view import Occasion, Opportunities, View, Wallet
from tests.agents.views import (
    ADDRESS,
    CHEAP_GAS,
    MARKET,
    POOL,
    WAD,
    opportunity,
    sent,
    someone,
    view,
)

COIN = 10**6
BID = Bid(tip=1, max_fee=2)
PEG = Peg(
    pool=Pool(collateral=10**7 * COIN, stable=10**7 * WAD, fee=0.0005),
    coin_unit=COIN,
    coin_usd=1.0,
    fee=0.001,
    redeemable=10**7 * WAD,
    mintable=10**7 * WAD,
)
"""Ten million of each, at one; the module gives and takes as much."""
RICH = Wallet(wei=10 * WAD, stable=0, tokens=(10**6 * WAD,), coin=10**8 * COIN)
DEPTHS = st.floats(1e3, 1e9)
FEES = st.sampled_from([0.0, 0.0005, 0.003, 0.05])


def at(price: float, **changes: Any) -> Peg:
    """The stable at so many coins, ten million of it in the pool."""
    pool = replace(PEG.pool, collateral=int(10**7 * COIN * price))
    return replace(PEG, pool=pool, **changes)


def seen(peg: Peg | None, wallet: Wallet = RICH, **market: Any) -> View:
    return view(wallet=wallet, market=replace(MARKET, peg=peg, **market))


def arbitrageur(min_profit: float = 10.0) -> PegArbitrageur:
    return PegArbitrageur(someone(), "arbitrageur-0", ADDRESS, min_profit=min_profit, tip_gwei=2.0)


# --------------------------------------------------------------------- closed forms


@given(coin=DEPTHS, stable=DEPTHS, fee=FEES, worth=st.floats(0.1, 10), other=st.floats(0, 3))
def test_into__no_other_amount_earns_more(
    coin: float, stable: float, fee: float, worth: float, other: float
) -> None:
    chain = into(Pool(int(coin * COIN), int(stable * WAD), fee), sell_stable=False)
    _is_best(chain, worth * COIN / WAD, other * coin * COIN)


@given(
    depths=st.tuples(DEPTHS, DEPTHS, DEPTHS, DEPTHS),
    fees=st.tuples(FEES, FEES),
    worth=st.floats(0.01, 100),
    other=st.floats(0, 3),
)
def test_through__no_other_amount_earns_more(
    depths: tuple[float, ...], fees: tuple[float, float], worth: float, other: float
) -> None:
    a, b, c, d = depths
    first = Pool(int(a * COIN), int(b * WAD), fees[0])
    second = Pool(int(c * WAD), int(d * WAD), fees[1])
    _is_best(through(first, second), worth * COIN / WAD, other * a * COIN)


def _is_best(chain: Chain, worth: float, other: float) -> None:
    def gain(amount: float) -> float:
        return chain.out(amount) * worth - amount

    best = chain.best(worth)
    scale = 1e-12 * (chain.l / chain.m + best)
    assert gain(best) >= max(gain(other), 0.0) - scale
    assert gain(best) >= max(gain(best * 0.99), gain(best * 1.01)) - scale


@given(amount=st.floats(1, 1e6), fees=st.tuples(FEES, FEES))
def test_through__is_one_pool_after_the_other(amount: float, fees: tuple[float, float]) -> None:
    first = replace(PEG.pool, fee=fees[0])
    second = replace(POOL, fee=fees[1])
    coins = int(amount * COIN)
    between = first.quote(False, coins)
    expected = second.quote(True, between)
    assert through(first, second).out(coins) == pytest.approx(expected, rel=1e-9)
    assert into(first, False).out(coins) == pytest.approx(between, rel=1e-9)


# ---------------------------------------------------------------------- arbitrageur


def test_decide__stable_cheap__bought_and_redeemed() -> None:
    buy, redeem = arbitrageur().decide(seen(at(0.99)))
    assert isinstance(buy, PegSwap)
    assert isinstance(redeem, PegRedeem)
    assert not buy.sell_stable
    assert redeem.amount_in == buy.min_out
    pool = at(0.99).pool
    left = Pool(pool.collateral + buy.amount_in, pool.stable - pool.quote(False, buy.amount_in), 0)
    after = replace(PEG, pool=left).price
    assert after == pytest.approx(0.999 * 0.9995, rel=1e-4)  # where the fees end the gain


def test_decide__stable_dear__minted_and_sold() -> None:
    mint, sale = arbitrageur().decide(seen(at(1.01)))
    assert isinstance(mint, PegMint)
    assert isinstance(sale, PegSwap)
    assert sale.sell_stable
    minted = mint.amount_in * WAD // COIN * 999 // 1000
    assert 0 <= minted - sale.amount_in <= minted // 10**9
    assert sale.min_out >= mint.amount_in


@pytest.mark.parametrize("price", [0.9990, 1.0, 1.0010])
def test_decide__inside_the_fees__leaves_the_stable_alone(price: float) -> None:
    market = replace(CHEAP_GAS, peg=at(price))
    agent = arbitrageur(min_profit=0.0)
    assert not agent.decide(view(wallet=RICH, market=market))


def test_decide__module_gives_or_takes_nothing_more__leaves_it() -> None:
    assert not arbitrageur().decide(seen(at(0.99, redeemable=0), pools=(None,)))
    assert not arbitrageur().decide(seen(at(1.01, mintable=0), pools=(None,)))


def test_decide__module_has_little__takes_what_there_is() -> None:
    little = 5_000 * WAD
    _, redeem = arbitrageur().decide(seen(at(0.99, redeemable=little), pools=(None,)))
    assert isinstance(redeem, PegRedeem)
    assert redeem.amount_in <= little
    mint, _ = arbitrageur().decide(seen(at(1.01, mintable=little), pools=(None,)))
    assert isinstance(mint, PegMint)
    assert mint.amount_in * WAD // COIN <= little * 1.001


SHUT: dict[str, Any] = {"redeemable": 0, "mintable": 0}
"""The module gives and takes nothing."""


def test_decide__much_stable_left_over__is_not_dumped_on_the_pool() -> None:
    """A second step sells what the first brought, at a gain, and no more."""
    held = replace(RICH, stable=10**6 * WAD)
    shut = replace(PEG, **SHUT)
    sale, swap = arbitrageur().decide(seen(shut, held, prices=(190.0,)))
    assert isinstance(sale, Swap)
    assert isinstance(swap, PegSwap)
    assert swap.amount_in == sale.min_out


def test_decide__stable_left_over__buys_collateral_that_is_cheap() -> None:
    held = replace(RICH, stable=1_000 * WAD, coin=0)
    (swap,) = arbitrageur().decide(seen(replace(PEG, **SHUT), held, prices=(220.0,)))
    assert isinstance(swap, Swap)
    assert swap.sell_stable
    assert swap.amount_in == 1_000 * WAD
    assert not arbitrageur().decide(seen(replace(PEG, **SHUT), held, prices=(200.0,)))


@pytest.mark.parametrize(("terms", "kind"), [({}, PegMint), (SHUT, PegSwap)])
def test_decide__coin_fails__cheap_coins_buy_collateral(
    terms: dict[str, Any], kind: type[Intent]
) -> None:
    """The collateral's pool takes the stable for a dollar; the coin is worth 0.88. The module
    gives the stable at par; without it the coin's pool does, at what it costs there."""
    first, swap = arbitrageur().decide(seen(replace(PEG, coin_usd=0.88, **terms)))
    assert isinstance(first, kind)
    assert isinstance(swap, Swap)
    assert swap.sell_stable
    assert 0 < swap.amount_in <= 10**7 * WAD


@pytest.mark.parametrize(("terms", "kind"), [({}, PegRedeem), (SHUT, PegSwap)])
def test_decide__collateral_dear_on_its_pool__sold_for_coin(
    terms: dict[str, Any], kind: type[Intent]
) -> None:
    sale, second = arbitrageur().decide(seen(replace(PEG, **terms), prices=(190.0,)))
    assert isinstance(sale, Swap)
    assert isinstance(second, kind)
    assert not sale.sell_stable
    assert second.amount_in >= sale.min_out  # type: ignore[attr-defined]


@given(
    coin_usd=st.floats(0.7, 1.3),
    price=st.floats(0.7, 1.3),
    eth=st.floats(100, 400),
    fee=FEES,
    redeemable=st.sampled_from([0, 10**4 * WAD, 10**8 * WAD]),
    mintable=st.sampled_from([0, 10**4 * WAD, 10**8 * WAD]),
)
def test_routes__each_earns_what_it_says_where_everything_is_as_it_was_seen(
    coin_usd: float, price: float, eth: float, fee: float, redeemable: int, mintable: int
) -> None:
    """Carried out on the pools as they were, with what the first step surely pays: the gain, less
    what the caution about the first step leaves lying as stable."""
    peg = at(price, coin_usd=coin_usd, fee=fee, redeemable=redeemable, mintable=mintable)
    market = replace(MARKET, peg=peg, prices=(eth,))
    for route in routes(peg, market, RICH, BID):
        coin, stable, tokens = carried_out(route.steps, peg, POOL)
        earned = coin * peg.unit_usd + stable * 1e-18 * peg.stable_usd + tokens * eth / WAD
        moved = sum(abs(x) for x in (coin * peg.unit_usd, tokens * eth / WAD))
        assert stable >= 0
        assert earned >= route.gain - 0.01 * moved - 1e-6


def carried_out(steps: tuple[Intent, ...], peg: Peg, pool: Pool) -> tuple[int, int, int]:
    """Change of (coin, stable, collateral)."""
    coin, stable, tokens = 0, 0, 0
    for step in steps:
        match step:
            case PegMint(amount_in=amount):
                given = amount * WAD // COIN
                coin, stable = coin - amount, stable + given - int(given * peg.fee)
                assert given * (1 - peg.fee) <= peg.mintable
            case PegRedeem(amount_in=amount):
                assert amount <= peg.redeemable
                coin, stable = coin + int(amount * peg.par), stable - amount
            case PegSwap(sell_stable=True, amount_in=amount):
                coin, stable = coin + peg.pool.quote(True, amount), stable - amount
            case PegSwap(amount_in=amount):
                coin, stable = coin - amount, stable + peg.pool.quote(False, amount)
            case Swap(sell_stable=True, amount_in=amount):
                tokens, stable = tokens + pool.quote(True, amount), stable - amount
            case Swap(amount_in=amount):
                tokens, stable = tokens - amount, stable + pool.quote(False, amount)
    return coin, stable, tokens


def test_decide__stable_left_over__goes_with_the_next() -> None:
    held = replace(RICH, stable=700 * WAD)
    _, redeem = arbitrageur().decide(seen(at(0.99), held))
    _, usual = arbitrageur().decide(seen(at(0.99)))
    assert isinstance(redeem, PegRedeem)
    assert isinstance(usual, PegRedeem)
    assert redeem.amount_in == usual.amount_in + 700 * WAD


def test_decide__gain_below_gas_and_profit__waits() -> None:
    assert arbitrageur(10.0).decide(seen(at(0.99)))
    assert not arbitrageur(1e6).decide(seen(at(0.99)))
    assert not arbitrageur(10.0).decide(seen(at(0.99), base_fee=10**16))


def test_decide__something_pending_or_no_market__waits() -> None:
    waiting = sent(PegRedeem(bid=BID, amount_in=1))
    assert not arbitrageur().decide(replace(seen(at(0.99)), pending=waiting))
    assert not arbitrageur().decide(seen(None))


@pytest.mark.parametrize(
    ("peg", "awake"), [(None, False), (PEG, False), (at(0.99), True), (at(1.01), True)]
)
def test_stirs__only_where_something_earns(peg: Peg | None, awake: bool) -> None:
    assert arbitrageur().stirs(replace(MARKET, peg=peg), None) is awake


# ---------------------------------------------------------------- liquidators, poker


def in_need(peg: Peg | None, stable: float = 0.0, coin: float = 1e6, **changes: Any) -> View:
    """A liquidator before an account of which it may repay 5,000."""
    held = replace(RICH, stable=int(stable * WAD), coin=int(coin * COIN))
    return replace(seen(peg, held), opportunities=Opportunities((opportunity(),)), **changes)


def test_replenish__buys_what_it_lacks() -> None:
    (swap,) = replenish(in_need(PEG, stable=1_000))
    assert isinstance(swap, PegSwap)
    assert PEG.pool.quote(False, swap.amount_in) == pytest.approx(4_000 * WAD, rel=1e-6)


def test_replenish__stable_dear__minted_at_par() -> None:
    (mint,) = replenish(in_need(at(1.01)))
    assert isinstance(mint, PegMint)
    assert mint.amount_in * 0.999 == pytest.approx(5_000 * COIN, rel=1e-5)


def test_replenish__module_full_and_stable_dear__no_more_than_half_the_penalty() -> None:
    """8 %: up to 1.04 at the margin."""
    full = at(1.039, mintable=0)
    assert replenish(in_need(full))
    assert not replenish(in_need(at(1.041, mintable=0)))
    shallow = replace(full, pool=Pool(1_000 * COIN, 1_000 * WAD, 0.0))
    (swap,) = replenish(in_need(shallow))
    assert isinstance(swap, PegSwap)
    bought = shallow.pool.quote(False, swap.amount_in)
    left = Pool(shallow.pool.collateral + swap.amount_in, shallow.pool.stable - bought, 0.0)
    assert replace(full, pool=left).price == pytest.approx(1.04, rel=1e-4)


@pytest.mark.parametrize(
    "view",
    [
        in_need(PEG, stable=5_000),
        in_need(PEG, coin=0),
        in_need(None),
        in_need(PEG, pending=sent(PegMint(bid=BID, amount_in=1))),
    ],
    ids=["has enough", "has no coin", "no market", "one is on its way"],
)
def test_replenish__nothing_to_buy_or_with__buys_nothing(view: View) -> None:
    assert replenish(view) == []


@pytest.mark.parametrize(("due", "pokes"), [(None, False), (0, True), (10**12, False)])
def test_poker__when_a_reading_is_due(due: int | None, pokes: bool) -> None:
    agent = PegPoker(someone(), "peg-poker", ADDRESS, tip_gwei=1.0)
    asked = agent.decide(seen(replace(PEG, reading_due=due)))
    assert [type(intent) for intent in asked] == [PegPoke] * pokes


# ------------------------------------------------------------------------ the holder


def holder(trust: float = 0.95) -> CoinHolder:
    return CoinHolder(someone(), "holder-0", ADDRESS, trust=trust, looks=(60.0,), tip_gwei=1.0)


def holding(coin: float = 0.0, stable: float = 0.0) -> Wallet:
    return Wallet(wei=WAD, stable=int(stable * WAD), tokens=(0,), coin=int(coin * COIN))


def asked(peg: Peg, wallet: Wallet) -> tuple[Intent, ...]:
    look = replace(seen(peg, wallet), occasion=Occasion.SCHEDULE)
    return tuple(holder().decide(look))


def test_holder__coin_trusted__stays() -> None:
    assert asked(replace(PEG, coin_usd=0.95), holding(coin=1_000)) == ()


def test_holder__coin_fails__leaves_at_par_while_the_module_takes_it() -> None:
    (mint,) = asked(replace(PEG, coin_usd=0.94), holding(coin=1_000))
    assert isinstance(mint, PegMint)
    assert mint.amount_in == 1_000 * COIN
    (rest,) = asked(replace(PEG, coin_usd=0.94, mintable=300 * WAD), holding(coin=1_000))
    assert isinstance(rest, PegMint)
    assert rest.amount_in == 300 * COIN


def test_holder__module_full__buys_the_stable_up_to_a_dollar() -> None:
    full = replace(PEG, coin_usd=0.90, mintable=0)
    (swap,) = asked(full, holding(coin=1e9))
    assert isinstance(swap, PegSwap)
    pool = PEG.pool
    bought = pool.quote(False, swap.amount_in)
    left = Pool(pool.collateral + swap.amount_in, pool.stable - bought, 0.0)
    assert replace(full, pool=left).stable_usd == pytest.approx(1.0, abs=2e-3)
    dear = replace(full, pool=replace(pool, collateral=12 * 10**6 * COIN))
    assert asked(dear, holding(coin=1e9)) == ()


def test_holder__coin_back__redeems_what_the_module_gives() -> None:
    (redeem,) = asked(PEG, holding(stable=1_000))
    assert isinstance(redeem, PegRedeem)
    assert redeem.amount_in == 1_000 * WAD
    (part,) = asked(replace(PEG, redeemable=400 * WAD), holding(stable=1_000))
    assert isinstance(part, PegRedeem)
    assert part.amount_in == 400 * WAD
    assert asked(replace(PEG, redeemable=0), holding(stable=1_000)) == ()


def test_holder__looks_when_it_said() -> None:
    assert holder().wake_times() == (60.0,)
