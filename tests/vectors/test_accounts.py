"""Accounts: what goes in and out, to the last unit that passes, and what is said of it."""

from __future__ import annotations

import pytest

from sim.units import WAD

from .system import (
    BITCOIN,
    BORROWER,
    ETHER,
    GUARDIAN,
    OWNER,
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


def test_deposit__stranger__worth_is_rounded_down(system: System) -> None:
    """A hundredth at one wei above 2,000 is worth 20 USD and a hundredth of a wei."""
    account = system.account(BORROWER, [], 0)
    system.collateral(STRANGER, 0, WAD)
    system.price(0, 2_000 * WAD + 1)
    arguments = (account, system.token(), WAD // 100)
    system.configure(min_deposit=20 * WAD + 1)
    system.refuses("limit: below minimum deposit", STRANGER, system.core.deposit, *arguments)
    system.configure(min_deposit=20 * WAD)
    system.must(STRANGER, system.core.deposit, *arguments)


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
