"""`plimsoll map` as people meet it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.test_cli import plimsoll, refuses, small
from tests.sim.runs import IN_PROCESS

__all__ = ["small"]


def shown(*arguments: object) -> str:
    result = plimsoll("map", *arguments, "--engine", IN_PROCESS)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_map__before_the_run__clusters_falls_and_a_picture(small: Path) -> None:
    text = shown(small, "--out", "near")
    assert "small: debt in block 0" in text
    assert "cluster" in text
    assert "50%" in text
    assert Path("near/proximity.png").read_bytes().startswith(b"\x89PNG")


def test_map__in_the_crash__debt_is_nearer(small: Path) -> None:
    """After the fall of a quarter less has to fall to reach the same debt."""

    def reached(text: str, fall: str) -> int:
        (line,) = [row for row in text.splitlines() if row.split()[:1] == [fall]]
        return int(line.split()[1].replace(",", ""))

    before, after = shown(small), shown(small, "--block", 12)
    assert "debt in block 12" in after
    assert reached(after, "20%") > reached(before, "20%")


def test_map__nobody_has_debt__says_so(small: Path) -> None:
    assert "Nobody has debt in block 0." in shown(small, "--set", "traders.count=0")


@pytest.mark.parametrize("block", [13, 10_000])
def test_map__after_the_run__one_sentence(small: Path, block: int) -> None:
    said = refuses("map", small, "--block", block, "--engine", IN_PROCESS)
    assert said == f"--block {block}: the run has 12 blocks"
