"""Tokens sent by hand to the core, a pool, the Reserve and the flash liquidator."""

from __future__ import annotations

from sim.protocol.abi import Contract
from sim.units import MAX_UINT256, WAD
from tests.vectors.system import LIQUIDATOR, OWNER, STRANGER, System, levered
from tests.vectors.test_bad_debt import identity

from .arena import ATTACKER, flash_loan


def gift(system: System, to: Contract, amount: int = 1_000 * WAD) -> None:
    system.must(STRANGER, system.tokens[0].mint, STRANGER, amount)
    system.must(STRANGER, system.tokens[0].transfer, to.address, amount)


def pooled(system: System, fee: int = 0) -> Contract:
    """A pool of 1,000 ether and two million."""
    pool = system.create("AmmPool", system.token(), system.stable.address, fee)
    system.must(OWNER, system.tokens[0].mint, OWNER, 1_000 * WAD)
    system.stables(OWNER, 2 * 10**6 * WAD)
    for token in (system.tokens[0], system.stable):
        system.must(OWNER, token.approve, pool.address, MAX_UINT256)
    system.must(OWNER, pool.add_liquidity, 1_000 * WAD, 2 * 10**6 * WAD, 0, OWNER)
    return pool


def test_core__a_gift_is_nobodys() -> None:
    """Guard: a deposit is the rise of the balance, not the balance beyond the books."""
    system, account = levered()
    gift(system, system.core)
    mine = system.account(ATTACKER, [1], 0)
    assert system.collateral_of(mine) == 1
    assert system.collateral_of(account) == 10 * WAD
    assert system.read(system.core.deposited, system.token()) == 10 * WAD + 1


def test_pool__a_gift_moves_neither_price_nor_shares() -> None:
    """Guard: the pool counts what was paid in through it, so the first provider cannot make a
    share dear, nor a gift be a swap."""
    system = System()
    pool = pooled(system)
    spot, quote = system.read(pool.spot_price), system.read(pool.quote, system.token(), WAD)
    gift(system, pool)
    assert system.read(pool.spot_price) == spot
    assert system.read(pool.quote, system.token(), WAD) == quote
    # Who comes next cannot carry the gift away.
    system.must(ATTACKER, system.tokens[0].mint, ATTACKER, WAD)
    system.stables(ATTACKER, 2_000 * WAD)
    for token in (system.tokens[0], system.stable):
        system.must(ATTACKER, token.approve, pool.address, MAX_UINT256)
    system.must(ATTACKER, pool.add_liquidity, WAD, 2_000 * WAD, 0, ATTACKER)
    shares = system.read(pool.shares_of, ATTACKER)
    system.must(ATTACKER, pool.remove_liquidity, shares, 0, 0, ATTACKER)
    assert system.balance(system.tokens[0], ATTACKER) <= WAD


def test_pool__the_first_provider_cannot_make_the_seconds_share_worthless() -> None:
    """Guard: the same, and shares that nobody owns. Else a gift larger than the next deposit
    would round its shares to none."""
    system = System()
    pool = system.create("AmmPool", system.token(), system.stable.address, 0)
    for person in (ATTACKER, OWNER):
        system.must(person, system.tokens[0].mint, person, 10**6 * WAD)
        system.stables(person, 10**6 * WAD)
        for token in (system.tokens[0], system.stable):
            system.must(person, token.approve, pool.address, MAX_UINT256)
    system.refuses(
        "pool: too little to start with", ATTACKER, pool.add_liquidity, 1, 1, 0, ATTACKER
    )
    system.must(ATTACKER, pool.add_liquidity, 1_001, 1_001, 0, ATTACKER)
    for token in (system.tokens[0], system.stable):
        system.must(ATTACKER, token.transfer, pool.address, 10**5 * WAD)
    system.must(OWNER, pool.add_liquidity, WAD, WAD, 0, OWNER)
    shares = system.read(pool.shares_of, OWNER)
    system.must(OWNER, pool.remove_liquidity, shares, 0, 0, OWNER)
    assert system.balance(system.tokens[0], OWNER) >= 10**6 * WAD - 1_001


def test_reserve__a_gift_pays_bad_debt_and_leaves_for_nobody_else() -> None:
    """Guard: only the owner spends, and its allowance is the core's alone, which burns."""
    system, account = levered(grace=0)
    system.stables(STRANGER, 500 * WAD)
    system.must(STRANGER, system.stable.transfer, system.reserve.address, 500 * WAD)
    gift(system, system.reserve)
    system.refuses(
        "ownable: caller is not the owner",
        ATTACKER, system.reserve.spend, system.token(), ATTACKER, WAD,
    )  # fmt: skip
    system.refuses(
        "erc20: insufficient allowance",
        ATTACKER, system.stable.transferFrom, system.reserve.address, ATTACKER, 1,
    )  # fmt: skip
    system.refuses("reserve: core is set", OWNER, system.reserve.set_core, ATTACKER)
    system.price(0, 1_000 * WAD)
    system.must(ATTACKER, system.core.absorb, account)
    assert system.read(system.core.bad_debt) == 11_500 * WAD
    assert identity(system) == 0


def test_flash_liquidator__neither_gifts_nor_leftover_allowances_pay_a_thief() -> None:
    """Guard: it answers only loans it asked for. Else a stranger's loan would make it liquidate
    on terms, and into a pool, of the stranger's."""
    system, account = levered(grace=0)
    pool = pooled(system)
    system.must(OWNER, system.stable.set_flash_cap, 10**6 * WAD)
    flash = system.create("FlashLiquidator", system.core.address)
    system.price(0, 1_400 * WAD)
    outcome = flash_loan(system, flash.address, 1_000 * WAD)
    assert outcome.reason == "flash: not asked for"
    system.must(LIQUIDATOR, flash.liquidate, account, system.token(), 1_000 * WAD, pool.address, 0)
    for token in (system.tokens[0], system.stable):
        assert system.balance(token, flash.address) == 0
        system.refuses(
            "erc20: insufficient allowance",
            ATTACKER, token.transferFrom, flash.address, ATTACKER, 1,
        )  # fmt: skip
    assert system.balance(system.stable, LIQUIDATOR) > 10**6 * WAD
    assert system.debt_of(account) < 12_000 * WAD
