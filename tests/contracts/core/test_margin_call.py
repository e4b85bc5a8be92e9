"""margin_call, and what a call is good for."""

import ape
import pytest
from core_system import BTC, DAY, ETH, HOUR, USD, WAD

CALLABLE = 1_499 * WAD
"""Below maintenance, above close-out."""
CLOSED_OUT = 1_411 * WAD


def test_margin_call__starts_the_grace(system, core, indebted, stranger):
    system.price(system.eth, CALLABLE)
    assert core.status(indebted) == 2
    receipt = core.margin_call(indebted, sender=stranger)
    called_at = receipt.timestamp
    assert receipt.events == [
        core.MarginCalled(
            account=indebted, caller=stranger, called_at=called_at, deadline=called_at + HOUR
        )
    ]
    assert core.called_at(indebted) == called_at
    assert core.status(indebted) == 3


def test_margin_call__is_due_at_the_deadline_and_lapses(
    system, core, indebted, stranger, at, chain
):
    system.price(system.eth, CALLABLE)
    called_at = core.margin_call(indebted, sender=stranger).timestamp
    due, end = called_at + HOUR, called_at + HOUR + DAY
    for timestamp, status in ((due - 1, 3), (due, 4), (end, 4), (end + 1, 2)):
        at(timestamp)
        chain.mine()
        assert core.status(indebted) == status
    assert core.called_at(indebted) == 0


def test_margin_call__again_once_lapsed(system, core, indebted, stranger, wait):
    system.price(system.eth, CALLABLE)
    core.margin_call(indebted, sender=stranger)
    wait(HOUR + DAY)
    called_at = core.margin_call(indebted, sender=stranger).timestamp
    assert core.called_at(indebted) == called_at
    assert core.status(indebted) == 3


def test_margin_call__keeps_its_deadline_when_the_grace_changes(
    system, core, indebted, stranger, wait
):
    """What was announced stays: a longer grace does not put it off."""
    system.price(system.eth, CALLABLE)
    core.margin_call(indebted, sender=stranger)
    system.configure(grace=2 * HOUR)
    wait(HOUR)
    assert core.status(indebted) == 4


def test_margin_call__without_grace__is_due_at_once(system, core, indebted, stranger):
    system.configure(grace=0)
    system.price(system.eth, CALLABLE)
    assert core.status(indebted) == 4
    receipt = core.margin_call(indebted, sender=stranger)
    [call] = receipt.decode_logs(core.MarginCalled)
    assert call.deadline == call.called_at == receipt.timestamp
    assert core.status(indebted) == 4


def test_margin_call__below_close_out__liquidatable_through_the_grace(
    system, core, indebted, stranger
):
    system.price(system.eth, CLOSED_OUT)
    assert core.status(indebted) == 4
    core.margin_call(indebted, sender=stranger)
    assert core.status(indebted) == 4
    system.price(system.eth, CALLABLE)
    assert core.status(indebted) == 3


def test_margin_call__called_then_below_close_out__is_put_on_record_once(
    system, core, indebted, stranger
):
    """No second call, so no event; but an auction's clock starts (test_liquidate_penalty)."""
    system.price(system.eth, CALLABLE)
    called_at = core.margin_call(indebted, sender=stranger).timestamp
    system.price(system.eth, CLOSED_OUT)
    assert core.margin_call(indebted, sender=stranger).events == []
    assert core.called_at(indebted) == called_at
    with ape.reverts("margin: already called"):
        core.margin_call(indebted, sender=stranger)


# ------------------------------------------------------------------- reverts


@pytest.mark.parametrize("price", [2_000 * WAD, 1_500 * WAD])
def test_margin_call__at_or_above_maintenance__reverts(system, core, indebted, stranger, price):
    system.price(system.eth, price)
    with ape.reverts("margin: not below maintenance"):
        core.margin_call(indebted, sender=stranger)


def test_margin_call__a_unit_of_price_below__passes(system, core, indebted, stranger):
    system.price(system.eth, 1_500 * WAD - 1)
    core.margin_call(indebted, sender=stranger)
    assert core.status(indebted) == 3


def test_margin_call__no_debt_or_not_opened__reverts(system, core, account, stranger):
    system.price(system.eth, 1)
    for somebody in (account, core.account_count() + 1):
        with ape.reverts("margin: not below maintenance"):
            core.margin_call(somebody, sender=stranger)


def test_margin_call__already_called__reverts(system, core, indebted, stranger):
    system.price(system.eth, CALLABLE)
    core.margin_call(indebted, sender=stranger)
    with ape.reverts("margin: already called"):
        core.margin_call(indebted, sender=stranger)


# -------------------------------------------------------------- stale prices


@pytest.mark.parametrize(("price", "status"), [(1_499, 5), (667, 5), (666, 3)])
def test_margin_call__stale_price__must_be_below_at_twice_the_price(
    system, core, indebted, stranger, price, status
):
    system.price(system.eth, price * WAD, valid=False)
    if status == 5:
        with ape.reverts("margin: not below maintenance"):
            core.margin_call(indebted, sender=stranger)
    else:
        # 13,320 at twice the price; the debt and 20 % at the last price are 13,332.
        core.margin_call(indebted, sender=stranger)
    assert core.status(indebted) == status


def test_margin_call__no_price_at_all__reverts(system, core, indebted, stranger):
    system.price(system.eth, 0, valid=True)
    assert core.status(indebted) == 5
    with ape.reverts("margin: not below maintenance"):
        core.margin_call(indebted, sender=stranger)


def test_margin_call__a_unit_of_a_stale_asset_is_no_shield(
    system, core, indebted, borrower, liquidator, rich_liquidator
):
    """A borrower below close-out adds one satoshi, whose price is stale."""
    system.price(system.eth, CLOSED_OUT)
    system.price(system.btc, 30_000 * WAD, valid=False)
    system.give(borrower, system.btc, 1)
    core.deposit(indebted, system.btc, 1, sender=borrower)
    assert not core.position(indebted).valid
    assert core.status(indebted) == 4
    core.margin_call(indebted, sender=liquidator)
    core.liquidate(indebted, system.eth, 1_000 * USD, 0, liquidator, sender=liquidator)
    assert core.debt(indebted) == 11_000 * USD


def test_margin_call__a_stale_asset_that_may_cure_is_a_shield(
    system, core, indebted, borrower, stranger
):
    """Four hundredths of a bitcoin at 30,000 are 1,200 and may be 2,400 by now: enough."""
    system.price(system.eth, CLOSED_OUT)
    system.give(borrower, system.btc, BTC)
    core.deposit(indebted, system.btc, 4 * BTC // 100, sender=borrower)
    system.price(system.eth, CLOSED_OUT - 120 * ETH)
    system.price(system.btc, 30_000 * WAD, valid=False)
    p = core.position(indebted)
    assert p.collateral < p.debt + p.maintenance
    with ape.reverts("margin: not below maintenance"):
        core.margin_call(indebted, sender=stranger)
