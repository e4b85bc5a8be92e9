"""The parts around the core, each deployed once a file."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from sim.units import MAX_UINT256, WAD

COIN = 10**6
ETH_PRICE = 2000 * WAD


@pytest.fixture(scope="module")
def stable(create, owner):
    """The owner may mint, to set tests up."""
    stable = create("StableToken", owner)
    stable.set_minter(owner, True, sender=owner)
    return stable


@pytest.fixture(scope="module")
def token(create):
    return create("MockToken", "Ether", "ETH", 18)


@pytest.fixture(scope="module")
def coin(create):
    return create("MockToken", "Reserve Coin", "USDR", 6)


@pytest.fixture(scope="module")
def reserve(create, owner, stable):
    return create("Reserve", owner, stable)


@pytest.fixture(scope="module")
def peg(create, owner, stable, coin, trader):
    """Fee 0.1 %, cap a million; the trader holds coins and has approved both ways."""
    peg = create("PegModule", owner, stable, coin, WAD // 1000, 10**6 * WAD)
    stable.set_minter(peg, True, sender=owner)
    coin.mint(trader, 10**7 * COIN, sender=owner)
    coin.approve(peg, MAX_UINT256, sender=trader)
    stable.approve(peg, MAX_UINT256, sender=trader)
    return peg


@pytest.fixture(scope="module")
def new_pool(create, owner, stable, token, provider, trader):
    """Deploys pools with a fee of 0.3 %; provider and trader are rich and approve each."""

    def new_pool():
        pool = create("AmmPool", token, stable, 3 * WAD // 1000)
        for actor in (provider, trader):
            token.mint(actor, 10**6 * WAD, sender=owner)
            stable.mint(actor, 10**10 * WAD, sender=owner)
            token.approve(pool, MAX_UINT256, sender=actor)
            stable.approve(pool, MAX_UINT256, sender=actor)
        return pool

    return new_pool


@pytest.fixture(scope="module")
def empty_pool(new_pool):
    return new_pool()


@pytest.fixture(scope="module")
def pool(new_pool, provider):
    """A thousand ether at 2,000."""
    pool = new_pool()
    pool.add_liquidity(1000 * WAD, 2_000_000 * WAD, 0, provider, sender=provider)
    return pool


@pytest.fixture(scope="module")
def oracle(create, owner, token, reporter, reporter_2, reporter_3):
    """Three reporters, no report; an hour of age, a guard of 20 %, a quorum of two."""
    oracle = create("PriceOracle", owner)
    for each in (reporter, reporter_2, reporter_3):
        oracle.set_reporter(each, True, sender=owner)
    oracle.set_asset(token, 3600, WAD // 5, 2, sender=owner)
    return oracle


@pytest.fixture(scope="module")
def feed(create, owner, token):
    feed = create("MockFeed")
    feed.set_price(token, ETH_PRICE, True, sender=owner)
    return feed


@pytest.fixture(scope="module")
def system(create, owner, stable, token, feed, reserve, pool, borrower):
    """A core with ten ether at 2,000 in account 1, which owes 12,000: threshold at 1,500."""
    margin = create("LinearMargin", [WAD // 4], [WAD // 5], [WAD // 6])
    penalty = create("FixedPenalty", WAD // 20)
    rate = create("KinkedRate", 0, 0, 0, WAD // 2)
    config = (10**12 * WAD, 10**12 * WAD, WAD, WAD, WAD, WAD // 2, WAD * 95 // 100)
    config += (0, 0, 0, 3600, 10**12 * WAD, 86_400, True)
    core = create(
        "CollateralizedDebt",
        stable, feed, reserve, margin, penalty, rate, [token], config, owner,
    )  # fmt: skip
    stable.set_minter(core, True, sender=owner)
    stable.set_flash_cap(10**9 * WAD, sender=owner)
    reserve.set_core(core, sender=owner)
    flash = create("FlashLiquidator", core)

    token.mint(borrower, 10 * WAD, sender=owner)
    token.approve(core, MAX_UINT256, sender=borrower)
    core.open(sender=borrower)
    core.deposit(1, token, 10 * WAD, sender=borrower)
    core.borrow(1, 12_000 * WAD, borrower, sender=borrower)
    return SimpleNamespace(core=core, flash=flash)
