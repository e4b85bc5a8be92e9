"""The breaker tripped on purpose, to lock others in; and what it can never lock."""

from __future__ import annotations

from dataclasses import replace

from sim.units import MAX_UINT256, WAD
from tests.vectors.system import BORROWER, GUARDIAN, LIQUIDATOR, OWNER, STRANGER, System

from .arena import ATTACKER

DAY = 86_400
THRESHOLD = 50_000 * WAD


def crowd(**terms: object) -> System:
    """Account 1 owes 50,000 against 200,000 and minds its own business."""
    system = System(grace=0, **terms)
    system.account(BORROWER, [100 * WAD], 50_000 * WAD)
    system.stables(LIQUIDATOR, 10**6 * WAD)
    return system


def tripped(system: System) -> bool:
    return bool(system.read(system.core.breaker_tripped))


def test_a_large_account_absorbed_for_a_small_loss__does_not_trip_it() -> None:
    """Guard: a loss is the debt less what was swept for it. Else the attacker's own account,
    barely under water, would lock everyone's withdrawals for the price of its penalty."""
    system = crowd()
    mine = system.account(ATTACKER, [300 * WAD], 400_000 * WAD)
    system.price(0, 1_330 * WAD)
    system.must(ATTACKER, system.core.absorb, mine)
    assert not tripped(system)
    system.must(BORROWER, system.core.withdraw, 1, system.token(), WAD // 100, BORROWER)


def test_dust_in_bad_debt__adds_up_to_nothing() -> None:
    """Guard: what counts is worth, not the number of accounts."""
    system = crowd(min_debt=0, loss_threshold=10**9)
    mine = [system.account(ATTACKER, [WAD // 2_000], WAD // 10) for _ in range(5)]
    system.must(ATTACKER, system.stable.approve, system.core.address, MAX_UINT256)
    for account in mine:
        system.must(ATTACKER, system.core.repay, account, WAD // 10 - 100)
        system.must(ATTACKER, system.core.withdraw, account, system.token(), WAD // 2_000 - 1,
                    ATTACKER)  # fmt: skip
    system.price(0, 1)
    for account in mine:
        system.must(ATTACKER, system.core.absorb, account)
    assert 0 < system.read(system.core.bad_debt) <= 500
    assert not tripped(system)


def lose(system: System, amount: int) -> None:
    """About that much bad debt of an account of the attacker's."""
    mine = system.account(ATTACKER, [amount * 2 // 2_000], amount)
    system.price(0, 1)
    system.must(ATTACKER, system.core.absorb, mine)
    system.price(0, 2_000 * WAD)


def test_losses_long_past__do_not_add_up() -> None:
    """Guard: a window. Else a little a year would trip it in the end."""
    system = crowd()
    for _ in range(4):
        lose(system, 40_000 * WAD)
        assert not tripped(system)
        system.wait(14 * DAY)
    lose(system, 40_000 * WAD)
    lose(system, 40_000 * WAD)
    assert tripped(system)


def test_a_threshold_of_nothing__is_refused() -> None:
    """Guard: at least 1. At 0 whoever leaves a unit of bad debt would stop all borrowing."""
    system = crowd()
    config = replace(system.config, loss_threshold=0)
    system.refuses("config: loss_threshold", OWNER, system.core.set_config, config.values())


def test_tripped__locks_nobody_in() -> None:
    """Guard: it stops borrowing and withdrawing with debt, and nothing else."""
    system = crowd()
    lose(system, 2 * THRESHOLD)
    assert tripped(system)
    core, token = system.core, system.token()
    reason = "breaker: tripped"
    system.refuses(reason, BORROWER, core.borrow, 1, WAD, BORROWER)
    system.refuses(reason, BORROWER, core.withdraw, 1, token, 1, BORROWER)
    system.collateral(STRANGER, 0, WAD)
    system.must(STRANGER, core.deposit, 1, token, WAD)
    system.price(0, 600 * WAD)
    assert system.liquidate(1, 1_000 * WAD).ok
    system.must(LIQUIDATOR, core.repay, 1, MAX_UINT256)
    rest = system.collateral_of(1)
    system.must(BORROWER, core.withdraw, 1, token, rest, BORROWER)


def test_reset__forgets_what_tripped_it_and_is_not_for_everyone() -> None:
    """Guard: guardian or owner; the losses counted go with it, so a unit more does not trip
    it again."""
    system = crowd()
    lose(system, 2 * THRESHOLD)
    system.refuses("guardian: not the guardian", ATTACKER, system.core.reset_breaker)
    system.must(GUARDIAN, system.core.reset_breaker)
    lose(system, 1_000 * WAD)
    assert not tripped(system)
