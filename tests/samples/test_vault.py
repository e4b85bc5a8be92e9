"""The sample vault; figures worked out beside each test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sim.protocol.abi import Contract
from sim.units import MAX_UINT256, WAD
from tests.samples.market import LIQUIDATOR, OWNER, PERCENT, RICH, STRANGER, Market

OPEN, KEEP = 150 * PERCENT, 125 * PERCENT
BONUS, LEAST, FEE = 10 * PERCENT, PERCENT, PERCENT


class Vault(Market):
    def __init__(self, decimals: int = 18) -> None:
        super().__init__("StableToken", [decimals])
        self.vault: Contract = self.create(
            "Vault",
            *(part.address for part in (self.stable, self.tokens[0], self.feed)),
            [OPEN, KEEP],
            [BONUS, LEAST],
            FEE,
            100 * WAD,
            10_000 * WAD,
        )
        self.settle(self.vault)
        self.price(100)

    def position(self) -> tuple[int, int]:
        collateral, debt, *_ = self.read(self.vault.position_of, OWNER)
        return collateral, debt

    def backed(self) -> bool:
        """What people hold is what they began with, what is owed and what was lost."""
        owed = self.read(self.vault.total_debt) + self.read(self.vault.bad_debt)
        return bool(self.read(self.stable.totalSupply) == 4 * RICH + owed)


@pytest.fixture
def world() -> Iterator[Vault]:
    """30 of collateral at 100 owe 2,000: a ratio of exactly 1.5."""
    world = Vault()
    with world.engine:
        world.must(OWNER, world.vault.deposit, OWNER, 30 * WAD)
        world.must(OWNER, world.vault.borrow, 2_000 * WAD, OWNER)
        yield world


def test_borrow__at_the_open_ratio__no_unit_more(world: Vault) -> None:
    assert world.position() == (30 * WAD, 2_000 * WAD)
    assert world.held(world.stable, OWNER) == RICH + 2_000 * WAD
    world.refuses("vault: below the open ratio", OWNER, world.vault.borrow, 1, OWNER)
    world.refuses("vault: below the open ratio", OWNER, world.vault.withdraw, 1, OWNER)
    assert world.backed()


def test_borrow__little_or_too_much__is_refused(world: Vault) -> None:
    vault = world.vault
    world.must(STRANGER, vault.deposit, STRANGER, 10_000 * WAD)
    low, high = 100 * WAD - 1, 8_000 * WAD + 1
    world.refuses("vault: below minimum debt", STRANGER, vault.borrow, low, STRANGER)
    world.refuses("vault: debt ceiling", STRANGER, vault.borrow, high, STRANGER)
    world.refuses("vault: amount", STRANGER, vault.borrow, 0, STRANGER)
    world.must(STRANGER, vault.borrow, 8_000 * WAD, STRANGER)


def test_repay__by_anyone__at_most_the_debt(world: Vault) -> None:
    world.must(STRANGER, world.vault.repay, OWNER, 500 * WAD)
    assert world.position() == (30 * WAD, 1_500 * WAD)
    world.must(STRANGER, world.vault.repay, OWNER, MAX_UINT256)
    assert world.position() == (30 * WAD, 0)
    assert world.held(world.stable, STRANGER) == RICH - 2_000 * WAD
    world.refuses("vault: amount", STRANGER, world.vault.repay, OWNER, 1)
    world.must(OWNER, world.vault.withdraw, 30 * WAD, OWNER)
    assert world.backed()


def test_prices__not_valid__stop_all_but_deposit_and_repay(world: Vault) -> None:
    vault, reason = world.vault, "vault: price not valid"
    world.price(50, valid=False)
    world.refuses(reason, OWNER, vault.borrow, 1, OWNER)
    world.refuses(reason, OWNER, vault.withdraw, 1, OWNER)
    world.refuses(reason, LIQUIDATOR, vault.liquidate, OWNER, 0, LIQUIDATOR)
    world.refuses(reason, LIQUIDATOR, vault.redeem, OWNER, WAD, 0, LIQUIDATOR)
    assert world.read(vault.preview_liquidate, OWNER)[0] is False
    world.must(STRANGER, vault.deposit, OWNER, WAD)
    world.must(STRANGER, vault.repay, OWNER, WAD)


def test_liquidate__at_the_ratio_to_keep__not_until_below(world: Vault) -> None:
    """1.25 · 2,000 / 30 = 83.33…"""
    world.price(83.333334)
    world.refuses(
        "vault: not liquidatable", LIQUIDATOR, world.vault.liquidate, OWNER, 0, LIQUIDATOR
    )
    world.price(83.333333)
    world.must(LIQUIDATOR, world.vault.liquidate, OWNER, 0, LIQUIDATOR)


@pytest.mark.parametrize(
    ("price", "repaid", "seized", "bad"),
    [
        (80, 2_000 * WAD, 2_200 * WAD // 80, 0),
        # 30 · 71 = 2,130: the bonus is what is there above the debt, 6.5 %.
        (71, 2_000 * WAD, 30 * WAD, 0),
        # 30 · 60 = 1,800: 1,800 / 1.01 is paid, the rest is bad debt.
        (60, -(-1_800 * WAD * 100 // 101), 30 * WAD, 2_000 * WAD + (-1_800 * WAD * 100 // 101)),
    ],
    ids=["bonus", "bonus gives way", "insolvent"],
)
def test_liquidate__whole__pays_what_the_collateral_bears(
    world: Vault, price: int, repaid: int, seized: int, bad: int
) -> None:
    world.price(price)
    shown = world.read(world.vault.preview_liquidate, OWNER)
    assert shown[:3] == (True, repaid, seized)
    world.must(LIQUIDATOR, world.vault.liquidate, OWNER, seized, LIQUIDATOR)
    assert world.position() == (30 * WAD - seized, 0)
    assert world.held(world.stable, LIQUIDATOR) == RICH - repaid
    assert world.held(world.tokens[0], LIQUIDATOR) == RICH + seized
    assert world.read(world.vault.bad_debt) == bad
    assert world.backed()


def test_liquidate__less_than_asked_for__is_refused(world: Vault) -> None:
    world.price(80)
    least = 2_200 * WAD // 80 + 1
    world.refuses(
        "vault: below min_seize", LIQUIDATOR, world.vault.liquidate, OWNER, least, LIQUIDATOR
    )


def test_liquidate__what_is_left__is_the_owners(world: Vault) -> None:
    world.price(80)
    world.must(LIQUIDATOR, world.vault.liquidate, OWNER, 0, LIQUIDATOR)
    world.must(OWNER, world.vault.withdraw, 30 * WAD - 2_200 * WAD // 80, OWNER)
    assert world.held(world.tokens[0], world.vault.address) == 0


def test_redeem__between_the_ratios__at_face_value_less_the_fee(world: Vault) -> None:
    """At 90 the ratio is 1.35. 900 buy 891 / 90 = 9.9."""
    world.price(90)
    world.must(STRANGER, world.vault.redeem, OWNER, 900 * WAD, 99 * WAD // 10, STRANGER)
    assert world.position() == (30 * WAD - 99 * WAD // 10, 1_100 * WAD)
    assert world.held(world.stable, STRANGER) == RICH - 900 * WAD
    assert world.backed()


def test_redeem__raises_the_ratio(world: Vault) -> None:
    world.price(90)
    world.must(STRANGER, world.vault.redeem, OWNER, 900 * WAD, 0, STRANGER)
    collateral, debt = world.position()
    assert collateral * 2_000 * WAD > 30 * WAD * debt


@pytest.mark.parametrize(
    ("price", "amount", "reason"),
    [
        (100, 900, "vault: safe"),
        (83, 900, "vault: liquidatable"),
        (90, 1_950, "vault: below minimum debt"),
        (90, 0, "vault: amount"),
    ],
)
def test_redeem__elsewhere__is_refused(world: Vault, price: int, amount: int, reason: str) -> None:
    world.price(price)
    world.refuses(reason, STRANGER, world.vault.redeem, OWNER, amount * WAD, 0, STRANGER)


def test_redeem__whole__leaves_collateral_without_debt(world: Vault) -> None:
    world.price(90)
    world.must(STRANGER, world.vault.redeem, OWNER, MAX_UINT256, 0, STRANGER)
    assert world.position() == (30 * WAD - 1_980 * WAD // 90, 0)


def test_other_decimals__same_sums() -> None:
    world = Vault(decimals=8)
    with world.engine:
        world.must(OWNER, world.vault.deposit, OWNER, 30 * 10**8)
        world.must(OWNER, world.vault.borrow, 2_000 * WAD, OWNER)
        world.refuses("vault: below the open ratio", OWNER, world.vault.borrow, 1, OWNER)
        world.price(80)
        world.must(LIQUIDATOR, world.vault.liquidate, OWNER, 0, LIQUIDATOR)
        assert world.position() == (30 * 10**8 - 2_200 * 10**8 // 80, 0)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("vault: ratios", {3: [KEEP, KEEP]}),
        ("vault: ratios", {3: [OPEN, WAD + BONUS]}),
        ("vault: bonuses", {4: [LEAST, BONUS]}),
        ("vault: redemption fee", {5: WAD}),
        ("vault: debt ceiling", {7: 2**127}),
        ("vault: more than 18 decimals", {}),
    ],
)
def test_constructor__terms_that_cannot_hold__are_refused(
    name: str, change: dict[int, Any]
) -> None:
    from sim.errors import ContractError

    world = Market("StableToken", [24 if "decimals" in name else 18])
    with world.engine:
        parts = [part.address for part in (world.stable, world.tokens[0], world.feed)]
        terms = [*parts, [OPEN, KEEP], [BONUS, LEAST], FEE, 100 * WAD, 10_000 * WAD]
        for place, value in change.items():
            terms[place] = value
        with pytest.raises(ContractError, match=f"constructor of Vault reverts: {name}"):
            world.create("Vault", *terms)
