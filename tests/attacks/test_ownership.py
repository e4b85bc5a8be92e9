"""Who may do what, tried by everyone else."""

from __future__ import annotations

import pytest

from sim.protocol.abi import Contract, Method
from sim.units import MAX_UINT256, WAD
from tests.vectors.system import BORROWER, GUARDIAN, LIQUIDATOR, OWNER, STRANGER, System, levered

from .arena import ATTACKER

NOT_OWNER = "ownable: caller is not the owner"
OWNED = ("core", "stable", "reserve", "peg")


def owners_only(system: System) -> list[tuple[Method, tuple[object, ...]]]:
    core, stable, me = system.core, system.stable, ATTACKER
    return [
        (core.set_config, (system.config.values(),)),
        (core.set_account_limit, (1, MAX_UINT256)),
        (core.set_deposit_cap, (system.token(), 0)),
        (core.set_guardian, (me,)),
        (core.transfer_ownership, (me,)),
        (stable.set_minter, (me, True)),
        (stable.set_flash_cap, (MAX_UINT256,)),
        (stable.transfer_ownership, (me,)),
        (system.reserve.spend, (system.token(), me, 0)),
        (system.reserve.set_core, (me,)),
        (system.reserve.transfer_ownership, (me,)),
        (system.peg.collect, (me,)),
        (system.peg.set_fee, (0,)),
        (system.peg.set_cap, (0,)),
        (system.peg.transfer_ownership, (me,)),
    ]


@pytest.mark.parametrize("person", [ATTACKER, GUARDIAN, BORROWER])
def test_the_owners_doors__open_for_nobody_else(person: bytes) -> None:
    """Guard: `_only_owner` in each; the guardian is nobody else either."""
    system, _ = levered()
    for method, arguments in owners_only(system):
        system.refuses(NOT_OWNER, person, method, *arguments)


@pytest.mark.parametrize("who", OWNED)
def test_ownership__is_taken_by_who_was_offered_it_and_no_other(who: str) -> None:
    """Guard: two steps. The zero address has no key, so it can accept nothing."""
    system, _ = levered()
    contract: Contract = getattr(system, who)
    reason = "ownable: caller is not the pending owner"
    system.refuses(reason, ATTACKER, contract.accept_ownership)
    system.must(OWNER, contract.transfer_ownership, STRANGER)
    system.refuses(reason, ATTACKER, contract.accept_ownership)
    assert bytes.fromhex(system.read(contract.owner)[2:]) == OWNER
    # An offer withdrawn is no offer.
    system.must(OWNER, contract.transfer_ownership, bytes(20))
    system.refuses(reason, STRANGER, contract.accept_ownership)
    system.must(OWNER, contract.transfer_ownership, STRANGER)
    system.must(STRANGER, contract.accept_ownership)
    # Once taken there is nothing left to accept, and the old owner is nobody.
    system.refuses(reason, STRANGER, contract.accept_ownership)
    system.refuses(NOT_OWNER, OWNER, contract.transfer_ownership, OWNER)


@pytest.mark.parametrize("name", ["StableToken", "Reserve", "PegModule", "PriceOracle"])
def test_no_owner__no_contract(name: str) -> None:
    """Guard: the constructor refuses the zero address."""
    system = System()
    more = {
        "Reserve": (system.stable.address,),
        "PegModule": (system.stable.address, system.coin.address, 0, 0),
    }.get(name, ())
    with pytest.raises(RuntimeError, match="ownable: zero owner"):
        system.create(name, bytes(20), *more)


def test_minting_and_burning__are_the_minters() -> None:
    """Guard: minters alone; and a minter burns within the allowance it was given. Stable that
    its holder burned would be debt that nobody can repay, and the books would not balance."""
    system, _ = levered()
    no_burner = "stable: caller was never a minter"
    for person in (ATTACKER, OWNER, GUARDIAN):
        system.refuses("stable: caller is not a minter", person, system.stable.mint, person, WAD)
        system.refuses(no_burner, person, system.stable.burn_from, LIQUIDATOR, WAD)
        system.must(person, system.stable.approve, person, MAX_UINT256)
        system.refuses(no_burner, person, system.stable.burn_from, person, 0)
    assert not hasattr(system.stable, "burn")
    # And the core, asked to repay or to heal, reaches only into who asks.
    system.must(ATTACKER, system.stable.approve, system.core.address, MAX_UINT256)
    system.refuses("erc20: insufficient balance", ATTACKER, system.core.repay, 1, WAD)


def test_the_owner_of_the_stable__cannot_stop_repayment() -> None:
    """Guard: who was a minter may burn. The owner would dismiss the core, wait until interest or
    a dip has eaten what nobody can repay, and take the collateral as the Reserve's."""
    system, account = levered(grace=0)
    core, token = system.core, system.token()
    system.must(OWNER, system.stable.set_minter, core.address, False)
    system.refuses("stable: caller is not a minter", BORROWER, core.borrow, account, WAD, BORROWER)
    system.must(LIQUIDATOR, core.repay, account, WAD)
    system.price(0, 1_300 * WAD)
    assert system.liquidate(account, 1_000 * WAD).ok
    system.must(LIQUIDATOR, core.repay, account, MAX_UINT256)
    rest = system.collateral_of(account)
    system.must(BORROWER, core.withdraw, account, token, rest, BORROWER)


def test_the_guardian__stops_neither_paying_in_nor_paying_back_nor_liquidation() -> None:
    """Guard: there are two flags, and they stop borrowing and withdrawing with debt."""
    system, account = levered(grace=0)
    core, token = system.core, system.token()
    for flags in (4, 7, MAX_UINT256):
        system.refuses("pause: unknown flag", GUARDIAN, core.set_paused, flags)
    system.must(GUARDIAN, core.set_paused, 3)
    system.refuses("guardian: only the owner resumes", GUARDIAN, core.set_paused, 0)
    system.refuses("guardian: only the owner resumes", GUARDIAN, core.set_paused, 2)
    system.refuses("guardian: not the guardian", ATTACKER, core.set_paused, 3)
    system.collateral(STRANGER, 0, WAD)
    system.must(STRANGER, core.deposit, account, token, WAD)
    system.price(0, 1_300 * WAD)
    system.must(STRANGER, core.margin_call, account)
    assert system.liquidate(account, 1_000 * WAD).ok
    system.must(LIQUIDATOR, core.repay, account, MAX_UINT256)
    rest = system.collateral_of(account)
    system.must(BORROWER, core.withdraw, account, token, rest, BORROWER)


def test_a_guardian_dismissed__is_nobody() -> None:
    """Guard: one guardian; the zero address is none."""
    system, _ = levered()
    system.must(OWNER, system.core.set_guardian, bytes(20))
    system.refuses("guardian: not the guardian", GUARDIAN, system.core.set_paused, 3)
    system.refuses("guardian: not the guardian", GUARDIAN, system.core.reset_breaker)
