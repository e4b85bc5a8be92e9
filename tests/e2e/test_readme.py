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
    """In short, and where nothing of the reader's is: in `out` of an empty folder."""
    program, *words = shlex.split(command)
    name = " ".join([Path(program).name, words[0]])
    for option in {"--seeds", "--trials", "--confirm"} & set(words):
        words[words.index(option) + 1] = "2"
    if name in ("plimsoll run", "plimsoll compare"):
        words += [] if "--blocks" in words else ["--blocks", "60"]
    elif name in ("plimsoll sweep", "plimsoll optimize"):
        words += ["--blocks", "30"]
    elif name == "plimsoll report":
        run = [ROOT / program, "run", "flash-crash", "--blocks", "60", "--out", words[1]]
        subprocess.run(run, cwd=tmp_path, capture_output=True, check=True, timeout=300)
    elif name == "plimsoll check":
        words[words.index("--budget") + 1] = "5s"
        words[1] = words[1].replace("../pawnshop", str(ROOT / "tests/e2e/pawnshop"))
    elif words[:2] == ["run", "stress"]:
        words += ["--out", str(tmp_path / "out")]
    # Ape takes the folder it is in for the project.
    place = ROOT if name.startswith("ape") else tmp_path
    asked = [ROOT / program, *words]
    done = subprocess.run(asked, cwd=place, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
