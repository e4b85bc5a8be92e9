"""The sample lending pool; figures worked out beside each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sim.errors import ContractError
from sim.protocol.abi import Contract
from sim.protocol.names import DEPLOYER
from sim.units import MAX_UINT256, RAY, WAD, YEAR
from tests.samples.market import LENDER, LIQUIDATOR, OWNER, PERCENT, RICH, STRANGER, Market

BONUS, LEAST = 10 * PERCENT, PERCENT
LENT = 10_000 * WAD
FREE = (0, 0, 0, WAD // 2)


class Pool(Market):
    """Two collaterals that keep 30 and 20 % of equity; half of a debt may be repaid."""

    def __init__(self, rate: tuple[int, ...] = FREE) -> None:
        super().__init__("MockToken", [18, 8])
        self.rate = self.create("KinkedRate", *rate)
        self.pool: Contract = self.create(
            "LendingPool",
            *(part.address for part in (self.stable, self.feed, self.rate)),
            [token.address for token in self.tokens],
            [30 * PERCENT] * 2,
            [20 * PERCENT] * 2,
            (WAD // 2, 95 * PERCENT, BONUS, LEAST, 100 * WAD, 10 * WAD),
        )
        self.settle(self.pool)
        self.price(100)
        self.price(1_000, asset=1)
        self.must(LENDER, self.pool.supply, LENT)

    def debt(self) -> int:
        return int(self.read(self.pool.position_of, OWNER)[1])

    def claim(self) -> int:
        return int(self.read(self.pool.supplied_by, LENDER))

    def books(self) -> tuple[int, int]:
        """Cash that is there, and cash that the pool says it has."""
        return self.held(self.stable, self.pool.address), self.read(self.pool.cash)

    def liquidate(self, repay: int, asset: int = 0) -> None:
        token = self.tokens[asset].address
        self.must(LIQUIDATOR, self.pool.liquidate, OWNER, token, repay, 0, LIQUIDATOR)

    def refuses_liquidation(self, reason: str, repay: int, asset: int = 0) -> None:
        token, to = self.tokens[asset].address, LIQUIDATOR
        self.refuses(reason, LIQUIDATOR, self.pool.liquidate, OWNER, token, repay, 0, to)


@pytest.fixture
def world() -> Iterator[Pool]:
    """30 of collateral at 100 owe 2,100: what 30 % of equity allows."""
    world = Pool()
    with world.engine:
        token = world.tokens[0].address
        world.must(OWNER, world.pool.deposit, OWNER, token, 30 * WAD)
        world.must(OWNER, world.pool.borrow, 2_100 * WAD, OWNER)
        yield world


def test_borrow__to_the_initial_requirement__no_unit_more(world: Pool) -> None:
    reason, token = "pool: below initial requirement", world.tokens[0].address
    world.refuses(reason, OWNER, world.pool.borrow, 1, OWNER)
    world.refuses(reason, OWNER, world.pool.withdraw, token, 1, OWNER)
    assert world.books() == (LENT - 2_100 * WAD,) * 2
    assert world.claim() == LENT


def test_borrow__more_than_is_there__is_refused(world: Pool) -> None:
    btc = world.tokens[1].address
    world.must(OWNER, world.pool.deposit, OWNER, btc, 1_000 * 10**8)
    more = LENT - 2_100 * WAD + 1
    world.refuses("pool: not enough cash", OWNER, world.pool.borrow, more, OWNER)
    world.must(OWNER, world.pool.borrow, more - 1, OWNER)
    world.refuses("pool: not enough cash", LENDER, world.pool.recall, 1, LENDER)


def test_borrow__little__is_refused(world: Pool) -> None:
    world.must(STRANGER, world.pool.deposit, STRANGER, world.tokens[1].address, 10**8)
    world.refuses("pool: below minimum debt", STRANGER, world.pool.borrow, 100 * WAD - 1, STRANGER)


def test_two_collaterals__count_together(world: Pool) -> None:
    """0.1 at 1,000 allow 70 more."""
    world.must(STRANGER, world.pool.deposit, OWNER, world.tokens[1].address, 10**7)
    world.must(OWNER, world.pool.borrow, 70 * WAD, OWNER)
    world.refuses("pool: below initial requirement", OWNER, world.pool.borrow, 1, OWNER)


def test_repay__by_anyone__at_most_the_debt(world: Pool) -> None:
    world.must(STRANGER, world.pool.repay, OWNER, MAX_UINT256)
    assert world.debt() == 0
    assert world.held(world.stable, STRANGER) == RICH - 2_100 * WAD
    assert world.books() == (LENT, LENT)


def test_lenders__recall_what_they_lent_and_no_more(world: Pool) -> None:
    there = LENT - 2_100 * WAD
    world.must(LENDER, world.pool.recall, there, LENDER)
    world.refuses("pool: not enough cash", LENDER, world.pool.recall, 1, LENDER)
    world.must(OWNER, world.pool.repay, OWNER, MAX_UINT256)
    world.refuses("pool: amount", LENDER, world.pool.recall, 2_100 * WAD + 1, LENDER)
    world.must(LENDER, world.pool.recall, 2_100 * WAD, LENDER)
    assert world.held(world.stable, LENDER) == RICH


def test_interest__a_year__is_the_lenders() -> None:
    """Utilisation 0.21 of a kink at 0.5: 20 % · 0.21 / 0.5 = 8.4 %."""
    world = Pool((0, 20 * PERCENT, 0, WAD // 2))
    with world.engine:
        world.must(OWNER, world.pool.deposit, OWNER, world.tokens[0].address, 30 * WAD)
        world.must(OWNER, world.pool.borrow, 2_100 * WAD, OWNER)
        world.must(STRANGER, world.pool.supply, 1, after=YEAR)
        debt, index, cash, *_ = world.read(world.pool.totals)
        assert index == RAY * 1_084 // 1_000
        assert debt == 2_100 * WAD * 1_084 // 1_000
        earned = world.claim() - LENT
        assert 0 <= 2_100 * WAD * 84 // 1_000 - earned <= 10**6
        assert cash + debt == LENT + 1 + 2_100 * WAD * 84 // 1_000


def test_interest__of_centuries__can_still_be_repaid_and_recalled() -> None:
    """10,000 % a year, all lent: the index stops rather than stop everything."""
    world = Pool((100 * WAD, 0, 0, WAD // 2))
    with world.engine:
        token = world.tokens[0].address
        world.must(OWNER, world.pool.deposit, OWNER, token, 30 * WAD)
        world.must(OWNER, world.pool.borrow, 2_000 * WAD, OWNER)
        for _ in range(20):
            world.must(STRANGER, world.pool.repay, OWNER, WAD, after=YEAR)
        _, index, *_ = world.read(world.pool.totals)
        assert index == 2**128 - 1
        world.must(STRANGER, world.pool.repay, OWNER, WAD)
        world.liquidate(MAX_UINT256)
        assert world.debt() == 0
        cash = world.read(world.pool.cash)
        assert cash > LENT - 2_000 * WAD
        world.must(LENDER, world.pool.recall, cash // 2, LENDER)


def test_constructor__decimals_that_cannot_be_counted__are_refused() -> None:
    world = Market("MockToken", [24, 6])
    with world.engine:
        fine, six = world.stable.address, world.tokens[1].address
        rate = world.create("KinkedRate", *FREE).address
        terms = (WAD // 2, 95 * PERCENT, BONUS, LEAST, 100 * WAD, 10 * WAD)

        def refuses(asset: bytes, collateral: bytes, reason: str) -> None:
            margins = [[30 * PERCENT], [20 * PERCENT]]
            with pytest.raises(
                ContractError, match=f"constructor of LendingPool reverts: {reason}"
            ):
                world.create(
                    "LendingPool", asset, world.feed.address, rate, [collateral], *margins, terms
                )

        refuses(six, world.tokens[1].address, "pool: asset's decimals")
        refuses(fine, world.tokens[0].address, "pool: more than 18 decimals")


def test_donation__is_nobodys(world: Pool) -> None:
    world.must(STRANGER, world.stable.transfer, world.pool.address, 500 * WAD)
    assert world.claim() == LENT
    assert world.read(world.pool.cash) == LENT - 2_100 * WAD


def test_first_lender__cannot_make_the_next_ones_shares_vanish() -> None:
    """One unit lent, then the price of a share raised as far as a repayment of dust allows."""
    world = Pool()
    with world.engine:
        world.must(LENDER, world.pool.recall, LENT, LENDER)
        world.must(STRANGER, world.pool.supply, 1)
        world.must(STRANGER, world.stable.transfer, world.pool.address, 1_000 * WAD)
        world.must(LENDER, world.pool.supply, LENT)
        assert world.claim() == LENT


def test_liquidate__at_the_maintenance_requirement__not_until_below(world: Pool) -> None:
    """0.8 · 30 · p = 2,100 at 87.5."""
    world.price(87.5)
    world.refuses_liquidation("pool: not liquidatable", MAX_UINT256)
    world.price(87.499999)
    world.liquidate(MAX_UINT256)
    assert world.debt() == 1_050 * WAD


def test_liquidate__close_factor__then_bonus(world: Pool) -> None:
    """At 85 health is 0.971: half of the debt, and 1,155 / 85 of collateral for it."""
    world.price(85)
    world.liquidate(MAX_UINT256)
    assert world.debt() == 1_050 * WAD
    assert world.held(world.tokens[0], LIQUIDATOR) == RICH + 1_155 * WAD // 85
    assert world.books() == (LENT - 1_050 * WAD,) * 2


def test_liquidate__far_gone__all_of_it(world: Pool) -> None:
    """At 83 health is 0.949."""
    world.price(83)
    world.liquidate(MAX_UINT256)
    assert world.debt() == 0
    assert world.claim() == LENT


def test_liquidate__a_part__leaves_the_least_debt(world: Pool) -> None:
    world.price(83)
    world.refuses_liquidation("pool: below minimum debt", 2_001 * WAD)
    world.liquidate(2_000 * WAD)
    assert world.debt() == 100 * WAD


def test_liquidate__insolvent__lenders_bear_what_is_left(world: Pool) -> None:
    """At 60 collateral is 1,800: 1,800 / 1.01 is paid, the rest of 2,100 is lost."""
    world.price(60)
    shown = world.read(world.pool.preview_liquidate, OWNER, world.tokens[0].address, MAX_UINT256)
    paid = -(-1_800 * WAD * 100 // 101)
    assert shown == (True, paid, 30 * WAD, LEAST)
    world.liquidate(MAX_UINT256)
    lost = 2_100 * WAD - paid
    assert world.debt() == 0
    assert world.read(world.pool.lost) == lost
    assert 0 <= LENT - lost - world.claim() <= 1
    world.must(LENDER, world.pool.recall, world.claim(), LENDER)


def test_liquidate__collateral_worth_next_to_nothing__is_no_reason_to_wait(world: Pool) -> None:
    """A stranger's dust of another collateral does not keep the debt on the books."""
    world.must(STRANGER, world.pool.deposit, OWNER, world.tokens[1].address, 9 * 10**5)
    world.price(60)
    world.liquidate(MAX_UINT256)
    assert world.debt() == 0
    assert world.read(world.pool.lost) > 0


