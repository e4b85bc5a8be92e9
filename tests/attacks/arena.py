"""What attackers bring: a purse to be measured, contracts that call on their behalf, oracles."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from eth_abi.abi import encode

from sim.protocol.abi import Contract, Method
from sim.units import Address
from tests.invariants.core_world import Outcome, actor
from tests.vectors.system import OWNER, System

ATTACKER, ACCOMPLICE = actor("attacker"), actor("accomplice")


def wealth(system: System, people: Iterable[Address]) -> int:
    """What they hold and own in the core, USD in WAD, at the last prices; coins at one."""
    people = set(people)
    total = 0
    for person in people:
        total += system.balance(system.stable, person)
        total += system.balance(system.coin, person) * 10**12
        for i, token in enumerate(system.tokens):
            price = system.read(system.feed.price, token.address)[0]
            total += system.balance(token, person) * price // 10 ** system.assets[i].decimals
    for account in range(1, system.read(system.core.account_count) + 1):
        owner = bytes.fromhex(system.read(system.core.owner_of, account)[2:])
        if owner in people:
            total += max(system.read(system.core.equity, account), 0)
    return total


class Puppet:
    """A contract that makes one armed call when it is called, and never minds what comes of it."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.contract = system.create("MockBorrower")
        self.address = self.contract.address

    def arm(self, method: Method, *arguments: Any) -> None:
        arm(self.system, self.contract, method.to, method(*arguments))

    def strike(self, token: Contract) -> bytes:
        """Call data for its strike; the caller, who should be no one, is given an allowance."""
        return self.contract.onFlashLoan.selector + encode(
            ["address", "address", "uint256", "uint256", "bytes"],
            [ATTACKER, token.address, 0, 0, b""],
        )

    def act(self, token: Contract, method: Method, *arguments: Any) -> None:
        """Make that call now."""
        self.arm(method, *arguments)
        outcome = self.system.send(ATTACKER, self.contract.onFlashLoan, data=self.strike(token))
        assert outcome.ok
        assert self.system.read(self.contract.succeeded)


def arm(system: System, contract: Contract, target: Address, call: bytes) -> None:
    """Of a ReentrantToken or a MockBorrower: what to call, and with which data."""
    data = contract.arm.selector + encode(["address", "bytes"], [target, call])
    assert system.send(ATTACKER, contract.arm, data=data).ok


def flash_loan(system: System, receiver: Address, amount: int) -> Outcome:
    lend = system.stable.flashLoan
    arguments = [receiver, system.stable.address, amount, b""]
    data = lend.selector + encode(["address", "address", "uint256", "bytes"], arguments)
    return system.send(ATTACKER, lend, data=data)


def second_core(system: System, oracle: Contract, rate: Contract | None = None) -> Contract:
    """A core of its own on the same stable and models, with another oracle; no interest unless
    another rate model is given."""
    reserve = system.create("Reserve", OWNER, system.stable.address)
    core = system.create(
        "CollateralizedDebt", system.stable.address, oracle.address, reserve.address,
        system.margin.address, system.penalty.address, (rate or system.rate).address,
        [token.address for token in system.tokens], system.config.values(), OWNER,
    )  # fmt: skip
    system.must(OWNER, system.stable.set_minter, core.address, True)
    system.must(OWNER, reserve.set_core, core.address)
    return core
