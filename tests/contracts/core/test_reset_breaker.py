"""reset_breaker, and when the breaker trips."""

import ape
import pytest
from core_system import BTC, DAY, ETH, ETH_PRICE, USD, WAD


@pytest.fixture
def lose(system, core, borrower, stranger, at):
    """Lose that many USD to an absorbed account, at a time; its receipt."""

    def lose(loss: int, timestamp: int = 0):
        account = system.account(borrower, system.btc, BTC // 10, 2_000 * USD)
        value = 2_000 - loss
        system.price(system.btc, value * 10 * WAD)
        if timestamp:
            at(timestamp)
        receipt = core.absorb(account, sender=stranger)
        system.price(system.btc, 30_000 * WAD)
        return receipt

    return lose


@pytest.fixture
def tripped(system, lose, core):
    system.configure(loss_threshold=100 * WAD)
    lose(101)
    assert core.breaker_tripped()


def test_breaker__trips_above_the_threshold(system, core, lose):
    system.configure(loss_threshold=300 * WAD)
    for loss in (100, 200):
        assert lose(loss).decode_logs(core.BreakerTripped) == []
    receipt = lose(1)
    assert core.BreakerTripped(loss=301 * WAD) in receipt.events
    assert core.breaker_tripped()


def test_breaker__already_tripped__says_it_once(system, core, indebted, lose, stranger):
    system.configure(loss_threshold=1)
    lose(1)
    system.price(system.eth, 1_000 * WAD)
    receipt = core.absorb(indebted, sender=stranger)
    assert receipt.decode_logs(core.BreakerTripped) == []
    assert core.breaker_tripped()


def test_breaker__losses_are_forgotten_after_two_windows(system, core, lose, now):
    """Two buckets of a day: a loss counts for one day at least and two at most."""
    system.configure(loss_threshold=150 * WAD, loss_window=DAY)
    start = now() + 1_000
    lose(100, start)
    lose(50, start + DAY - 1)
    assert not core.breaker_tripped()
    lose(100, start + 2 * DAY)
    assert not core.breaker_tripped()


def test_breaker__counts_the_window_before(system, core, lose, now):
    system.configure(loss_threshold=150 * WAD, loss_window=DAY)
    start = now() + 1_000
    lose(100, start)
    lose(51, start + DAY)
    assert core.breaker_tripped()


def test_breaker__bucket_before_last_is_dropped(system, core, lose, now):
    system.configure(loss_threshold=150 * WAD, loss_window=DAY)
    start = now() + 1_000
    lose(100, start)
    lose(40, start + DAY)
    lose(60, start + 2 * DAY + 100)
    assert not core.breaker_tripped()
    lose(60, start + 3 * DAY - 100)
    assert core.breaker_tripped()


def test_breaker__stops_borrowing_and_withdrawing_with_debt(system, core, indebted, borrower, lose):
    system.configure(loss_threshold=1)
    lose(1)
    with ape.reverts("breaker: tripped"):
        core.borrow(indebted, USD, borrower, sender=borrower)
    with ape.reverts("breaker: tripped"):
        core.withdraw(indebted, system.eth, 1, borrower, sender=borrower)
    assert core.max_borrow(indebted) == 0
    assert system.lens.max_withdraw(indebted, system.eth) == 0


def test_breaker__leaves_the_rest_open(
    system, core, indebted, account, borrower, rich_liquidator, lose
):
    system.configure(loss_threshold=1)
    lose(1)
    system.give(borrower, system.eth, ETH)
    core.deposit(indebted, system.eth, 1, sender=borrower)
    core.repay(indebted, USD, sender=borrower)
    core.withdraw(account, system.eth, 10 * ETH, borrower, sender=borrower)
    system.price(system.eth, 1_400 * WAD)
    core.margin_call(indebted, sender=borrower)
    core.liquidate(indebted, system.eth, USD, 0, rich_liquidator, sender=rich_liquidator)
    system.price(system.eth, 1_100 * WAD)
    core.absorb(indebted, sender=borrower)
    assert core.debt(indebted) == 0


@pytest.mark.parametrize("who", ["owner", "guardian"])
def test_reset_breaker__reopens_and_forgets(
    system, core, account, borrower, tripped, lose, who, request
):
    receipt = core.reset_breaker(sender=request.getfixturevalue(who))
    assert receipt.events == [core.BreakerReset()]
    assert not core.breaker_tripped()
    system.price(system.eth, ETH_PRICE)
    core.borrow(account, 100 * USD, borrower, sender=borrower)
    lose(100)
    assert not core.breaker_tripped()


def test_reset_breaker__anyone_else__reverts(core, stranger):
    with ape.reverts("guardian: not the guardian"):
        core.reset_breaker(sender=stranger)
