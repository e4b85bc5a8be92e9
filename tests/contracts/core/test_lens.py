"""Lens: batches, and the two searches."""

import ape
import pytest
from core_system import BTC, ETH, ETH_PRICE, USD, WAD

from sim.units import MAX_UINT256


def up(numerator: int, denominator: int) -> int:
    return -(-numerator // denominator)


@pytest.fixture
def both(system, core, indebted, borrower) -> int:
    """Ten ether and a bitcoin, 50,000 USD; owes 12,000."""
    system.give(borrower, system.btc, BTC)
    core.deposit(indebted, system.btc, BTC, sender=borrower)
    return indebted


# ------------------------------------------------------------------- batches


def test_accounts__what_is_stored(system, core, both, borrower, stranger):
    other = system.account(stranger, system.btc, 7)
    states = system.lens.accounts(both, 10)
    assert [tuple(state) for state in states] == [
        (both, borrower, 12_000 * USD, 0, [10 * ETH, BTC]),
        (other, stranger, 0, 0, [0, 7]),
    ]


def test_accounts__standing_call(system, core, indebted, stranger):
    system.price(system.eth, 1_400 * WAD)
    called_at = core.margin_call(indebted, sender=stranger).timestamp
    assert system.lens.accounts(indebted, 1)[0].called_at == called_at


def test_positions__as_the_core_tells_them(system, core, both, account):
    found = system.lens.positions(both, 2)
    assert [tuple(p) for p in found] == [tuple(core.position(n)) for n in (both, account)]


@pytest.mark.parametrize("view", ["accounts", "positions"])
def test_batches__end_where_the_accounts_end(system, core, account, view):
    read = getattr(system.lens, view)
    last = core.account_count()
    assert len(read(last, 1)) == len(read(last, MAX_UINT256)) == 1
    assert len(read(1, last)) == last
    assert list(read(last + 1, 5)) == list(read(MAX_UINT256, 5)) == list(read(1, 0)) == []


# --------------------------------------------------------- liquidation_price


def test_liquidation_price__of_one_asset(system, core, indebted):
    """80 % of ten ether at p is 12,000: 1,500, to the unit."""
    price = system.lens.liquidation_price(indebted, system.eth)
    assert price == 1_500 * WAD
    system.price(system.eth, price)
    assert core.maintenance_buffer(indebted) >= 0
    system.price(system.eth, price - 1)
    assert core.maintenance_buffer(indebted) < 0


def test_liquidation_price__beside_another_asset(system, core, both):
    """A bitcoin at 10,000 bears 8,500; ten ether must bear 3,500: 437.5 each."""
    system.price(system.btc, 10_000 * WAD)
    price = system.lens.liquidation_price(both, system.eth)
    assert price == 4_375 * WAD // 10
    system.price(system.eth, price)
    assert core.maintenance_buffer(both) >= 0
    system.price(system.eth, price - 1)
    assert core.maintenance_buffer(both) < 0


def test_liquidation_price__healthy_at_any_price(system, both, account):
    """A bitcoin at 30,000 bears 25,500: the ether may be worth nothing."""
    assert system.lens.liquidation_price(both, system.eth) == 0
    assert system.lens.liquidation_price(account, system.eth) == 0


def test_liquidation_price__no_price_heals(system, indebted):
    system.price(system.eth, 1_400 * WAD)
    assert system.lens.liquidation_price(indebted, system.btc) == MAX_UINT256


def test_liquidation_price__of_a_unit__is_enormous_but_found(system, core, indebted, borrower):
    system.price(system.eth, 1_400 * WAD)
    system.give(borrower, system.btc, 1)
    core.deposit(indebted, system.btc, 1, sender=borrower)
    price = system.lens.liquidation_price(indebted, system.btc)
    # One satoshi must bear the 800 that are missing, at 85 %.
    assert price == up(up(800 * WAD * 100, 85) * BTC, 1)


def test_liquidation_price__unlisted_asset__reverts(system, indebted):
    with ape.reverts("asset: not listed"):
        system.lens.liquidation_price(indebted, system.coin)


# --------------------------------------------------------------- max_withdraw


def test_max_withdraw__passes_and_a_unit_more_does_not(system, core, indebted, borrower):
    most = system.lens.max_withdraw(indebted, system.eth)
    assert most == 10 * ETH - up(12_000 * USD * 10, 7 * 2_000)
    with ape.reverts("margin: below initial requirement"):
        core.withdraw(indebted, system.eth, most + 1, borrower, sender=borrower)
    core.withdraw(indebted, system.eth, most, borrower, sender=borrower)
    assert system.lens.max_withdraw(indebted, system.eth) == 0


def test_max_withdraw__all_that_is_not_needed(system, both, account):
    assert system.lens.max_withdraw(both, system.eth) == 10 * ETH
    assert system.lens.max_withdraw(account, system.eth) == 10 * ETH
    assert system.lens.max_withdraw(account, system.btc) == 0


def test_max_withdraw__below_initial__nothing(system, indebted):
    system.price(system.eth, 1_600 * WAD)
    assert system.lens.max_withdraw(indebted, system.eth) == 0


def test_max_withdraw__with_debt_is_stopped_by_the_pause(system, core, indebted, account, owner):
    core.set_paused(2, sender=owner)
    assert system.lens.max_withdraw(indebted, system.eth) == 0
    assert system.lens.max_withdraw(account, system.eth) == 10 * ETH
    core.set_paused(1, sender=owner)
    assert system.lens.max_withdraw(indebted, system.eth) > 0


def test_max_withdraw__stale_price__all_of_that_asset_or_nothing(system, core, both, borrower):
    system.price(system.eth, ETH_PRICE, valid=False)
    assert system.lens.max_withdraw(both, system.btc) == 0
    assert system.lens.max_withdraw(both, system.eth) == 10 * ETH
    core.withdraw(both, system.eth, 10 * ETH, borrower, sender=borrower)
    assert system.lens.max_withdraw(both, system.btc) > 0


def test_max_withdraw__stale_price_of_what_is_needed__nothing(system, indebted):
    system.price(system.eth, ETH_PRICE, valid=False)
    assert system.lens.max_withdraw(indebted, system.eth) == 0
