"""A contract that Solidity's compiler made comes in by its ABI and bytecode: solidity/Pawnshop.json
behind the adapter of docs/adapter.md, as it stands."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sim.cli import main

HERE = Path(__file__).parent
ARTIFACT = HERE / "solidity" / "Pawnshop.json"


@pytest.fixture
def adapter(tmp_path: Path) -> Path:
    shutil.copy(ARTIFACT, tmp_path)
    return Path(shutil.copy(HERE / "pawnshop" / "plimsoll_adapter.py", tmp_path / "pawnshop.py"))


def plimsoll(*words: object) -> Result:
    return CliRunner(mix_stderr=False).invoke(main, list(map(str, words)))


def test_artifact__is_of_the_source_beside_it() -> None:
    compiled, source = json.loads(ARTIFACT.read_bytes()), ARTIFACT.with_suffix(".sol").read_text()
    version = compiled["compiler"]["version"].partition("+")[0]
    assert f"pragma solidity {version};" in source
    names = {each["name"] for each in compiled["abi"] if each["type"] in ("function", "event")}
    assert {"pledge", "take_back", "draw", "pay", "buy", "position", "Sold"} <= names
    assert all(f" {name}" in source for name in names)


def test_solidity__run__liquidates_and_the_books_are_the_chain(adapter: Path) -> None:
    few = ("--blocks", 400, "--set", "traders.count=40", "--json", "--out", adapter.parent / "out")
    done = plimsoll("run", "flash-crash", "--protocol", adapter, *few)
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)["summary"]["liquidation"]["liquidations"] > 3


def test_solidity__crosschecked__is_the_same_on_two_engines(adapter: Path) -> None:
    few = ("--set", "traders.count=10", "--engines", "auto,py-evm", "--blocks", 20)
    done = plimsoll("crosscheck", "flash-crash", "--protocol", adapter, *few)
    assert done.exit_code == 0, done.stderr
    assert "are identical" in done.stdout


def test_solidity__checked__holds_and_its_branches_are_seen(adapter: Path) -> None:
    out = ("--out", adapter.parent / "out")
    done = plimsoll("check", adapter, "--actions", 300, "--json", *out)
    assert done.exit_code == 0, done.stdout + done.stderr
    verdict = json.loads(done.stdout)
    reached, there = verdict["branches"]["Pawnshop"]
    assert there / 2 < reached <= there


def test_solidity__deployed_with_twice_the_ratio__is_broken_and_the_case_replays(
    adapter: Path,
) -> None:
    """It sells pledges that cover what they must."""
    source, arguments = adapter.read_text(encoding="utf-8"), "self.open_at, self.keep_at]"
    assert source.count(arguments) == 1
    adapter.write_text(source.replace(arguments, "self.open_at, 2 * self.keep_at]"))
    out = adapter.parent / "out"
    found = plimsoll("check", adapter, "--actions", 300, "--out", out)
    assert found.exit_code == 1, found.stderr
    told = plimsoll("replay", out / "due.json")
    assert told.exit_code == 1
    assert "health was kept: equity" in told.stdout
