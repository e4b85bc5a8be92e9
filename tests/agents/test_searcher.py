"""What searchers make of other people's transactions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.intent import Bid, Bundle, Intent, Liquidate, MarginCall, Swap, Theirs
from agents.market import Pool
from agents.searcher import (
    CopyCat,
    Sandwicher,
    best_front,
    largest_front,
    sandwich,
)
from agents.view import Seen, View
from tests.agents.views import (
    ADDRESS,
    GWEI,
    MARKET,
    POOL,
    TERMS,
    WAD,
    liquidator,
    market,
    opportunity,
    someone,
    view,
    wallet,
)

FREE = replace(POOL, fee=0.0)
BID = Bid(tip=40 * GWEI, max_fee=70 * GWEI)


def seen(intent: Intent, sequence: int = 7, **changes: Any) -> Seen:
    """Someone's transaction in the public pool."""
    usual = Seen(sequence, "other", "liquidator", intent, intent.bid.tip, intent.bid.max_fee, 1)
    return replace(usual, **changes)


# ------------------------------------------------------------------------------ CopyCat

THEIRS = Liquidate(bid=BID, account=1, asset=0, max_repay=5_000 * WAD, min_seize=0)


def copycat() -> Any:
    return liquidator(CopyCat, max_tip_gwei=1e6)


def copies(pool: tuple[Seen, ...], tip: int = BID.tip, **changes: Any) -> list[Liquidate]:
    shown = (opportunity(rival_tip=tip), opportunity(account=2))
    usual: dict[str, Any] = {
        "wallet": wallet(stable=1e9),
        "opportunities": shown,
        "mempool": pool,
    }
    return [i for i in copycat().decide(view(**{**usual, **changes})) if isinstance(i, Liquidate)]


def test_copycat__pending_liquidation__is_copied_with_a_tip_an_eighth_higher() -> None:
    (found,) = copies((seen(THEIRS),))
    assert (found.account, found.asset) == (THEIRS.account, THEIRS.asset)
    assert found.bid.tip == pytest.approx(45 * GWEI)


@pytest.mark.parametrize(
    "others",
    [
        (),
        (seen(MarginCall(bid=BID, account=1)),),
        (seen(replace(THEIRS, asset=1)),),
        (seen(replace(THEIRS, account=3)),),
    ],
    ids=["empty pool", "a call", "another asset", "an account that cannot be liquidated"],
)
def test_copycat__nothing_to_copy__looks_for_nothing_itself(others: tuple[Seen, ...]) -> None:
    assert not copies(others)


def test_copycat__own_capital_sets_the_size() -> None:
    (found,) = copies((seen(THEIRS),), wallet=wallet(stable=1_500))
    assert found.max_repay == 1_500 * WAD


def test_copycat__copied_at_a_loss__no() -> None:
    """400 USD of gain pay 190,000 gas at 10,000 gwei, not at 11,250."""
    assert copies((seen(THEIRS),), tip=7_000 * GWEI)
    assert not copies((seen(THEIRS),), tip=10_000 * GWEI)


def test_copycat__makes_no_margin_calls() -> None:
    callable_ = opportunity(callable=True, repaid=0, seized=0)
    terms = market(terms=replace(TERMS, grace=3_600))
    pool = (seen(THEIRS),)
    shown = view(opportunities=(callable_,), mempool=pool, market=terms, wallet=wallet(stable=1e9))
    assert not copycat().decide(shown)


# --------------------------------------------------------------------------- the algebra

pools = st.builds(
    Pool,
    collateral=st.integers(10**20, 10**25),
    stable=st.integers(10**22, 10**28),
    fee=st.sampled_from([0.0, 0.0005, 0.003, 0.01]),
)


@st.composite
def victims(draw: st.DrawFn) -> tuple[Pool, Swap]:
    """A pool and a swap of up to a fifth of it that accepts up to 10 % less than its quote."""
    pool = draw(pools)
    sell_stable = draw(st.booleans())
    reserve = pool.stable if sell_stable else pool.collateral
    amount = int(reserve * draw(st.floats(1e-4, 0.2)))
    least = int(pool.quote(sell_stable, amount) * draw(st.floats(0.9, 1.0)))
    return pool, Swap(
        bid=BID, pool=0, sell_stable=sell_stable, amount_in=amount, min_out=max(1, least)
    )


def after(pool: Pool, sell_stable: bool, amount: int) -> Pool:
    """The pool after that swap, in whole units."""
    out = pool.quote(sell_stable, amount)
    if sell_stable:
        return replace(pool, stable=pool.stable + amount, collateral=pool.collateral - out)
    return replace(pool, collateral=pool.collateral + amount, stable=pool.stable - out)


def brute(pool: Pool, victim: Swap, front: int) -> tuple[int, int]:
    """(victim's amount, profit in the token it sells), swap after swap on integer reserves."""
    side = victim.sell_stable
    got = pool.quote(side, front)
    first = after(pool, side, front)
    second = after(first, side, victim.amount_in)
    return first.quote(side, victim.amount_in), second.quote(not side, got) - front


@given(victims())
def test_largest_front__victim_just_gets_its_least(case: tuple[Pool, Swap]) -> None:
    pool, victim = case
    most = largest_front(pool, victim)
    reserve = pool.stable if victim.sell_stable else pool.collateral
    slack = 1e-6 * reserve
    if most > slack:
        assert brute(pool, victim, int(most - slack))[0] >= victim.min_out
    assert brute(pool, victim, int(max(0.0, most) + slack))[0] < victim.min_out


@given(victims(), st.floats(0, 1))
def test_sandwich__is_what_three_swaps_leave(case: tuple[Pool, Swap], part: float) -> None:
    pool, victim = case
    front = int(part * victim.amount_in)
    reserve = pool.stable if victim.sell_stable else pool.collateral
    assert sandwich(pool, victim, front) == pytest.approx(
        brute(pool, victim, front)[1], abs=1e-9 * reserve
    )


