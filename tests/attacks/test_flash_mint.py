"""Stable out of nothing, for the length of a call: what can be done with it, and kept."""

from __future__ import annotations

import pytest

from sim.protocol.abi import Method
from sim.units import MAX_UINT256, WAD
from tests.vectors.system import BORROWER, LIQUIDATOR, OWNER, STRANGER, System, levered
from tests.vectors.test_bad_debt import identity

from .arena import ATTACKER, Puppet, arm, flash_loan, wealth

CAP = 10**6 * WAD


@pytest.fixture
def scene() -> tuple[System, Puppet]:
    """A million to be lent, two million coins behind the peg, an account in bad debt and the
    puppet's own: ten ether owe 12,000. It has approved whatever could take its tokens."""
    system, account = levered(amount=WAD, debt=1_200 * WAD, grace=0)
    system.must(OWNER, system.stable.set_flash_cap, CAP)
    system.stables(STRANGER, 10**6 * WAD)
    system.price(0, 500 * WAD)
    system.must(STRANGER, system.core.absorb, account)
    system.price(0, 2_000 * WAD)
    puppet = Puppet(system)
    stable, token, core = system.stable, system.tokens[0], system.core
    system.must(ATTACKER, token.mint, puppet.address, 10 * WAD)
    puppet.act(stable, core.open)
    puppet.act(stable, token.approve, core.address, MAX_UINT256)
    puppet.act(stable, stable.approve, core.address, MAX_UINT256)
    puppet.act(stable, stable.approve, system.peg.address, MAX_UINT256)
    puppet.act(stable, core.deposit, account + 1, token.address, 10 * WAD)
    puppet.act(stable, core.borrow, account + 1, 12_000 * WAD, puppet.address)
    assert identity(system) == 0
    return system, puppet


def moves(system: System, puppet: Puppet) -> dict[str, tuple[Method, tuple[int | bytes, ...]]]:
    core, me = system.core, puppet.address
    return {
        "redeem": (system.peg.redeem, (CAP, 0, me)),
        "redeem all but one's own": (system.peg.redeem, (CAP + 12_000 * WAD, 0, me)),
        "repay": (core.repay, (2, MAX_UINT256)),
        "heal": (core.heal, (MAX_UINT256,)),
        "borrow": (core.borrow, (2, WAD, me)),
        "give away": (system.stable.transfer, (system.reserve.address, CAP)),
        "spend elsewhere": (system.stable.transfer, (ATTACKER, CAP + 12_000 * WAD)),
    }


@pytest.mark.parametrize(
    "name",
    ["redeem", "redeem all but one's own", "repay", "heal", "borrow", "give away",
     "spend elsewhere"],
)  # fmt: skip
def test_loop__gains_nothing_and_the_books_balance(scene: tuple[System, Puppet], name: str) -> None:
    """Guard: what was lent is burned from the borrower, or none of it happened."""
    system, puppet = scene
    method, arguments = moves(system, puppet)[name]
    people = [puppet.address, ATTACKER]
    before = wealth(system, people)
    supply = system.read(system.stable.totalSupply)
    puppet.arm(method, *arguments)
    outcome = flash_loan(system, puppet.address, CAP)
    if outcome.ok:
        assert system.read(puppet.contract.held) >= CAP
    else:
        assert outcome.reason.startswith("erc20: insufficient")
        assert system.read(system.stable.totalSupply) == supply
    assert wealth(system, people) <= before
    assert identity(system) == 0


def test_loan_within_a_loan__counts_against_one_cap(scene: tuple[System, Puppet]) -> None:
    """Guard: loans outstanding are added up. Else the cap would be no cap."""
    system, puppet = scene
    lend = system.stable.flashLoan
    inner = Puppet(system)
    arguments = word(inner.address) + word(system.stable.address) + word(1) + word(128) + word(0)
    arm(system, puppet.contract, lend.to, lend.selector + arguments)
    assert flash_loan(system, puppet.address, CAP).ok
    assert not system.read(puppet.contract.succeeded)
    arm(system, puppet.contract, lend.to, lend.selector + arguments)
    assert flash_loan(system, puppet.address, CAP - 1).ok
    assert system.read(puppet.contract.succeeded)
    assert flash_loan(system, puppet.address, CAP + 1).reason == "stable: above the flash cap"


def word(argument: int | bytes) -> bytes:
    if isinstance(argument, int):
        return argument.to_bytes(32, "big")
    return argument.rjust(32, b"\0")


def test_supply_while_it_is_lent__moves_neither_rate_nor_health() -> None:
    """Guard: the core counts debt, never supply. 10 % a year at the kink, 1 % below."""
    system, account = levered(rate=(WAD // 100, 9 * WAD // 100, 0, WAD // 2))
    system.must(OWNER, system.stable.set_flash_cap, CAP)
    puppet = Puppet(system)
    before = system.read(system.core.totals)
    puppet.arm(system.core.accrue)
    assert flash_loan(system, puppet.address, CAP).ok
    after = system.read(system.core.totals)
    assert system.read(puppet.contract.succeeded)
    assert after[5] >= before[5]
    assert after[6] - before[6] < 10**12
    assert system.read(system.core.status, account) == 1
    assert identity(system) == 0


def test_lent_to_who_did_not_ask__is_refused() -> None:
    """Guard: the answer and the allowance of who receives. Else a stranger could have anyone's
    tokens burned, or spend on their behalf."""
    system, _ = levered()
    system.must(OWNER, system.stable.set_flash_cap, CAP)
    system.must(LIQUIDATOR, system.stable.approve, system.stable.address, MAX_UINT256)
    for receiver in (LIQUIDATOR, BORROWER, system.core.address, system.stable.address):
        assert not flash_loan(system, receiver, WAD).ok
    puppet = Puppet(system)
    for allowance, answer in ((MAX_UINT256, 0), (WAD - 1, None)):
        good = system.read(puppet.contract.answer)
        told = answer if answer is not None else int.from_bytes(good, "big")
        system.must(ATTACKER, puppet.contract.misbehave, allowance, told)
        assert not flash_loan(system, puppet.address, WAD).ok
        system.must(ATTACKER, puppet.contract.misbehave, MAX_UINT256, int.from_bytes(good, "big"))
    assert flash_loan(system, puppet.address, WAD).ok
