"""How each kind of liquidator bids, by which route, and when."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from agents.intent import Bid, Bundle, FlashLiquidate, Liquidate, MarginCall, Rebid, Swap
from agents.inventory import SWAP_GAS, Inventory
from agents.keepers import (
    DutchSniper,
    FlashKeeper,
    GasAuctioneer,
    Keeper,
    PrivateKeeper,
    SplitKeeper,
)
from agents.keepers.flash import FLASH_GAS
from agents.keepers.sniper import waiting_value
from agents.keepers.split import healing_repay, two_steps
from agents.liquidator import Liquidator
from agents.take import LIQUIDATE_GAS, Means
from agents.view import Opportunity, View
from tests.agents.views import (
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
CALM = market(base_fee=1, pools=(DEEP,))
"""Gas and slippage cost next to nothing."""
KINDS = (Keeper, GasAuctioneer, PrivateKeeper, FlashKeeper, DutchSniper, SplitKeeper)


def facing(*seen: Opportunity, **changes: Any) -> View:
    return view(opportunities=seen or (opportunity(),), **{"wallet": RICH, **changes})


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind__takes_what_is_plainly_worth_it_and_leaves_a_loss(
    kind: type[Liquidator],
) -> None:
    assert liquidator(kind).decide(facing())
    assert not liquidator(kind).decide(facing(opportunity(seized=24 * WAD)))


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind__same_view__same_intents(kind: type[Liquidator]) -> None:
    seen = facing(*(opportunity(account=account) for account in (1, 2, 3)))
    agent = liquidator(kind)
    first = list(agent.decide(seen))
    assert list(agent.decide(seen)) == first == list(liquidator(kind).decide(seen))


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind__nothing_to_take_or_to_take_it_with__does_nothing(
    kind: type[Liquidator],
) -> None:
    bare = market(pools=(None,))
    assert not liquidator(kind).decide(view(market=bare))
    assert not liquidator(kind).decide(view(market=bare, opportunities=(opportunity(),)))


# ------------------------------------------------------------------------------- Keeper


@pytest.mark.parametrize(("part", "acts"), [(0.99, False), (1.01, True)])
def test_keeper__acts_when_the_gain_is_its_margin_above_the_gas(part: float, acts: bool) -> None:
    spike = market(base_fee=100 * GWEI, pools=(DEEP,))
    gas = spike.gas_usd(LIQUIDATE_GAS + SWAP_GAS, GWEI)
    seized = int((5_000 + 1.5 * gas * part) / 200 * WAD)
    found = liquidator(Keeper, margin=0.5).decide(facing(opportunity(seized=seized), market=spike))
    assert bool(found) is acts


def test_keeper__bid_does_not_depend_on_the_gain_or_on_cheaper_rivals() -> None:
    whale = opportunity(debt=WAD * 10**6, repaid=WAD * 10**6 // 2, seized=2_700 * WAD)
    (small,) = liquidator(Keeper).decide(facing())
    (large,) = liquidator(Keeper).decide(facing(whale))
    (rivalled,) = liquidator(Keeper).decide(facing(opportunity(rival_tip=GWEI - 1)))
    assert small.bid == large.bid == rivalled.bid == Bid(tip=GWEI, max_fee=25 * GWEI)
    assert not liquidator(Keeper).decide(facing(opportunity(rival_tip=GWEI)))


# ------------------------------------------------------------------------- GasAuctioneer


def rebid(rival_tip: int, own_tip: int = 50 * GWEI, **terms: Any) -> Rebid | None:
    """What it answers to a rival when an attempt of its own waits with a tip."""
    auctioneer = liquidator(GasAuctioneer, **{"max_tip_gwei": 1e6, **terms})
    (opening,) = auctioneer.decide(facing(market=market(pools=(DEEP,))))
    own = replace(opening, bid=Bid(tip=own_tip, max_fee=24 * GWEI + own_tip))
    account = opportunity(rival_tip=rival_tip)
    seen = facing(account, market=market(pools=(DEEP,)), pending=sent(own))
    found = auctioneer.decide(seen)
    assert len(found) <= 1
    return next(iter(found), None)


def test_auctioneer__rival_above__raises_over_it_by_an_eighth() -> None:
    found = rebid(80 * GWEI)
    assert isinstance(found, Rebid)
    assert found.nonce == 0
    assert found.bid.tip == pytest.approx(90 * GWEI)


@pytest.mark.parametrize("rival", [-1, 30 * GWEI, 50 * GWEI])
def test_auctioneer__no_better_bid_than_its_own__lets_it_stand(rival: int) -> None:
    """Its own bid is among those it sees."""
    assert rebid(rival) is None


@given(own=st.integers(GWEI, 5_000 * GWEI), ahead=st.integers(1, 5_000 * GWEI))
def test_auctioneer__new_bid_is_one_the_pool_takes_and_never_above_its_value(
    own: int, ahead: int
) -> None:
    found = rebid(own + ahead, own)
    if found is None:
        return
    assert found.bid.tip > own + ahead
    assert 10 * found.bid.tip >= 11 * own
    assert 10 * found.bid.max_fee >= 11 * (24 * GWEI + own)
    assert 400 - MARKET.gas_usd(LIQUIDATE_GAS, found.bid.tip) >= 20


def test_auctioneer__top_tip__is_where_its_expected_profit_is_its_least() -> None:
    """And it goes there: a rival just below is outbid, one just above is not."""
    auctioneer = liquidator(GasAuctioneer, max_tip_gwei=1e6)
    deep = market(pools=(DEEP,))
    means = Means(deep, 10**30, 0.1)
    take = auctioneer.size(opportunity(), means)
    top = auctioneer.top_tip(take, means)
    assert auctioneer.expected(take, top, means) == pytest.approx(20.0)
    assert rebid(int(top / 1.125 * 0.999)) is not None
    assert rebid(int(top / 1.125 * 1.001)) is None


def test_auctioneer__own_limit__is_not_passed() -> None:
    assert rebid(80 * GWEI, max_tip_gwei=91) is not None
    assert rebid(80 * GWEI, max_tip_gwei=89) is None


def test_auctioneer__account_gone__does_not_raise() -> None:
    (own,) = liquidator(GasAuctioneer).decide(facing())
    assert not liquidator(GasAuctioneer).decide(view(wallet=RICH, pending=sent(own)))


def test_auctioneer__opens_over_a_rival_that_the_share_alone_would_not_beat() -> None:
    """`Liquidator` stops at what leaves its share; the auctioneer goes to its value."""
    dear = facing(opportunity(rival_tip=8_500 * GWEI), market=market(pools=(DEEP,)))
    terms = {"max_tip_gwei": 1e6, "failure_rate": 0.0, "bid_share": 0.5}
    assert not liquidator(Liquidator, **terms).decide(dear)
    (found,) = liquidator(GasAuctioneer, **terms).decide(dear)
    assert found.bid.tip == pytest.approx(8_500 * GWEI * 1.125)


# ------------------------------------------------------------------------- PrivateKeeper


def bundle(seen: View, kind: type[Liquidator] = PrivateKeeper, **terms: Any) -> Bundle:
    (found,) = liquidator(kind, **terms).decide(seen)
    assert isinstance(found, Bundle)
    return found


def test_private__liquidates_and_sells_in_one_bundle_for_a_share_of_the_gain() -> None:
    found = bundle(facing(market=market(pools=(DEEP,))), bid_share=0.8)
    attempt, sale = found.parts
    assert isinstance(attempt, Liquidate)
    assert isinstance(sale, Swap)
    assert 27 * WAD - 100 < sale.amount_in < 27 * WAD
    gain = 400 - MARKET.gas_usd(LIQUIDATE_GAS + SWAP_GAS, 0)
    assert found.payment / 1e18 * 200 == pytest.approx(0.8 * gain, rel=1e-6)


@pytest.mark.parametrize(("least", "acts"), [(0.99, True), (1.01, False)])
def test_private__acts_while_what_is_left_is_its_least_profit(least: float, acts: bool) -> None:
    """Losing costs nothing, so its chance to lose does not count."""
    left = 0.2 * (400 - MARKET.gas_usd(LIQUIDATE_GAS + SWAP_GAS, 0))
    seen = facing(market=market(pools=(DEEP,)))
    terms = {"bid_share": 0.8, "failure_rate": 0.9, "min_profit": least * left}
    assert bool(liquidator(PrivateKeeper, **terms).decide(seen)) is acts


def test_private__sale_must_bring_back_what_was_repaid() -> None:
    sale = bundle(facing()).parts[-1]
    assert isinstance(sale, Swap)
    assert sale.min_out == 5_000 * WAD


def test_private__collateral_kept__bundles_the_liquidation_alone() -> None:
    assert len(bundle(facing(), inventory=Inventory.HEDGE).parts) == 1


def test_private__several_accounts__one_bundle_for_the_best() -> None:
    three = [opportunity(account=a, seized=s * WAD) for a, s in ((1, 27), (2, 28), (3, 26))]
    attempt = bundle(facing(*three)).parts[0]
    assert isinstance(attempt, Liquidate)
    assert attempt.account == 2


def test_private__public_rival__does_not_matter() -> None:
    assert bundle(facing(opportunity(rival_tip=10**6 * GWEI))) == bundle(facing())


def test_private__something_of_its_own_on_the_way__waits() -> None:
    swap = Swap(bid=Bid(1, 2), pool=0, sell_stable=False, amount_in=1, min_out=0)
    assert not liquidator(PrivateKeeper).decide(facing(pending=sent(swap)))


def test_private__little_gas_money__pays_the_builder_half_of_it() -> None:
    assert bundle(facing(wallet=replace(RICH, wei=10**15))).payment == 10**15 // 2


# --------------------------------------------------------------------------- FlashKeeper


def test_flash__no_capital__liquidates_all_that_the_pool_takes() -> None:
    (found,) = liquidator(FlashKeeper).decide(facing(wallet=wallet(stable=0)))
    assert isinstance(found, FlashLiquidate)
    assert found.max_repay > 5_000 * WAD
    flood = opportunity(
        debt=80_000_000 * WAD, repaid=40_000_000 * WAD, seized=210_000 * WAD, rival_tip=-1
    )
    (part,) = liquidator(FlashKeeper).decide(facing(flood, wallet=wallet(stable=0)))
    sold = part.max_repay / flood.repaid * flood.seized
    assert sold / POOL.collateral == pytest.approx(0.02323, abs=5e-6)  # LAWS 6


def test_flash__asks_for_its_gas_on_chain() -> None:
    (found,) = liquidator(FlashKeeper).decide(facing())
    assert found.min_profit == pytest.approx(MARKET.gas_usd(FLASH_GAS, found.bid.tip) * WAD)


def test_flash__no_pool__nothing_to_sell_it_on() -> None:
    assert not liquidator(FlashKeeper).decide(facing(market=market(pools=(None,))))


def test_flash__own_attempt_pending__does_not_repeat_it() -> None:
    (found,) = liquidator(FlashKeeper).decide(facing())
    assert not liquidator(FlashKeeper).decide(facing(pending=sent(found)))


# --------------------------------------------------------------------------- DutchSniper

RISING = replace(TERMS, max_penalty=0.08, penalty_rise=0.08 / 1_800)
"""From 0 to 8 % in half an hour: 2.67 USD more a block for 5,000 repaid."""


def auction(elapsed: float, **changes: Any) -> Opportunity:
    """Account 1, called so many seconds ago, at the penalty of then."""
    penalty = min(0.08, RISING.penalty_rise * elapsed)
    seized = int(5_000 * (1 + penalty) / 200 * WAD)
    usual = opportunity(seized=seized, penalty=penalty, called_at=MARKET.timestamp - 10_000)
    return replace(usual, **changes)


def snipes(account: Opportunity, **changes: Any) -> bool:
    seen = facing(account, market=replace(CALM, **{"terms": RISING, **changes}))
    found = liquidator(DutchSniper, hazard=0.02, min_profit=0.0).decide(seen)
    return any(isinstance(i, Liquidate) for i in found)


def test_sniper__waits_until_the_gain_passes_the_rise_times_the_odds() -> None:
    """2.67·0.98/0.02 = 130.67 USD, which it gains at 2.61 %: after 588 s."""
    assert waiting_value(5_000 * 12 * RISING.penalty_rise, 0.02) == pytest.approx(130.667, abs=1e-3)
    assert not snipes(auction(585))
    assert snipes(auction(591))


@given(
    start=st.floats(-200, 300),
    rise=st.floats(0.1, 20),
    hazard=st.floats(0.005, 0.9),
    blocks=st.integers(1, 300),
)
def test_sniper__rule_is_the_best_moment_of_all(
    start: float, rise: float, hazard: float, blocks: int
) -> None:
    """Against trying every block at which to act, with a penalty that rises for so many."""
    gains = [start + rise * n for n in range(blocks + 1)]
    expected = [(1 - hazard) ** n * gain for n, gain in enumerate(gains)]
    assume(max(expected) > 0)
    limit = waiting_value(rise, hazard)
    first = next((n for n, gain in enumerate(gains) if gain >= limit), blocks)
    assert expected[first] == pytest.approx(max(expected), rel=1e-9, abs=1e-9)


def test_sniper__visible_rival__does_not_wait() -> None:
    assert not snipes(auction(300))
    assert snipes(auction(300, rival_tip=0))


def test_sniper__largest_penalty_reached__has_nothing_to_wait_for() -> None:
    """Even a gain too small to be worth waiting for."""
    small = {"debt": 200 * WAD, "repaid": 100 * WAD, "seized": 54 * WAD // 100}
    assert snipes(auction(1_800, **small))
    assert not snipes(auction(300, **{**small, "seized": 507 * WAD // 1_000}))


def test_sniper__nobody_called__starts_the_clock_rather_than_wait_for_ever() -> None:
    seen = facing(auction(0, called_at=0), market=replace(CALM, terms=RISING))
    (found,) = liquidator(DutchSniper, hazard=0.02).decide(seen)
    assert isinstance(found, MarginCall)


def test_sniper__call_within_its_grace__nothing_rises_yet() -> None:
    """An account below close-out can be taken before its call is due, at no more penalty."""
    terms = replace(RISING, grace=3_600)
    early = auction(300, called_at=MARKET.timestamp - 60)
    due = auction(300, called_at=MARKET.timestamp - 3_600)
    assert snipes(early, terms=terms)
    assert not snipes(due, terms=terms)


def test_sniper__fixed_penalty__acts_at_once() -> None:
    found = liquidator(DutchSniper).decide(facing(opportunity(penalty=0.08)))
    assert isinstance(found[0], Liquidate)


# --------------------------------------------------------------------------- SplitKeeper

HALF = replace(
    TERMS,
    assets=(replace(TERMS.assets[0], maintenance=0.2),),
    max_penalty=0.05,
    close_factor=0.5,
    full_liquidation_health=0.9,
)
"""LT .8, b .05, k ½, as in LAWS 4."""


def partly(health: float, debt: int = 10_000 * WAD, **changes: Any) -> Opportunity:
    """An account of one collateral at 200 USD with that health, under those terms."""
    held = int(health * debt / 0.8 / 200)
    usual = opportunity(
        debt=debt,
        repaid=debt // 2,
        seized=debt * 105 // 200 // 200,
        health=health,
        penalty=0.05,
        held=held,
    )
    return replace(usual, **changes)


def test_healing_repay__laws_4() -> None:
    """LT .8, b .05: HF .99 needs 6.25 % of the debt; with k ½ from HF .92 on it heals."""
    assert healing_repay(1.0, 0.99, 0.8, 0.05) == pytest.approx(0.0625)
    assert healing_repay(1.0, 0.92, 0.8, 0.05) == pytest.approx(0.5)
    assert healing_repay(1.0, 0.97, 0.8, 0.05) == pytest.approx(0.1875)


@given(health=st.floats(0.5, 0.9999), threshold=st.floats(0.3, 0.9), penalty=st.floats(0.0, 0.1))
def test_healing_repay__leaves_health_at_one(
    health: float, threshold: float, penalty: float
) -> None:
    """By LAWS 3: LT(C − (1 + b)R)/(D − R) with C = HF·D/LT."""
    repaid = healing_repay(1.0, health, threshold, penalty)
    assume(repaid < 0.99)
    after = threshold * (health / threshold - (1 + penalty) * repaid) / (1 - repaid)
    assert after == pytest.approx(1.0, rel=1e-9)


def test_two_steps__gain__is_the_golden_one_but_for_what_keeps_it_below() -> None:
    """LAWS 4: at HF .97, 18.75 % more than k·D; at HF .9 one step does not heal, no gain."""
    first, total = two_steps(partly(0.97), HALF)
    gain = total / (5_000 * WAD) - 1
    assert first == pytest.approx(0.99 * 0.1875 * 10_000 * WAD)
    assert gain == pytest.approx(0.99 * 0.1875, rel=1e-9)
    assert two_steps(partly(0.90), HALF) == (0, 0)


@given(health=st.floats(0.93, 0.999))
def test_two_steps__account_is_below_its_threshold_after_the_first(health: float) -> None:
    account = partly(health)
    first, total = two_steps(account, HALF)
    value = account.held * 200
    after = 0.8 * (value - 1.05 * first) / (account.debt - first)
    assert health < after < 1
    assert total > account.repaid


@pytest.mark.parametrize(
    "changes",
    [
        {"repaid": 10_000 * WAD},
        {"repaid": 3_000 * WAD},
        {"health": 1.0},
        {"held": 27 * WAD},
    ],
    ids=["whole debt allowed", "asset is the limit", "healthy", "asset does not suffice"],
)
def test_two_steps__close_factor_is_not_the_limit__none(changes: dict[str, Any]) -> None:
    assert two_steps(partly(0.97), HALF) != (0, 0)
    assert two_steps(replace(partly(0.97), **changes), HALF) == (0, 0)


def test_two_steps__rest_would_be_dust__second_step_repays_all() -> None:
    """100 USD are the least debt; a half of 190 leaves less."""
    first, total = two_steps(partly(0.97, debt=210 * WAD), HALF)
    assert first > 0
    assert total == 210 * WAD


def test_split__both_steps_and_the_sale_in_one_bundle() -> None:
    seen = facing(partly(0.97), market=replace(CALM, terms=HALF))
    first, second, sale = bundle(seen, SplitKeeper).parts
    assert isinstance(first, Liquidate)
    assert isinstance(second, Liquidate)
    assert isinstance(sale, Swap)
    assert first.max_repay == two_steps(partly(0.97), HALF)[0]
    total = 5_000 * WAD * (1 + 0.99 * 0.1875)
    assert first.max_repay + second.max_repay == pytest.approx(total, rel=2e-3)
    assert sale.amount_in == pytest.approx(total * 1.05 / 200, rel=1e-9)


def test_split__pays_more_than_one_step_would() -> None:
    seen = facing(partly(0.97), market=replace(CALM, terms=HALF))
    two, one = bundle(seen, SplitKeeper), bundle(seen, PrivateKeeper)
    assert two.payment / one.payment == pytest.approx(1 + 0.99 * 0.1875, rel=1e-6)


@pytest.mark.parametrize(
    "changes",
    [
        {"market": market(terms=HALF, base_fee=1_500 * GWEI, pools=(DEEP,))},
        {"market": replace(CALM, terms=HALF), "wallet": wallet(stable=4_000)},
        {"market": replace(CALM, terms=replace(HALF, close_factor=1.0))},
    ],
    ids=["gas of the second", "capital is the limit", "no close factor"],
)
def test_split__not_worth_it__one_step(changes: dict[str, Any]) -> None:
    seen = facing(partly(0.97), **changes)
    found = bundle(seen, SplitKeeper, min_profit=0.0)
    assert found == bundle(seen, PrivateKeeper, min_profit=0.0)
