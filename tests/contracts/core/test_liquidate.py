"""liquidate: when, how much, and what moves. Penalties and bad debt have their own files."""

import ape
import pytest
from core_system import BTC, DAY, ETH, HOUR, PERCENT, RATE, USD, WAD, lend

from sim.units import MAX_UINT256, RAY

ZERO = "0x" + "00" * 20
ABOVE_CLOSE_FACTOR = 1_480 * WAD
"""Value 14,800, maintenance 2,960, debt 12,000: health 0.9867, half may be repaid."""


@pytest.fixture
def below(system, indebted) -> int:
    """Below maintenance where there is no grace."""
    system.configure(grace=0)
    system.price(system.eth, ABOVE_CLOSE_FACTOR)
    return indebted


def seize(repaid: int, price: int, penalty: int = 8 * PERCENT, unit: int = ETH) -> int:
    return repaid * (WAD + penalty) * unit // (price * WAD)


def cut_of(taken: int, penalty: int = 8 * PERCENT, share: int = 20 * PERCENT) -> int:
    """The Reserve's part of the penalty, as collateral."""
    return -(-taken * (-(-penalty * share // WAD)) // (WAD + penalty))


# ---------------------------------------------------------------- what moves


def test_liquidate__half_of_the_debt(system, core, below, rich_liquidator, trader):
    liquidator = rich_liquidator
    receipt = core.liquidate(below, system.eth, MAX_UINT256, 0, trader, sender=liquidator)
    taken = seize(6_000 * USD, ABOVE_CLOSE_FACTOR)
    cut = cut_of(taken)
    assert receipt.return_value == (6_000 * USD, taken - cut)
    assert receipt.events == [
        core.Accrued(index=RAY, interest=0, minted=0),
        core.Liquidated(
            account=below,
            liquidator=liquidator,
            asset=system.eth,
            repaid=6_000 * USD,
            shares=6_000 * USD,
            seized=taken - cut,
            reserve_cut=cut,
            penalty=8 * PERCENT,
        ),
        system.stable.Transfer(sender=liquidator, receiver=ZERO, value=6_000 * USD),
        system.eth.Transfer(sender=core, receiver=trader, value=taken - cut),
        system.eth.Transfer(sender=core, receiver=system.reserve, value=cut),
    ]
    assert core.debt(below) == 6_000 * USD
    assert core.collateral_of(below, system.eth) == 10 * ETH - taken
    assert core.deposited(system.eth) == system.eth.balanceOf(core) == 10 * ETH - taken
    assert system.eth.balanceOf(trader) == taken - cut
    assert system.eth.balanceOf(system.reserve) == cut
    assert system.stable.balanceOf(liquidator) == 994_000 * USD
    assert len(set(system.books())) == 1


def test_liquidate__no_more_than_was_offered(system, core, below, rich_liquidator):
    receipt = core.liquidate(
        below, system.eth, 1_000 * USD, 0, rich_liquidator, sender=rich_liquidator
    )
    taken = seize(1_000 * USD, ABOVE_CLOSE_FACTOR)
    assert receipt.return_value == (1_000 * USD, taken - cut_of(taken))
    assert core.debt(below) == 11_000 * USD


def test_liquidate__raises_the_buffer(system, core, below, rich_liquidator):
    before = core.maintenance_buffer(below)
    core.liquidate(below, system.eth, 500 * USD, 0, rich_liquidator, sender=rich_liquidator)
    assert core.maintenance_buffer(below) > before


def test_liquidate__asset_of_eight_decimals(system, core, borrower, rich_liquidator):
    """One bitcoin, 22,500 owed: at 26,000 E = 3,500 is below M = 3,900."""
    account = system.account(borrower, system.btc, BTC, 22_500 * USD)
    system.configure(grace=0)
    system.price(system.btc, 26_000 * WAD)
    receipt = core.liquidate(
        account, system.btc, 10_001, 0, rich_liquidator, sender=rich_liquidator
    )
    assert receipt.return_value == (10_001, 0)
    receipt = core.liquidate(
        account, system.btc, 1_000 * USD, 0, rich_liquidator, sender=rich_liquidator
    )
    taken = seize(1_000 * USD, 26_000 * WAD, unit=BTC)
    assert taken == 4_153_846
    assert receipt.return_value == (1_000 * USD, taken - cut_of(taken))


def test_liquidate__at_an_index_above_one(build, borrower, liquidator, at):
    """Shares bought are rounded down, and the books balance."""
    system = build(rate=RATE, grace=0)
    account = system.account(borrower, system.eth, 10 * ETH)
    system.give_stable(liquidator, 10_000 * USD)
    system.price(system.eth, ABOVE_CLOSE_FACTOR * 2)
    loan = lend(system, borrower, account, 12_000 * USD)
    system.price(system.eth, ABOVE_CLOSE_FACTOR)
    at(loan.timestamp + 1_000_000)
    receipt = system.core.liquidate(account, system.eth, 1_001, 0, liquidator, sender=liquidator)
    index = loan.index_after(1_000_000)
    [event] = receipt.decode_logs(system.core.Liquidated)
    assert (event.repaid, event.shares) == (1_001, 1_001 * RAY // index)
    assert event.shares < 1_001
    assert len(set(system.books())) == 1


# ---------------------------------------------------------------------- when


def test_liquidate__in_grace__reverts_until_the_deadline(
    system, core, indebted, rich_liquidator, stranger, at
):
    liquidator = rich_liquidator
    system.price(system.eth, ABOVE_CLOSE_FACTOR)
    arguments = (indebted, system.eth, 1_000 * USD, 0, liquidator)
    with ape.reverts("margin: not liquidatable"):
        core.liquidate(*arguments, sender=liquidator)
    deadline = core.margin_call(indebted, sender=stranger).timestamp + HOUR
    at(deadline - 1)
    with ape.reverts("margin: not liquidatable"):
        core.liquidate(*arguments, sender=liquidator)
    at(deadline)
    core.liquidate(*arguments, sender=liquidator)
    assert core.debt(indebted) == 11_000 * USD


def test_liquidate__after_the_call_lapsed__reverts(
    system, core, indebted, rich_liquidator, stranger, at
):
    liquidator = rich_liquidator
    system.price(system.eth, ABOVE_CLOSE_FACTOR)
    end = core.margin_call(indebted, sender=stranger).timestamp + HOUR + DAY
    arguments = (indebted, system.eth, 1_000 * USD, 0, liquidator)
    at(end)
    core.liquidate(*arguments, sender=liquidator)
    at(end + 1)
    with ape.reverts("margin: not liquidatable"):
        core.liquidate(*arguments, sender=liquidator)


def test_liquidate__below_close_out__at_once(system, core, indebted, rich_liquidator):
    """E = X where 85 % of ten ether are 12,000: one unit of price less needs no call."""
    liquidator = rich_liquidator
    edge = -(-12_000 * WAD * 100 // 850)
    arguments = (indebted, system.eth, 1_000 * USD, 0, liquidator)
    system.price(system.eth, edge)
    with ape.reverts("margin: not liquidatable"):
        core.liquidate(*arguments, sender=liquidator)
    system.price(system.eth, edge - 1)
    core.liquidate(*arguments, sender=liquidator)
    assert core.debt(indebted) == 11_000 * USD


@pytest.mark.parametrize("price", [2_000 * WAD, 1_500 * WAD])
def test_liquidate__at_or_above_maintenance__reverts(system, core, below, rich_liquidator, price):
    system.price(system.eth, price)
    with ape.reverts("margin: not liquidatable"):
        core.liquidate(below, system.eth, 1, 0, rich_liquidator, sender=rich_liquidator)


def test_liquidate__paused_and_tripped__passes(system, core, below, owner, rich_liquidator):
    core.set_paused(3, sender=owner)
    core.liquidate(below, system.eth, USD, 0, rich_liquidator, sender=rich_liquidator)
    assert core.debt(below) == 11_999 * USD


# ------------------------------------------------------------------ how much


def most_repaid(system, account: int) -> int:
    return system.core.preview_liquidate(account, system.eth, MAX_UINT256).repaid


def test_liquidate__health_at_the_line__whole(system, core, below, rich_liquidator):
    """At 1,425, (14,250 - 2,850) / 12,000 is 0.95 exactly."""
    system.price(system.eth, 1_425 * WAD + 1_500)
    assert most_repaid(system, below) == 6_000 * USD
    system.price(system.eth, 1_425 * WAD)
    assert core.health_factor(below) == 95 * PERCENT
    receipt = core.liquidate(
        below, system.eth, MAX_UINT256, 0, rich_liquidator, sender=rich_liquidator
    )
    assert receipt.return_value[0] == 12_000 * USD
    assert core.debt(below) == 0
    assert core.collateral_of(below, system.eth) == 10 * ETH - seize(12_000 * USD, 1_425 * WAD)


def test_liquidate__half_would_leave_less_than_the_minimum_debt__whole(system, core, below):
    for minimum, most in ((6_000 * USD, 6_000 * USD), (6_000 * USD + 1, 12_000 * USD)):
        system.configure(min_debt=minimum)
        assert most_repaid(system, below) == most


def test_liquidate__half_would_leave_less_than_min_left__whole(system, core, below):
    """Half of the debt and 8 % are 6,480 of 14,800: 8,320 are left."""
    for minimum, most in ((8_320 * USD, 6_000 * USD), (8_320 * USD + 1, 12_000 * USD)):
        system.configure(min_left=minimum)
        assert most_repaid(system, below) == most


def test_liquidate__odd_debt__half_is_rounded_up(system, core, borrower, below):
    core.repay(below, 1, sender=borrower)
    assert most_repaid(system, below) == 6_000 * USD


def test_liquidate__leaving_less_than_the_minimum_debt__reverts(
    system, core, below, rich_liquidator
):
    liquidator = rich_liquidator
    system.price(system.eth, 1_425 * WAD)
    with ape.reverts("liquidation: below minimum debt"):
        core.liquidate(below, system.eth, 11_900 * USD + 1, 0, liquidator, sender=liquidator)
    core.liquidate(below, system.eth, 11_900 * USD, 0, liquidator, sender=liquidator)
    assert core.debt(below) == 100 * USD


def test_liquidate__asset_exhausted__may_leave_less_than_the_minimum_debt(
    system, core, borrower, rich_liquidator
):
    """0.1 ether and 0.01 bitcoin, 290 owed. At 1,390 and 21,000 they are worth 139 and 210:
    E = 59 is below M = 59.3. The bitcoin pays 210 / 1.08, and 95.56 of debt are left."""
    liquidator = rich_liquidator
    account = system.account(borrower, system.eth, ETH // 10)
    system.give(borrower, system.btc, BTC // 100)
    core.deposit(account, system.btc, BTC // 100, sender=borrower)
    core.borrow(account, 290 * USD, borrower, sender=borrower)
    system.configure(grace=0, close_factor=WAD)
    system.price(system.eth, 1_390 * WAD)
    system.price(system.btc, 21_000 * WAD)
    receipt = core.liquidate(account, system.btc, MAX_UINT256, 0, liquidator, sender=liquidator)
    repaid = -(-210 * USD * 100 // 108)
    assert receipt.return_value == (repaid, BTC // 100 - cut_of(BTC // 100))
    assert core.debt(account) == 290 * USD - repaid < 100 * USD
    assert core.collateral_of(account, system.btc) == 0
    assert core.collateral_of(account, system.eth) == ETH // 10


def test_liquidate__does_not_seize_other_assets(system, core, below, borrower, rich_liquidator):
    system.give(borrower, system.btc, 1)
    core.deposit(below, system.btc, 1, sender=borrower)
    core.liquidate(below, system.eth, MAX_UINT256, 0, rich_liquidator, sender=rich_liquidator)
    assert core.collateral_of(below, system.btc) == 1


# --------------------------------------------------------------- margin call


def test_liquidate__that_cures__clears_the_call(
    system, core, indebted, rich_liquidator, stranger, wait
):
    liquidator = rich_liquidator
    system.price(system.eth, ABOVE_CLOSE_FACTOR)
    core.margin_call(indebted, sender=stranger)
    wait(HOUR)
    core.liquidate(indebted, system.eth, 100 * USD, 0, liquidator, sender=liquidator)
    assert core.called_at(indebted) != 0
    receipt = core.liquidate(indebted, system.eth, MAX_UINT256, 0, liquidator, sender=liquidator)
    assert core.MarginCallCleared(account=indebted) in receipt.events
    assert core.called_at(indebted) == 0
    assert core.status(indebted) == 1


# ------------------------------------------------------------------- reverts


def test_liquidate__min_seize_is_net_of_the_reserves_part(system, core, below, rich_liquidator):
    liquidator = rich_liquidator
    taken = seize(1_000 * USD, ABOVE_CLOSE_FACTOR)
    net = taken - cut_of(taken)
    with ape.reverts("liquidation: seizes too little"):
        core.liquidate(below, system.eth, 1_000 * USD, net + 1, liquidator, sender=liquidator)
    core.liquidate(below, system.eth, 1_000 * USD, net, liquidator, sender=liquidator)
    assert system.eth.balanceOf(liquidator) == net


def test_liquidate__asset_not_held__reverts(system, core, below, rich_liquidator):
    with ape.reverts("liquidation: asset is not held"):
        core.liquidate(below, system.btc, 1, 0, rich_liquidator, sender=rich_liquidator)


def test_liquidate__asset_with_a_stale_price__reverts(system, core, indebted, rich_liquidator):
    system.price(system.eth, 600 * WAD, valid=False)
    assert core.status(indebted) == 4
    with ape.reverts("price: not valid"):
        core.liquidate(indebted, system.eth, 1, 0, rich_liquidator, sender=rich_liquidator)


def test_liquidate__nothing__reverts(system, core, below, liquidator):
    with ape.reverts("amount: zero"):
        core.liquidate(below, system.eth, 0, 0, liquidator, sender=liquidator)


def test_liquidate__to_nobody_or_the_core__reverts(system, core, below, liquidator):
    for to in (ZERO, core):
        with ape.reverts("recipient: not allowed"):
            core.liquidate(below, system.eth, 1, 0, to, sender=liquidator)


def test_liquidate__unlisted_asset__reverts(system, core, below, liquidator):
    with ape.reverts("asset: not listed"):
        core.liquidate(below, system.coin, 1, 0, liquidator, sender=liquidator)


def test_liquidate__no_debt_or_not_opened__reverts(system, core, account, liquidator):
    for somebody in (account, core.account_count() + 1):
        with ape.reverts("margin: not liquidatable"):
            core.liquidate(somebody, system.eth, 1, 0, liquidator, sender=liquidator)


def test_liquidate__without_stable__reverts(system, core, below, liquidator):
    system.stable.approve(core, MAX_UINT256, sender=liquidator)
    with ape.reverts("erc20: insufficient balance"):
        core.liquidate(below, system.eth, USD, 0, liquidator, sender=liquidator)


def test_liquidate__without_allowance__reverts(system, core, below, rich_liquidator):
    system.stable.approve(core, 0, sender=rich_liquidator)
    with ape.reverts("erc20: insufficient allowance"):
        core.liquidate(below, system.eth, USD, 0, rich_liquidator, sender=rich_liquidator)
