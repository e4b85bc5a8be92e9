"""clear_margin_call."""

import ape
import pytest
from core_system import DAY, ETH_PRICE, HOUR, WAD

CALLABLE = 1_499 * WAD


@pytest.fixture
def called(system, core, indebted, stranger) -> int:
    system.price(system.eth, CALLABLE)
    core.margin_call(indebted, sender=stranger)
    return indebted


@pytest.mark.parametrize("price", [ETH_PRICE, 1_500 * WAD])
def test_clear_margin_call__at_or_above_maintenance(system, core, called, stranger, price):
    system.price(system.eth, price)
    receipt = core.clear_margin_call(called, sender=stranger)
    assert receipt.events == [core.MarginCallCleared(account=called)]
    assert core.called_at(called) == 0
    assert core.status(called) == 1


def test_clear_margin_call__recovered_and_fallen_again__has_a_new_grace(
    system, core, called, stranger, wait
):
    system.price(system.eth, ETH_PRICE)
    core.clear_margin_call(called, sender=stranger)
    wait(2 * HOUR)
    system.price(system.eth, CALLABLE)
    assert core.status(called) == 2


def test_clear_margin_call__lapsed__though_still_below(core, called, stranger, wait):
    wait(HOUR + DAY + 1)
    receipt = core.clear_margin_call(called, sender=stranger)
    assert receipt.events == [core.MarginCallCleared(account=called)]
    assert core.status(called) == 2


def test_clear_margin_call__still_below__reverts(system, core, called, stranger, wait):
    with ape.reverts("margin: below maintenance"):
        core.clear_margin_call(called, sender=stranger)
    wait(HOUR)
    system.price(system.eth, 1_500 * WAD - 1)
    with ape.reverts("margin: below maintenance"):
        core.clear_margin_call(called, sender=stranger)


def test_clear_margin_call__stale_price__reverts(system, core, called, stranger):
    system.price(system.eth, ETH_PRICE, valid=False)
    with ape.reverts("margin: below maintenance"):
        core.clear_margin_call(called, sender=stranger)


def test_clear_margin_call__not_called__reverts(core, indebted, stranger):
    with ape.reverts("margin: not called"):
        core.clear_margin_call(indebted, sender=stranger)


def test_clear_margin_call__twice__reverts(system, core, called, stranger):
    system.price(system.eth, ETH_PRICE)
    core.clear_margin_call(called, sender=stranger)
    with ape.reverts("margin: not called"):
        core.clear_margin_call(called, sender=stranger)
