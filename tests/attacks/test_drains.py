"""Everyone against the protocol at a price that does not move: nobody's purse may grow.

Random actions of three people in one coalition; what they hold together, debts taken off,
never rises by more than the rounding of the measure itself.
"""

from __future__ import annotations

from random import Random

import pytest

from sim.units import MAX_UINT256, WAD
from tests.invariants.core_world import Asset
from tests.vectors.system import BORROWER, LIQUIDATOR, OWNER, PERCENT, STRANGER, System
from tests.vectors.test_bad_debt import identity

PEOPLE = (BORROWER, LIQUIDATOR, STRANGER)
RATIOS = (30 * PERCENT, 20 * PERCENT, 15 * PERCENT)
STEEP = (50 * PERCENT, 0, 0, WAD // 2)
SIZES = (1, 2, 3, 1_000, 10**9, WAD // 1_000, WAD, 1_000 * WAD, 10**5 * WAD)


def coalition(system: System) -> int:
    """Tokens, stable and coins, and the accounts, USD in WAD times ten to the 18, exactly."""
    total = 0
    for i, token in enumerate(system.tokens):
        price = system.read(system.feed.price, token.address)[0]
        amount = sum(system.balance(token, person) for person in PEOPLE)
        for account in (1, 2, 3):
            amount += system.collateral_of(account, i)
        total += amount * price * 10 ** (18 - system.assets[i].decimals)
    for person in PEOPLE:
        total += WAD * system.balance(system.stable, person)
        total += WAD * system.balance(system.coin, person) * 10**12
    return total - WAD * sum(system.debt_of(account) for account in (1, 2, 3))


def crowd(decimals: tuple[int, int], price: int, seed: int) -> tuple[System, Random]:
    """Three accounts of two assets, 20,000 each against up to 14,000, then a fall to `price`
    percent, with an old index."""
    assets = tuple(Asset(d, *RATIOS) for d in decimals)
    system = System(
        assets=assets, prices=(2_000 * WAD, 3 * WAD), grace=0, rate=STEEP, min_debt=0,
        min_left=0, min_deposit=0, liquidator_floor=0, full_liquidation_health=0,
    )  # fmt: skip
    rng = Random(seed)
    units = [10**d for d in decimals]
    for person in PEOPLE:
        system.account(person, [5 * units[0], 10_000 * units[1] // 3], 13_000 * WAD)
        system.stables(person, 10**6 * WAD)
        system.must(person, system.stable.approve, system.peg.address, MAX_UINT256)
        system.must(person, system.coin.approve, system.peg.address, MAX_UINT256)
        for i in (0, 1):
            system.collateral(person, i, 10 * units[i])
    system.must(OWNER, system.peg.set_fee, rng.choice([0, 1, WAD // 1_000]))
    system.must(OWNER, system.core.accrue, after=86_400 * 7)
    system.price(0, 20 * price * WAD)
    system.price(1, 3 * price * WAD // 100)
    return system, rng


def act(system: System, rng: Random) -> None:
    account, asset = rng.randint(1, 3), rng.randint(0, 1)
    owner, person = PEOPLE[account - 1], rng.choice(PEOPLE)
    size = rng.choice(SIZES) * rng.randint(1, 9)
    units = rng.choice([1, 2, 7, 10**4, size, size * 10 ** system.assets[asset].decimals // WAD])
    core, token = system.core, system.token(asset)
    calls = {
        "deposit": (core.deposit, account, token, units),
        "withdraw": (core.withdraw, account, token, units, owner),
        "borrow": (core.borrow, account, size, owner),
        "repay": (core.repay, account, size),
        "liquidate": (core.liquidate, account, token, size, 0, person),
        "liquidate again": (core.liquidate, account, token, rng.choice(SIZES), 0, person),
        "mint": (system.peg.mint, units, 0, person),
        "redeem": (system.peg.redeem, size, 0, person),
        "accrue": (core.accrue,),
    }
    name = rng.choice(list(calls))
    method, *arguments = calls[name]
    system.send(owner if name in ("withdraw", "borrow") else person, method, *arguments)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("price", [100, 82, 70])
@pytest.mark.parametrize("decimals", [(18, 6), (8, 0)])
def test_at_a_price_that_stands_still__the_coalition_gains_nothing(
    decimals: tuple[int, int], price: int, seed: int
) -> None:
    """Guard: every rounding is against who acts, in the core and in the PegModule."""
    system, rng = crowd(decimals, price, seed)
    before = coalition(system)
    for _ in range(60):
        act(system, rng)
        now = coalition(system)
        assert now <= before
        assert identity(system) == 0
        before = now
    assert system.read(system.core.bad_debt) == 0


@pytest.mark.parametrize("fee", [0, 1, WAD // 1_000 + 1])
def test_peg__round_trips_in_any_pieces_cost_and_never_pay(fee: int) -> None:
    """Guard: out is floored, and the coins held always back what was minted."""
    system = System()
    system.must(OWNER, system.peg.set_fee, fee)
    system.must(BORROWER, system.coin.mint, BORROWER, 10**12)
    for token in (system.coin, system.stable):
        system.must(BORROWER, token.approve, system.peg.address, MAX_UINT256)
    rng = Random(fee)
    for _ in range(60):
        held = system.balance(system.coin, BORROWER) * 10**12
        held += system.balance(system.stable, BORROWER)
        if rng.random() < 0.5:
            system.send(BORROWER, system.peg.mint, rng.choice([1, 3, 10**6, 123_457]), 0, BORROWER)
        else:
            amount = rng.choice([1, 10**12 - 1, 10**12, 10**12 + 1, 5 * 10**11, 10**18 + 7])
            system.send(BORROWER, system.peg.redeem, amount, 0, BORROWER)
        now = system.balance(system.coin, BORROWER) * 10**12
        now += system.balance(system.stable, BORROWER)
        assert now <= held
        backing = system.balance(system.coin, system.peg.address) * 10**12
        assert backing >= system.read(system.peg.minted)


def test_pool__in_and_out_in_any_pieces_costs_and_never_pays() -> None:
    """Guard: shares are of the lesser of what is paid in; what is paid out is rounded down."""
    system = System()
    pool = system.create("AmmPool", system.token(), system.stable.address, 0)
    for person in (OWNER, BORROWER):
        system.must(person, system.tokens[0].mint, person, 10**6)
        system.stables(person, WAD)
        for token in (system.tokens[0], system.stable):
            system.must(person, token.approve, pool.address, MAX_UINT256)
    system.must(OWNER, pool.add_liquidity, 7_919, 15_101, 0, OWNER)
    rng = Random(1)
    for _ in range(80):
        x, y = system.read(pool.reserves)
        shares = system.read(pool.total_shares)
        kind, size = rng.choice("abcd"), rng.choice([1, 2, 3, 17, 997])
        if kind == "a":
            system.send(BORROWER, pool.add_liquidity, size, size * 3, 0, BORROWER)
        elif kind == "b":
            system.send(BORROWER, pool.remove_liquidity, size, 0, 0, BORROWER)
        else:
            token = system.token() if kind == "c" else system.stable.address
            system.send(BORROWER, pool.swap, token, size, 0, BORROWER)
        after_x, after_y = system.read(pool.reserves)
        # The product of what a share is worth never falls.
        assert after_x * after_y * shares**2 >= x * y * system.read(pool.total_shares) ** 2
