"""The same populated protocol on any engine, and what differs between two after a block."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from eth_utils.crypto import keccak

from sim.chain.artifacts import Artifact, load
from sim.chain.engine import BlockRequest, Engine, contract_address
from sim.protocol.abi import Contract, text
from sim.protocol.adapters.plimsoll import Plimsoll
from sim.protocol.deploy import deploy
from sim.protocol.names import DEPLOYER, address_of
from sim.protocol.populate import Endowment, populate
from sim.protocol.script import Script
from sim.scenario import Asset, Margin, Oracle, ProtocolTerms, Scenario
from sim.units import GWEI, WAD, Address

SCENARIO = Scenario(
    name="engines",
    assets=[Asset(symbol="ETH", pool_depth=1e6), Asset(symbol="BTC", decimals=8)],
    margin=Margin(close_out=0.25),
    oracle=Oracle(reporters=1, quorum=1, max_deviation=0.0),
    protocol=ProtocolTerms(grace=12, reserve=10_000.0),
)
PRICES = (200.0, 5_000.0)
START = 1_600_000_000
TRADERS = tuple(address_of(f"trader-{i}") for i in range(4))
COINBASE = address_of("coinbase")
BASE_FEE = 10 * GWEI

MAKER, MAKER_AND_CALLER = "365f5f375f365f34f500", "365f5f375f365f34f55f5f5f5f5f855af100"
"""Runtime code: CREATE2 with the call data as creation code; the second calls what it made."""
CREATIONS = tuple(
    bytes.fromhex(code)
    for code in (
        "",
        "60015f5533ff",  # writes a slot, destroys itself, ether to the caller
        "60025f5530ff",  # to itself
        "6660015f54015f555f5260076019f3",  # a counter
        "6133ff5f526002601ef3",  # destroys itself when called
        "60045f555f5ffd",  # fails
        "fe",
        "60ef5f5360015ff3",  # EIP-3541: code must not start with 0xEF
        "6160015ff3",  # EIP-170: 24,577 bytes of code are too many
    )
)


@dataclass
class World:
    """An engine with every contract of ours on it."""

    engine: Engine
    system: Plimsoll
    contracts: list[tuple[Contract, Artifact]]
    makers: list[Address]
    people: list[Address]
    senders: list[Address] = field(init=False)
    """People, most of them, and contracts."""
    addresses: list[Address] = field(init=False)
    """What an address argument is drawn from."""

    def __post_init__(self) -> None:
        targets = [contract.address for contract, _ in self.contracts]
        made = [create2(maker, code) for maker in self.makers for code in CREATIONS]
        # Not those that create: a node's engine takes it that only transactions use nonces.
        self.senders = [
            *self.people * 9,
            *(c.address for c, _ in self.contracts if c.name != "Counter"),
        ]
        self.addresses = [*targets, *self.people, *self.makers, *made, bytes(20), b"\x04".rjust(20)]


def create2(maker: Address, code: bytes) -> Address:
    return bytes(keccak(b"\xff" + maker + bytes(32) + keccak(code))[12:])


def _borrower(address: Address, debt: int) -> Endowment:
    return Endowment(
        address,
        1_000 * WAD,
        stable=10**5 * WAD,
        tokens={0: WAD},
        collateral={0: 100 * WAD, 1: 10**8},
        debt=debt,
    )


def build(engine: Engine) -> World:
    """Deploy the protocol and everything beside it; two traders are leveraged."""
    system, script = deploy(engine, SCENARIO, PRICES)
    reporters = [Endowment(reporter, 10 * WAD) for reporter in system.reporters]
    traders = [
        Endowment(trader, 1_000 * WAD, stable=10**5 * WAD, tokens={0: 10**3 * WAD, 1: 10**9})
        for trader in TRADERS[:2]
    ] + [
        _borrower(trader, debt * WAD)
        for trader, debt in zip(TRADERS[2:], (10_000, 14_900), strict=True)
    ]
    prices = [int(price) * WAD for price in PRICES]
    populate(script, system, [*reporters, *traders], prices, START)
    others = _others(script, system)
    makers = [_place(script, code) for code in (MAKER, MAKER_AND_CALLER)]
    script.flush()
    contracts = [(c, load(c.name)) for c in [*system.everything(), *others]]
    people = [DEPLOYER, *TRADERS, *system.reporters]
    for contract, _ in contracts:
        engine.set_balance(contract.address, WAD)
    return World(engine, system, contracts, makers, people)


def _others(script: Script, system: Plimsoll) -> list[Contract]:
    token = ("Token", "TKN", 18)
    tokens = [each.address for each in system.tokens]
    arguments: dict[str, tuple[Any, ...]] = {
        "Counter": (),
        "MockFeed": (),
        "MockBorrower": (),
        "BlockingToken": token,
        "FeeToken": token,
        "NoReturnToken": token,
        "ReentrantToken": token,
        "FlashLiquidator": (system.core.address,),
        "DutchPenalty": (WAD // 50, WAD // 5, 3_600),
        "HealthScaledPenalty": (WAD // 50, WAD, WAD // 5),
        "ScenarioMargin": ([WAD // 4] * 2, [WAD, -WAD // 2], WAD // 5, 13 * WAD // 10, WAD // 2),
        "DelayedOracle": (system.oracle.address, 3_600),
        "PoolOracle": ([system.pools[0].address], 600),
        "Aggregator": (system.oracle.address, tokens[0]),
        "PegRate": (system.curve.address, system.oracle.address, tokens[0], 10 * WAD, WAD),
        "LendingPool": (
            *(system.stable.address, system.oracle.address, system.curve.address),
            tokens,
            [WAD // 2] * len(tokens),
            [WAD // 4] * len(tokens),
            (WAD // 2, WAD * 95 // 100, WAD // 20, WAD // 100, 100 * WAD, 10 * WAD),
        ),
        "Vault": (
            *(system.stable.address, tokens[0], system.oracle.address),
            [2 * WAD, 3 * WAD // 2],
            [WAD // 10, WAD // 50],
            WAD // 200,
            100 * WAD,
            10**6 * WAD,
        ),
    }
    return [script.create(DEPLOYER, load(name), values) for name, values in arguments.items()]


def _place(script: Script, runtime: str) -> Address:
    code = bytes.fromhex(runtime)
    size = len(code)
    address = contract_address(DEPLOYER, script._nonce(DEPLOYER))
    copy = bytes([0x60, size, 0x60, 10, 0x5F, 0x39, 0x60, size, 0x5F, 0xF3])
    script._send(DEPLOYER, None, copy + code, "maker")
    return address


def differences(ours: World, theirs: World, request: BlockRequest) -> list[str]:
    """Mine the block on both; what is not the same, as sentences."""
    mine, yours = ours.engine.mine(request), theirs.engine.mine(request)
    found = [
        f"{transaction}: {a} is not {b}, {text(a.output)} is not {text(b.output)}"
        for transaction, a, b in zip(
            request.transactions, mine.receipts, yours.receipts, strict=True
        )
        if a != b
    ]
    if mine.gas_used != yours.gas_used or mine.number != yours.number:
        found.append(f"{mine.number}: {mine.gas_used} is not {yours.number}: {yours.gas_used}")
    senders = {transaction.sender for transaction in request.transactions}
    created = [receipt.contract for receipt in mine.receipts if receipt.contract]
    everyone = sorted({*senders, *ours.addresses, *created, COINBASE})
    for what in ("balances", "nonces"):
        pairs = zip(
            everyone,
            getattr(ours.engine, what)(everyone),
            getattr(theirs.engine, what)(everyone),
            strict=True,
        )
        found += [f"{what} of {who.hex()}: {a} is not {b}" for who, a, b in pairs if a != b]
    return found
