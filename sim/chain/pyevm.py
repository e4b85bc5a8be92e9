"""The engine that is always there: py-evm in this process, nothing to build or to start.

A virtual machine on an execution context of our own: no headers, no signatures, no trie root
per block. What a transaction costs and does is py-evm's; whether it may be in the block is
`validity.refusal`'s, asked first, because py-evm charges a sender before it finds out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self

from eth.constants import BLANK_ROOT_HASH, CREATE_CONTRACT_ADDRESS
from eth.db.atomic import AtomicDB
from eth.vm.execution_context import ExecutionContext
from eth.vm.forks.prague.state import PragueState, PragueTransactionExecutor
from eth.vm.message import Message

from sim.chain.branches import Branches
from sim.chain.engine import (
    BLOCK_GAS_LIMIT,
    CHAIN_ID,
    GENESIS_BASE_FEE,
    GENESIS_TIMESTAMP,
    MAX_TRANSACTION_GAS,
    Block,
    BlockRequest,
    Branch,
    Call,
    CallResult,
    Log,
    Receipt,
    Status,
    Transaction,
    contract_address,
)
from sim.chain.validity import (
    effective_gas_price,
    initcode_gas,
    intrinsic_gas,
    refusal,
    refused,
)
from sim.errors import EngineError
from sim.units import Address


class PyEvmEngine:
    """`Engine` on py-evm."""

    name = "py-evm"

    def __init__(
        self, *, timestamp: int = GENESIS_TIMESTAMP, base_fee: int = GENESIS_BASE_FEE
    ) -> None:
        self._database = AtomicDB()
        self._number = 0
        self._last = BlockRequest((), timestamp, base_fee, BLOCK_GAS_LIMIT)
        self._state = self._state_at(BLANK_ROOT_HASH)
        self._snapshots: dict[int, _Snapshot] = {}
        self._snapshots_taken = 0
        self._branches: Branches | None = None

    @property
    def block_number(self) -> int:
        return self._number

    @property
    def timestamp(self) -> int:
        return self._last.timestamp

    def mine(self, request: BlockRequest) -> Block:
        if request.timestamp <= self._last.timestamp:
            raise EngineError(
                f"A block at {request.timestamp} does not follow one at {self._last.timestamp}: "
                "its timestamp must be later."
            )
        self._number += 1
        self._last = request
        self._state.execution_context = _context(self._number, request)
        if self._branches:
            self._state.computation_class = self._branches.computation
        gas_left = request.gas_limit
        receipts = []
        for transaction in request.transactions:
            receipt = self._include(transaction, request, gas_left)
            gas_left -= receipt.gas_used
            receipts.append(receipt)
        self._state.computation_class = PragueState.computation_class
        return Block(
            number=self._number,
            timestamp=request.timestamp,
            base_fee=request.base_fee,
            gas_used=request.gas_limit - gas_left,
            receipts=tuple(receipts),
        )

    def call(self, calls: Sequence[Call]) -> list[CallResult]:
        return [self._read(call) for call in calls]

    def balances(self, addresses: Sequence[Address]) -> list[int]:
        return [self._state.get_balance(address) for address in addresses]

    def nonces(self, addresses: Sequence[Address]) -> list[int]:
        return [self._state.get_nonce(address) for address in addresses]

    def set_balance(self, address: Address, amount: int) -> None:
        self._state.set_balance(address, amount)
        self._state.lock_changes()

    def snapshot(self) -> int:
        self._state.persist()
        self._snapshots_taken += 1
        self._snapshots[self._snapshots_taken] = _Snapshot(
            self._state.state_root, self._number, self._last
        )
        return self._snapshots_taken

    def restore(self, snapshot: int) -> None:
        if snapshot not in self._snapshots:
            raise EngineError(
                f"There is no snapshot {snapshot}: it was not taken, or an older one was restored."
            )
        kept = self._snapshots[snapshot]
        self._snapshots = {k: v for k, v in self._snapshots.items() if k <= snapshot}
        self._number, self._last = kept.number, kept.request
        self._state = self._state_at(kept.root)

    def watch_branches(self) -> None:
        """See `sim.chain.engine.Watching`."""
        self._branches = Branches()

    def new_branches(self) -> list[Branch]:
        return self._branches.take_news() if self._branches else []

    def close(self) -> None:
        self._snapshots.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _state_at(self, root: bytes) -> PragueState:
        return PragueState(self._database, _context(self._number, self._last), root)

    def _include(self, transaction: Transaction, request: BlockRequest, gas_left: int) -> Receipt:
        nonce = self._state.get_nonce(transaction.sender)
        balance = self._state.get_balance(transaction.sender)
        reason = refusal(transaction, request, gas_left, nonce, balance)
        return refused(reason) if reason else self._execute(transaction, request.base_fee)

    def _execute(self, transaction: Transaction, base_fee: int) -> Receipt:
        state = self._state
        executor = PragueTransactionExecutor(state)
        price = effective_gas_price(transaction, base_fee)
        state.delta_balance(transaction.sender, -transaction.gas * price)
        state.increment_nonce(transaction.sender)
        fields = _fields(transaction)
        message = _message(state, transaction)
        computation = executor.build_computation(message, fields)
        used = transaction.gas - computation.get_gas_remaining()
        refund = executor.calculate_gas_refund(computation, used)
        executor.finalize_computation(fields, computation)
        state.clear_transient_storage()
        state.lock_changes()
        used += computation.data_floor_gas - refund
        created = transaction.to is None and not computation.is_error
        return Receipt(
            status=Status.REVERTED if computation.is_error else Status.SUCCEEDED,
            gas_used=used,
            effective_gas_price=price,
            logs=tuple(_logs(computation)),
            output=bytes(computation.output) if computation.is_error else b"",
            contract=contract_address(transaction.sender, transaction.nonce) if created else None,
        )

    def _read(self, call: Call) -> CallResult:
        state = self._state
        transaction = Transaction(
            sender=call.sender,
            to=call.to,
            data=call.data,
            gas=MAX_TRANSACTION_GAS,
            max_fee=0,
            priority_fee=0,
            nonce=0,
        )
        before = state.snapshot()
        message = _message(state, transaction)
        computation = PragueTransactionExecutor(state).build_computation(
            message, _fields(transaction)
        )
        state.revert(before)
        state.clear_transient_storage()
        state.lock_changes()
        return CallResult(ok=not computation.is_error, output=bytes(computation.output))


@dataclass(frozen=True, slots=True)
class _Snapshot:
    root: bytes
    number: int
    request: BlockRequest


@dataclass(frozen=True, slots=True)
class _Fields:
    """A transaction as py-evm's executor reads it."""

    sender: Address
    to: Address
    data: bytes
    gas: int
    max_fee_per_gas: int
    max_priority_fee_per_gas: int
    access_list: tuple[()] = ()
    type_id: int = 2


