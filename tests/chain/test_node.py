"""Life with a node: what is started is ended, and what goes wrong is said in a sentence."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from sim.chain import anvil, available_engines, open_engine
from sim.chain.anvil import FLAGS, Anvil, find_anvil
from sim.chain.ape import ApeEngine
from sim.chain.artifacts import load
from sim.chain.engine import BlockRequest, Call, Status, Transaction, contract_address
from sim.chain.node import NodeEngine
from sim.chain.rpc import Connection
from sim.errors import EngineError, EngineLost
from sim.units import GWEI, WAD, Address

from .conftest import data, someone

needs_anvil = pytest.mark.skipif(find_anvil() is None, reason="anvil is not installed")
RICH = someone(50)


@pytest.fixture(scope="module")
def engine() -> Iterator[ApeEngine]:
    """Anvil with a Counter on it."""
    with ApeEngine() as opened:
        opened.set_balance(RICH, 1_000 * WAD)
        creation = transaction(RICH, 0, None, load("Counter").bytecode, gas=5_000_000)
        assert mine(opened, creation) == [Status.SUCCEEDED]
        yield opened


def transaction(
    sender: Address, nonce: int, to: Address | None, payload: bytes, **fields: int
) -> Transaction:
    usual = {"gas": 100_000, "max_fee": 2 * GWEI, "priority_fee": 0, **fields}
    return Transaction(sender=sender, nonce=nonce, to=to, data=payload, **usual)


def mine(engine: NodeEngine, *transactions: Transaction) -> list[Status]:
    block = engine.mine(BlockRequest(transactions, engine.timestamp + 12, GWEI))
    return [receipt.status for receipt in block.receipts]


def alive(pid: int) -> bool:
    """A child that ended and was waited for has no process any more."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def assert_dies(pid: int) -> None:
    """Only Linux ends a node whose process was killed outright."""
    if sys.platform == "linux":
        deadline = time.monotonic() + 5
        while alive(pid) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert not alive(pid)


@needs_anvil
@pytest.mark.parametrize("agents", [1, 10, 100])
def test_round_trips__three_a_block_whatever_the_number_of_agents(
    engine: ApeEngine, agents: int
) -> None:
    counter = contract_address(RICH, 0)
    senders = [someone(agents * 1000 + i) for i in range(agents)]
    for sender in senders:
        engine.set_balance(sender, WAD)
    mine(engine, *(transaction(sender, 0, counter, data("increment()")) for sender in senders))

    before = engine.round_trips
    reads = engine.call([Call(counter, data("count()"), s) for s in senders for _ in range(2)])
    assert engine.round_trips - before == 1
    assert {int.from_bytes(read.output, "big") for read in reads} != {0}

    statuses = mine(engine, *(transaction(s, 1, counter, data("increment()")) for s in senders))
    assert statuses == [Status.SUCCEEDED] * agents
    assert engine.round_trips - before == 2

    before = engine.round_trips
    engine.call([Call(counter, data("count()"), sender) for sender in senders])
    failing = data("fail(string)", "no")
    statuses = mine(engine, *(transaction(sender, 2, counter, failing) for sender in senders))
    assert statuses == [Status.REVERTED] * agents
    assert engine.round_trips - before == 3


@needs_anvil
def test_ape__sees_the_chain_while_the_engine_is_open(engine: ApeEngine) -> None:
    from ape import networks

    counter = contract_address(RICH, 0)
    with ApeEngine() as other:
        assert networks.active_provider is other.provider
        assert other.provider.web3.eth.block_number == other.block_number == 0
    assert networks.active_provider is engine.provider
    assert bytes(engine.provider.web3.eth.get_code(counter)) != b""
    assert engine.provider.network_choice == "ethereum:local:foundry"


@needs_anvil
def test_close__ends_its_own_node_and_no_other(engine: ApeEngine) -> None:
    with ApeEngine() as other:
        pid = other.pid
        assert pid is not None
        assert alive(pid)
    assert not alive(pid)
    assert engine.pid is not None
    assert alive(engine.pid)
    assert mine(engine) == []


@needs_anvil
def test_killed__is_lost_and_says_so() -> None:
    with ApeEngine() as engine:
        assert mine(engine) == []
        assert engine.pid is not None
        os.kill(engine.pid, signal.SIGKILL)
        for _ in range(2):
            with pytest.raises(EngineLost, match="does not answer any more"):
                mine(engine)
        with pytest.raises(EngineLost):
            engine.balances([RICH])


