"""What a liquidator takes, what it bids, and what it leaves to others."""

from __future__ import annotations

from dataclasses import replace
from math import sqrt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.intent import Bid, Liquidate, MarginCall, Swap
from agents.inventory import PATIENCE, Inventory, proceeds
from agents.market import Market, Pool
from agents.view import View
from tests.agents.views import (
    BTC,
    CHEAP_GAS,
    DEEP,
    GWEI,
    MARKET,
    POOL,
    TERMS,
    WAD,
    liquidator,
    market,
    opportunity,
    sent,
    view,
    wallet,
)

RICH = wallet(stable=1e9)
CALM = replace(CHEAP_GAS, pools=(DEEP,))
"""Gas and slippage cost nothing."""


def attempts(seen: View, **terms: Any) -> list[Liquidate]:
    return [i for i in liquidator(**terms).decide(seen) if isinstance(i, Liquidate)]


def attempt(seen: View, **terms: Any) -> Liquidate:
    (found,) = attempts(seen, **terms)
    return found


def facing(*seen: Any, **changes: Any) -> View:
    return view(opportunities=seen or (opportunity(),), **{"wallet": RICH, **changes})


# ------------------------------------------------------------------------- profit


def test_decide__gain_above_gas_and_profit__liquidates() -> None:
    found = attempt(facing())
    assert (found.account, found.asset) == (1, 0)
    assert found.min_seize == pytest.approx(0.98 * 27 * WAD, rel=1e-9)


