"""Accounts made so large, so small or so mixed that nobody can afford to end them."""

from __future__ import annotations

import pytest

from sim.chain.engine import BLOCK_GAS_LIMIT
from sim.units import MAX_UINT256, WAD
from tests.vectors.system import (
    BORROWER,
    ETHER,
    LIQUIDATOR,
    OWNER,
    PERCENT,
    STRANGER,
    System,
    levered,
    number,
)  # fmt: skip
from tests.vectors.test_bad_debt import identity

from .arena import second_core

ALL = 8
LIQUIDATABLE = 4


def mixed() -> tuple[System, int]:
    """12,000 owed against 2,500 of each of eight assets."""
    system = System(assets=(ETHER,) * ALL, prices=(2_000 * WAD,) * ALL, grace=0)
    account = system.account(BORROWER, [10 * WAD // ALL] * ALL, 12_000 * WAD)
    system.stables(LIQUIDATOR, 10**6 * WAD)
    return system, account


def test_eight_assets__cost_a_hundredth_of_a_block_and_can_be_ended_one_by_one() -> None:
    """Guard: there are at most eight assets, and an account is read once. At 1,425 all of the
    debt may be repaid; each asset pays for a part of it until the rest is healthy."""
    system, account = mixed()
    for asset in range(ALL):
        system.price(asset, 1_425 * WAD)
    asset = 0
    while system.read(system.core.status, account) == LIQUIDATABLE:
        outcome = system.liquidate(account, MAX_UINT256, asset=asset)
        assert outcome.ok
        assert outcome.gas < BLOCK_GAS_LIMIT // 100
        asset += 1
    assert 0 < asset < ALL
    assert system.read(system.core.maintenance_buffer, account) >= 0


def test_eight_assets_under_water__are_absorbed_at_once() -> None:
    """Guard: the same; two transfers an asset would be too many, one is not."""
    system, account = mixed()
    for asset in range(ALL):
        system.price(asset, 1_000 * WAD)
    outcome = system.send(STRANGER, system.core.absorb, account)
    assert outcome.gas < BLOCK_GAS_LIMIT // 50
    assert system.debt_of(account) == 0
    assert identity(system) == 0


@pytest.mark.parametrize("amount", [2**127, 2**128 - 1])
def test_as_much_as_may_be_held__is_valued_and_liquidated(amount: int) -> None:
    """Guard: amounts stay below 2**128, so that no product passes 2**256. Else a borrower
    could deposit until every look at the account reverts."""
    system = System(grace=0, prices=(WAD,))
    account = system.account(BORROWER, [amount], 10_000 * WAD)
    system.collateral(BORROWER, 0, 2)
    if amount == 2**128 - 1:
        system.refuses(
            "limit: deposit cap", BORROWER, system.core.deposit, account, system.token(), 1
        )
    system.price(0, 2**128 - 1)
    value = system.read(system.core.position, account)[0]
    assert value == amount * (2**128 - 1) // WAD
    system.price(0, 1)
    system.stables(LIQUIDATOR, 10**5 * WAD)
    system.configure(debt_ceiling=2**127 - 1)
    if system.read(system.core.status, account) == LIQUIDATABLE:
        assert system.liquidate(account, MAX_UINT256).ok
        assert system.debt_of(account) == 0


def test_a_price_beyond_all__locks_nobody() -> None:
    """Guard: a pool's price is no larger than a reporter's. Else who buys a small pool empty
    makes every product overflow, and with it each repayment of a called account."""
    margin = ("ScenarioMargin", [40 * PERCENT], [WAD], WAD, 130 * PERCENT, 90 * PERCENT)
    system = System(margin=margin, debt_ceiling=10**9 * WAD)
    pool = system.create("AmmPool", system.token(), system.stable.address, 0)
    core = second_core(system, system.create("PoolOracle", [pool.address], 0))
    system.stables(LIQUIDATOR, 10**9 * WAD)
    system.must(LIQUIDATOR, system.tokens[0].mint, LIQUIDATOR, 10**6 * WAD + 2_000)
    for token in (system.tokens[0], system.stable):
        for spender in (pool, core):
            system.must(LIQUIDATOR, token.approve, spender.address, MAX_UINT256)
    system.must(LIQUIDATOR, pool.add_liquidity, 2_000, 2_000 * 2_000, 0, LIQUIDATOR)
    system.must(LIQUIDATOR, core.open)
    system.must(LIQUIDATOR, core.deposit, 1, system.token(), 10**6 * WAD)
    system.must(LIQUIDATOR, core.borrow, 1, 1_000 * WAD, LIQUIDATOR)
    system.must(LIQUIDATOR, pool.swap, system.stable.address, 10**8 * WAD, 0, LIQUIDATOR)
    value, *_, valid = system.read(core.position, 1)
    assert (value, valid) == ((2**88 - 1) * 10**6, False)
    system.must(LIQUIDATOR, core.repay, 1, MAX_UINT256)


def test_a_called_account__is_no_way_past_the_largest_amount() -> None:
    """Guard: the cap that does not bind a called account is not the largest amount. At a price of
    next to nothing not even that much is enough to borrow against."""
    system, account = levered()
    system.price(0, 1_450 * WAD)
    system.must(STRANGER, system.core.margin_call, account)
    system.price(0, 1)
    system.collateral(BORROWER, 0, 2**128)
    system.must(OWNER, system.core.set_deposit_cap, system.token(), 10 * WAD)
    deposit, most = system.core.deposit, 2**128 - 1 - 10 * WAD
    system.refuses("limit: deposit cap", BORROWER, deposit, account, system.token(), most + 1)
    system.must(BORROWER, deposit, account, system.token(), most)


def test_a_debt_of_one_unit__can_be_ended() -> None:
    """Guard: a liquidation may leave nothing. Whoever repays all but a unit keeps an account
    below the least debt, and it is liquidated like any other."""
    system, account = levered(grace=0)
    system.must(LIQUIDATOR, system.core.repay, account, 12_000 * WAD - 1)
    held = system.collateral_of(account)
    system.must(BORROWER, system.core.withdraw, account, system.token(), held - 1, BORROWER)
    assert system.debt_of(account) == 1
    system.price(0, 1)
    outcome = system.liquidate(account, 1)
    assert outcome.event("Liquidated")["asset"] == number(system.token())
    assert system.debt_of(account) == 0
    assert identity(system) == 0
