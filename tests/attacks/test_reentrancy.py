"""A collateral that calls back in the middle of a deposit, a withdrawal or a liquidation."""

from __future__ import annotations

import pytest

from sim.units import MAX_UINT256, WAD
from tests.vectors.system import BORROWER, LIQUIDATOR, STRANGER, System

from .arena import ATTACKER, Puppet, arm

DOORS = {
    "open": (),
    "deposit": (1, "token", 1),
    "withdraw": (1, "token", 1, ATTACKER),
    "borrow": (1, WAD, ATTACKER),
    "repay": (1, WAD),
    "accrue": (),
    "margin_call": (1,),
    "clear_margin_call": (1,),
    "liquidate": (1, "token", WAD, 0, ATTACKER),
    "absorb": (1,),
    "heal": (1,),
    "accept_ownership": (),
}
SEEN = {"position": (1,), "collateral_of": (1, "token"), "totals": (), "deposited": ("token",)}


def hostile() -> System:
    """The usual account, of a collateral that will call back, below maintenance."""
    system = System(token="ReentrantToken", grace=0)
    system.account(BORROWER, [10 * WAD], 12_000 * WAD)
    system.stables(LIQUIDATOR, 10**6 * WAD)
    system.collateral(BORROWER, 0, WAD)
    return system


def move(system: System, moment: str) -> None:
    """Make the core move the collateral."""
    core, token = system.core, system.token()
    if moment == "deposit":
        system.must(BORROWER, core.deposit, 1, token, WAD)
    elif moment == "withdraw":
        system.must(BORROWER, core.withdraw, 1, token, WAD // 10, BORROWER)
    else:
        system.price(0, 1_400 * WAD)
        assert system.liquidate(1, WAD).ok


@pytest.mark.parametrize("moment", ["deposit", "withdraw", "liquidate"])
@pytest.mark.parametrize("door", [*DOORS, *SEEN])
def test_every_door_and_what_can_be_seen__is_locked_meanwhile(door: str, moment: str) -> None:
    """Guard: `nonreentrancy on`, in the core and, for what it exports, in the module.

    A view would show another protocol an account that has its debt no longer and its
    collateral still, so views are locked with the rest.
    """
    system = hostile()
    token = system.tokens[0]
    arguments = [token.address if a == "token" else a for a in {**DOORS, **SEEN}[door]]
    call = getattr(system.core, door)(*arguments)
    arm(system, token, system.core.address, call)
    move(system, moment)
    assert system.read(token.calls) > 0
    assert system.read(token.was_locked_out)


def test_a_deposit_inside_a_deposit__is_not_credited_twice() -> None:
    """Guard: the same. A deposit is measured from before to after, and another one between
    would be counted by both."""
    system = hostile()
    token, core = system.tokens[0], system.core
    system.must(ATTACKER, core.open)
    system.must(ATTACKER, token.mint, ATTACKER, 10 * WAD)
    system.must(ATTACKER, token.approve, core.address, MAX_UINT256)
    puppet = Puppet(system)
    system.must(ATTACKER, token.mint, puppet.address, 10 * WAD)
    puppet.act(token, token.approve, core.address, MAX_UINT256)
    puppet.arm(core.deposit, 2, token.address, 10 * WAD)
    arm(system, token, puppet.address, puppet.strike(token))
    system.must(ATTACKER, core.deposit, 2, token.address, 10 * WAD)
    held = system.balance(token, core.address)
    assert system.collateral_of(1) + system.collateral_of(2) == held
    # Nothing of the honest account's can be taken out with it.
    arm(system, token, bytes(20), b"")
    most = system.collateral_of(2)
    system.refuses(
        "amount: more than is held", ATTACKER, core.withdraw, 2, token.address, most + 1, ATTACKER
    )
    system.must(ATTACKER, core.withdraw, 2, token.address, most, ATTACKER)
    assert system.balance(token, core.address) == system.collateral_of(1) == 10 * WAD


def test_liquidation_inside_a_liquidation__is_locked_out() -> None:
    """Guard: the same. The accomplice's would find a debt that is already lower."""
    system = hostile()
    system.price(0, 1_400 * WAD)
    puppet, token = Puppet(system), system.tokens[0]
    system.stables(STRANGER, 10_000 * WAD)
    system.must(STRANGER, system.stable.transfer, puppet.address, 10_000 * WAD)
    puppet.act(token, system.stable.approve, system.core.address, MAX_UINT256)
    puppet.arm(system.core.liquidate, 1, token.address, WAD, 0, ATTACKER)
    arm(system, token, puppet.address, puppet.strike(token))
    assert system.liquidate(1, WAD).ok
    assert not system.read(puppet.contract.succeeded)
    assert system.balance(token, ATTACKER) == 0
