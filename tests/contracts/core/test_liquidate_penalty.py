"""liquidate: what the penalty is, who gets it, and since when an auction runs."""

import pytest
from core_system import DAY, ETH, HOUR, PERCENT, USD, WAD

from sim.units import MAX_UINT256

DUTCH = ("DutchPenalty", 2 * PERCENT, 10 * PERCENT, 2 * HOUR)


@pytest.fixture
def at_once(system, indebted) -> int:
    """Ten ether against 12,000, no grace."""
    system.configure(grace=0)
    return indebted


def preview(system, account: int, price: int, repay: int = USD):
    system.price(system.eth, price)
    return system.core.preview_liquidate(account, system.eth, repay)


def expected_cut(price: int, penalty: int, part: int) -> int:
    """Of one USD repaid."""
    taken = USD * (WAD + penalty) * ETH // (price * WAD)
    return -(-taken * part // (WAD + penalty))


# ------------------------------------------------------------- the toxic cap


@pytest.mark.parametrize(
    ("price", "penalty", "part"),
    [
        # V / D - 1 is 8 %: the whole penalty; then a unit less.
        (1_296 * WAD, 8 * PERCENT, 16 * PERCENT // 10),
        (1_260 * WAD, 5 * PERCENT, PERCENT),
        # 1.25 %: a fifth would be 0.25, just what the floor of 1 % leaves.
        (1_215 * WAD, 125 * PERCENT // 100, 25 * PERCENT // 100),
        # 1.1 %: the Reserve's part is cut first.
        (12_132 * WAD // 10, 11 * PERCENT // 10, PERCENT // 10),
        # 0.5 %: the liquidator keeps the floor.
        (1_206 * WAD, PERCENT, 0),
        # V = D.
        (1_200 * WAD, PERCENT, 0),
        # V < D: no more than at V = D, so nobody waits for it.
        (1_199 * WAD, PERCENT, 0),
    ],
)
def test_penalty__capped_at_what_the_collateral_allows(system, at_once, price, penalty, part):
    seen = preview(system, at_once, price)
    assert seen.penalty == penalty
    assert seen.reserve_cut == expected_cut(price, penalty, part)


@pytest.mark.parametrize(("price", "part"), [(1_206, 16), (1_200, 16), (1_199, 0)])
def test_penalty__cap_off__whole(system, at_once, price, part):
    system.configure(cap_toxic=False)
    seen = preview(system, at_once, price * WAD)
    assert seen.penalty == 8 * PERCENT
    assert seen.reserve_cut == expected_cut(price * WAD, 8 * PERCENT, part * PERCENT // 10)


def test_penalty__floor_above_the_penalty__is_the_penalty(system, at_once):
    system.configure(liquidator_floor=WAD)
    seen = preview(system, at_once, 1_206 * WAD)
    assert seen.penalty == 8 * PERCENT
    assert seen.reserve_cut == 0


def test_penalty__capped_and_whole__takes_everything_and_leaves_no_debt(
    system, core, at_once, rich_liquidator
):
    liquidator = rich_liquidator
    system.price(system.eth, 1_260 * WAD)
    receipt = core.liquidate(at_once, system.eth, MAX_UINT256, 0, liquidator, sender=liquidator)
    cut = -(-10 * ETH * PERCENT // (105 * PERCENT))
    assert receipt.return_value == (12_000 * USD, 10 * ETH - cut)
    assert core.debt(at_once) == core.collateral_of(at_once, system.eth) == 0
    assert core.bad_debt() == 0
    assert receipt.decode_logs(core.BadDebtRealised) == []


@pytest.mark.parametrize(("share", "part"), [(0, 0), (100, 8)])
def test_penalty__reserve_share_of_none_or_all(system, at_once, share, part):
    system.configure(reserve_share=share * PERCENT)
    seen = preview(system, at_once, 1_480 * WAD)
    assert seen.reserve_cut == expected_cut(1_480 * WAD, 8 * PERCENT, part * PERCENT)
    assert seen.seized > 0


# --------------------------------------------------------- the auction's clock


@pytest.fixture
def auction(build, borrower, liquidator):
    """DutchPenalty: 2 % rising to 10 % in two hours; account 1 as ever."""
    system = build(penalty=DUTCH)
    assert system.account(borrower, system.eth, 10 * ETH, 12_000 * USD) == 1
    system.give_stable(liquidator, 100_000 * USD)
    return system


def charged(system, liquidator, timestamp: int, at) -> int:
    at(timestamp)
    receipt = system.core.liquidate(1, system.eth, USD, 0, liquidator, sender=liquidator)
    [event] = receipt.decode_logs(system.core.Liquidated)
    return event.penalty


def risen(seconds: int) -> int:
    return 2 * PERCENT + 8 * PERCENT * min(seconds, 2 * HOUR) // (2 * HOUR)


def test_auction__called__runs_from_the_deadline(auction, liquidator, at):
    auction.price(auction.eth, 1_480 * WAD)
    called_at = auction.core.margin_call(1, sender=liquidator).timestamp
    for late in (0, 1, HOUR, 5 * HOUR):
        assert charged(auction, liquidator, called_at + HOUR + late, at) == risen(late)


def test_auction__below_close_out__runs_from_the_first_liquidation(auction, liquidator, at):
    auction.price(auction.eth, 1_400 * WAD)
    start = auction.core.accrue(sender=liquidator).timestamp + 1_000
    for late in (0, 7, HOUR):
        assert charged(auction, liquidator, start + late, at) == risen(late)


def test_auction__below_close_out__runs_from_a_margin_call_that_records_it(auction, liquidator, at):
    auction.price(auction.eth, 1_400 * WAD)
    called_at = auction.core.margin_call(1, sender=liquidator).timestamp
    assert charged(auction, liquidator, called_at + 900, at) == risen(900)


def test_auction__called_and_then_below_close_out__runs_from_the_record(auction, liquidator, at):
    auction.price(auction.eth, 1_480 * WAD)
    auction.core.margin_call(1, sender=liquidator)
    auction.price(auction.eth, 1_400 * WAD)
    recorded_at = auction.core.margin_call(1, sender=liquidator).timestamp
    assert charged(auction, liquidator, recorded_at + 600, at) == risen(600)


def test_auction__record_lapses_as_a_call_does(auction, liquidator, at):
    auction.price(auction.eth, 1_400 * WAD)
    start = auction.core.accrue(sender=liquidator).timestamp + 10
    assert charged(auction, liquidator, start, at) == risen(0)
    assert charged(auction, liquidator, start + DAY, at) == risen(DAY)
    assert charged(auction, liquidator, start + DAY + 1, at) == risen(0)
    assert charged(auction, liquidator, start + DAY + 101, at) == risen(100)


def test_auction__cured_and_below_again__starts_anew(auction, borrower, liquidator, at):
    auction.price(auction.eth, 1_400 * WAD)
    start = auction.core.accrue(sender=liquidator).timestamp + 10
    assert charged(auction, liquidator, start, at) == risen(0)
    auction.price(auction.eth, 2_000 * WAD)
    auction.core.repay(1, 1, sender=borrower)
    auction.price(auction.eth, 1_400 * WAD)
    assert charged(auction, liquidator, start + HOUR, at) == risen(0)


def test_auction__without_grace_or_call__runs_from_the_first_liquidation(auction, liquidator, at):
    auction.configure(grace=0)
    auction.price(auction.eth, 1_480 * WAD)
    start = auction.core.accrue(sender=liquidator).timestamp + 10
    for late in (0, 60):
        assert charged(auction, liquidator, start + late, at) == risen(late)
