"""Blocks executed by an anvil node, over JSON-RPC: one round trip a block.

A block is one pipeline: its environment, its transactions in order, mine, read back. The node
decides what a transaction costs and does; why one is not in the block is worked out here by
`validity.refusal`, the rule of every engine, from the nonces and the gas of those that are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from sim.chain.engine import Block, BlockRequest, Call, CallResult, Receipt, Refusal, Status
from sim.chain.rpc import Connection, Request, RpcError
from sim.chain.validity import refusal, refused
from sim.chain.wire import (
    call_result,
    eth_call,
    eth_send,
    or_raise,
    receipt_of,
    revert_data,
    to_hex,
)
from sim.errors import EngineError
from sim.units import Address


class NodeEngine:
    """`Engine` on a connection to an anvil node that mines when told, first in, first out.

    It remembers nonces to spare a round trip, so nobody else may use the node meanwhile.
    """

    name = "anvil"

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._snapshots: dict[int, _Snapshot] = {}
        self._snapshots_taken = 0
        self._nonces: dict[Address, int] = {}
        latest = self._ask(("eth_getBlockByNumber", ["latest", False]))[0]
        self._number = int(latest["number"], 16)
        self._timestamp = int(latest["timestamp"], 16)

    @property
    def block_number(self) -> int:
        return self._number

    @property
    def timestamp(self) -> int:
        return self._timestamp

    @property
    def round_trips(self) -> int:
        """To the node and back, since it was opened."""
        return self._connection.round_trips

    def call(self, calls: Sequence[Call]) -> list[CallResult]:
        return [call_result(a) for a in self._connection.ask(*map(eth_call, calls))]

    def balances(self, addresses: Sequence[Address]) -> list[int]:
        return self._numbers("eth_getBalance", addresses)

    def nonces(self, addresses: Sequence[Address]) -> list[int]:
        return self._numbers("eth_getTransactionCount", addresses)

    def set_balance(self, address: Address, amount: int) -> None:
        self._ask(("anvil_setBalance", [to_hex(address), hex(amount)]))

    def mine(self, request: BlockRequest) -> Block:
        if request.timestamp <= self._timestamp:
            raise EngineError(
                f"A block at {request.timestamp} does not follow one at {self._timestamp}: "
                "its timestamp must be later."
            )
        self._learn_nonces(request)
        plan = self._plan(request, [])
        while True:
            mined = self._mine(request, plan)
            verdict = self._judge(request, plan, mined)
            if isinstance(verdict, list):
                return self._accept(request, mined, verdict)
            plan = self._replan(request, mined, verdict)

    def snapshot(self) -> int:
        self._snapshots_taken += 1
        node_id = self._ask(("evm_snapshot", []))[0]
        self._snapshots[self._snapshots_taken] = _Snapshot(node_id, self._number, self._timestamp)
        return self._snapshots_taken

    def restore(self, snapshot: int) -> None:
        if snapshot not in self._snapshots:
            raise EngineError(
                f"There is no snapshot {snapshot}: it was not taken, or an older one was restored."
            )
        kept = self._snapshots[snapshot]
        node_id = self._revert(kept.node_id)
        self._number, self._timestamp = kept.number, kept.timestamp
        self._snapshots = {k: v for k, v in self._snapshots.items() if k < snapshot}
        self._snapshots[snapshot] = _Snapshot(node_id, kept.number, kept.timestamp)
        self._nonces.clear()

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _ask(self, *requests: Request) -> list[Any]:
        return [or_raise(answer) for answer in self._connection.ask(*requests)]

    def _numbers(self, method: str, addresses: Sequence[Address]) -> list[int]:
        return [
            int(n, 16) for n in self._ask(*((method, [to_hex(a), "latest"]) for a in addresses))
        ]

    def _revert(self, node_id: str) -> str:
        """Back to a snapshot of the node, which uses it up: the id of another, just like it."""
        ((done,), (again,)) = self._connection.pipeline(
            [[("evm_revert", [node_id])], [("evm_snapshot", [])]]
        )
        if done is not True:
            raise EngineError(f"The node has lost its snapshot {node_id}.")
        return str(or_raise(again))

    def _learn_nonces(self, request: BlockRequest) -> None:
        senders = dict.fromkeys(t.sender for t in request.transactions)
        strangers = [sender for sender in senders if sender not in self._nonces]
        self._nonces.update(zip(strangers, self.nonces(strangers), strict=True))

    def _plan(self, request: BlockRequest, settled: Sequence[bool]) -> _Plan:
        """Which transactions to send. Of those that could be valid, all: the node's pool must
        not meet another, it would keep it for later. Whether the sender can pay and what gas is
        left only the execution shows; where a nonce is sent twice, the second counts on the
        first, so the state is kept in case that is wrong.
        """
        nonces = dict(self._nonces)
        send, risky = [], False
        for index, transaction in enumerate(request.transactions):
            nonce = nonces[transaction.sender]
            if index < len(settled):
                valid = settled[index]
            else:
                reason = refusal(transaction, request, request.gas_limit, nonce, None)
                valid = reason is None
                risky |= self._nonces[transaction.sender] <= transaction.nonce < nonce
            nonces[transaction.sender] += valid
            send.append(valid)
        return _Plan(send, risky, len(settled))

    def _replan(self, request: BlockRequest, mined: _Mined, wrong: int) -> _Plan:
        """Undo the block, and plan anew knowing what became of those up to the wrong one."""
        self._revert(mined.snapshot)
        settled = [mined.hashes[i] in mined.receipts for i in range(wrong)]
        return self._plan(request, [*settled, True])

    def _mine(self, request: BlockRequest, plan: _Plan) -> _Mined:
        environment: list[Request] = [
            ("evm_setNextBlockTimestamp", [request.timestamp]),
            ("anvil_setNextBlockBaseFeePerGas", [hex(request.base_fee)]),
            ("evm_setBlockGasLimit", [hex(request.gas_limit)]),
            ("anvil_setCoinbase", [to_hex(request.coinbase)]),
        ]
        if plan.risky:
            environment.append(("evm_snapshot", []))
        chosen = [i for i, send in enumerate(plan.send) if send]
        *done, (header, receipts, _) = self._connection.pipeline(
            [
                environment,
                *([eth_send(request.transactions[i])] for i in chosen),
                [("evm_mine", [])],
                [
                    ("eth_getBlockByNumber", ["latest", False]),
                    ("eth_getBlockReceipts", ["latest"]),
                    ("anvil_dropAllTransactions", []),
                ],
            ]
        )
        settings = [or_raise(answer) for answer in done[0]]
        sent = dict(zip(chosen, (answer for (answer,) in done[1:-1]), strict=True))
        return _Mined(
            header=or_raise(header),
            receipts={r["transactionHash"]: r for r in or_raise(receipts)},
            hashes=[h if isinstance(h := sent.get(i), str) else "" for i in range(len(plan.send))],
            errors={i: answer for i, answer in sent.items() if isinstance(answer, RpcError)},
            snapshot=settings[-1] if plan.risky else "",
        )

    def _judge(self, request: BlockRequest, plan: _Plan, mined: _Mined) -> list[Receipt] | int:
        """The receipts; or the index of a transaction that was not sent and should have been."""
        self._check(request, mined)
        outputs = self._revert_data(mined)
        nonces = dict(self._nonces)
        gas_left = request.gas_limit
        receipts = []
        for index, transaction in enumerate(request.transactions):
            reason = refusal(transaction, request, gas_left, nonces[transaction.sender], None)
            found = mined.receipts.get(mined.hashes[index])
            if found is not None:
                receipt = receipt_of(found, outputs.get(found["transactionHash"], b""))
                nonces[transaction.sender] += 1
            elif reason is None and not plan.send[index] and index >= plan.settled:
                return index
            else:
                receipt = refused(reason or _funds(mined.errors.get(index)))
            gas_left -= receipt.gas_used
            receipts.append(receipt)
        return receipts

    def _check(self, request: BlockRequest, mined: _Mined) -> None:
        """The block is the one asked for, and holds what was sent in the order it was sent."""
        got = {k: int(mined.header[k], 16) for k in ("number", "timestamp", "baseFeePerGas")}
        asked = (self._number + 1, request.timestamp, request.base_fee)
        if tuple(got.values()) != asked:
            raise EngineError(f"The node mined {got} when asked for {asked}: is it used by others?")
        order = [h for h in mined.hashes if h in mined.receipts]
        if mined.header["transactions"] != order:
            raise EngineError(
                "The node did not keep the order of the transactions: start it with --order fifo, "
                "and let nobody else use it."
            )

    def _revert_data(self, mined: _Mined) -> dict[str, bytes]:
        """By transaction; a receipt does not hold it. No round trip when nothing reverted."""
        reverted = [h for h, r in mined.receipts.items() if int(r["status"], 16) == 0]
        traces = self._ask(*(("trace_transaction", [h]) for h in reverted))
        return {h: revert_data(trace[0]) for h, trace in zip(reverted, traces, strict=True)}

    def _accept(self, request: BlockRequest, mined: _Mined, receipts: list[Receipt]) -> Block:
        for transaction, receipt in zip(request.transactions, receipts, strict=True):
            self._nonces[transaction.sender] += receipt.status != Status.REFUSED
        self._number += 1
        self._timestamp = request.timestamp
        return Block(
            number=self._number,
            timestamp=request.timestamp,
            base_fee=request.base_fee,
            gas_used=int(mined.header["gasUsed"], 16),
            receipts=tuple(receipts),
        )


@dataclass(frozen=True, slots=True)
class _Snapshot:
    node_id: str
    number: int
    timestamp: int


@dataclass(frozen=True, slots=True)
class _Plan:
    send: list[bool]
    """One for each transaction of the request."""
    risky: bool
    """Another may turn out valid when one of these does not."""
    settled: int
    """Of so many, from the first on, is known what becomes of them."""


@dataclass(frozen=True, slots=True)
class _Mined:
    header: dict[str, Any]
    receipts: dict[str, dict[str, Any]]
    """By transaction hash."""
    hashes: list[str]
    """For each transaction of the request; empty where the node was not sent it or refused it."""
    errors: dict[int, RpcError]
    """Why it refused one, by the index in the request."""
    snapshot: str
    """Of the state before the block, when the plan was risky."""


def _funds(error: RpcError | None) -> Refusal:
    """Why a transaction that nothing else speaks against is not in the block."""
    if error is None or "funds" in error.message.lower():
        return Refusal.FUNDS
    raise EngineError(f"The node refuses a transaction: {error.message.rstrip('.')}.")
