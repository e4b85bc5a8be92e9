"""Where a transaction executes: one Protocol, whichever EVM stands behind it.

For the same requests every engine gives the same receipts, balances and nonces, to the last
unit. The rules are those of Prague on all of them, without signatures (any address may send)
and without the system contracts of EIP-4788 and EIP-2935. BLOCKHASH and PREVRANDAO are zero in
process and a node's own on a node: a contract that depends on them differs between engines.

What is made of every transaction and block is a named tuple: made in a third of the time of a
frozen dataclass, and read by the native engine without looking up names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import NamedTuple, Protocol, Self, runtime_checkable

from sim.units import GWEI, Address

HARDFORK = "prague"
CHAIN_ID = 31_337
GENESIS_TIMESTAMP = 1_262_304_000
"""Timestamp of block 0 on an engine of ours: 2010-01-01 00:00:00 UTC, before any run."""
BLOCK_GAS_LIMIT = 30_000_000
GENESIS_BASE_FEE = GWEI
MAX_TRANSACTION_GAS = 30_000_000
"""What a `Call` may use."""


class Status(IntEnum):
    REVERTED = 0
    SUCCEEDED = 1
    REFUSED = 2
    """Not valid, so not in the block; see `Refusal`."""


class Refusal(StrEnum):
    """Why a transaction cannot be in the block at all. Checked in this order, see validity.py.

    Transactions are judged one after another: a later one meets the nonces, the balances and
    the gas that the earlier ones left, and a refused one leaves no trace.
    """

    GAS_ABOVE_BLOCK = "gas above what is left in the block"
    TIP_ABOVE_CAP = "tip above fee cap"
    FEE_BELOW_BASE = "fee cap below base fee"
    NONCE_TOO_LOW = "nonce too low"
    NONCE_TOO_HIGH = "nonce too high"
    GAS_BELOW_INTRINSIC = "gas below intrinsic cost"
    INITCODE_TOO_LARGE = "creation code above 49152 bytes"
    FUNDS = "insufficient funds for gas and value"


class Transaction(NamedTuple):
    """An EIP-1559 transaction of any sender; amounts in wei, fees below 2**128."""

    sender: Address
    to: Address | None
    """None creates a contract from ``data``."""
    data: bytes
    gas: int
    max_fee: int
    priority_fee: int
    nonce: int
    value: int = 0


class BlockRequest(NamedTuple):
    """One block to execute: the transactions in the order given."""

    transactions: Sequence[Transaction]
    timestamp: int
    base_fee: int
    gas_limit: int = BLOCK_GAS_LIMIT
    coinbase: Address = bytes(20)


class Log(NamedTuple):
    address: Address
    topics: tuple[bytes, ...]
    data: bytes


class Receipt(NamedTuple):
    """What became of one transaction of the request.

    A refused one has a `refusal`, and zeros elsewhere. `output` is the revert data of a
    reverted transaction and empty otherwise. `contract` is where a creation that succeeded
    put its contract.
    """

    status: Status
    gas_used: int
    effective_gas_price: int
    logs: tuple[Log, ...]
    output: bytes = b""
    contract: Address | None = None
    refusal: Refusal | None = None


class Block(NamedTuple):
    """What became of a request. An engine may give an object of its own instead, with these
    fields and equal to the tuple of them."""

    number: int
    timestamp: int
    base_fee: int
    gas_used: int
    receipts: Sequence[Receipt]
    """One for each transaction of the request, in its order."""


@dataclass(frozen=True, slots=True)
class Call:
    """A read against the state after the last block."""

    to: Address
    data: bytes
    sender: Address = bytes(20)


class CallResult(NamedTuple):
    ok: bool
    output: bytes
    """Return data, or revert data when not ok."""


Branch = tuple[Address, int, bool]
"""A conditional jump in the code at an address, by its offset, and whether it was taken."""


class Engine(Protocol):
    """An EVM with one open chain. Not thread-safe; a context manager that ends what it started."""

    name: str

    @property
    def block_number(self) -> int: ...

    @property
    def timestamp(self) -> int: ...

    def call(self, calls: Sequence[Call]) -> list[CallResult]:
        """Read at the last block; state is not changed. Block fields are the last block's."""
        ...

    def mine(self, request: BlockRequest) -> Block:
        """Execute one block. Invalid transactions are refused, the others executed in order.

        Raises EngineError when the timestamp does not advance, EngineLost when the node is gone.
        """
        ...

    def balances(self, addresses: Sequence[Address]) -> list[int]:
        """Wei."""
        ...

    def nonces(self, addresses: Sequence[Address]) -> list[int]: ...

    def set_balance(self, address: Address, amount: int) -> None:
        """Give an address wei out of nothing: for set-up, never in a run."""
        ...

    def snapshot(self) -> int:
        """Remember the state between two blocks; the id is good until an older one is restored."""
        ...

    def restore(self, snapshot: int) -> None:
        """Back to a snapshot, which stays good; later ones are forgotten.

        Raises EngineError when it is unknown.
        """
        ...

    def close(self) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc: object) -> None: ...


@runtime_checkable
class Watching(Protocol):
    """What an engine in process can do besides: say which way the code of its blocks goes."""

    def watch_branches(self) -> None:
        """Keep the branches of blocks from now on, all of them news again; reads do not count."""
        ...

    def new_branches(self) -> list[Branch]:
        """Those gone for the first time since this was last asked, in the order of execution."""
        ...


def contract_address(sender: Address, nonce: int) -> Address:
    """Where a creation transaction puts its contract (keccak of the RLP pair)."""
    from eth_utils.crypto import keccak
    from rlp import encode

    return bytes(keccak(encode([sender, nonce]))[12:])
