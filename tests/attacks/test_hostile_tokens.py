"""Collateral that takes a fee, returns nothing, returns False or refuses to move."""

from __future__ import annotations

import pytest

from sim.units import MAX_UINT256, WAD
from tests.vectors.system import BITCOIN, BORROWER, ETHER, LIQUIDATOR, OWNER, STRANGER, System


def blocking(**terms: object) -> tuple[System, int]:
    """Ether and a little of another asset, both of which anyone may block; 12,000 owed."""
    system = System(
        assets=(ETHER, BITCOIN), prices=(2_000 * WAD, 20_000 * WAD), token="BlockingToken",
        grace=0, **terms,
    )  # fmt: skip
    account = system.account(BORROWER, [10 * WAD, 10**6], 12_000 * WAD)
    system.stables(LIQUIDATOR, 10**6 * WAD)
    return system, account


def test_fee_token__is_credited_as_it_arrives() -> None:
    """Guard: a deposit is what the balance rose by. Else the first to leave is paid from what
    the last put in."""
    system = System(token="FeeToken")
    first = system.account(BORROWER, [100 * WAD], 0)
    last = system.account(STRANGER, [100 * WAD], 0)
    assert system.collateral_of(first) == system.collateral_of(last) == 99 * WAD
    for owner, account in ((BORROWER, first), (STRANGER, last)):
        held = system.collateral_of(account)
        system.must(owner, system.core.withdraw, account, system.token(), held, owner)
    assert system.balance(system.tokens[0], system.core.address) == 0


def test_fee_token__does_not_eat_a_pool() -> None:
    """Guard: a swap is of what arrived."""
    system = System(token="FeeToken")
    token = system.tokens[0]
    pool = system.create("AmmPool", token.address, system.stable.address, 0)
    system.stables(OWNER, 10**6 * WAD)
    system.collateral(OWNER, 0, 2_000 * WAD)
    for paid in (token, system.stable):
        system.must(OWNER, paid.approve, pool.address, MAX_UINT256)
    system.must(OWNER, pool.add_liquidity, 1_000 * WAD, 10**6 * WAD, 0, OWNER)
    for _ in range(5):
        before = system.read(pool.reserves)
        system.must(OWNER, pool.swap, token.address, 100 * WAD, 0, OWNER)
        x, y = system.read(pool.reserves)
        assert x * y >= before[0] * before[1]
        assert x <= system.balance(token, pool.address)


