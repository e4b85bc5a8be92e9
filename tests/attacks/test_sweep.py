"""What is left swept to the Reserve, an insolvent account absorbed: used against a borrower."""

from __future__ import annotations

import pytest

from sim.units import MAX_UINT256, WAD
from tests.vectors.system import (
    BITCOIN,
    BORROWER,
    ETHER,
    LIQUIDATOR,
    STRANGER,
    System,
    levered,
)


def swept(outcome_events: list[tuple[str, dict[str, int]]]) -> bool:
    return any(name in ("Swept", "BadDebtRealised") for name, _ in outcome_events)


@pytest.mark.parametrize("min_left", [20 * WAD, 8_000 * WAD, 2**96 - 1])
@pytest.mark.parametrize("price", [1_499, 1_425, 1_330, 1_300])
@pytest.mark.parametrize("share", [1, 30, 50, 90, 99, 100])
def test_from_a_solvent_account__nothing_is_ever_swept(
    share: int, price: int, min_left: int
) -> None:
    """Guard: less than min_left counts as none only where it does not cover the debt. Else a
    liquidator could leave just too little and have the rest of the borrower's taken."""
    system, account = levered(grace=0, min_left=min_left, min_debt=0)
    system.price(0, price * WAD)
    outcome = system.liquidate(account, 12_000 * WAD * share // 100)
    assert outcome.ok
    assert not swept(outcome.events)
    assert system.read(system.core.equity, account) >= 0
    assert system.balance(system.tokens[0], system.reserve.address) <= (
        # The Reserve's part of the penalty, and no more.
        10 * WAD * 16 // 1_000
    )


def test_dust_of_another_asset__does_not_keep_bad_debt_from_being_counted() -> None:
    """Guard: what is worth less than min_left counts as none. Else one unit of anything, put
    there by anyone, would leave a debt that nobody has a reason to end."""
    system = System(assets=(ETHER, BITCOIN), prices=(2_000 * WAD, 20_000 * WAD), grace=0)
    account = system.account(BORROWER, [10 * WAD, 1_000], 12_000 * WAD)
    system.stables(LIQUIDATOR, 10**6 * WAD)
    system.price(0, 1_000 * WAD)
    outcome = system.liquidate(account, MAX_UINT256)
    assert swept(outcome.events)
    assert system.debt_of(account) == 0
    assert system.read(system.core.bad_debt) > 0


def test_absorb__takes_no_account_that_is_worth_its_debt() -> None:
    """Guard: V < D for certain. At V = D the owner may still cure it."""
    system, account = levered(grace=0)
    system.price(0, 1_200 * WAD)
    system.refuses("margin: not insolvent", STRANGER, system.core.absorb, account)
    system.price(0, 1_000 * WAD, valid=False)
    system.refuses("margin: not insolvent", STRANGER, system.core.absorb, account)
    system.price(0, 1_199 * WAD)
    system.must(STRANGER, system.core.absorb, account)
    system.refuses("margin: not insolvent", STRANGER, system.core.absorb, account)
    assert system.balance(system.tokens[0], system.reserve.address) == 10 * WAD


def test_heal__takes_no_more_than_there_is_to_heal() -> None:
    """Guard: at most the bad debt, from who asks."""
    system, account = levered(grace=0)
    system.price(0, 1_000 * WAD)
    system.must(STRANGER, system.core.absorb, account)
    system.must(LIQUIDATOR, system.core.heal, MAX_UINT256)
    assert system.read(system.core.bad_debt) == 0
    assert system.balance(system.stable, LIQUIDATOR) == 10**6 * WAD - 12_000 * WAD
    system.refuses("amount: zero", LIQUIDATOR, system.core.heal, MAX_UINT256)