def _fields(transaction: Transaction) -> _Fields:
    return _Fields(
        transaction.sender,
        CREATE_CONTRACT_ADDRESS if transaction.to is None else transaction.to,
        transaction.data,
        transaction.gas,
        transaction.max_fee,
        transaction.priority_fee,
    )


def _message(state: PragueState, transaction: Transaction) -> Message:
    """The outermost call, with the gas that the intrinsic cost leaves."""
    gas = transaction.gas - intrinsic_gas(transaction)
    if transaction.to is None:
        return Message(
            gas=gas + initcode_gas(transaction.data),  # which py-evm charges in there
            to=CREATE_CONTRACT_ADDRESS,
            sender=transaction.sender,
            value=transaction.value,
            data=b"",
            code=transaction.data,
            create_address=contract_address(transaction.sender, transaction.nonce),
        )
    return Message(
        gas=gas,
        to=transaction.to,
        sender=transaction.sender,
        value=transaction.value,
        data=transaction.data,
        code=state.get_code(transaction.to),
    )


def _context(number: int, request: BlockRequest) -> ExecutionContext:
    return ExecutionContext(
        coinbase=request.coinbase,
        timestamp=request.timestamp,
        block_number=number,
        difficulty=0,
        mix_hash=bytes(32),
        gas_limit=request.gas_limit,
        prev_hashes=(),
        chain_id=CHAIN_ID,
        base_fee_per_gas=request.base_fee,
        excess_blob_gas=0,
    )


def _logs(computation: Any) -> Iterator[Log]:
    for address, topics, data in computation.get_log_entries():
        yield Log(address, tuple(topic.to_bytes(32, "big") for topic in topics), bytes(data))
