"""One mutant tried: compiled in a copy of the contracts, then shown to the tests."""

from __future__ import annotations

import contextlib
import gc
import io
import os
import shutil
import signal
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from .operators import Mutant

ROOT = Path(__file__).resolve().parents[2]
SUITES = ("tests/vectors", "tests/invariants", "tests/attacks")
"""In process, quick ones first."""
RUNS = "60"
"""Of the state machines, for those that the vectors leave: a third of what `make test` does."""
LIMIT = 300
"""Seconds a mutant may take; one that takes longer counts as killed."""

KILLED, SURVIVED, INVALID, SAME, FAULT = "killed", "survived", "invalid", "same code", "fault"


@dataclass(frozen=True)
class Verdict:
    name: str
    outcome: str
    by: str
    """The first test that failed, or the compiler's complaint, or what is wrong with the tests."""
    seconds: float


class _Timeout(Exception):
    pass


class _First:
    """pytest plugin: remembers the first failure, and whether the tests themselves are broken."""

    def __init__(self) -> None:
        self.nodeid = ""
        self.broken = False

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed and not self.nodeid:
            self.nodeid = report.nodeid

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed:
            self.nodeid, self.broken = report.nodeid, True


def prepare(base: Path) -> None:
    """A compiled copy of the contracts; mutants are copies of it that share its files.

    Raises SystemExit when the tests fail on it: then nothing could be learnt from mutants.
    """
    shutil.copytree(ROOT / "contracts", base / "contracts")
    kept = ROOT / ".build" / "artifacts"
    if kept.is_dir():
        shutil.copytree(kept, base / ".build" / "artifacts")
    os.environ["PLIMSOLL_CONTRACTS"] = str(base / "contracts")
    _compile(base)
    code, first = _tests()
    if code:
        raise SystemExit(f"the tests fail without any mutant: {first.nodeid or code}")


def judge(mutant: Mutant, base: Path) -> Verdict:
    """In a process of its own: what it imports and changes stays behind."""
    started = time.monotonic()
    gc.disable()  # a quarter of the compiler's time, and the process ends soon
    _seize_output()
    signal.signal(signal.SIGALRM, _out_of_time)
    signal.alarm(LIMIT)
    copy = Path(tempfile.mkdtemp(prefix="plimsoll-mutant-"))
    try:
        outcome, by = _judge(mutant, base, copy)
    except _Timeout:
        outcome, by = KILLED, f"more than {LIMIT} seconds"
    finally:
        signal.alarm(0)
        shutil.rmtree(copy, ignore_errors=True)
    return Verdict(mutant.name, outcome, by, round(time.monotonic() - started, 1))


def _judge(mutant: Mutant, base: Path, copy: Path) -> tuple[str, str]:
    shutil.copytree(base, copy, copy_function=os.link, dirs_exist_ok=True)
    file = copy / "contracts" / mutant.file
    source = file.read_text(encoding="utf-8")
    file.unlink()
    file.write_text(mutant.applied(source), encoding="utf-8")

    # Read when sim is imported, which happens here for the first time in this process.
    os.environ["PLIMSOLL_CONTRACTS"] = str(copy / "contracts")
    from sim.errors import ContractError

    try:
        changed = _compile(copy)
    except ContractError as error:
        return INVALID, str(error)
    if all(_code_of(copy, name) == _code_of(base, name) for name in changed):
        return SAME, ""
    code, first = _tests()
    if code == 0:
        return SURVIVED, ""
    if code != 1 or first.broken:
        return FAULT, first.nodeid or f"pytest answered {code}"
    return KILLED, first.nodeid


def _compile(root: Path) -> list[str]:
    """Bring the artifacts up to date; the names of those compiled now."""
    from sim.chain import artifacts

    contracts = root / "contracts"
    kept = root / ".build" / "artifacts"
    before = {name: (kept / f"{name}.json") for name in artifacts.names(contracts)}
    stamps = {name: file.stat().st_ino for name, file in before.items() if file.exists()}
    for name in before:
        artifacts.load(name, contracts)
    return [name for name, file in before.items() if stamps.get(name) != file.stat().st_ino]


def _code_of(root: Path, name: str) -> bytes:
    from sim.chain import artifacts

    return artifacts.load(name, root / "contracts").bytecode


def _tests() -> tuple[int, _First]:
    import pytest
    from hypothesis import HealthCheck, Phase, settings

    os.environ["PLIMSOLL_FUZZ_RUNS"] = RUNS
    settings.register_profile(
        "mutation",
        phases=(Phase.explicit, Phase.generate),
        database=None,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    settings.load_profile("mutation")
    first = _First()
    here = [suite for suite in SUITES if (ROOT / suite).is_dir()]
    arguments = ["-x", "-q", "-p", "no:cacheprovider", "--rootdir", str(ROOT)]
    with contextlib.redirect_stdout(io.StringIO()):
        code = pytest.main([*arguments, *(str(ROOT / suite) for suite in here)], plugins=[first])
    return int(code), first


def _seize_output() -> None:
    sys.stderr = io.StringIO()


def _out_of_time(signum: int, frame: FrameType | None) -> None:
    raise _Timeout
