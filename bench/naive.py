"""The naive way onto a node: one eth-ape contract call per action, its receipt awaited.

The node mines by itself, a block for every transaction, as it does out of the box. Ape and
the node are the same as behind `sim.chain.ape`; only the way they are used differs.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self

from eth_abi.abi import decode
from eth_utils.abi import collapse_if_tuple
from eth_utils.address import to_checksum_address

from sim.chain.ape import ApeEngine
from sim.chain.artifacts import Artifact
from sim.chain.engine import Log, Receipt, Status, Transaction
from sim.chain.tape import Take
from sim.units import Address

NAIVE = "one call per action"


@dataclass(frozen=True, slots=True)
class Function:
    name: str
    types: tuple[str, ...]


class Naive:
    """An anvil node that mines by itself, and the contracts on it as Ape's instances."""

    def __init__(self) -> None:
        self.engine = ApeEngine()
        _silence()
        self._instances: dict[Address, Any] = {}
        self._functions: dict[tuple[Address, bytes], Function] = {}

    def start(self, contracts: Iterable[tuple[Address, Artifact]]) -> None:
        """From here on the node mines by itself; `engine` is for its set-up, before."""
        from ape import Contract

        self.activate()
        self.engine.provider.auto_mine = True
        for address, artifact in contracts:
            instance = Contract(to_checksum_address(address), abi=artifact.abi)
            self._instances[address] = instance
            inputs = {
                f"{entry['name']}({','.join(types)})": types
                for entry in artifact.abi
                if entry["type"] == "function"
                for types in [tuple(collapse_if_tuple(i) for i in entry["inputs"])]
            }
            for signature, selector in artifact.selectors.items():
                if signature in inputs:
                    name = signature.partition("(")[0]
                    self._functions[address, selector] = Function(name, inputs[signature])

    def activate(self) -> None:
        """Ape has one active provider; other engines that were opened may have taken its place."""
        from ape import networks

        networks.active_provider = self.engine.provider

    def instance(self, address: Address) -> Any:
        return self._instances[address]

    def account(self, address: Address) -> Any:
        from ape import accounts

        return accounts[to_checksum_address(address)]

    def send(self, takes: Sequence[Take]) -> float:
        """Seconds that all transactions of the blocks took, one after another.

        What is timed is the contract calls alone: arguments, senders and the time of the block
        are prepared beside the clock. Raises SystemExit when one does not do what it did in
        its block: status, gas and logs.
        """
        self.activate()
        seconds = 0.0
        for take in takes:
            pairs = zip(take.request.transactions, take.block.receipts, strict=True)
            for transaction, expected in pairs:
                if expected.status is Status.REFUSED:
                    continue
                method, arguments = self._decoded(transaction)
                sender = self.account(transaction.sender)
                self.engine.provider.set_timestamp(take.request.timestamp)
                start = time.perf_counter()
                receipt = method(
                    *arguments, sender=sender, gas_limit=transaction.gas, raise_on_revert=False
                )
                seconds += time.perf_counter() - start
                _compare(transaction, receipt, expected)
        return seconds

    def _decoded(self, transaction: Transaction) -> tuple[Any, tuple[Any, ...]]:
        """Ape's method and the arguments that make this call data."""
        to = transaction.to or b""
        function = self._functions[to, transaction.data[:4]]
        arguments = decode(function.types, transaction.data[4:])
        return getattr(self._instances[to], function.name), arguments

    def close(self) -> None:
        self.engine.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def _silence() -> None:
    """Ape prints a line for every receipt and revert; that would be timed too."""
    from ape.logging import logger

    logger.set_level(logging.CRITICAL)


def _compare(transaction: Transaction, receipt: Any, expected: Receipt) -> None:
    logs = tuple(
        Log(
            bytes.fromhex(log["address"][2:]),
            tuple(bytes(topic) for topic in log["topics"]),
            bytes(log["data"]),
        )
        for log in receipt.logs
    )
    got = (int(receipt.status), receipt.gas_used, logs)
    if got != (int(expected.status), expected.gas_used, expected.logs):
        raise SystemExit(
            f"0x{transaction.data[:4].hex()} of 0x{transaction.sender.hex()} did not do alone "
            f"what it did in its block: {got} and {expected}"
        )
