"""Views of an account, worked out by hand; the invariants hold all of them to a reference."""

import ape
import pytest
from core_system import BTC, DAY, ETH, ETH_PRICE, HOUR, PERCENT, RATE, USD, WAD, lend

from sim.units import MAX_UINT256, RAY

ODD_ETH = 1_999_123_456_789_012_345_678
ODD_BTC = 29_999_987_654_321_098_765_432


@pytest.fixture
def odd(system, core, borrower) -> int:
    """Amounts and prices that do not divide."""
    account = system.account(borrower, system.eth, 3 * ETH + 1)
    system.give(borrower, system.btc, 12_345_679)
    core.deposit(account, system.btc, 12_345_679, sender=borrower)
    core.borrow(account, 5_000 * USD + 7, borrower, sender=borrower)
    system.price(system.eth, ODD_ETH)
    system.price(system.btc, ODD_BTC)
    return account


def up(numerator: int, denominator: int) -> int:
    return -(-numerator // denominator)


def test_position__values_down_and_requirements_up_per_asset(core, odd):
    eth = (3 * ETH + 1) * ODD_ETH // ETH
    btc = 12_345_679 * ODD_BTC // BTC
    assert eth * ETH != (3 * ETH + 1) * ODD_ETH
    assert btc * BTC != 12_345_679 * ODD_BTC
    p = core.position(odd)
    assert p.collateral == eth + btc
    assert p.debt == 5_000 * USD + 7
    assert p.initial == up(eth * 30, 100) + up(btc * 25, 100)
    assert p.maintenance == up(eth * 20, 100) + up(btc * 15, 100)
    assert p.close_out == up(eth * 15, 100) + up(btc * 10, 100)
    assert p.valid


def test_figures__follow_from_the_position(core, odd):
    p = core.position(odd)
    assert core.debt(odd) == p.debt
    assert core.equity(odd) == p.collateral - p.debt
    assert core.requirements(odd) == (p.initial, p.maintenance, p.close_out)
    assert core.maintenance_buffer(odd) == p.collateral - p.debt - p.maintenance
    assert core.health_factor(odd) == (p.collateral - p.maintenance) * WAD // p.debt
    assert core.margin_ratio(odd) == (p.collateral - p.debt) * WAD // p.collateral


def test_figures__under_water__go_toward_minus_infinity(system, core, odd):
    system.price(system.eth, 3)
    system.price(system.btc, 7 * WAD)
    p = core.position(odd)
    assert core.equity(odd) == p.collateral - p.debt < 0
    assert core.maintenance_buffer(odd) == p.collateral - p.debt - p.maintenance
    # Python's floor division is toward minus infinity.
    assert core.margin_ratio(odd) == (p.collateral - p.debt) * WAD // p.collateral
    assert (p.collateral - p.debt) * WAD % p.collateral


def test_figures__health_is_one_at_the_threshold(system, core, indebted):
    system.price(system.eth, 1_500 * WAD)
    assert core.health_factor(indebted) == WAD
    assert core.maintenance_buffer(indebted) == 0
    system.price(system.eth, 1_500 * WAD - 1)
    assert core.health_factor(indebted) < WAD
    assert core.maintenance_buffer(indebted) == -8


def test_figures__without_debt(core, account):
    assert core.health_factor(account) == MAX_UINT256
    assert core.margin_ratio(account) == WAD
    assert core.equity(account) == 20_000 * WAD


def test_figures__without_collateral_value(system, core, indebted):
    system.price(system.eth, 0)
    assert core.margin_ratio(indebted) == 0
    assert core.health_factor(indebted) == 0
    assert core.equity(indebted) == -12_000 * USD
    assert not core.position(indebted).valid


def test_figures__not_opened(core):
    nobody = core.account_count() + 1
    assert tuple(core.position(nobody)) == (0, 0, 0, 0, 0, True)
    assert core.health_factor(nobody) == MAX_UINT256
    assert core.margin_ratio(nobody) == core.equity(nobody) == core.max_borrow(nobody) == 0
    assert core.owner_of(nobody) == "0x" + "00" * 20


def test_debt__grows_between_accruals(build, borrower, at, chain):
    system = build(rate=RATE)
    account = system.account(borrower, system.eth, 10 * ETH)
    loan = lend(system, borrower, account, 10_000 * USD)
    for seconds in (1, 10**6):
        at(loan.timestamp + seconds)
        chain.mine()
        owed = up(loan.shares * loan.index_after(seconds), RAY)
        assert system.core.debt(account) == system.core.position(account).debt == owed


# -------------------------------------------------------------------- status


def test_status__not_opened(core):
    assert core.status(core.account_count() + 1) == 0


def test_status__healthy(core, account, indebted):
    assert core.status(account) == core.status(indebted) == 1


@pytest.mark.parametrize(
    ("price", "status"), [(1_500 * WAD, 1), (1_500 * WAD - 1, 2), (1_411 * WAD, 4)]
)
def test_status__not_called(system, core, indebted, price, status):
    system.price(system.eth, price)
    assert core.status(indebted) == status


def test_status__called(system, core, indebted, stranger, wait):
    system.price(system.eth, 1_499 * WAD)
    core.margin_call(indebted, sender=stranger)
    assert core.status(indebted) == 3
    wait(HOUR)
    assert core.status(indebted) == 4
    system.price(system.eth, ETH_PRICE)
    assert core.status(indebted) == 1
    system.price(system.eth, 1_499 * WAD)
    wait(DAY)
    assert core.status(indebted) == 2


@pytest.mark.parametrize("price", [ETH_PRICE, 1_499 * WAD, 0])
def test_status__no_valid_price(system, core, indebted, account, price):
    system.price(system.eth, price, valid=False)
    assert core.status(indebted) == 5
    assert core.status(account) == 1


# ------------------------------------------------------------------- totals


def test_totals__add_up(system, core, indebted, account, borrower):
    before = core.totals()
    core.borrow(account, 3_000 * USD, borrower, sender=borrower)
    totals = core.totals()
    assert totals.debt == totals.shares == before.debt + 3_000 * USD
    assert totals.utilisation == totals.debt * WAD // (1_000_000 * USD)
    assert (totals.index, totals.unminted, totals.rate) == (RAY, 0, 0)


def test_addresses__are_as_deployed(system, core):
    for name in ("stable", "reserve", "margin_model", "penalty_model", "rate_model", "oracle"):
        known = getattr(system, {"oracle": "feed"}.get(name, name.removesuffix("_model")))
        assert getattr(core, name)() == known
    assert core.assets() == [token.address for token in system.tokens]


def test_collateral_of__unlisted_asset__reverts(system, core, account):
    for view in (core.collateral_of, core.preview_liquidate):
        with ape.reverts("asset: not listed"):
            view(account, system.coin, *([1] if view is core.preview_liquidate else []))
    with ape.reverts("asset: not listed"):
        core.deposited(system.coin)


# ---------------------------------------------------------------- max_borrow


def test_max_borrow__passes_and_a_unit_more_does_not(core, odd, borrower):
    most = core.max_borrow(odd)
    with ape.reverts("margin: below initial requirement"):
        core.borrow(odd, most + 1, borrower, sender=borrower)
    core.borrow(odd, most, borrower, sender=borrower)
    assert core.max_borrow(odd) == 0


@pytest.mark.parametrize(
    ("changes", "most"),
    [
        ({"account_ceiling": 1_234 * USD}, 1_234 * USD),
        ({"account_ceiling": 0}, 0),
        ({"debt_ceiling": 0}, 0),
        ({"min_debt": 14_000 * USD}, 14_000 * USD),
        ({"min_debt": 14_000 * USD + 1}, 0),
    ],
)
def test_max_borrow__is_bound_by_the_limits(system, core, account, changes, most):
    system.configure(**changes)
    assert core.max_borrow(account) == most


def test_max_borrow__is_bound_by_the_debt_of_all(system, core, account):
    system.configure(debt_ceiling=core.totals().debt + 555 * USD)
    assert core.max_borrow(account) == 555 * USD


def test_max_borrow__nothing_while_stopped(system, core, account, owner):
    core.set_paused(1, sender=owner)
    assert core.max_borrow(account) == 0
    core.set_paused(2, sender=owner)
    assert core.max_borrow(account) == 14_000 * USD
    system.price(system.eth, ETH_PRICE, valid=False)
    assert core.max_borrow(account) == 0


# --------------------------------------------------------- preview_liquidate


@pytest.mark.parametrize("asset", [0, 1])
@pytest.mark.parametrize("repay", [1, 777 * USD, MAX_UINT256])
def test_preview_liquidate__is_what_happens(system, core, odd, rich_liquidator, repay, asset):
    liquidator, token = rich_liquidator, system.tokens[asset]
    system.configure(grace=0)
    system.price(system.eth, ODD_ETH * 6 // 10)
    system.price(system.btc, ODD_BTC * 67 // 100)
    seen = core.preview_liquidate(odd, token, repay)
    assert seen.allowed
    receipt = core.liquidate(odd, token, repay, seen.seized, liquidator, sender=liquidator)
    [event] = receipt.decode_logs(core.Liquidated)
    done = (event.repaid, event.seized, event.reserve_cut, event.penalty)
    assert done == (seen.repaid, seen.seized, seen.reserve_cut, seen.penalty)


def test_preview_liquidate__tells_what_would_be_refused(system, core, indebted):
    refused = (False, 0, 0, 0, 0)
    assert tuple(core.preview_liquidate(indebted, system.eth, USD)) == refused
    system.price(system.eth, 1_400 * WAD)
    assert core.preview_liquidate(indebted, system.eth, USD).allowed
    assert not core.preview_liquidate(indebted, system.eth, 0).allowed
    assert not core.preview_liquidate(indebted, system.eth, 12_000 * USD - 1).allowed
    assert tuple(core.preview_liquidate(indebted, system.btc, USD)) == refused
    system.price(system.eth, 600 * WAD, valid=False)
    assert tuple(core.preview_liquidate(indebted, system.eth, USD)) == refused


def test_preview_liquidate__penalty(system, core, indebted):
    system.price(system.eth, 1_400 * WAD)
    assert core.preview_liquidate(indebted, system.eth, USD).penalty == 8 * PERCENT
