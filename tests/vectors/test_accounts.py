"""Accounts: what goes in and out, to the last unit that passes, and what is said of it."""

from __future__ import annotations

import pytest

from sim.units import MAX_UINT256, WAD

from .system import (
    BITCOIN,
    BORROWER,
    DOLLAR,
    ETHER,
    GUARDIAN,
    LIQUIDATOR,
    OWNER,
    PERCENT,
    STRANGER,
    System,
    levered,
    number,
    told,
)

ZERO = bytes(20)


@pytest.fixture
def system() -> System:
    return System()


def test_open__ids_count_from_one__owned_by_the_caller(system: System) -> None:
    for account, owner in enumerate((BORROWER, STRANGER), start=1):
        outcome = system.send(owner, system.core.open)
        assert told(outcome) == [("Opened", {"account": account, "owner": number(owner)})]
        assert system.read(system.core.owner_of, account) == "0x" + owner.hex()
    assert system.read(system.core.account_count) == 2
    assert system.read(system.core.status, 3) == 0


def test_deposit__adds_up_and_says_so(system: System) -> None:
    account = system.account(BORROWER, [3 * WAD], 0)
    system.collateral(STRANGER, 0, WAD)
    outcome = system.send(STRANGER, system.core.deposit, account, system.token(), WAD)
    assert told(outcome) == [
        (
            "Deposited",
            {
                "account": account,
                "asset": number(system.token()),
                "payer": number(STRANGER),
                "amount": WAD,
            },
        )
    ]
    assert system.collateral_of(account) == 4 * WAD
    assert system.read(system.core.deposited, system.token()) == 4 * WAD
    assert system.balance(system.tokens[0], system.core.address) == 4 * WAD


def test_deposit__refusals(system: System) -> None:
    system.collateral(STRANGER, 0, WAD)
    deposit = system.core.deposit
    system.refuses("account: not opened", STRANGER, deposit, 1, system.token(), WAD)
    system.must(BORROWER, system.core.open)
    system.refuses("asset: not listed", STRANGER, deposit, 1, system.stable.address, WAD)
    system.collateral(BORROWER, 0, 0)
    system.refuses("amount: zero", BORROWER, deposit, 1, system.token(), 0)


