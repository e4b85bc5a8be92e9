"""Any Ape network as an engine: anvil on a network of Ape's, or a node by its URL.

Ape names the network and connects to it; the node behind it must be anvil, because a block
of ours sets what only a development node lets one set: fees, time, senders. For a network of
ape-foundry the node is started here: ape-foundry does not say how transactions are ordered.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sim.chain.anvil import Anvil
from sim.chain.engine import CHAIN_ID, GENESIS_BASE_FEE, GENESIS_TIMESTAMP, HARDFORK
from sim.chain.node import NodeEngine
from sim.chain.rpc import Connection, RpcError
from sim.errors import EngineError

FOUNDRY = "ethereum:local:foundry"


class ApeEngine(NodeEngine):
    """`Engine` on an Ape network choice or the URL of an anvil node.

    While it is open, Ape's `networks.active_provider` is its `provider`.
    Raises EngineError when the network is unknown or not there, or its node is not anvil with
    Prague rules and first-in-first-out order.
    """

    def __init__(
        self,
        choice: str = FOUNDRY,
        *,
        port: int | None = None,
        timestamp: int = GENESIS_TIMESTAMP,
        base_fee: int = GENESIS_BASE_FEE,
    ) -> None:
        """`port`, `timestamp` and `base_fee` (of the genesis) are for a node started here."""
        self.name = "anvil" if choice == FOUNDRY else choice
        self.provider = _provider(choice)
        self._anvil: Anvil | None = None
        if self.provider.name == "foundry":
            self._anvil = Anvil(*_genesis(self.provider, timestamp, base_fee), port=port)
        try:
            _connect(self.provider, choice, self._anvil)
            super().__init__(_take_over(self.provider, choice))
        except BaseException:
            self._end_node()
            raise
        self._before = _activate(self.provider)

    @property
    def pid(self) -> int | None:
        """Of the node, when it was started here."""
        return self._anvil.pid if self._anvil else None

    def close(self) -> None:
        from ape import networks

        super().close()
        if networks.active_provider is self.provider:
            networks.active_provider = self._before
        self._end_node()

    def _end_node(self) -> None:
        if self._anvil:
            self._anvil.stop()


def _provider(choice: str) -> Any:
    """Ape's provider for the choice, not connected yet."""
    with _interruptible():
        from ape import networks
        from ape.exceptions import ApeException

    try:
        return networks.get_provider_from_choice(choice)
    except ApeException as error:
        raise EngineError(f"Ape has no network {choice!r}: {_sentence(error)}") from error


@contextmanager
def _interruptible() -> Iterator[None]:
    """Importing Ape makes Ctrl-C exit on the spot; a run wants to keep what was done."""
    handler = signal.getsignal(signal.SIGINT)
    yield
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, handler)


def _genesis(provider: Any, timestamp: int, base_fee: int) -> list[str]:
    """What the chain of a node of our own starts from: nothing, or another chain's last block."""
    if fork := getattr(provider, "fork_url", None):
        block = provider.fork_block_number
        return ["--fork-url", fork, *(("--fork-block-number", str(block)) if block else ())]
    return [
        *("--chain-id", str(CHAIN_ID)),
        *("--timestamp", str(timestamp)),
        *("--block-base-fee-per-gas", str(base_fee)),
    ]


def _connect(provider: Any, choice: str, anvil: Anvil | None) -> None:
    from ape.exceptions import ApeException

    if anvil:
        provider.provider_settings.update(host=anvil.uri, manage_process=False)
    try:
        provider.connect()
    except (ApeException, OSError) as error:
        raise EngineError(f"Ape cannot connect to {choice!r}: {_sentence(error)}") from error


def _activate(provider: Any) -> Any:
    """Make it Ape's, so that `ape.chain` and contracts see it; returns the one before."""
    from ape import networks

    before, networks.active_provider = networks.active_provider, provider
    return before


def _take_over(provider: Any, choice: str) -> Connection:
    """A connection to a node that from here on mines when told, for any sender."""
    uri = getattr(provider, "http_uri", None)
    if not uri:
        raise EngineError(
            f"{choice} has no node to speak to: use py-evm, which is what it runs on, or {FOUNDRY}."
        )
    connection = Connection(uri)
    if fault := _fault(connection, choice):
        connection.close()
        raise EngineError(fault)
    connection.ask(
        ("evm_setAutomine", [False]),
        ("evm_setIntervalMining", [0]),
        ("anvil_autoImpersonateAccount", [True]),
        ("anvil_dropAllTransactions", []),
    )
    return connection


def _fault(connection: Connection, choice: str) -> str | None:
    """Why the node cannot be an engine."""
    info = connection.ask(("anvil_nodeInfo", []))[0]
    if isinstance(info, RpcError):
        return (
            f"{choice} does not run anvil, so the fees, time and senders of a block cannot be set: "
            f"use {FOUNDRY} or the URL of an anvil node."
        )
    rules, order = str(info["hardFork"]).lower(), info["transactionOrder"]
    if (rules, order) != (HARDFORK, "fifo"):
        return (
            f"The node of {choice} runs {rules} with order {order!r}: "
            f"start it with --hardfork {HARDFORK} --order fifo."
        )
    return None


def _sentence(error: Exception) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return f"{text.rstrip('.')}."
