"""The README's commands, run as typed, from the checkout."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def commands() -> list[str]:
    """Every line of a shell block that runs something of ours, but `make` and what needs the
    reader's own file."""
    text = (ROOT / "README.md").read_text(encoding="utf-8").replace("\\\n", " ")
    blocks = re.findall(r"```\n(.*?)```", text, flags=re.DOTALL)
    lines = [line.strip() for block in blocks for line in block.splitlines()]
    ours = [line for line in lines if line.startswith(".venv/bin/")]
    return [line for line in ours if "prices.csv" not in line]


@pytest.mark.parametrize("command", commands())
def test_readme__command_runs(command: str, tmp_path: Path) -> None:
    words = shlex.split(command)
    words[0] = str(ROOT / words[0])
    if command.startswith(("plimsoll run", "plimsoll compare"), len(".venv/bin/")):
        words += [] if "--blocks" in words else ["--blocks", "60"]
        words += [] if "--out" in words else ["--out", str(tmp_path / "out")]
    if "--seeds" in words:
        words[words.index("--seeds") + 1] = "2"
    if command.startswith("plimsoll report", len(".venv/bin/")):
        run = [words[0], "run", "flash-crash", "--blocks", "60", "--out", str(tmp_path / "out")]
        subprocess.run(run, cwd=ROOT, capture_output=True, check=True, timeout=300)
        words[2] = str(tmp_path / "out")
    if command.startswith(("plimsoll sweep", "plimsoll optimize"), len(".venv/bin/")):
        for option in {"--seeds", "--trials", "--confirm"} & set(words):
            words[words.index(option) + 1] = "2"
        words += ["--blocks", "30", "--out", str(tmp_path / "out")]
    if command.startswith("plimsoll check", len(".venv/bin/")):
        words[words.index("--budget") + 1] = "5s"
        words[2] = words[2].replace("../pawnshop", "tests/e2e/pawnshop")
        words += ["--out", str(tmp_path / "out")]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
