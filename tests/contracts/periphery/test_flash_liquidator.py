"""liquidate and onFlashLoan, on a whole system: see the fixture `system`.

The account owes 12,000 against ten ether and is liquidatable below 1,500; the pool holds a
thousand ether at 2,000; the penalty is 5 %.
"""

import ape
import pytest

from sim.units import MAX_UINT256, WAD
from tests.contracts.periphery.reference import swap_out

FEE = 3 * WAD // 1000
HALF = 6000 * WAD


@pytest.fixture
def fallen(system, feed, token, owner):
    """Ether at 1,490 on the feed, still 2,000 on the pool: selling pays well."""
    feed.set_price(token, 1490 * WAD, True, sender=owner)
    return system


def liquidate(system, token, pool, sender, *, max_repay=HALF, min_profit=0):
    return system.flash.liquidate(1, token, max_repay, pool, min_profit, sender=sender)


def profit_of(system, token, pool, max_repay=HALF):
    """What is left of the sale: by the core's own preview and the pool's formula."""
    plan = system.core.preview_liquidate(1, token, max_repay)
    return swap_out(plan.seized, *pool.reserves(), FEE) - plan.repaid


def test_liquidate__pays_the_caller_with_no_money_of_its_own(
    fallen, token, stable, pool, liquidator
):
    expected = profit_of(fallen, token, pool)
    supply = stable.totalSupply()
    receipt = liquidate(fallen, token, pool, liquidator, min_profit=expected)
    assert stable.balanceOf(liquidator) == expected > 2000 * WAD
    assert fallen.core.debt(1) == 12_000 * WAD - HALF
    assert stable.totalSupply() == supply - HALF  # the flash-minted are gone again
    assert (
        fallen.flash.FlashLiquidated(caller=liquidator, account=1, asset=token, profit=expected)
        in receipt.events
    )


def test_liquidate__returns_the_profit(fallen, token, pool, liquidator):
    arguments = (1, token, HALF, pool, 0)
    profit = fallen.flash.liquidate.call(*arguments, sender=liquidator)
    assert profit == profit_of(fallen, token, pool)


def test_liquidate__keeps_nothing(fallen, token, stable, pool, liquidator):
    liquidate(fallen, token, pool, liquidator)
    assert token.balanceOf(fallen.flash) == stable.balanceOf(fallen.flash) == 0
    assert token.allowance(fallen.flash, pool) == 0


def test_liquidate__unlimited__uses_what_can_be_lent(fallen, token, stable, pool, liquidator):
    expected = profit_of(fallen, token, pool, 12_000 * WAD)
    liquidate(fallen, token, pool, liquidator, max_repay=MAX_UINT256)
    assert stable.balanceOf(liquidator) == expected


def test_liquidate__low_flash_cap__liquidates_less(fallen, token, stable, pool, owner, liquidator):
    stable.set_flash_cap(1000 * WAD, sender=owner)
    liquidate(fallen, token, pool, liquidator, max_repay=MAX_UINT256)
    assert fallen.core.debt(1) == 11_000 * WAD


def test_liquidate__less_than_min_profit__reverts_whole(fallen, token, stable, pool, liquidator):
    expected = profit_of(fallen, token, pool)
    with ape.reverts("flash: less than min_profit"):
        liquidate(fallen, token, pool, liquidator, min_profit=expected + 1)
    assert fallen.core.debt(1) == 12_000 * WAD
    assert stable.balanceOf(liquidator) == 0


def test_liquidate__pool_price_too_low_to_give_back__reverts_whole(
    fallen, token, stable, pool, trader, liquidator
):
    """Liquidators who sell first leave those who come later with a loss."""
    pool.swap(token, 250 * WAD, 0, trader, sender=trader)
    assert profit_of(fallen, token, pool) < 0
    with ape.reverts("erc20: insufficient balance"):
        liquidate(fallen, token, pool, liquidator)
    assert fallen.core.debt(1) == 12_000 * WAD


def test_liquidate__healthy_account__reverts(system, token, pool, liquidator):
    with ape.reverts("margin: not liquidatable"):
        liquidate(system, token, pool, liquidator)


def test_liquidate__flash_mint_off__reverts(fallen, token, stable, pool, owner, liquidator):
    stable.set_flash_cap(0, sender=owner)
    with ape.reverts("amount: zero"):
        liquidate(fallen, token, pool, liquidator)


def test_liquidate__pool_that_takes_and_does_not_pay__reverts(
    fallen, create, token, stable, owner, liquidator
):
    other = create("AmmPool", token, create("MockToken", "T", "T", 18), FEE)
    with ape.reverts("pool: no liquidity"):
        liquidate(fallen, token, other, liquidator)


def test_liquidate__tokens_someone_left__are_the_callers(
    fallen, token, stable, pool, owner, liquidator
):
    expected = profit_of(fallen, token, pool)
    stable.mint(fallen.flash, 7, sender=owner)
    liquidate(fallen, token, pool, liquidator)
    assert stable.balanceOf(liquidator) == expected + 7


def test_on_flash_loan__not_from_the_lender__reverts(system, stable, attacker):
    with ape.reverts("flash: caller is not the lender"):
        system.flash.onFlashLoan(system.flash, stable, 1, 0, b"", sender=attacker)


def test_on_flash_loan__asked_for_by_another__reverts(system, stable, attacker):
    with ape.reverts("flash: not asked for"):
        stable.flashLoan(system.flash, stable, 1, b"", sender=attacker)
