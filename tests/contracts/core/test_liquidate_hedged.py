"""liquidate under ScenarioMargin: seizing one leg of a hedge may raise the requirement."""

import ape
import pytest
from core_system import BTC, ETH, PERCENT, USD, WAD

HEDGED = (
    "ScenarioMargin",
    [20 * PERCENT, 20 * PERCENT],  # range of each
    [WAD, -WAD],  # they move with the market and against it
    50 * PERCENT,  # floor share of the linear answer
    150 * PERCENT,  # initial over maintenance
    90 * PERCENT,  # close-out over maintenance
)


@pytest.fixture
def hedged(build, create, borrower, liquidator):
    """Ten ether and a bitcoin that moves against it, 20,000 each: their losses cancel, so the
    floor of half the linear answer binds. I 6,000, M 4,000, X 3,600; 34,000 owed."""
    system = build(grace=0, margin=HEDGED)
    system.price(system.btc, 20_000 * WAD)
    account = system.account(borrower, system.eth, 10 * ETH)
    system.give(borrower, system.btc, BTC)
    system.core.deposit(account, system.btc, BTC, sender=borrower)
    system.core.borrow(account, 34_000 * USD, borrower, sender=borrower)
    system.give_stable(liquidator, 100_000 * USD)
    # Down 5.6 %: value 37,760, E 3,760, M 3,776.
    system.price(system.eth, 1_888 * WAD)
    system.price(system.btc, 18_880 * WAD)
    assert account == 1
    return system


def test_hedged__needs_half_of_the_linear_requirement(hedged):
    p = hedged.core.position(1)
    assert (p.collateral, p.maintenance) == (37_760 * WAD, 3_776 * WAD)
    assert p.initial == 5_664 * WAD


def test_hedged__a_part_of_one_leg__raises_the_buffer(hedged, liquidator):
    """10,000 repaid take 10,800 of ether: M falls to a tenth of 26,960, E by 800."""
    core = hedged.core
    core.liquidate(1, hedged.eth, 10_000 * USD, 0, liquidator, sender=liquidator)
    assert core.maintenance_buffer(1) // WAD == 3_760 - 800 - 2_696
    assert core.status(1) == 1


def test_hedged__most_of_one_leg__reverts(hedged, liquidator):
    """17,000 repaid would leave 520 of ether against 18,880 of bitcoin: M 3,672, E 2,400."""
    core = hedged.core
    assert not core.preview_liquidate(1, hedged.eth, 17_000 * USD).allowed
    with ape.reverts("liquidation: lowers the buffer"):
        core.liquidate(1, hedged.eth, 17_000 * USD, 0, liquidator, sender=liquidator)


def test_hedged__most_of_one_leg_of_an_insolvent_account__passes(hedged, liquidator):
    """V < D: what matters now is that it is taken."""
    hedged.price(hedged.eth, 1_690 * WAD)
    hedged.price(hedged.btc, 16_900 * WAD)
    core = hedged.core
    core.liquidate(1, hedged.eth, 17_000 * USD, 0, liquidator, sender=liquidator)
    assert core.collateral_of(1, hedged.eth) == 0
    assert core.debt(1) == 34_000 * USD - -(-16_900 * USD * 100 // 101)


def test_hedged__a_leg_that_comes_off_doubles_the_requirement(hedged):
    """Half of the value, and as much as both legs needed together."""
    hedged.price(hedged.btc, 1)
    p = hedged.core.position(1)
    assert (p.collateral, p.maintenance) == (18_880 * WAD + 1, 3_776 * WAD)
