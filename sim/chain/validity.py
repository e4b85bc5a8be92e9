"""What makes a transaction valid: one rule for all engines, so that all refuse alike.

Prague: EIP-1559 fees, EIP-2028 and EIP-7623 calldata, EIP-3860 creation code.
"""

from __future__ import annotations

from sim.chain.engine import BlockRequest, Receipt, Refusal, Status, Transaction

TRANSACTION_GAS = 21_000
CREATION_GAS = 32_000
INITCODE_WORD_GAS = 2
TOKEN_GAS = 4
TOKEN_FLOOR_GAS = 10
TOKENS_PER_NONZERO_BYTE = 4
MAX_INITCODE = 49_152
"""Bytes, twice the limit of a contract's code."""


def calldata_tokens(data: bytes) -> int:
    """EIP-7623: one for a zero byte, four for another."""
    zeros = data.count(0)
    return zeros + TOKENS_PER_NONZERO_BYTE * (len(data) - zeros)


def intrinsic_gas(transaction: Transaction) -> int:
    """Gas charged before the first instruction runs."""
    gas = TRANSACTION_GAS + TOKEN_GAS * calldata_tokens(transaction.data)
    if transaction.to is None:
        gas += CREATION_GAS + initcode_gas(transaction.data)
    return gas


def initcode_gas(code: bytes) -> int:
    """EIP-3860: for each word, begun or whole."""
    return INITCODE_WORD_GAS * -(-len(code) // 32)


def floor_gas(transaction: Transaction) -> int:
    """EIP-7623: the least a transaction pays, refunds or not."""
    return TRANSACTION_GAS + TOKEN_FLOOR_GAS * calldata_tokens(transaction.data)


def effective_gas_price(transaction: Transaction, base_fee: int) -> int:
    """Wei per gas paid: the base fee, burnt, and the tip as far as the fee cap allows."""
    return min(transaction.max_fee, base_fee + transaction.priority_fee)


def max_cost(transaction: Transaction) -> int:
    """Wei the sender must own: all the gas at the fee cap, and the value."""
    return transaction.gas * transaction.max_fee + transaction.value


def refusal(
    transaction: Transaction, request: BlockRequest, gas_left: int, nonce: int, balance: int | None
) -> Refusal | None:
    """Why the transaction cannot be the next of the block, or None when it can.

    `gas_left` is what earlier transactions left of the block's gas; `nonce` and `balance` are
    the sender's now. Without a balance, funds are not checked.
    """
    if transaction.gas > gas_left:
        return Refusal.GAS_ABOVE_BLOCK
    if transaction.priority_fee > transaction.max_fee:
        return Refusal.TIP_ABOVE_CAP
    if transaction.max_fee < request.base_fee:
        return Refusal.FEE_BELOW_BASE
    if transaction.nonce < nonce:
        return Refusal.NONCE_TOO_LOW
    if transaction.nonce > nonce:
        return Refusal.NONCE_TOO_HIGH
    if transaction.gas < max(intrinsic_gas(transaction), floor_gas(transaction)):
        return Refusal.GAS_BELOW_INTRINSIC
    if transaction.to is None and len(transaction.data) > MAX_INITCODE:
        return Refusal.INITCODE_TOO_LARGE
    if balance is not None and max_cost(transaction) > balance:
        return Refusal.FUNDS
    return None


def refused(reason: Refusal) -> Receipt:
    """The receipt of a transaction that is not in the block."""
    return Receipt(Status.REFUSED, gas_used=0, effective_gas_price=0, logs=(), refusal=reason)
