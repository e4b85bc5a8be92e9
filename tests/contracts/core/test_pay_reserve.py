"""pay_reserve: what the Reserve's token would not take is sent when it will."""

import ape
import pytest
from core_system import ETH, USD, WAD

RATIOS = ((30 * WAD // 100, 20 * WAD // 100, 15 * WAD // 100),)


@pytest.fixture
def waiting(create, build, borrower, stranger):
    """Ten of a token absorbed while it refused the Reserve."""
    system = build(tokens=(create("BlockingToken", "Freezer", "ICE", 18),), ratios=RATIOS)
    token = system.tokens[0]
    account = system.account(borrower, token, 10 * ETH, 12_000 * USD)
    token.block(system.reserve, True, sender=stranger)
    system.price(token, 1_100 * WAD)
    system.core.absorb(account, sender=stranger)
    assert system.core.unpaid(token) == token.balanceOf(system.core) == 10 * ETH
    assert system.core.deposited(token) == 0
    return system


def test_pay_reserve__sends_it_all_once(waiting, stranger):
    core, token = waiting.core, waiting.tokens[0]
    token.block(waiting.reserve, False, sender=stranger)
    core.pay_reserve(token, sender=stranger)
    assert token.balanceOf(waiting.reserve) == 10 * ETH
    assert core.unpaid(token) == token.balanceOf(core) == 0
    with ape.reverts("amount: zero"):
        core.pay_reserve(token, sender=stranger)


def test_pay_reserve__still_refused__waits_on(waiting, stranger):
    core, token = waiting.core, waiting.tokens[0]
    with ape.reverts("token: transfer failed"):
        core.pay_reserve(token, sender=stranger)
    assert core.unpaid(token) == 10 * ETH


def test_pay_reserve__nothing_waits__reverts(system, core, stranger):
    with ape.reverts("amount: zero"):
        core.pay_reserve(system.eth, sender=stranger)