def test_liquidate__other_collateral_left__keeps_the_debt_on_the_books(world: Pool) -> None:
    world.must(STRANGER, world.pool.deposit, OWNER, world.tokens[1].address, 10**7)
    world.price(60)
    world.liquidate(MAX_UINT256)
    assert world.debt() > 0
    assert world.read(world.pool.lost) == 0
    world.liquidate(MAX_UINT256, asset=1)
    assert world.debt() == 0
    assert world.read(world.pool.lost) > 0


def test_liquidate__asset_not_held_or_unknown__is_refused(world: Pool) -> None:
    world.price(60)
    world.refuses_liquidation("pool: amount", MAX_UINT256, asset=1)
    stable, to = world.stable.address, LIQUIDATOR
    world.refuses(
        "pool: not a collateral", LIQUIDATOR, world.pool.liquidate, OWNER, stable, WAD, 0, to
    )


def test_prices__not_valid__stop_all_but_deposit_supply_and_repay(world: Pool) -> None:
    token = world.tokens[0].address
    world.price(60, valid=False)
    world.refuses("pool: price not valid", OWNER, world.pool.borrow, 1, OWNER)
    world.refuses("pool: price not valid", OWNER, world.pool.withdraw, token, 1, OWNER)
    world.refuses_liquidation("pool: not liquidatable", MAX_UINT256)
    world.must(STRANGER, world.pool.deposit, OWNER, token, WAD)
    world.must(STRANGER, world.pool.supply, WAD)
    world.must(STRANGER, world.pool.repay, OWNER, WAD)
    world.must(STRANGER, world.pool.recall, WAD, STRANGER)


