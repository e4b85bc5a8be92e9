"""A contract that is not ours, in a project that is not ours: checked, replayed, tested."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
GUIDE = HERE.parents[1] / "docs" / "adapter.md"
PROJECT = HERE / "pawnshop"
PLIMSOLL = Path(sys.executable).parent / "plimsoll"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return Path(shutil.copytree(PROJECT, tmp_path / "pawnshop"))


def run(*words: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = list(map(str, words))
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=300)


def spoil(project: Path, good: str, bad: str) -> None:
    contract = project / "contracts" / "Pawnshop.vy"
    source = contract.read_text(encoding="utf-8")
    assert source.count(good) == 1
    contract.write_text(source.replace(good, bad), encoding="utf-8")


@pytest.mark.parametrize(
    ("fence", "file"), [("vyper", "contracts/Pawnshop.vy"), ("python", "plimsoll_adapter.py")]
)
def test_example__is_the_one_that_the_guide_prints(fence: str, file: str) -> None:
    printed = re.search(rf"```{fence}\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    assert printed is not None
    assert (PROJECT / file).read_text(encoding="utf-8") == printed[1]


def test_example__its_own_tests__pass(project: Path) -> None:
    done = run(sys.executable, "-m", "pytest", "-q", cwd=project)
    assert done.returncode == 0, done.stdout
    assert "2 passed" in done.stdout


def test_example__checked__holds_and_says_how_hard_it_was_tried(project: Path) -> None:
    done = run(PLIMSOLL, "check", ".", "--actions", 300, "--json", cwd=project)
    verdict = json.loads(done.stdout)
    assert done.returncode == 0, done.stdout
    assert verdict["holds"]
    assert verdict["actions"] >= 300
    assert verdict["blocks"] > 300
    assert verdict["states"] > 30
    assert all(0 < reached <= there for reached, there in verdict["branches"].values())


def test_example__without_its_check__is_broken_and_the_case_replays(project: Path) -> None:
    spoil(project, "assert not self._covers(owner, keep_at)", "assert True")
    found = run(PLIMSOLL, "check", ".", "--actions", 300, cwd=project)
    assert found.returncode == 1
    case = project / "out" / "check-pawnshop" / "due.json"
    assert f"plimsoll replay {case.relative_to(project)}" in found.stdout

    for engine in ("auto", "py-evm"):
        told = run(PLIMSOLL, "replay", case, "--engine", engine, cwd=project)
        assert told.returncode == 1
        assert "liquidates account 1" in told.stdout
        assert "BROKEN HERE" in told.stdout

    written = run(PLIMSOLL, "replay", case, "--pytest", "test_case.py", cwd=project)
    assert written.returncode == 1
    test = [sys.executable, "-m", "pytest", "-q", "test_case.py"]
    assert run(*test, cwd=project).returncode == 1

    shutil.copy(PROJECT / "contracts" / "Pawnshop.vy", project / "contracts")
    mended = run(PLIMSOLL, "replay", case, cwd=project)
    assert mended.returncode == 0, mended.stdout
    assert "not the bytecode it was found with" in mended.stdout
    assert run(*test, cwd=project).returncode == 0


@pytest.mark.parametrize(
    ("good", "bad", "said"),
    [
        ("event Sold:", "event Gone:", "does not compile"),
        ("    keep_at = keep_\n", '    keep_at = keep_\n    raise "no"\n', "no"),
        ("def buy(owner", "def sell(owner", "has no function buy"),
    ],
    ids=["does not compile", "constructor reverts", "no such function"],
)
def test_example__that_cannot_be_checked__is_one_sentence(
    project: Path, good: str, bad: str, said: str
) -> None:
    spoil(project, good, bad)
    done = run(PLIMSOLL, "check", ".", "--actions", 10, cwd=project)
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
