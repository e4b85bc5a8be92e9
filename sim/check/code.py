"""How many branches a contract's code has: both sides of every conditional jump."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from sim.chain.engine import (
    BLOCK_GAS_LIMIT,
    GENESIS_BASE_FEE,
    BlockRequest,
    Branch,
    Call,
    Engine,
    Transaction,
    contract_address,
)
from sim.protocol.abi import Contract
from sim.protocol.names import DEPLOYER
from sim.units import Address

COPIER = bytes.fromhex("5f35803b805f5f843c5ff3")
"""Runtime code that answers with the code of the address it is given."""
CREATION = bytes([0x60, len(COPIER), 0x80, 0x60, 0x09, 0x5F, 0x39, 0x5F, 0xF3]) + COPIER
JUMPI, JUMPDEST, PUSH1, PUSH32 = 0x57, 0x5B, 0x60, 0x7F


def codes(engine: Engine, addresses: Sequence[Address]) -> list[bytes]:
    """Code on chain, read by a contract that is put there for it."""
    nonce = engine.nonces([DEPLOYER])[0]
    fee = 2 * GENESIS_BASE_FEE
    creation = Transaction(DEPLOYER, None, CREATION, 1_000_000, fee, 0, nonce)
    engine.mine(BlockRequest([creation], engine.timestamp + 1, GENESIS_BASE_FEE, BLOCK_GAS_LIMIT))
    copier = contract_address(DEPLOYER, nonce)
    calls = [Call(copier, address.rjust(32, b"\0")) for address in addresses]
    return [result.output for result in engine.call(calls)]


def jumps(code: bytes) -> set[int]:
    """Offsets of conditional jumps to a place named just before them, as compilers make them;
    data that lies behind the code looks like that hardly ever."""
    found: set[int] = set()
    at, target = 0, -1
    while at < len(code):
        op = code[at]
        if op == JUMPI and 0 <= target < len(code) and code[target] == JUMPDEST:
            found.add(at)
        size = op - PUSH1 + 1 if PUSH1 <= op <= PUSH32 else 0
        target = int.from_bytes(code[at + 1 : at + 1 + size], "big") if size else -1
        at += 1 + size
    return found


def reached(
    engine: Engine, contracts: Sequence[Contract], branches: Iterable[Branch]
) -> dict[str, tuple[int, int]]:
    """(gone, there are) of each contract that any transaction entered, by name."""
    gone = Counter(address for address, _, _ in branches)
    entered = [contract for contract in contracts if gone[contract.address]]
    found: dict[str, tuple[int, int]] = {}
    for contract, code in zip(
        entered, codes(engine, [contract.address for contract in entered]), strict=True
    ):
        before = found.get(contract.name, (0, 0))
        there = 2 * len(jumps(code))
        found[contract.name] = (
            max(before[0], gone[contract.address]),
            max(before[1], there, gone[contract.address]),
        )
    return found