def test_deposit__stranger__least_worth_is_exact(system: System) -> None:
    """min_deposit is 10 USD: at 2,000 that is 0.005 ether, and one unit less is refused."""
    account = system.account(BORROWER, [], 0)
    system.collateral(STRANGER, 0, WAD)
    least = WAD // 200
    reason = "limit: below minimum deposit"
    system.refuses(reason, STRANGER, system.core.deposit, account, system.token(), least - 1)
    system.must(STRANGER, system.core.deposit, account, system.token(), least)
    # The owner may deposit any amount.
    system.collateral(BORROWER, 0, 1)
    system.must(BORROWER, system.core.deposit, account, system.token(), 1)
    # A stale price serves as well as a fresh one.
    system.price(0, 4_000 * WAD, valid=False)
    system.must(STRANGER, system.core.deposit, account, system.token(), least // 2)


def test_deposit__asset_that_never_had_a_price__only_more_of_what_is_held() -> None:
    """It may be worth anything, so a first unit of it would stop a liquidation."""
    system = System(assets=(ETHER, BITCOIN), prices=(2_000 * WAD, 0))
    account = system.account(BORROWER, [WAD], 0)
    system.collateral(BORROWER, 1, 10**8)
    deposit, token = system.core.deposit, system.token(1)
    for valid in (False, True):
        system.price(1, 0, valid=valid)
        system.refuses("price: none", BORROWER, deposit, account, token, 10**8)
    system.price(1, 1, valid=False)
    system.must(BORROWER, deposit, account, token, 1)
    system.price(1, 0, valid=False)
    system.must(BORROWER, deposit, account, token, 1)
    assert system.collateral_of(account, 1) == 2
    # The other asset is held, and is not asked about.
    system.price(0, 0, valid=False)
    system.collateral(BORROWER, 0, 1)
    system.must(BORROWER, deposit, account, system.token(0), 1)
    system.collateral(STRANGER, 0, WAD)
    system.refuses("price: none", STRANGER, deposit, account, system.token(0), WAD)


def test_borrow__more_than_a_word_of_shares_holds__refused_as_too_much() -> None:
    """Shares are kept in 128 bits: 2^128 + 100 must not become 100."""
    system, account = levered(account_ceiling=2**128 - 1)
    reason = "limit: debt ceiling"
    for amount in (10**6 * WAD, 2**128 + 100 * WAD):
        system.refuses(reason, BORROWER, system.core.borrow, account, amount, BORROWER)


def test_deposit__cap__last_unit_fits_and_binds_no_called_account() -> None:
    system, account = levered()
    system.must(OWNER, system.core.set_deposit_cap, system.token(), 11 * WAD)
    system.collateral(BORROWER, 0, 10 * WAD)
    deposit = system.core.deposit
    reason = "limit: deposit cap"
    system.refuses(reason, BORROWER, deposit, account, system.token(), WAD + 1)
    system.must(BORROWER, deposit, account, system.token(), WAD)
    system.refuses(reason, BORROWER, deposit, account, system.token(), 1)
    system.price(0, 1_300 * WAD)
    system.must(STRANGER, system.core.margin_call, account)
    system.must(BORROWER, deposit, account, system.token(), 1)
    assert system.read(system.core.deposited, system.token()) == 11 * WAD + 1


def test_deposit__token_that_takes_a_fee__credited_with_what_arrived() -> None:
    """The fee token keeps 1 %: 99 of 100 arrive, and 99 are owned."""
    system = System(token="FeeToken")
    account = system.account(BORROWER, [100 * WAD], 0)
    assert system.collateral_of(account) == 99 * WAD
    assert system.read(system.core.deposited, system.token()) == 99 * WAD


def test_token_that_answers_false__refused_both_ways() -> None:
    system = System(token="BlockingToken")
    token = system.tokens[0]
    account = system.account(BORROWER, [WAD], 0)
    system.collateral(BORROWER, 0, WAD)
    system.must(OWNER, token.return_false, True)
    system.must(OWNER, token.block, BORROWER, True)
    reason = "token: transfer failed"
    system.refuses(reason, BORROWER, system.core.deposit, account, token.address, WAD)
    system.refuses(reason, BORROWER, system.core.withdraw, account, token.address, 1, BORROWER)


def test_token_without_an_answer__works() -> None:
    system = System(token="NoReturnToken")
    account = system.account(BORROWER, [WAD], 0)
    system.must(BORROWER, system.core.withdraw, account, system.token(), WAD, STRANGER)
    assert system.balance(system.tokens[0], STRANGER) == WAD


def test_withdraw__without_debt__everything_whatever_the_price(system: System) -> None:
    account = system.account(BORROWER, [3 * WAD], 0)
    system.price(0, 0, valid=False)
    system.must(GUARDIAN, system.core.set_paused, 3)
    outcome = system.send(
        BORROWER, system.core.withdraw, account, system.token(), 3 * WAD, STRANGER
    )
    assert told(outcome) == [
        (
            "Withdrawn",
            {
                "account": account,
                "asset": number(system.token()),
                "to": number(STRANGER),
                "amount": 3 * WAD,
            },
        )
    ]
    assert system.balance(system.tokens[0], STRANGER) == 3 * WAD
    assert system.collateral_of(account) == 0
    assert system.read(system.core.deposited, system.token()) == 0


def test_withdraw__refusals() -> None:
    system, account = levered()
    withdraw, token = system.core.withdraw, system.token()
    owner = "account: caller is not the owner"
    system.refuses(owner, STRANGER, withdraw, account, token, 1, STRANGER)
    system.refuses("amount: zero", BORROWER, withdraw, account, token, 0, BORROWER)
    system.refuses("recipient: not allowed", BORROWER, withdraw, account, token, 1, ZERO)
    core = system.core.address
    system.refuses("recipient: not allowed", BORROWER, withdraw, account, token, 1, core)
    stable = system.stable.address
    system.refuses("asset: not listed", BORROWER, withdraw, account, stable, 1, BORROWER)
    more = "amount: more than is held"
    system.refuses(more, BORROWER, withdraw, account, token, 10 * WAD + 1, BORROWER)
    system.price(0, 2_000 * WAD, valid=False)
    system.refuses("price: not valid", BORROWER, withdraw, account, token, 1, BORROWER)
    system.price(0, 2_000 * WAD)
    system.must(GUARDIAN, system.core.set_paused, 2)
    system.refuses("pause: paused", BORROWER, withdraw, account, token, 1, BORROWER)


def test_withdraw__initial_requirement__last_unit() -> None:
    """12,000 owed at 30 % initial needs 12,000 / 0.7 of value: 8.571428571428571428... ether."""
    system, account = levered()
    needed = -(-12_000 * WAD * 100 // (70 * 2_000))
    spare = 10 * WAD - needed
    assert system.read(system.lens.max_withdraw, account, system.token()) == spare
    reason = "margin: below initial requirement"
    withdraw, token = system.core.withdraw, system.token()
    system.refuses(reason, BORROWER, withdraw, account, token, spare + 1, BORROWER)
    system.must(BORROWER, withdraw, account, token, spare, BORROWER)
    assert system.read(system.lens.max_withdraw, account, token) == 0


def test_borrow__says_so_and_mints() -> None:
    system = System()
    account = system.account(BORROWER, [10 * WAD], 0)
    outcome = system.send(BORROWER, system.core.borrow, account, 12_000 * WAD, STRANGER)
    assert dict(told(outcome))["Borrowed"] == {
        "account": account,
        "to": number(STRANGER),
        "amount": 12_000 * WAD,
        "shares": 12_000 * WAD,
    }
    assert system.balance(system.stable, STRANGER) == 12_000 * WAD
    assert system.debt_of(account) == 12_000 * WAD
    assert system.read(system.core.shares_of, account) == 12_000 * WAD


def test_borrow__refusals() -> None:
    system, account = levered()
    borrow, core = system.core.borrow, system.core.address
    system.refuses("account: caller is not the owner", STRANGER, borrow, account, 1, STRANGER)
    system.refuses("account: caller is not the owner", STRANGER, borrow, 7, 1, STRANGER)
    system.refuses("amount: zero", BORROWER, borrow, account, 0, BORROWER)
    system.refuses("recipient: not allowed", BORROWER, borrow, account, 1, ZERO)
    system.refuses("recipient: not allowed", BORROWER, borrow, account, 1, core)
    system.price(0, 2_000 * WAD, valid=False)
    system.refuses("price: not valid", BORROWER, borrow, account, 1, BORROWER)
    system.price(0, 2_000 * WAD)
    system.must(GUARDIAN, system.core.set_paused, 1)
    system.refuses("pause: paused", BORROWER, borrow, account, 1, BORROWER)


def test_borrow__each_limit__last_unit_passes_and_one_more_does_not() -> None:
    """Margin (V - I = 14,000), the account's ceiling, the global one, the least debt."""
    system = System()
    other = system.account(STRANGER, [10 * WAD], 1_000 * WAD)
    account = system.account(BORROWER, [10 * WAD], 0)
    borrow = system.core.borrow
    limits = [
        (14_000 * WAD, "margin: below initial requirement", {}),
        (9_000 * WAD, "limit: account debt ceiling", {"account_ceiling": 9_000 * WAD}),
        (8_000 * WAD, "limit: debt ceiling", {"debt_ceiling": 9_000 * WAD}),
    ]
    for most, reason, changed in limits:
        system.configure(**changed)
        start = system.snapshot()
        assert system.read(system.core.max_borrow, account) == most
        system.refuses(reason, BORROWER, borrow, account, most + 1, BORROWER)
        system.must(BORROWER, borrow, account, most, BORROWER)
        assert system.read(system.core.max_borrow, account) == 0
        system.restore(start)
    system.configure()
    reason = "limit: below minimum debt"
    system.refuses(reason, BORROWER, borrow, account, 100 * WAD - 1, BORROWER)
    system.must(BORROWER, borrow, account, 100 * WAD, BORROWER)
    assert system.debt_of(other) == 1_000 * WAD


def test_borrow__account_limit__replaces_the_common_one_until_it_is_zero() -> None:
    system = System(account_ceiling=5_000 * WAD)
    account = system.account(BORROWER, [10 * WAD], 0)
    outcome = system.send(OWNER, system.core.set_account_limit, account, 6_000 * WAD)
    assert told(outcome) == [("AccountLimitSet", {"account": account, "limit": 6_000 * WAD})]
    assert system.read(system.core.max_borrow, account) == 6_000 * WAD
    start = system.snapshot()
    system.must(BORROWER, system.core.borrow, account, 6_000 * WAD, BORROWER)
    system.restore(start)
    system.must(OWNER, system.core.set_account_limit, account, 0)
    assert system.read(system.core.max_borrow, account) == 5_000 * WAD
    reason = "limit: account debt ceiling"
    system.refuses(reason, BORROWER, system.core.borrow, account, 5_000 * WAD + 1, BORROWER)


def test_max_borrow__nothing__when_it_would_not_pass() -> None:
    system = System()
    account = system.account(BORROWER, [10 * WAD], 0)
    most = system.core.max_borrow
    assert system.read(most, account) == 14_000 * WAD
    for flags, left in ((1, 0), (2, 14_000 * WAD), (3, 0)):
        system.must(OWNER, system.core.set_paused, flags)
        assert system.read(most, account) == left
    system.must(OWNER, system.core.set_paused, 0)
    system.price(0, 2_000 * WAD, valid=False)
    assert system.read(most, account) == 0
    # V - I just under and just at the least debt of 100.
    system.price(0, 100 * WAD // 7)
    assert system.read(most, account) == 0
    system.price(0, 100 * WAD // 7 + 1)
    amount = system.read(most, account)
    assert amount >= 100 * WAD
    system.must(BORROWER, system.core.borrow, account, amount, BORROWER)


@pytest.mark.parametrize("debt", [100 * WAD + 1, 33_333 * WAD + 7])
def test_max_borrow__index_above_one__executable_to_the_unit(debt: int) -> None:
    """ceil(shares * index) must not pass the limit, whatever the rounding of the shares."""
    system = System(rate=(30 * PERCENT, 0, 0, WAD // 2), account_ceiling=100_000 * WAD + 3)
    account = system.account(BORROWER, [200 * WAD], debt)
    other = system.account(STRANGER, [WAD], 101 * WAD)
    system.wait(12_345_678)
    # Executed one second later, when the debt has grown: freeze that second's index.
    system.configure(debt_ceiling=10**24)
    index = system.read(system.core.totals)[2]
    amount = system.read(system.core.max_borrow, account)
    shares = system.read(system.core.shares_of, account)
    ray = 10**27
    owed = -(-(shares + -(-amount * ray // index)) * index // ray)
    more = -(-(shares + -(-(amount + 2) * ray // index)) * index // ray)
    assert owed <= 100_000 * WAD + 3 < more
    assert system.debt_of(other) > 101 * WAD


def test_repay__part_and_all() -> None:
    system, account = levered()
    system.stables(STRANGER, 20_000 * WAD)
    outcome = system.send(STRANGER, system.core.repay, account, 11_999 * WAD)
    # A repayment may leave less than the least debt.
    assert dict(told(outcome))["Repaid"] == {
        "account": account,
        "payer": number(STRANGER),
        "amount": 11_999 * WAD,
        "shares": 11_999 * WAD,
    }
    assert system.debt_of(account) == WAD
    before = system.balance(system.stable, STRANGER)
    system.must(STRANGER, system.core.repay, account, MAX_UINT256)
    assert before - system.balance(system.stable, STRANGER) == WAD
    assert system.debt_of(account) == 0
    system.refuses("account: no debt", STRANGER, system.core.repay, account, 1)
    assert system.read(system.core.totals)[:2] == (0, 0)


def test_repay__refusals_and_never_paused() -> None:
    system, account = levered()
    system.refuses("amount: zero", BORROWER, system.core.repay, account, 0)
    system.must(GUARDIAN, system.core.set_paused, 3)
    system.price(0, 0, valid=False)
    system.must(BORROWER, system.stable.approve, system.core.address, MAX_UINT256)
    system.must(BORROWER, system.core.repay, account, WAD)
    system.collateral(BORROWER, 0, WAD)
    system.must(BORROWER, system.core.deposit, account, system.token(), WAD)


def test_cross_margin__assets_of_three_decimals__one_position() -> None:
    """2 ether, 0.5 bitcoin and 1,000.5 dollars; values down, requirements up, per asset."""
    system = System(
        assets=(ETHER, BITCOIN, DOLLAR),
        prices=(2_000 * WAD + 1, 60_000 * WAD + 3, WAD - 7),
        penalty=("FixedPenalty", 5 * PERCENT),
    )
    amounts = (2 * WAD + 1, 50_000_001, 1_000_500_001)
    account = system.account(BORROWER, amounts, 10_000 * WAD)
    prices = (2_000 * WAD + 1, 60_000 * WAD + 3, WAD - 7)
    values = [
        amount * price // 10**asset.decimals
        for amount, price, asset in zip(amounts, prices, system.assets, strict=True)
    ]
    initial, maintenance, close_out = (
        sum(-(-v * getattr(a, kind) // WAD) for v, a in zip(values, system.assets, strict=True))
        for kind in ("initial", "maintenance", "close_out")
    )
    debt = 10_000 * WAD
    assert system.read(system.core.position, account) == (
        sum(values), debt, initial, maintenance, close_out, True,
    )  # fmt: skip
    assert system.read(system.core.requirements, account) == (initial, maintenance, close_out)
    assert system.read(system.core.equity, account) == sum(values) - debt
    buffer = sum(values) - debt - maintenance
    assert system.read(system.core.maintenance_buffer, account) == buffer
    health = (sum(values) - maintenance) * WAD // debt
    assert system.read(system.core.health_factor, account) == health
    ratio = WAD - -(-debt * WAD // sum(values))
    assert system.read(system.core.margin_ratio, account) == ratio
    # The middle asset leaves: the others are still counted.
    system.stables(BORROWER, debt)
    system.must(BORROWER, system.core.repay, account, debt)
    bitcoin = system.token(1)
    system.must(BORROWER, system.core.withdraw, account, bitcoin, 50_000_001, BORROWER)
    assert system.read(system.core.position, account)[0] == values[0] + values[2]
    system.price(1, 0, valid=False)
    assert system.read(system.core.position, account)[5] is True


def test_views__no_debt_and_no_value() -> None:
    system = System()
    account = system.account(BORROWER, [], 0)
    assert system.read(system.core.health_factor, account) == MAX_UINT256
    assert system.read(system.core.margin_ratio, account) == 0
    assert system.read(system.core.status, account) == 1
    assert system.read(system.core.position, account) == (0, 0, 0, 0, 0, True)


def test_margin_ratio__negative__toward_minus_infinity() -> None:
    """V 7,000, D 12,000: -5,000/7,000 = -0.714285...; and health is 5,600/12,000."""
    system, account = levered()
    system.price(0, 700 * WAD)
    assert system.read(system.core.margin_ratio, account) == -(5 * WAD // 7) - 1
    assert system.read(system.core.health_factor, account) == 5_600 * WAD // 12_000
    assert system.read(system.core.equity, account) == -5_000 * WAD
    assert system.read(system.core.maintenance_buffer, account) == -6_400 * WAD


def test_borrow__limit_is_the_accounts_not_the_callers() -> None:
    system = System()
    account = system.account(BORROWER, [10 * WAD], 0)
    second = system.account(BORROWER, [WAD], 0)
    system.must(OWNER, system.core.set_account_limit, second, 500 * WAD)
    assert system.read(system.core.max_borrow, account) == 14_000 * WAD
    assert system.read(system.core.max_borrow, second) == 500 * WAD
    assert LIQUIDATOR != BORROWER
