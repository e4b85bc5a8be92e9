"""docs/adapter.md: the contract and the adapter in it are run as they are printed."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from sim.cli import main
from sim.protocol.adapter import Adapter

GUIDE = Path(__file__).parents[2] / "docs" / "adapter.md"
FEW = ("--set", "traders.count=40")


@pytest.fixture
def adapter(tmp_path: Path) -> Path:
    text = GUIDE.read_text(encoding="utf-8")
    (contract,) = re.findall(r"```vyper\n(.*?)```", text, re.S)
    (code,) = re.findall(r"```python\n(.*?)```", text, re.S)
    (tmp_path / "Pawnshop.vy").write_text(contract)
    file = tmp_path / "pawnshop.py"
    file.write_text(code)
    return file


def test_guide__its_adapter__runs_liquidates_and_is_audited(adapter: Path) -> None:
    words = ["run", "flash-crash", "--protocol", str(adapter), "--blocks", "400", "--json", *FEW]
    done = CliRunner(mix_stderr=False).invoke(main, words)
    assert done.exit_code == 0, done.stderr
    run = json.loads(done.stdout)
    assert run["summary"]["liquidation"]["liquidations"] > 3
    assert run["summary"]["solvency"]["accounts"] > 30
    assert "Pawnshop" in run["bytecode"]


def test_guide__its_adapter__is_the_same_on_two_engines(adapter: Path) -> None:
    few = ("--set", "traders.count=10", "--engines", "auto,py-evm", "--blocks", "20")
    done = CliRunner(mix_stderr=False).invoke(
        main, ["crosscheck", "flash-crash", "--protocol", str(adapter), *few]
    )
    assert done.exit_code == 0, done.stderr
    assert "are identical" in done.stdout


def test_guide__table__names_all_of_the_interface_and_nothing_else() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    members = {*vars(Adapter), *Adapter.__annotations__}
    rows = re.findall(r"^\| (`.*?) \|", text.partition("## What it says")[2], re.M)
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    said = set(re.findall(r"`(?:self\.)?(\w+)", text))
    assert len(rows) > 10
    assert named <= members
    assert {name for name in members if not name.startswith("_")} <= said


def test_guide__links__lead_somewhere() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    for link in re.findall(r"\]\((\.\./[^)]+)\)", text):
        assert (GUIDE.parent / link).exists(), link
