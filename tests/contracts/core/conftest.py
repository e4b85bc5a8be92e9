"""The core, deployed once, with two collaterals of different decimals and no interest.

Where interest matters a test builds its own: ``build(rate=RATE)``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from core_system import (
    BTC_PRICE,
    BTC_RATIOS,
    ETH,
    ETH_PRICE,
    ETH_RATIOS,
    NO_RATE,
    PENALTY,
    USD,
    Config,
    System,
)

from sim.units import MAX_UINT256


@pytest.fixture(scope="session")
def build(create, owner, guardian) -> Callable[..., System]:
    """``build(rate=RATE, grace=0)``: a system of its own; other names are Config fields."""

    def build(
        penalty: tuple[Any, ...] = PENALTY,
        rate: tuple[int, ...] = NO_RATE,
        tokens: tuple[Any, ...] | None = None,
        ratios: tuple[tuple[int, int, int], ...] = (ETH_RATIOS, BTC_RATIOS),
        margin: tuple[Any, ...] = (),
        **config: Any,
    ) -> System:
        stable, feed, coin = (
            create("StableToken", owner),
            create("MockFeed"),
            create("MockToken", "Reserve Coin", "USDR", 6),
        )
        reserve = create("Reserve", owner, stable)
        peg = create("PegModule", owner, stable, coin, 0, MAX_UINT256)
        tokens = tokens or (
            create("MockToken", "Ether", "ETH", 18),
            create("MockToken", "Bitcoin", "BTC", 8),
        )
        margin = margin or ("LinearMargin", *map(list, zip(*ratios, strict=True)))
        models = (create(*margin), create(*penalty), create("KinkedRate", *rate))
        core = create(
            "CollateralizedDebt",
            *(stable, feed, reserve, *models),
            list(tokens),
            Config(**config).values(),
            owner,
        )
        for minter in (core, peg):
            stable.set_minter(minter, True, sender=owner)
        reserve.set_core(core, sender=owner)
        core.set_guardian(guardian, sender=owner)
        for token, price in zip(tokens, (ETH_PRICE, BTC_PRICE), strict=False):
            feed.set_price(token, price, True, sender=owner)
        lens = create("Lens", core)
        return System(core, lens, stable, feed, reserve, peg, coin, *models, tokens, owner)

    return build


@pytest.fixture(scope="session")
def system(build) -> System:
    return build()


@pytest.fixture
def core(system):
    return system.core


@pytest.fixture
def account(system, borrower) -> int:
    """Ten ether, 20,000 USD; no debt."""
    return system.account(borrower, system.eth, 10 * ETH)


@pytest.fixture
def indebted(system, borrower) -> int:
    """Ten ether, 20,000 USD; owes 12,000. E = M at 1,500 an ether, E = X at 1,411.76."""
    return system.account(borrower, system.eth, 10 * ETH, 12_000 * USD)


@pytest.fixture
def rich_liquidator(system, liquidator):
    """A million stable, approved."""
    system.give_stable(liquidator, 1_000_000 * USD)
    return liquidator


@pytest.fixture
def wait(chain) -> Callable[[int], None]:
    """Mine an empty block that many seconds later."""

    def wait(seconds: int) -> None:
        chain.mine(deltatime=seconds)

    return wait


@pytest.fixture
def now(chain) -> Callable[[], int]:
    """Timestamp of the last block."""
    return lambda: int(chain.blocks.head.timestamp)


@pytest.fixture
def at(chain) -> Callable[[int], None]:
    """Give the next block, and with it the next transaction, that timestamp."""

    def at(timestamp: int) -> None:
        chain.pending_timestamp = timestamp

    return at