@needs_anvil
def test_run__takes_its_interrupts__and_when_killed_its_node_with_it() -> None:
    """Ape's import would turn Ctrl-C into an exit on the spot. One process, for its import."""
    script = (
        "import os, signal; from sim.chain.ape import ApeEngine; before = signal.getsignal(2);"
        "engine = ApeEngine(); print(signal.getsignal(2) is before, engine.pid, flush=True);"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    kept, pid = _python(script).split()
    assert kept == "True"
    assert_dies(int(pid))


@needs_anvil
def test_node__started_by_a_thread__outlives_it_and_not_the_process() -> None:
    """As on a worker of a cluster, whose runs are made by threads."""
    script = (
        "import os, signal, threading, time; from sim.chain.anvil import Anvil; nodes = [];"
        "thread = threading.Thread(target=lambda: nodes.append(Anvil())); thread.start();"
        "thread.join(); time.sleep(0.3); os.kill(nodes[0].pid, 0);"
        "print(nodes[0].pid, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    assert_dies(int(_python(script)))


@needs_anvil
def test_port__taken__is_said(engine: ApeEngine) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(EngineError, match=f"Port {port} is not free"):
            ApeEngine(port=port)


@needs_anvil
def test_port__free__is_used(engine: ApeEngine) -> None:
    with ApeEngine() as other:
        port = int(other.provider.http_uri.rsplit(":", 1)[1])
    with ApeEngine(port=port) as again:
        assert again.provider.http_uri.endswith(f":{port}")


@needs_anvil
def test_anvil__does_not_start__says_why() -> None:
    with pytest.raises(EngineError, match="nonsense"):
        Anvil("--nonsense")


def test_anvil__not_installed__says_how_to(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(anvil, "_ROOT", tmp_path)
    assert "anvil" not in available_engines()
    assert "py-evm" in available_engines()
    with pytest.raises(EngineError, match="make setup"):
        open_engine("anvil")


@needs_anvil
def test_anvil__found_behind_the_script_that_npm_puts_in_front() -> None:
    """A signal that kills the script would leave the node running."""
    program = find_anvil()
    assert program is not None
    assert program.read_bytes()[:2] != b"#!"


@needs_anvil
def test_url__of_a_running_node__is_used_and_left_running() -> None:
    node = Anvil("--chain-id", "31337", "--timestamp", "1600000000")
    try:
        for _ in range(2):
            with open_engine(node.uri) as engine:
                assert engine.name == node.uri
                before = engine.block_number
                engine.mine(BlockRequest((), engine.timestamp + 12, GWEI))
                assert engine.block_number == before + 1
        assert alive(node.pid)
    finally:
        node.stop()


@needs_anvil
def test_url__of_a_node_with_other_rules__says_how_to_start_it() -> None:
    fifo = FLAGS.index("fifo")
    node = _anvil_with((*FLAGS[:fifo], "fees", *FLAGS[fifo + 1 :]))
    try:
        with pytest.raises(EngineError, match="--hardfork prague --order fifo"):
            open_engine(node.uri)
        engine = NodeEngine(Connection(node.uri))
        for sender in (RICH, someone(51)):
            engine.set_balance(sender, WAD)
        cheap = transaction(RICH, 0, RICH, b"", max_fee=2 * GWEI)
        dear = transaction(someone(51), 0, RICH, b"", max_fee=9 * GWEI)
        with pytest.raises(EngineError, match="order"):
            mine(engine, cheap, dear)
    finally:
        node.stop()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nonsense", "expected auto, revm, anvil, py-evm"),
        ("ethereum:nowhere:foundry", "nowhere"),
        ("ethereum:local:test", "py-evm"),
        ("http://127.0.0.1:1", "127.0.0.1:1"),
    ],
)
def test_open__unknown_or_not_there__is_an_engine_error(name: str, message: str) -> None:
    with pytest.raises(EngineError, match=message):
        open_engine(name)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n[]",
        b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n{]}",
        b'HTTP/1.1 200 OK\r\ncontent-length: 28\r\n\r\n{"error": {"message": "no"}}',
        b"",
    ],
    ids=["error", "cut short", "not JSON", "refused as a whole", "closed"],
)
def test_connection__to_something_else__is_lost(answer: bytes) -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.wfile.write(answer)
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        connection = Connection(f"http://127.0.0.1:{server.server_port}")
        with pytest.raises(EngineLost):
            connection.ask(("eth_chainId", []))
        thread.join()


def test_connection__not_http__is_an_engine_error() -> None:
    with pytest.raises(EngineError, match="http"):
        Connection("ws://127.0.0.1:8545")


def test_import__loads_neither_ape_nor_a_compiler() -> None:
    loaded = _python(
        "import sys, sim.chain, sim.chain.artifacts, sim.chain.node; sim.chain.available_engines();"
        "print(sorted({'ape', 'vyper', 'eth', 'web3'} & set(sys.modules)))"
    )
    assert loaded == "[]"


def _python(script: str) -> str:
    root = Path(__file__).resolve().parents[2]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=environment, cwd=root
    )
    assert ran.returncode in (0, -signal.SIGKILL), ran.stderr
    return ran.stdout.strip()


def _anvil_with(flags: tuple[str, ...]) -> Anvil:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(anvil, "FLAGS", flags)
        return Anvil()
