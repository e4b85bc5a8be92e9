"""Set-up transactions: queued in order, mined in few large blocks, all of which must succeed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sim.chain.artifacts import Artifact
from sim.chain.engine import (
    GENESIS_BASE_FEE,
    MAX_TRANSACTION_GAS,
    Block,
    BlockRequest,
    Engine,
    Receipt,
    Status,
    Transaction,
    contract_address,
)
from sim.errors import ContractError
from sim.protocol.abi import Contract, Method, creation_code, text
from sim.protocol.order import Order
from sim.units import Address

BATCH = 500
"""Transactions in one set-up block."""
ROOMY_BLOCK = BATCH * MAX_TRANSACTION_GAS
"""Set-up is not the experiment: its blocks are as large as they need to be."""


CALL_GAS = 5_000_000
"""What a transaction of the set-up may use, unless it creates."""
MOST_CODE = 24_576
"""Bytes of a contract's code (EIP-170)."""


class Script:
    """Sends on behalf of anyone; blocks are a second apart, none before `not_before`."""

    def __init__(self, engine: Engine, not_before: int = 0) -> None:
        self.engine = engine
        self._not_before = not_before
        self._queue: list[tuple[Transaction, str]] = []
        self._nonces: dict[Address, int] = {}
        self._fresh = engine.block_number == 0
        self.blocks: list[Block] = []
        """Mined so far."""

    def create(
        self, sender: Address, artifact: Artifact, arguments: Sequence[Any] = ()
    ) -> Contract:
        """Queue a deployment; the contract is there after `flush`."""
        address = contract_address(sender, self._nonce(sender))
        code = creation_code(artifact, arguments)
        self._send(sender, None, code, f"the constructor of {artifact.name}")
        return Contract(artifact, address)

    def send(self, sender: Address, method: Method, *arguments: Any) -> None:
        self._send(sender, method.to, method(*arguments), method.name)

    def order(self, sender: Address, order: Order, what: str) -> None:
        """`what` names it in an error."""
        self._send(sender, order.to, order.data, what)

    def pay(self, sender: Address, to: Address, wei: int) -> None:
        self._send(sender, to, b"", "payment", wei)

    def flush(self, timestamp: int | None = None) -> None:
        """Mine what is queued; the last block at `timestamp` when given.

        Raises ContractError when a transaction does not succeed, naming it and its reason.
        """
        while self._queue or timestamp is not None:
            batch, self._queue = self._queue[:BATCH], self._queue[BATCH:]
            last = timestamp is not None and not self._queue
            self._mine(batch, timestamp if last else None)
            if last:
                return

    def _mine(self, batch: Sequence[tuple[Transaction, str]], timestamp: int | None) -> None:
        block = self.engine.mine(
            BlockRequest(
                [transaction for transaction, _ in batch],
                timestamp or max(self.engine.timestamp + 1, self._not_before),
                GENESIS_BASE_FEE,
                ROOMY_BLOCK,
            )
        )
        for (transaction, what), receipt in zip(batch, block.receipts, strict=True):
            if receipt.status is not Status.SUCCEEDED:
                raise ContractError(f"set-up: {what} {_why(transaction, receipt)}")
        self.blocks.append(block)

    def _send(
        self, sender: Address, to: Address | None, data: bytes, what: str, wei: int = 0
    ) -> None:
        nonce = self._nonce(sender)
        self._nonces[sender] = nonce + 1
        gas = 21_000 if not data else MAX_TRANSACTION_GAS if to is None else CALL_GAS
        fee = 2 * GENESIS_BASE_FEE
        self._queue.append((Transaction(sender, to, data, gas, fee, 0, nonce, wei), what))

    def _nonce(self, sender: Address) -> int:
        """Next nonce of a sender; nobody has sent anything on a fresh chain."""
        if sender not in self._nonces:
            self._nonces[sender] = 0 if self._fresh else self.engine.nonces([sender])[0]
        return self._nonces[sender]


def _why(transaction: Transaction, receipt: Receipt) -> str:
    """What became of a transaction that did not succeed, and what to look at."""
    if receipt.refusal:
        return f"is refused: {receipt.refusal}"
    if receipt.output:
        return f"reverts: {text(receipt.output)}"
    if transaction.to is None and len(transaction.data) > MOST_CODE:
        return (
            f"fails: of {len(transaction.data):,} bytes it leaves more code than the "
            f"{MOST_CODE:,} a contract may have; split it or optimise for code size"
        )
    if receipt.gas_used >= transaction.gas:
        return f"uses up all of its {transaction.gas:,} gas: an endless loop, or too much at once"
    return "reverts without a reason"
