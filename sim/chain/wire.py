"""What goes to a node and comes back, as JSON-RPC has it: hexadecimal text in dictionaries."""

from __future__ import annotations

from typing import Any

from sim.chain.engine import (
    MAX_TRANSACTION_GAS,
    Call,
    CallResult,
    Log,
    Receipt,
    Status,
    Transaction,
)
from sim.chain.rpc import Request, RpcError
from sim.errors import EngineError

_REVERT = 3
"""JSON-RPC error code of a call that reverted."""


def to_hex(data: bytes) -> str:
    return "0x" + data.hex()


def from_hex(text: str) -> bytes:
    return bytes.fromhex(text[2:])


def or_raise(answer: Any) -> Any:
    """The answer, unless it is an error."""
    if isinstance(answer, RpcError):
        raise EngineError(f"The node answers: {answer.message.rstrip('.')}.")
    return answer


def eth_call(call: Call) -> Request:
    fields = {
        "from": to_hex(call.sender),
        "to": to_hex(call.to),
        "data": to_hex(call.data),
        "gas": hex(MAX_TRANSACTION_GAS),
    }
    return "eth_call", [fields, "latest"]


def call_result(answer: Any) -> CallResult:
    if not isinstance(answer, RpcError):
        return CallResult(True, from_hex(answer))
    if answer.code == _REVERT:
        return CallResult(False, from_hex(answer.data or "0x"))
    if answer.message.startswith("EVM error"):
        return CallResult(False, b"")
    raise EngineError(f"The node answers: {answer.message.rstrip('.')}.")


def eth_send(transaction: Transaction) -> Request:
    fields = {
        "from": to_hex(transaction.sender),
        "nonce": hex(transaction.nonce),
        "data": to_hex(transaction.data),
        "gas": hex(transaction.gas),
        "maxFeePerGas": hex(transaction.max_fee),
        "maxPriorityFeePerGas": hex(transaction.priority_fee),
        "value": hex(transaction.value),
    }
    if transaction.to is not None:
        fields["to"] = to_hex(transaction.to)
    return "eth_sendTransaction", [fields]


def receipt_of(found: dict[str, Any], output: bytes) -> Receipt:
    """A node's receipt, and the revert data that it does not hold."""
    status = Status(int(found["status"], 16))
    created = found["contractAddress"] if status == Status.SUCCEEDED else None
    return Receipt(
        status=status,
        gas_used=int(found["gasUsed"], 16),
        effective_gas_price=int(found["effectiveGasPrice"], 16),
        logs=tuple(
            Log(
                from_hex(log["address"]),
                tuple(map(from_hex, log["topics"])),
                from_hex(log["data"]),
            )
            for log in found["logs"]
        ),
        output=output,
        contract=from_hex(created) if created else None,
    )


def revert_data(trace: dict[str, Any]) -> bytes:
    """From the trace of the outermost call or creation; none when it did not revert but fail."""
    result = trace.get("result") if trace.get("error") == "Reverted" else None
    return from_hex(result.get("output") or result.get("code") or "0x") if result else b""