def test_no_return_token__lives_a_whole_life() -> None:
    """Guard: `default_return_value`. Else what came in could never leave, nor be liquidated."""
    system = System(token="NoReturnToken", grace=0)
    account = system.account(BORROWER, [10 * WAD], 12_000 * WAD)
    system.stables(LIQUIDATOR, 10**6 * WAD)
    system.must(BORROWER, system.core.withdraw, account, system.token(), WAD // 10, BORROWER)
    system.price(0, 1_400 * WAD)
    assert system.liquidate(account, 1_000 * WAD).ok
    assert system.balance(system.tokens[0], LIQUIDATOR) > 0


@pytest.mark.parametrize("returns_false", [False, True])
def test_transfer_that_fails__takes_nothing_from_the_account(returns_false: bool) -> None:
    """Guard: the answer of a transfer is looked at. Else the account is debited, the debt of a
    liquidation paid, and the collateral stays where nobody can reach it."""
    system, account = blocking()
    token = system.tokens[0]
    system.must(STRANGER, token.return_false, returns_false)
    reason = "token: transfer failed"
    withdraw = system.core.withdraw
    system.must(STRANGER, token.block, BORROWER, True)
    system.refuses(reason, BORROWER, withdraw, account, token.address, WAD // 10, BORROWER)
    system.price(0, 1_400 * WAD)
    system.must(STRANGER, token.block, LIQUIDATOR, True)
    outcome = system.liquidate(account, 1_000 * WAD)
    assert outcome.reason == reason
    assert system.collateral_of(account) == 10 * WAD
    assert system.debt_of(account) == 12_000 * WAD


@pytest.mark.parametrize("returns_false", [False, True])
def test_deposit_that_does_not_arrive__is_not_credited(returns_false: bool) -> None:
    """Guard: the same, and that nothing received is no deposit."""
    system, account = blocking()
    token = system.tokens[0]
    system.must(STRANGER, token.return_false, returns_false)
    system.must(STRANGER, token.block, system.core.address, True)
    system.collateral(BORROWER, 0, WAD)
    assert not system.send(BORROWER, system.core.deposit, account, token.address, WAD).ok
    assert system.collateral_of(account) == 10 * WAD


def test_a_blocked_token__does_not_shield_the_others() -> None:
    """Guard: a liquidation moves the asset it seizes and no other, while there is value left."""
    system, account = blocking()
    system.must(STRANGER, system.tokens[1].block, system.core.address, True)
    system.price(0, 1_400 * WAD)
    outcome = system.liquidate(account, 10**6 * WAD)
    assert outcome.ok
    assert system.debt_of(account) == 0
    assert system.collateral_of(account, 1) == 10**6


def test_a_blocked_reserve__stops_no_withdrawal_and_no_repayment() -> None:
    """Guard: who pays and who withdraws depends on nobody else's being able to receive."""
    system, account = blocking()
    system.must(STRANGER, system.tokens[0].block, system.reserve.address, True)
    system.must(LIQUIDATOR, system.core.repay, account, MAX_UINT256)
    system.must(BORROWER, system.core.withdraw, account, system.token(), 10 * WAD, BORROWER)


@pytest.mark.parametrize("returns_false", [False, True])
@pytest.mark.parametrize("whom", ["core", "reserve"])
def test_a_token_that_refuses__does_not_stop_the_bad_debt_of_the_others(
    whom: str, returns_false: bool
) -> None:
    """Guard: what the Reserve's token refuses to take waits. Else a pinch of a token that can be
    frozen makes an account that can never be absorbed."""
    system, account = blocking()
    frozen, core = system.tokens[1], system.core
    system.must(STRANGER, frozen.return_false, returns_false)
    system.must(STRANGER, frozen.block, getattr(system, whom).address, True)
    system.price(0, 1_000 * WAD)
    system.must(STRANGER, core.absorb, account)
    assert system.debt_of(account) == 0
    assert system.balance(system.tokens[0], system.reserve.address) == 10 * WAD
    assert system.read(core.unpaid, frozen.address) == 10**6
    system.refuses("token: transfer failed", STRANGER, core.pay_reserve, frozen.address)
    assert system.read(core.unpaid, frozen.address) == 10**6
    # It is the Reserve's, and anyone may send it there once the token lets it go.
    system.must(STRANGER, frozen.block, getattr(system, whom).address, False)
    system.must(STRANGER, core.pay_reserve, frozen.address)
    assert system.balance(frozen, system.reserve.address) == 10**6
    assert system.read(core.unpaid, frozen.address) == 0
    system.refuses("amount: zero", STRANGER, core.pay_reserve, frozen.address)


def test_a_blocked_reserve__stops_no_liquidation() -> None:
    """Guard: the same, of the Reserve's share of a penalty."""
    system, account = blocking()
    token = system.tokens[0]
    system.must(STRANGER, token.block, system.reserve.address, True)
    system.price(0, 1_450 * WAD)
    cuts = [
        system.liquidate(account, 100 * WAD).event("Liquidated")["reserve_cut"] for _ in range(2)
    ]
    assert system.read(system.core.unpaid, token.address) == sum(cuts) > 0
    held = system.balance(token, system.core.address)
    assert held == system.collateral_of(account) + sum(cuts)
    # What waits is no one's collateral, so nobody can withdraw it.
    system.must(LIQUIDATOR, system.core.repay, account, MAX_UINT256)
    left = system.collateral_of(account)
    system.must(BORROWER, system.core.withdraw, account, token.address, left, BORROWER)
    assert system.balance(token, system.core.address) == sum(cuts)


def test_a_token_that_moves_and_says_it_did_not__is_not_paid_twice() -> None:
    """Guard: what waits for the Reserve is paid out of what no account owns. Else a token that
    answers False once it has moved gives the Reserve what the others deposited."""
    system, account = blocking()
    token, core = system.tokens[0], system.core
    owner_of_rest = system.account(STRANGER, [10 * WAD, 0], 0)
    system.must(STRANGER, token.return_false, True)
    system.must(STRANGER, token.lie, True)
    system.must(STRANGER, token.block, system.reserve.address, True)
    system.price(0, 1_450 * WAD)
    cut = system.liquidate(account, 100 * WAD).event("Liquidated")["reserve_cut"]
    assert system.balance(token, system.reserve.address) == cut > 0
    assert system.read(core.unpaid, token.address) == cut
    system.must(STRANGER, token.block, system.reserve.address, False)
    system.refuses("amount: zero", STRANGER, core.pay_reserve, token.address)
    owned = system.collateral_of(account) + system.collateral_of(owner_of_rest)
    assert system.balance(token, core.address) == owned
    # What waits is paid as far as it is there.
    system.collateral(STRANGER, 0, cut // 2)
    system.must(STRANGER, token.transfer, core.address, cut // 2)
    system.must(STRANGER, core.pay_reserve, token.address)
    assert system.balance(token, core.address) == owned
    assert system.read(core.unpaid, token.address) == cut - cut // 2