@given(victims(), st.floats(0.01, 10))
def test_best_front__no_other_size_earns_more(case: tuple[Pool, Swap], part: float) -> None:
    pool, victim = case
    capital = int(part * victim.amount_in)
    best = best_front(pool, victim, capital)
    assert 0 <= best <= capital
    most = max(0.0, min(largest_front(pool, victim), capital))
    reserve = pool.stable if victim.sell_stable else pool.collateral
    earned = sandwich(pool, victim, best)
    for other in np.linspace(0, most, 60):
        assert earned >= sandwich(pool, victim, float(other)) - 1e-9 * reserve


@given(victims())
def test_best_front__no_fee__takes_all_that_the_victim_allows(case: tuple[Pool, Swap]) -> None:
    pool, victim = case
    free = replace(pool, fee=0.0)
    most = largest_front(free, victim)
    reserve = free.stable if victim.sell_stable else free.collateral
    if most > 1e-4 * reserve:
        assert best_front(free, victim, 10**40) == pytest.approx(most, rel=1e-6)


def test_best_front__small_victim_in_a_dear_pool__is_not_worth_the_fees() -> None:
    """It moves the price by .02 %; going in and out costs .6 %."""
    small = Swap(bid=BID, pool=0, sell_stable=False, amount_in=10 * WAD, min_out=1)
    assert best_front(POOL, small, 10**24) == 0
    assert best_front(FREE, small, 10**24) > 0


# ---------------------------------------------------------------------------- Sandwicher

RICH = replace(wallet(stable=1e7, tokens=(1e5,)), wei=1_000 * WAD)
VICTIM = Swap(
    bid=BID,
    pool=0,
    sell_stable=False,
    amount_in=2_000 * WAD,
    min_out=int(POOL.quote(False, 2_000 * WAD) * 0.98),
)
"""A liquidator sells 400,000 USD of collateral and takes 2 % less than the quote."""


def sandwicher(**terms: Any) -> Sandwicher:
    usual: dict[str, Any] = {"min_profit": 10.0, "bid_share": 0.5}
    return Sandwicher(someone(), "sandwicher-0", ADDRESS, **{**usual, **terms})


def around(victim: Swap = VICTIM, agent: Sandwicher | None = None, **changes: Any) -> list[Bundle]:
    usual: dict[str, Any] = {
        "wallet": RICH,
        "mempool": (seen(victim),),
    }
    shown: View = view(**{**usual, **changes})
    found = (agent or sandwicher()).decide(shown)
    return [intent for intent in found if isinstance(intent, Bundle)]


def test_sandwicher__swap_in_sight__sells_before_it_and_buys_back_after() -> None:
    (found,) = around()
    front, middle, back = found.parts
    assert middle == Theirs(7)
    assert isinstance(front, Swap)
    assert isinstance(back, Swap)
    assert (front.sell_stable, back.sell_stable) == (False, True)
    got, profit = brute(POOL, VICTIM, front.amount_in)
    assert got >= VICTIM.min_out
    assert profit > 0
    assert back.amount_in == pytest.approx(POOL.quote(False, front.amount_in))
    assert back.amount_in <= POOL.quote(False, front.amount_in)
    assert back.min_out == front.amount_in
    gain = profit / WAD * 200 - MARKET.gas_usd(240_000, 0)
    assert found.payment / 1e18 * 200 == pytest.approx(0.5 * gain, rel=1e-6)


def test_sandwicher__victim_buys__it_buys_first() -> None:
    buys = replace(
        VICTIM,
        sell_stable=True,
        amount_in=400_000 * WAD,
        min_out=int(POOL.quote(True, 400_000 * WAD) * 0.98),
    )
    front, _, back = around(buys)[0].parts
    assert isinstance(front, Swap)
    assert isinstance(back, Swap)
    assert (front.sell_stable, back.sell_stable) == (True, False)


def test_sandwicher__capital__limits_the_front_run() -> None:
    (found,) = around(wallet=wallet(tokens=(300,)))
    front = found.parts[0]
    assert isinstance(front, Swap)
    assert front.amount_in <= 300 * WAD
    assert not around(wallet=wallet(stable=1e7))


def test_sandwicher__victim_allows_no_slippage__nothing_to_take() -> None:
    assert not around(replace(VICTIM, min_out=POOL.quote(False, VICTIM.amount_in)))


def test_sandwicher__victim_that_cannot_be_in_the_block__is_left() -> None:
    assert not around(mempool=(seen(VICTIM, max_fee=MARKET.base_fee - 1),))
    assert around(mempool=(seen(VICTIM, max_fee=MARKET.base_fee),))


@pytest.mark.parametrize(("part", "acts"), [(0.99, True), (1.01, False)])
def test_sandwicher__acts_while_what_is_left_is_its_least_profit(part: float, acts: bool) -> None:
    left = around()[0].payment / 1e18 * 200
    assert bool(around(agent=sandwicher(min_profit=part * left))) is acts


def test_sandwicher__two_victims__takes_the_better_only() -> None:
    small = replace(VICTIM, amount_in=1_000 * WAD, min_out=1)
    pair = (seen(small, 3), seen(replace(VICTIM, min_out=1), 4))
    (found,) = around(mempool=pair)
    assert found.parts[1] == Theirs(4)


def test_sandwicher__little_gas_money__pays_the_builder_half_of_it() -> None:
    (found,) = around(wallet=replace(RICH, wei=WAD))
    assert found.payment == WAD // 2


def test_sandwicher__liquidations_are_not_swaps() -> None:
    assert not around(mempool=(seen(THEIRS),))
