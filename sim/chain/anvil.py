"""An anvil process of our own: found, started on a free port, and ended with its engine."""

from __future__ import annotations

import atexit
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

from sim.chain.engine import BLOCK_GAS_LIMIT, HARDFORK
from sim.errors import EngineError

_ROOT = Path(__file__).resolve().parents[2]
_HOST = "127.0.0.1"
_START_SECONDS = 20.0
_STOP_SECONDS = 5.0
_POLL_SECONDS = 0.005
_LONGEST_COMPLAINT = 200
_PRCTL: Any = ctypes.CDLL(None).prctl if sys.platform == "linux" else None
"""Found before a fork, in which other threads' locks may be held."""
_DEATH_SIGNAL = 1
"""PR_SET_PDEATHSIG of prctl(2)."""

FLAGS = (
    *("--hardfork", HARDFORK),
    *("--gas-limit", str(BLOCK_GAS_LIMIT)),
    *("--order", "fifo"),
    # Blocks come when asked for, from any sender, and what is valid only the execution decides.
    *("--no-mining", "--auto-impersonate"),
    *("--disable-pool-balance-checks", "--disable-min-priority-fee"),
    # As empty as the other engines: nobody owns anything, nothing is deployed.
    *("--accounts", "0", "--disable-default-create2-deployer"),
    # A long run must not fill the memory; a block with large deployments passes 2 MB.
    *("--prune-history", "--transaction-block-keeper", "8", "--no-request-size-limit"),
    "--quiet",
)


def find_anvil() -> Path | None:
    """The node's program: in PATH, or where `make setup` puts it."""
    found = shutil.which("anvil") or shutil.which("anvil", path=str(_ROOT / "node_modules/.bin"))
    return _unwrapped(Path(found).resolve()) if found else None


def _unwrapped(program: Path) -> Path:
    """npm puts a script in front that starts the program as a child: skip it, a signal to the
    script does not reach the child when it is killed.
    """
    if program.suffix != ".mjs":
        return program
    packages = program.parent.parent
    return next(iter(sorted(packages.glob("anvil-*/bin/anvil"))), program)


class Anvil:
    """A running node. Raises EngineError when anvil is not installed or does not start."""

    def __init__(self, *flags: str, port: int | None = None) -> None:
        program = find_anvil()
        if program is None:
            raise EngineError(
                "anvil is not installed: `make setup` installs it, or put it in your PATH."
            )
        self.port = _checked(port) if port else _free_port()
        self.uri = f"http://{_HOST}:{self.port}"
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115
        start = _starter(os.getpid()).submit(
            subprocess.Popen,
            [str(program), "--host", _HOST, "--port", str(self.port), *FLAGS, *flags],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self._complaints,
            # Ctrl-C is for the run: it ends its node itself, when what was run is kept.
            start_new_session=True,
            preexec_fn=_die_with_parent if _PRCTL else None,
        )
        self._process = start.result()
        atexit.register(self.stop)
        self._wait_until_ready()

    @property
    def pid(self) -> int:
        return self._process.pid

    def stop(self) -> None:
        """End this process, and no other."""
        atexit.unregister(self.stop)
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._complaints.close()

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while self._process.poll() is None and time.monotonic() < deadline:
            try:
                socket.create_connection((_HOST, self.port), _START_SECONDS).close()
                return
            except OSError:
                time.sleep(_POLL_SECONDS)
        self._complaints.seek(0)
        said = " ".join(self._complaints.read().decode(errors="replace").split())
        self.stop()
        why = said[:_LONGEST_COMPLAINT] or f"no answer for {_START_SECONDS:.0f} s"
        raise EngineError(f"anvil did not start on port {self.port}: {why}.")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        return int(probe.getsockname()[1])


def _checked(port: int) -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_HOST, port))
        except OSError as error:
            raise EngineError(
                f"Port {port} is not free for anvil ({error.strerror}): name another, or none."
            ) from error
    return port


@cache
def _starter(_process: int) -> ThreadPoolExecutor:
    """A thread that stays as long as its process: Linux signals a child when the *thread* that
    started it ends, and whoever opens an engine may be a short-lived one."""
    return ThreadPoolExecutor(1, "anvil")


def _die_with_parent() -> None:
    """So that a run killed outright leaves no node behind."""
    _PRCTL(_DEATH_SIGNAL, signal.SIGTERM)
