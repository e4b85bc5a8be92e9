"""liquidate: when no collateral is left, the debt that is left is bad debt."""

import pytest
from core_system import BTC, ETH, RATE, USD, WAD, lend

from sim.units import MAX_UINT256, RAY

ZERO = "0x" + "00" * 20
PAID = -(-10_000 * USD * 100 // 101)
"""Ten ether at 1,000 and the floor of 1 % pay this much of 12,000."""
LEFT = 12_000 * USD - PAID


@pytest.fixture
def fund_reserve(system, stranger):
    def fund_reserve(amount: int) -> None:
        system.give_stable(stranger, amount)
        system.stable.transfer(system.reserve, amount, sender=stranger)

    return fund_reserve


def test_bad_debt__reserve_pays_first(system, core, indebted, rich_liquidator, fund_reserve):
    liquidator = rich_liquidator
    fund_reserve(1_000 * USD)
    system.price(system.eth, 1_000 * WAD)
    receipt = core.liquidate(indebted, system.eth, MAX_UINT256, 0, liquidator, sender=liquidator)
    assert receipt.return_value == (PAID, 10 * ETH)
    assert receipt.events[1:] == [
        core.Liquidated(
            account=indebted,
            liquidator=liquidator,
            asset=system.eth,
            repaid=PAID,
            shares=PAID,
            seized=10 * ETH,
            reserve_cut=0,
            penalty=WAD // 100,
        ),
        core.BadDebtRealised(account=indebted, shares=LEFT, debt=LEFT, covered=1_000 * USD),
        system.stable.Transfer(sender=system.reserve, receiver=ZERO, value=1_000 * USD),
        system.stable.Transfer(sender=liquidator, receiver=ZERO, value=PAID),
        system.eth.Transfer(sender=core, receiver=liquidator, value=10 * ETH),
    ]
    assert core.bad_debt() == core.totals().bad_debt == LEFT - 1_000 * USD
    assert core.debt(indebted) == core.shares_of(indebted) == 0
    assert core.status(indebted) == 1
    assert len(set(system.books())) == 1


def test_bad_debt__reserve_pays_all(system, core, indebted, rich_liquidator, fund_reserve):
    fund_reserve(LEFT + 1)
    system.price(system.eth, 1_000 * WAD)
    core.liquidate(indebted, system.eth, MAX_UINT256, 0, rich_liquidator, sender=rich_liquidator)
    assert core.bad_debt() == 0
    assert system.stable.balanceOf(system.reserve) == 1
    assert len(set(system.books())) == 1


def test_bad_debt__clears_the_call(system, core, indebted, rich_liquidator):
    system.price(system.eth, 1_000 * WAD)
    core.margin_call(indebted, sender=rich_liquidator)
    receipt = core.liquidate(
        indebted, system.eth, MAX_UINT256, 0, rich_liquidator, sender=rich_liquidator
    )
    assert core.MarginCallCleared(account=indebted) in receipt.events
    assert core.called_at(indebted) == 0


def test_bad_debt__interest_not_yet_minted_pays_too(build, borrower, liquidator, at):
    system = build(rate=RATE)
    account = system.account(borrower, system.eth, 10 * ETH)
    system.give_stable(liquidator, 20_000 * USD)
    loan = lend(system, borrower, account, 12_000 * USD)
    system.price(system.eth, 1_000 * WAD)
    at(loan.timestamp + 1_000_000)
    receipt = system.core.liquidate(
        account, system.eth, MAX_UINT256, 0, liquidator, sender=liquidator
    )
    interest = loan.interest_after(1_000_000)
    assert interest > 0
    [event] = receipt.decode_logs(system.core.BadDebtRealised)
    index = loan.index_after(1_000_000)
    assert event.shares == loan.shares - PAID * RAY // index
    assert event.debt == -(-event.shares * index // RAY)
    # All that was ever unminted, the interest and what rounding left, was burned at once.
    assert interest <= event.covered <= interest + 10
    assert system.stable.balanceOf(system.reserve) == 0
    assert system.core.bad_debt() == event.debt - event.covered
    assert len(set(system.books())) == 1


def test_bad_debt__not_before_the_last_collateral_is_gone(
    system, core, indebted, borrower, rich_liquidator
):
    """A thousandth of a bitcoin, 30, is above min_left: it is for the next liquidator."""
    system.give(borrower, system.btc, BTC // 1_000)
    core.deposit(indebted, system.btc, BTC // 1_000, sender=borrower)
    system.price(system.eth, 1_000 * WAD)
    core.liquidate(indebted, system.eth, MAX_UINT256, 0, rich_liquidator, sender=rich_liquidator)
    assert core.debt(indebted) == LEFT
    assert core.bad_debt() == 0
    assert core.status(indebted) == 4
    core.liquidate(indebted, system.btc, MAX_UINT256, 0, rich_liquidator, sender=rich_liquidator)
    assert core.debt(indebted) == 0
    assert core.bad_debt() == LEFT - -(-30 * USD * 100 // 101)


# --------------------------------------------------- what counts as nothing


@pytest.mark.parametrize("satoshis", [1, 66_666])
def test_sweep__less_than_min_left_goes_to_the_reserve(
    system, core, indebted, borrower, rich_liquidator, satoshis
):
    """66,666 satoshis at 30,000 are 19.9998: below 20. Dust does not stop the write-off."""
    system.give(borrower, system.btc, satoshis)
    core.deposit(indebted, system.btc, satoshis, sender=borrower)
    system.price(system.eth, 1_000 * WAD)
    receipt = core.liquidate(
        indebted, system.eth, MAX_UINT256, 0, rich_liquidator, sender=rich_liquidator
    )
    assert core.Swept(account=indebted, asset=system.btc, amount=satoshis) in receipt.events
    assert system.btc.balanceOf(system.reserve) == satoshis
    assert core.deposited(system.btc) == core.collateral_of(indebted, system.btc) == 0
    assert core.bad_debt() == LEFT
    assert core.position(indebted).collateral == 0


def test_sweep__at_min_left__stays(system, core, indebted, borrower, rich_liquidator):
    system.give(borrower, system.btc, 66_667)
    core.deposit(indebted, system.btc, 66_667, sender=borrower)
    system.price(system.eth, 1_000 * WAD)
    core.liquidate(indebted, system.eth, MAX_UINT256, 0, rich_liquidator, sender=rich_liquidator)
    assert core.collateral_of(indebted, system.btc) == 66_667
    assert core.bad_debt() == 0


def test_sweep__the_rest_of_a_liquidated_asset(system, core, indebted, rich_liquidator):
    """At 1,000, repaying all but what 19.99 of collateral would pay leaves 19.99: swept."""
    liquidator = rich_liquidator
    system.price(system.eth, 1_000 * WAD)
    repaid = (10_000 * USD - 1_999 * USD // 100) * 100 // 101
    receipt = core.liquidate(indebted, system.eth, repaid, 0, liquidator, sender=liquidator)
    [swept] = receipt.decode_logs(core.Swept)
    assert swept.amount == 10 * ETH - receipt.return_value[1]
    assert system.eth.balanceOf(system.reserve) == swept.amount
    assert core.debt(indebted) == core.collateral_of(indebted, system.eth) == 0


def test_sweep__collateral_that_covers_the_debt_left__stays(
    system, core, indebted, borrower, rich_liquidator
):
    """All of the ether pays all but 15 of the debt, and 18 of bitcoin are left: no loss."""
    liquidator = rich_liquidator
    system.configure(cap_toxic=False, grace=0)
    system.give(borrower, system.btc, 60_000)
    core.deposit(indebted, system.btc, 60_000, sender=borrower)
    price = (12_000 - 15) * WAD * 108 // 1_000
    system.price(system.eth, price)
    core.liquidate(indebted, system.eth, MAX_UINT256, 0, liquidator, sender=liquidator)
    assert 14 * USD < core.debt(indebted) < 16 * USD
    assert core.collateral_of(indebted, system.eth) == 0
    assert core.collateral_of(indebted, system.btc) == 60_000
    assert core.bad_debt() == 0
