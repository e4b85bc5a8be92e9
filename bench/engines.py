"""Transactions a second of every engine, side by side: ``python -m bench.engines``.

One contract adds to three storage slots and logs; a hundred senders take turns calling it.
What is timed is one `mine` a block, handed prepared transactions. Beside our engines run the
package `verbs` (an environment of its own; it skips nonces, fees and limits) and the same
blocks in Rust alone. Rounds go through all of them in turn; the medians are shown.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from shutil import which
from statistics import median

from sim.chain import available_engines, open_engine
from sim.chain.engine import BlockRequest, Engine, Receipt, Status, Transaction
from sim.chain.revm import RevmEngine
from sim.units import GWEI, WAD

ROOT = Path(__file__).resolve().parents[1]
VERBS = "verbs==0.4.1"
RUNTIME = (
    "5f546001015f55"  # slot 0 += 1
    "6001546001016001556002546001016002555f54"  # slot 1, slot 2
    "5f5260205fa000"  # log
)
CREATION = f"60{len(RUNTIME) // 2:02x}8060095f395ff3{RUNTIME}"
SIZES = (1, 100, 1_000)
ROUNDS = 7
SECONDS = 0.3
"""About what one measurement takes."""
SENDERS = [(1_000 + i).to_bytes(20, "big") for i in range(100)]
GAS = 100_000

Loop = Callable[[int, int], float]
"""Seconds that so many blocks take: of (transactions in a block, blocks)."""


def engine_loop(engine: Engine, look: bool = False) -> Loop:
    """`look`: make Python objects of all receipts."""
    for sender in SENDERS:
        engine.set_balance(sender, 10**9 * WAD)
    creation = Transaction(SENDERS[0], None, bytes.fromhex(CREATION), GAS * 5, 2 * GWEI, 1, 0)
    contract = _mine(engine, [creation])[0].contract
    nonces = dict.fromkeys(SENDERS, 0) | {SENDERS[0]: 1}

    def call(index: int) -> Transaction:
        sender = SENDERS[index % len(SENDERS)]
        nonces[sender] += 1
        return Transaction(sender, contract, b"call", GAS, 2 * GWEI, 1, nonces[sender] - 1)

    def loop(size: int, blocks: int) -> float:
        calls = [[call(block * size + i) for i in range(size)] for block in range(blocks)]
        timestamp = engine.timestamp
        requests = [
            BlockRequest(block, timestamp + 12 * number, GWEI, gas_limit=GAS * size)
            for number, block in enumerate(calls, start=1)
        ]
        start = time.perf_counter()
        for request in requests:
            receipts = engine.mine(request).receipts
            if look:
                receipts = tuple(receipts)
        seconds = time.perf_counter() - start
        if receipts[-1].status is not Status.SUCCEEDED:
            raise SystemExit(f"{engine.name}: {receipts[-1]}")
        return seconds

    return loop


def _mine(engine: Engine, transactions: list[Transaction]) -> list[Receipt]:
    return list(engine.mine(BlockRequest(transactions, engine.timestamp + 12, GWEI)).receipts)


@contextmanager
def worker(*command: str | Path) -> Iterator[Callable[[str], float]]:
    """A process that answers each line with a number."""
    pipe = subprocess.PIPE
    with subprocess.Popen([str(c) for c in command], stdin=pipe, stdout=pipe, text=True) as process:
        stdin, stdout = process.stdin, process.stdout
        if stdin is None or stdout is None:
            raise OSError("a worker without pipes")

        def ask(line: str) -> float:
            stdin.write(line + "\n")
            stdin.flush()
            return float(stdout.readline())

        try:
            yield ask
        finally:
            stdin.close()


def verbs_python() -> Path | None:
    """The interpreter of an environment with `verbs`, made now if it is not there."""
    home = ROOT / ".build" / "verbs"
    python = home / "bin" / "python"
    if not python.exists():
        venv.create(home, with_pip=True)
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", VERBS]
    known = subprocess.run([python, "-c", "import verbs"], capture_output=True)
    if known.returncode and subprocess.run(install, capture_output=True).returncode:
        return None
    return python


def rust_example() -> Path | None:
    if which("cargo") is None:
        return None
    crate = ROOT / "engine"
    build = ["cargo", "build", "--quiet", "--profile", "bare", "--example", "loop"]
    subprocess.run(build, cwd=crate, check=True)
    return crate / "target" / "bare" / "examples" / "loop"


def loops(stack: ExitStack) -> dict[str, Loop]:
    """Everything that is there, by name."""
    found: dict[str, Loop] = {}
    for name in available_engines():
        found[name] = engine_loop(stack.enter_context(open_engine(name)))
    if "revm" in found:
        found["revm, receipts read"] = engine_loop(RevmEngine(), look=True)
    if python := verbs_python():
        ask = stack.enter_context(worker(python, ROOT / "bench" / "verbs_loop.py", CREATION))
        found["verbs"] = lambda size, blocks: ask(f"{size} {blocks}")
    else:
        print(f"{VERBS} cannot be installed: going on without it")
    if example := rust_example():
        rust = stack.enter_context(worker(example, RUNTIME))
        found["Rust, this crate"] = lambda size, blocks: rust(f"chain {size} {blocks}")
        found["Rust, revm alone"] = lambda size, blocks: rust(f"revm {size} {blocks}")
    else:
        print("cargo is not here: going on without the loop in Rust")
    return found


def measure(found: dict[str, Loop]) -> dict[tuple[str, int], float]:
    """Median transactions a second, by name and block size."""
    blocks = {(name, size): _enough(loop, size) for name, loop in found.items() for size in SIZES}
    rates: dict[tuple[str, int], list[float]] = {key: [] for key in blocks}
    for _ in range(ROUNDS):
        for (name, size), count in blocks.items():
            rates[name, size].append(size * count / found[name](size, count))
    return {key: median(values) for key, values in rates.items()}


def _enough(loop: Loop, size: int) -> int:
    """How many blocks make a measurement."""
    blocks = 1
    while (seconds := loop(size, blocks)) < SECONDS / 4:
        blocks *= 4
    return max(1, round(blocks * SECONDS / seconds))


def show(rates: dict[tuple[str, int], float]) -> None:
    print(f"{'transactions/s':24}" + "".join(f"{size:>12,} a block" for size in SIZES))
    names = list(dict.fromkeys(name for name, _ in rates))
    for name in names:
        print(f"{name:24}" + "".join(f"{rates[name, size]:20,.0f}" for size in SIZES))
    for other in ("verbs", "anvil", "py-evm", "Rust, this crate", "Rust, revm alone"):
        if other in names and "revm" in names:
            times = (rates["revm", size] / rates[other, size] for size in SIZES)
            print(f"{'revm : ' + other:24}" + "".join(f"{ratio:20.2f}" for ratio in times))


def show_state() -> None:
    """Snapshots, forks and dumps of a large state."""
    engine = RevmEngine()
    loop = engine_loop(engine)
    for index in range(100_000):
        engine.set_balance((1 << 80 | index).to_bytes(20, "big"), 1)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "chain"
        steps: dict[str, Callable[[], object]] = {
            "snapshot": engine.snapshot,
            "mine 100": lambda: loop(100, 1),
            "restore": lambda: engine.restore(1),
            "fork": engine.fork,
            "fork again": engine.fork,
            "dump": lambda: engine.dump(path),
            "load": lambda: RevmEngine.load(path),
        }
        print("\nwith 100,000 accounts:")
        for name, step in steps.items():
            start = time.perf_counter()
            step()
            print(f"  {name:12}{(time.perf_counter() - start) * 1e6:14,.0f} us")


def show_memory() -> None:
    engine = RevmEngine()
    loop = engine_loop(engine)
    engine.snapshot()
    loop(1_000, 10)
    before = _resident()
    for _ in range(100):
        loop(1_000, 10)
    print(f"a million transactions: {before:,.1f} MB before, {_resident():,.1f} MB after")


def _resident() -> float:
    """Megabytes; the peak where the present is not to be had."""
    statm = Path("/proc/self/statm")
    if statm.exists():
        return int(statm.read_text().split()[1]) * resource.getpagesize() / 2**20
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def main() -> None:
    with ExitStack() as stack:
        found = loops(stack)
        show(measure(found))
    if "revm" in found:
        show_state()
        show_memory()


if __name__ == "__main__":
    sys.exit(main())