@pytest.mark.parametrize(("part", "pays"), [(0.98, False), (1.02, True)])
def test_decide__smallest_debt_worth_its_gas(part: float, pays: bool) -> None:
    """LAWS 7: gas * price / (b * k), with the gas of the sale and the least tip of 1 gwei."""
    spike = market(base_fee=200 * GWEI, eth_usd=110.0, pools=(DEEP,))
    smallest = 310_000 * 201e-9 * 110.0 / 0.08
    debt = int(part * smallest * WAD)
    small = opportunity(debt=debt, repaid=debt, seized=debt * 108 // 100 // 200)
    found = attempts(facing(small, market=spike), min_profit=0.0, failure_rate=0.0, bid_share=0.0)
    assert bool(found) is pays


@given(gross=st.floats(1, 10_000), failure=st.floats(0, 0.9), least=st.floats(1, 5_000))
def test_decide__expects_the_gain_times_the_chance_to_get_it(
    gross: float, failure: float, least: float
) -> None:
    """Where gas costs nothing it acts exactly when (1 - q) * gain reaches its least profit."""
    seized = int((5_000 + gross) / 200 * WAD)
    seen = facing(opportunity(seized=seized), market=CALM)
    found = attempts(seen, failure_rate=failure, min_profit=least)
    expected = (1 - failure) * gross
    if abs(expected - least) > 1e-3:
        assert bool(found) == (expected > least)


def test_decide__no_pool__values_collateral_at_the_price_outside() -> None:
    apart = market(pools=(None,))
    assert attempts(facing(market=apart))
    assert not attempts(facing(market=replace(apart, prices=(180.0,))))


def test_decide__bids_most_of_a_large_gain__still_finds_it_worth_while() -> None:
    """What it bids is paid on the liquidation alone, not on the sale after it too."""
    whale = opportunity(debt=WAD * 10**6, repaid=WAD * 10**6 // 2, seized=2_700 * WAD)
    seen = facing(whale, market=market(pools=(DEEP,)))
    assert attempts(seen, bid_share=0.8, max_tip_gwei=1e6, failure_rate=0.0)


# -------------------------------------------------------------- capital, and all of it


def test_decide__all_that_may_be_repaid__leaves_room_for_interest() -> None:
    """A debt repaid whole must be repaid to the last unit, with the interest until then."""
    whole = opportunity(debt=5_000 * WAD, repaid=5_000 * WAD)
    found = attempt(facing(whole))
    assert 5_000 * WAD * 1.0005 < found.max_repay < 5_000 * WAD * 1.002


@pytest.mark.parametrize("odd", [1, 2**10 + 1, 10**18 - 1])
def test_decide__amounts_no_float_can_hold__are_not_rounded_down(odd: int) -> None:
    """One unit less than the whole debt would be refused by the core."""
    debt = 2**72 + odd
    found = attempt(facing(opportunity(debt=debt, repaid=debt, seized=26 * WAD), market=CALM))
    assert found.max_repay >= debt


def test_decide__little_capital__repays_what_it_has() -> None:
    found = attempt(facing(wallet=wallet(stable=1_500)))
    assert found.max_repay == 1_500 * WAD
    assert found.min_seize == pytest.approx(0.98 * 0.3 * 27 * WAD, rel=1e-9)


def test_decide__no_capital__waits() -> None:
    assert not liquidator(min_profit=0.0).decide(facing(wallet=wallet(stable=0)))


def test_decide__several_accounts__never_commits_more_than_it_has() -> None:
    three = [opportunity(account=a, debt=(12_000 - a) * WAD) for a in (1, 2, 3)]
    found = attempts(facing(*three, wallet=wallet(stable=8_000)))
    assert [f.account for f in found] == [1, 2]
    assert sum(f.max_repay for f in found) <= 8_000 * WAD


def test_decide__capital_in_a_pending_attempt__is_not_spent_twice() -> None:
    waiting = (attempt(facing(opportunity(account=9))),)
    seen = facing(opportunity(account=2), wallet=wallet(stable=5_006), pending=sent(*waiting))
    assert not liquidator(min_profit=0.0).decide(seen)


def test_decide__accounts_in_the_order_shown() -> None:
    """The largest debt first, as `View.opportunities` has them."""
    shown = [opportunity(account=a, debt=d * WAD) for a, d in ((3, 12_000), (2, 11_000))]
    assert [f.account for f in attempts(facing(*shown))] == [3, 2]


def test_decide__account_with_two_collaterals__is_liquidated_once() -> None:
    """The second preview is of a state that the first attempt ends."""
    two = market(
        terms=replace(TERMS, assets=TERMS.assets * 2), prices=(200.0, 200.0), pools=(POOL, POOL)
    )
    both = [opportunity(asset=0), opportunity(asset=1)]
    seen = facing(*both, market=two, wallet=wallet(stable=1e9, tokens=(0, 0)))
    assert len(attempts(seen)) == 1


def test_decide__own_attempt_pending__does_not_repeat_it() -> None:
    assert not liquidator().decide(facing(pending=sent(attempt(facing()))))


# ------------------------------------------------------------------------ the dust rule


def test_decide__part_that_would_leave_dust__leaves_the_least_debt() -> None:
    """The core refuses a liquidation that leaves less than the least debt (100 USD)."""
    whole = opportunity(debt=5_000 * WAD, repaid=5_000 * WAD, seized=27 * WAD)
    found = attempt(facing(whole, wallet=wallet(stable=4_950)))
    assert found.max_repay == 4_900 * WAD


def test_decide__whole_debt_at_hand_but_not_its_interest__leaves_the_least_debt() -> None:
    whole = opportunity(debt=5_000 * WAD, repaid=5_000 * WAD, seized=27 * WAD)
    assert attempt(facing(whole, wallet=wallet(stable=5_000))).max_repay == 4_900 * WAD


def test_decide__debt_below_the_least_and_too_little_capital__leaves_it() -> None:
    dust = opportunity(debt=99 * WAD, repaid=99 * WAD, seized=WAD)
    assert not attempts(facing(dust, wallet=wallet(stable=98)), min_profit=0.0)


def test_decide__insolvent_account_whose_last_collateral_goes__is_taken() -> None:
    """What is left then is bad debt, however small: the core allows that."""
    insolvent = opportunity(debt=5_000 * WAD, repaid=4_950 * WAD, seized=27 * WAD)
    assert attempt(facing(insolvent)).max_repay >= 4_950 * WAD


# --------------------------------------------------------------------- size and the pool


def gain(pool: Pool, seized: float, repaid: float) -> float:
    paid = seized * (1 - pool.fee)
    return paid * pool.stable / (pool.collateral + paid) - repaid


def flooded(bonus: float) -> tuple[Market, Any]:
    """An account larger than the pool of 100,000 ETH, at the pool's price with that bonus."""
    repaid = 40_000_000 * WAD
    seized = int(repaid * (1 + bonus) / 200)
    return MARKET, opportunity(debt=2 * repaid, repaid=repaid, seized=seized)


def test_best_repay__bonus_5_fee_03__sells_2323_percent_of_the_pool() -> None:
    """LAWS 6: (sqrt((1 - f)(1 + b)) - 1)/(1 - f) = .02323 of the pool's collateral."""
    seen, account = flooded(0.05)
    repaid = liquidator().best_repay(account, seen)
    sold = account.seized * repaid / account.repaid
    assert sold / POOL.collateral == pytest.approx(0.02323, abs=5e-6)
    assert sold / POOL.collateral == pytest.approx((sqrt(0.997 * 1.05) - 1) / 0.997, rel=1e-9)


@pytest.mark.parametrize(("share", "pays"), [(0.04698, True), (0.04700, False)])
def test_proceeds__break_even_of_bonus_5_fee_03__is_at_4699_percent(
    share: float, pays: bool
) -> None:
    """LAWS 6: selling more than (1 + b) - 1/(1 - f) = .04699 of the pool loses money."""
    sold = int(share * POOL.collateral)
    repaid = sold * 200 / 1.05
    assert (proceeds(Inventory.SELL, MARKET, 0, sold) > repaid) is pays


@given(bonus=st.floats(0.001, 0.5), other=st.floats(0, 1))
def test_best_repay__no_other_size_gains_more(bonus: float, other: float) -> None:
    seen, account = flooded(bonus)
    best = liquidator().best_repay(account, seen)

    def gained(part: float) -> float:
        return gain(POOL, account.seized * part, account.repaid * part)

    assert gained(best / account.repaid) >= gained(other) - 1e-9 * account.repaid


def test_best_repay__pool_that_takes_it_all__repays_all() -> None:
    small = opportunity()
    assert liquidator().best_repay(small, market(pools=(DEEP,))) == small.repaid
    assert liquidator().best_repay(small, market(pools=(None,))) == small.repaid


def test_decide__pool_below_the_oracle_by_the_bonus__waits() -> None:
    """Collateral cheaper on the pool than what is asked for it: nobody liquidates."""
    cheap = replace(POOL, stable=POOL.stable * 92 // 100)
    assert not attempts(facing(market=market(pools=(cheap,))), min_profit=0.0)


# -------------------------------------------------------------------------- what it bids


def test_bid__share_of_the_gain_over_bare_gas() -> None:
    found = attempt(facing(market=market(pools=(DEEP,))), bid_share=0.25, max_tip_gwei=1e6)
    gas = MARKET.gas_usd(310_000, 0)
    assert found.bid.tip / 1e18 * 190_000 * 200 == pytest.approx((400 - gas) / 4, rel=1e-6)


def test_bid__is_never_above_its_own_limit() -> None:
    whale = opportunity(debt=WAD * 10**6, repaid=WAD * 10**6 // 2, seized=2_700 * WAD)
    deep = market(pools=(DEEP,))
    assert attempt(facing(whale, market=deep), max_tip_gwei=50.0).bid.tip == 50 * GWEI
    crowded = replace(deep, tip_needed=60 * GWEI)
    assert attempt(facing(whale, market=crowded), max_tip_gwei=50.0).bid.tip == 50 * GWEI


def test_bid__full_blocks__meets_what_they_took() -> None:
    tight = facing(market=market(tip_needed=80 * GWEI))
    assert attempt(tight, bid_share=0.0).bid.tip == 90 * GWEI


def test_bid__room_for_the_base_fee_to_double() -> None:
    bid = attempt(facing()).bid
    assert bid.max_fee == 2 * MARKET.base_fee + bid.tip


def test_rival__cheap_bid__is_outbid_by_an_eighth() -> None:
    eager = {"bid_share": 0.1, "max_tip_gwei": 1e6}
    rival = attempt(facing(), **eager).bid.tip * 11 // 10
    found = attempt(facing(opportunity(rival_tip=rival)), **eager)
    assert found.bid.tip == pytest.approx(rival * 1.125)


def test_rival__bid_below_its_own_first_choice__changes_nothing() -> None:
    assert attempt(facing(opportunity(rival_tip=GWEI // 2))) == attempt(facing())


def test_rival__bids_the_whole_gain__is_left_alone() -> None:
    gain_per_gas = int(400 / 200 / 190_000 * 1e18)
    assert not attempts(facing(opportunity(rival_tip=gain_per_gas)))


def test_rival__outbid_only_while_a_profit_is_left() -> None:
    """However the rivals bid, what is bid never eats the gain it is bid for."""
    for rival in range(0, 12_000 * GWEI, 50 * GWEI):
        for found in attempts(
            facing(opportunity(rival_tip=rival), market=market(pools=(DEEP,))), max_tip_gwei=1e6
        ):
            assert found.bid.tip > rival
            assert 400 - MARKET.gas_usd(190_000, found.bid.tip) > 20


# --------------------------------------------------------------------------- margin calls

CALLABLE = opportunity(callable=True, repaid=0, seized=0)
GRACE = market(terms=replace(TERMS, grace=3_600))


def test_grace__account_below_maintenance__is_called() -> None:
    (call,) = liquidator().decide(facing(CALLABLE, market=GRACE))
    assert call == MarginCall(bid=call.bid, account=1)


def test_grace__call_needs_no_capital() -> None:
    (call,) = liquidator().decide(facing(CALLABLE, market=GRACE, wallet=wallet(stable=0)))
    assert isinstance(call, MarginCall)


def test_grace__debt_too_small_for_the_gas__is_not_called() -> None:
    """Half the penalty of 8 % must pay for the gas of the call and its least profit."""
    assert not liquidator().decide(facing(replace(CALLABLE, debt=500 * WAD), market=GRACE))
    assert liquidator().decide(facing(replace(CALLABLE, debt=700 * WAD), market=GRACE))


def test_grace__someone_is_calling_it_already__leaves_it() -> None:
    assert not liquidator().decide(facing(replace(CALLABLE, rival_tip=0), market=GRACE))


def test_grace__own_call_pending__does_not_repeat_it() -> None:
    waiting = (MarginCall(bid=Bid(tip=1, max_fee=2), account=1),)
    assert not liquidator().decide(facing(CALLABLE, market=GRACE, pending=sent(*waiting)))


def test_grace__account_with_two_collaterals__is_called_once() -> None:
    terms = replace(GRACE.terms, assets=TERMS.assets * 2)
    two = replace(GRACE, terms=terms, pools=GRACE.pools * 2)
    seen = facing(CALLABLE, replace(CALLABLE, asset=1), market=two)
    assert len(liquidator().decide(seen)) == 1


# ---------------------------------------------------------------------------------- sales


def sale(seen: View) -> Swap:
    (found,) = (i for i in liquidator().decide(seen) if isinstance(i, Swap))
    return found


def test_sales__seized_collateral__is_sold_whole_where_the_pool_takes_it() -> None:
    found = sale(view(wallet=wallet(tokens=(27,))))
    assert (found.pool, found.sell_stable, found.amount_in) == (0, False, 27 * WAD)
    assert 0.97 * 27 * 200 * WAD < found.min_out < POOL.quote(False, 27 * WAD)


def test_sales__more_than_the_pool_takes__last_unit_brings_the_least_price() -> None:
    found = sale(view(wallet=wallet(tokens=(1e6,))))
    paid = found.amount_in * (1 - POOL.fee)
    marginal = POOL.stable * POOL.collateral / (POOL.collateral + paid) ** 2 * (1 - POOL.fee)
    assert marginal == pytest.approx(200 * (1 - PATIENCE), rel=1e-9)


def test_sales__pool_below_the_price_outside__waits_for_arbitrage() -> None:
    cheap = replace(POOL, stable=POOL.stable * 97 // 100)
    assert not liquidator().decide(view(wallet=wallet(tokens=(27,)), market=market(pools=(cheap,))))


def test_sales__crumbs__are_not_worth_the_gas() -> None:
    assert not liquidator().decide(view(wallet=wallet(tokens=(0.001,))))


def test_sales__one_at_a_time() -> None:
    waiting = (sale(view(wallet=wallet(tokens=(27,)))),)
    assert not liquidator().decide(view(wallet=wallet(tokens=(27,)), pending=sent(*waiting)))


def test_sales__collateral_without_a_pool__is_kept() -> None:
    assert not liquidator().decide(view(wallet=wallet(tokens=(27,)), market=market(pools=(None,))))


def test_sales__worth_ten_times_the_gas_or_kept() -> None:
    """120,000 gas at 13 gwei and 200 USD cost 0.312 USD."""
    assert liquidator().decide(view(wallet=wallet(tokens=(3.25 / 200,))))
    assert not liquidator().decide(view(wallet=wallet(tokens=(3.05 / 200,))))


def test_sales__token_of_eight_decimals__same_sale_in_whole_tokens() -> None:
    small = replace(POOL, collateral=POOL.collateral // 10**10)
    eight = market(terms=replace(TERMS, assets=(BTC,)), pools=(small,))
    held = replace(wallet(), tokens=(10**6 * 10**8,))
    found, usual = sale(view(wallet=held, market=eight)), sale(view(wallet=wallet(tokens=(1e6,))))
    assert found.amount_in * 10**10 == pytest.approx(usual.amount_in, rel=1e-7)


def test_proceeds__token_of_eight_decimals__in_stable_units() -> None:
    eight = market(terms=replace(TERMS, assets=(BTC,)), pools=(None,))
    assert proceeds(Inventory.SELL, eight, 0, 3 * 10**8) == 600 * WAD


@pytest.mark.parametrize(("debt", "called"), [(505, False), (507, True)])
def test_grace__smallest_debt_worth_a_call(debt: int, called: bool) -> None:
    """90,000 gas at 13 gwei and 200 USD are 0.234 USD; 4 % of 506 USD pay them and 20 USD."""
    seen = facing(replace(CALLABLE, debt=debt * WAD), market=GRACE)
    assert bool(liquidator().decide(seen)) is called