def test_write_off__little_is_left_that_covers_the_debt__is_not_the_lenders_loss(
    world: Pool,
) -> None:
    """Of 108.975 in the one and 9.99 in the other collateral against 108 the first is taken, for
    99.07 and the bonus: the second covers what is left, and is worth less than MIN_LEFT."""
    first, second = (token.address for token in world.tokens)
    world.must(STRANGER, world.pool.deposit, STRANGER, first, 1_453 * WAD // 1_000)
    world.must(STRANGER, world.pool.deposit, STRANGER, second, 999_000)
    world.must(STRANGER, world.pool.borrow, 108 * WAD, STRANGER)
    world.price(75)
    for token in (first, second):
        everything = (STRANGER, token, MAX_UINT256, 0, LIQUIDATOR)
        world.must(LIQUIDATOR, world.pool.liquidate, *everything)
    assert world.read(world.pool.position_of, STRANGER)[1] == 0
    assert world.read(world.pool.lost) == 0


def test_write_off__what_is_left_is_in_doubt__is_not_the_lenders_loss(world: Pool) -> None:
    """9.99 at a last price that is not valid: at a tenfold it covers what is left, and whoever
    lost only the debt would take it out."""
    first, second = (token.address for token in world.tokens)
    world.must(STRANGER, world.pool.deposit, STRANGER, first, 1_453 * WAD // 1_000)
    world.must(STRANGER, world.pool.deposit, STRANGER, second, 999_000)
    world.must(STRANGER, world.pool.borrow, 108 * WAD, STRANGER)
    world.price(1_000, valid=False, asset=1)
    world.price(60)
    world.must(LIQUIDATOR, world.pool.liquidate, STRANGER, first, MAX_UINT256, 0, LIQUIDATOR)
    owed = world.read(world.pool.position_of, STRANGER)[1]
    assert owed > 9 * WAD
    assert world.read(world.pool.lost) == 0
    world.price(2_000, asset=1)
    everything = second, 999_000, STRANGER
    world.refuses("pool: below initial requirement", STRANGER, world.pool.withdraw, *everything)


def test_deposit__a_grain_without_a_price__does_not_shield_a_debt(world: Pool) -> None:
    other = world.tokens[1].address
    world.price(1_000, valid=False, asset=1)
    world.refuses("pool: price not valid", OWNER, world.pool.deposit, OWNER, other, 1)
    world.must(STRANGER, world.pool.deposit, STRANGER, other, 1)  # has no debt
    world.price(80)
    world.liquidate(MAX_UINT256)


def test_liquidate__other_collateral_without_a_valid_price__counts_twice_its_last(
    world: Pool,
) -> None:
    """30 of the one at 80 and twice 100 USD of the other are just 2,100 and a fifth of all: 2,600.
    What has no valid price itself is not taken."""
    world.must(OWNER, world.pool.deposit, OWNER, world.tokens[1].address, 10**7)
    world.price(1_000, valid=False, asset=1)
    world.price(80)
    world.refuses_liquidation("pool: not liquidatable", WAD)
    world.price(79.999999)
    world.refuses_liquidation("pool: amount", WAD, asset=1)
    world.liquidate(WAD)
    world.price(0, valid=True, asset=1)  # it may be worth anything
    world.refuses_liquidation("pool: not liquidatable", WAD)


def test_supply__after_all_was_lost__is_refused_rather_than_locked_in(world: Pool) -> None:
    world.must(LENDER, world.pool.recall, world.read(world.pool.cash), LENDER)
    world.must(DEPLOYER, world.feed.set_price, world.tokens[0].address, 1, True)
    world.liquidate(MAX_UINT256)
    assert world.claim() <= 30
    world.price(100)
    world.refuses("pool: too much", STRANGER, world.pool.supply, LENT)


def test_deposit__more_of_what_is_there__asks_for_no_price(world: Pool) -> None:
    token = world.tokens[0].address
    world.price(100, valid=False)
    world.must(STRANGER, world.pool.deposit, OWNER, token, 1)
