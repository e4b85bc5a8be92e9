"""repay."""

import ape
from core_system import ETH, RATE, USD, WAD, lend

from sim.units import MAX_UINT256, RAY

ZERO = "0x" + "00" * 20


def test_repay__burns_the_payers_stable(system, core, indebted, borrower):
    receipt = core.repay(indebted, 4_000 * USD, sender=borrower)
    assert receipt.return_value == 4_000 * USD
    assert receipt.events == [
        core.Accrued(index=RAY, interest=0, minted=0),
        core.Repaid(account=indebted, payer=borrower, amount=4_000 * USD, shares=4_000 * USD),
        system.stable.Transfer(sender=borrower, receiver=ZERO, value=4_000 * USD),
    ]
    assert core.debt(indebted) == 8_000 * USD
    assert system.stable.balanceOf(borrower) == 8_000 * USD
    assert len(set(system.books())) == 1


def test_repay__for_another(system, core, indebted, stranger):
    system.give_stable(stranger, 500 * USD)
    core.repay(indebted, 500 * USD, sender=stranger)
    assert core.debt(indebted) == 11_500 * USD
    assert system.stable.balanceOf(stranger) == 0


def test_repay__more_than_is_owed__takes_the_debt_only(system, core, indebted, borrower):
    receipt = core.repay(indebted, MAX_UINT256, sender=borrower)
    assert receipt.return_value == 12_000 * USD
    assert core.shares_of(indebted) == core.debt(indebted) == 0
    assert system.stable.balanceOf(borrower) == 0


def test_repay__may_leave_less_than_the_minimum_debt(core, indebted, borrower):
    core.repay(indebted, 12_000 * USD - 1, sender=borrower)
    assert core.debt(indebted) == 1


def test_repay__paused_tripped_and_stale__passes(system, core, indebted, owner, borrower):
    core.set_paused(3, sender=owner)
    system.price(system.eth, 0, valid=False)
    core.repay(indebted, 12_000 * USD, sender=borrower)
    assert core.debt(indebted) == 0


def test_repay__above_all_ceilings__passes(system, core, indebted, borrower):
    system.configure(debt_ceiling=0, account_ceiling=0)
    core.repay(indebted, USD, sender=borrower)
    assert core.debt(indebted) == 11_999 * USD


def test_repay__with_interest__whole(build, borrower, at):
    """The last payment takes ceil(shares * index); what rounding leaves is the Reserve's."""
    system = build(rate=RATE)
    account = system.account(borrower, system.eth, 10 * ETH)
    system.give_stable(borrower, 1_000 * USD)
    loan = lend(system, borrower, account, 10_000 * USD)
    at(loan.timestamp + 5_000_000)
    receipt = system.core.repay(account, MAX_UINT256, sender=borrower)
    owed = -(-loan.shares * loan.index_after(5_000_000) // RAY)
    assert receipt.return_value == owed > 10_000 * USD
    totals = system.core.totals()
    assert (totals.debt, totals.shares, totals.unminted) == (0, 0, owed - 10_000 * USD)
    assert len(set(system.books())) == 1


def test_repay__with_interest__part__buys_shares_rounded_down(build, borrower, at):
    system = build(rate=RATE)
    account = system.account(borrower, system.eth, 10 * ETH)
    system.stable.approve(system.core, MAX_UINT256, sender=borrower)
    loan = lend(system, borrower, account, 10_000 * USD)
    at(loan.timestamp + 5_000_000)
    receipt = system.core.repay(account, 1_000, sender=borrower)
    [repaid] = receipt.decode_logs(system.core.Repaid)
    assert (repaid.amount, repaid.shares) == (1_000, 1_000 * RAY // loan.index_after(5_000_000))
    assert repaid.shares < 1_000
    assert len(set(system.books())) == 1


# --------------------------------------------------------------- margin call


def test_repay__that_cures__clears_the_call(system, core, indebted, borrower, stranger):
    """At 1,400 the collateral bears 80 % of 14,000: 800 less of debt is enough."""
    system.price(system.eth, 1_400 * WAD)
    core.margin_call(indebted, sender=stranger)
    core.repay(indebted, 800 * USD - 1, sender=borrower)
    assert core.called_at(indebted) != 0
    receipt = core.repay(indebted, 1, sender=borrower)
    assert core.MarginCallCleared(account=indebted) in receipt.events
    assert core.called_at(indebted) == 0


def test_repay__whole_at_a_stale_price__clears_the_call(system, core, indebted, borrower, stranger):
    system.price(system.eth, 1_400 * WAD)
    core.margin_call(indebted, sender=stranger)
    system.price(system.eth, 1_400 * WAD, valid=False)
    core.repay(indebted, 11_999 * USD, sender=borrower)
    assert core.called_at(indebted) != 0
    core.repay(indebted, USD, sender=borrower)
    assert core.called_at(indebted) == 0


# ------------------------------------------------------------------- reverts


def test_repay__nothing__reverts(core, indebted, borrower):
    with ape.reverts("amount: zero"):
        core.repay(indebted, 0, sender=borrower)


def test_repay__no_debt__reverts(core, account, borrower):
    with ape.reverts("account: no debt"):
        core.repay(account, 1, sender=borrower)


def test_repay__without_stable__reverts(system, core, indebted, stranger):
    system.stable.approve(core, MAX_UINT256, sender=stranger)
    with ape.reverts("erc20: insufficient balance"):
        core.repay(indebted, 1, sender=stranger)


def test_repay__without_allowance__reverts(system, core, indebted, borrower):
    system.stable.approve(core, 0, sender=borrower)
    with ape.reverts("erc20: insufficient allowance"):
        core.repay(indebted, 1, sender=borrower)
