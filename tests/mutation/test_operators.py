"""The mutants themselves: each is one change of code, and what is explained is still there."""

from __future__ import annotations

from pathlib import Path

from .__main__ import CONTRACTS, GOAL, population, sample, stale_explanations
from .operators import Mutant, mutants

SOURCE = '''# a < b in a comment
"""
@notice a < b in a text
"""

struct Pair:
    a: uint256

LIMIT: constant(uint256) = 10

@external
def act(a: uint256, b: uint256):
    assert a < b, "act: a + b"  # a > b
    self.total = min(a, b)
    log Acted(
        a=a,
        b=b,
    )
    if a == b:
        self._send(a, b)
'''


def _of_source(folder: Path) -> list[Mutant]:
    (folder / "Act.vy").write_text(SOURCE)
    return mutants(folder, "Act.vy")


def test_mutants__only_code_changes(tmp_path: Path) -> None:
    changed = {(m.line, m.operator, m.after) for m in _of_source(tmp_path)}
    assert (13, "comparison", 'assert a <= b, "act: a + b"') in changed
    assert (13, "removed", "pass") in changed
    assert (14, "extreme", "self.total = max(a, b)") in changed
    assert (20, "swapped arguments", "self._send(b, a)") in changed
    assert not any(line == 14 and kind == "swapped arguments" for line, kind, _ in changed)
    assert (15, "removed", "pass") in changed
    assert (19, "comparison", "if a != b:") in changed
    assert (19, "removed", "if False:") in changed
    assert (20, "removed", "pass") in changed
    assert (9, "constant", "LIMIT: constant(uint256) = 11") in changed
    assert {line for line, _, _ in changed} == {9, 13, 14, 15, 19, 20}


def test_applied__one_statement_and_nothing_else(tmp_path: Path) -> None:
    lines = SOURCE.splitlines()
    for mutant in _of_source(tmp_path):
        after = mutant.applied(SOURCE).splitlines()
        gone = mutant.end - mutant.start
        assert after[: mutant.start] == lines[: mutant.start]
        assert after[mutant.start + 1 :] == lines[mutant.start + gone :]
        assert after[mutant.start] != lines[mutant.start]
    dropped = next(m for m in _of_source(tmp_path) if m.line == 15)
    assert "Acted" not in dropped.applied(SOURCE)
    assert "b=b" not in dropped.applied(SOURCE)


def test_population__large_and_each_with_a_name_of_its_own() -> None:
    everyone = population()
    assert len(everyone) > 1_000
    assert len({mutant.name for mutant in everyone}) == len(everyone)
    sources = {file: (CONTRACTS / file).read_text() for file in {m.file for m in everyone}}
    assert all(m.applied(sources[m.file]) != sources[m.file] for m in everyone)


def test_sample__every_operator_of_every_file__and_the_same_again() -> None:
    everyone = population()
    chosen = sample(everyone, 200, seed=1)
    kinds = {(m.file, m.operator) for m in everyone}
    assert {(m.file, m.operator) for m in chosen} == kinds
    assert chosen == sample(everyone, 200, seed=1) != sample(everyone, 200, seed=2)
    assert chosen == sample(everyone, 300, seed=1)[:200]
    fewer = [m for m in everyone if m != chosen[0]]
    assert set(chosen[1:]) < set(sample(fewer, 200, seed=1))
    assert sample(everyone, 0, seed=1) == everyone
    assert GOAL >= 0.95


def test_explanations__of_mutants_that_exist() -> None:
    assert stale_explanations() == []
