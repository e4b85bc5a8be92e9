"""Contracts are compiled when they have to be, and only then."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
from eth_utils.crypto import keccak

from sim.chain.artifacts import compile_all, load, names
from sim.errors import ContractError

MODULE = """
# pragma version 0.4.3
ONE: constant(uint256) = {one}
"""
CONTRACT = """
# pragma version 0.4.3
from ..modules import numbers
from ..interfaces import ICounted
implements: ICounted

event Seen:
    who: indexed(address)

@external
@view
def one() -> uint256:
    return numbers.ONE
"""
INTERFACE = """
# pragma version 0.4.3
@external
@view
def one() -> uint256: ...
"""
ALONE = """
# pragma version 0.4.3
@external
def nothing(): pass
"""


@pytest.fixture
def contracts(tmp_path: Path) -> Path:
    """A small tree: a contract with a module and an interface, and one that needs nothing."""
    root = tmp_path / "contracts"
    for name, source in (
        ("modules/numbers.vy", MODULE.format(one=1)),
        ("interfaces/ICounted.vyi", INTERFACE),
        ("deep/Counted.vy", CONTRACT),
        ("Alone.vy", ALONE),
    ):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)
    return root


def test_load__selectors_events_and_code() -> None:
    counter = load("Counter")
    assert counter.selectors["increment()"] == keccak(text="increment()")[:4]
    topic = keccak(text="Counted(address,uint256)")
    assert counter.events[topic]["name"] == "Counted"
    assert len(counter.bytecode) > 500
    assert len(bytes.fromhex(counter.runtime_hash)) == 32


def test_names__contracts_only(contracts: Path) -> None:
    assert names(contracts) == ["Alone", "Counted"]


def test_compile_all__second_time__nothing(contracts: Path) -> None:
    assert compile_all(contracts) == ["Alone", "Counted"]
    assert compile_all(contracts) == []


def test_load__module_changed__recompiles_what_imports_it(contracts: Path) -> None:
    compile_all(contracts)
    before = load("Counted", contracts)
    (contracts / "modules/numbers.vy").write_text(MODULE.format(one=2))
    assert compile_all(contracts) == ["Counted"]
    after = load("Counted", contracts)
    assert after.bytecode != before.bytecode
    assert after.runtime_hash != before.runtime_hash
    (contracts / "modules/numbers.vy").write_text(MODULE.format(one=1))
    assert load("Counted", contracts) == before


def test_load__interface_changed__recompiles_and_says_what_is_wrong(contracts: Path) -> None:
    compile_all(contracts)
    interface = contracts / "interfaces/ICounted.vyi"
    interface.write_text(INTERFACE.replace("one()", "two()"))
    with pytest.raises(ContractError, match=r"deep/Counted\.vy does not compile: .*two"):
        load("Counted", contracts)


def test_load__source_gone__is_not_served_from_the_cache(contracts: Path) -> None:
    compile_all(contracts)
    (contracts / "modules/numbers.vy").unlink()
    with pytest.raises(ContractError, match="numbers"):
        load("Counted", contracts)
    (contracts / "deep/Counted.vy").unlink()
    with pytest.raises(ContractError, match="no contract 'Counted'"):
        load("Counted", contracts)


@pytest.mark.parametrize("kept", ["", "{}", "[]", '{"key": "x", "sources": ["Alone.vy"]}'])
def test_load__cache_damaged__compiles(contracts: Path, kept: str) -> None:
    expected = load("Alone", contracts)
    (file,) = (contracts.parent / ".build").rglob("Alone.json")
    file.write_text(kept)
    assert load("Alone", contracts) == expected


def test_load__syntax_error__one_sentence_with_the_place(contracts: Path) -> None:
    (contracts / "Alone.vy").write_text(ALONE.replace("pass", "x = 1"))
    with pytest.raises(ContractError) as caught:
        load("Alone", contracts)
    assert "contracts/Alone.vy:4" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_load__two_of_a_name__are_refused(contracts: Path) -> None:
    (contracts / "deep/Alone.vy").write_text(ALONE)
    with pytest.raises(ContractError, match="Two contracts are called Alone"):
        load("Alone", contracts)


def test_load__same_everywhere(contracts: Path, tmp_path: Path) -> None:
    """Bytecode does not depend on where the sources lie."""
    elsewhere = tmp_path / "another" / "place" / "contracts"
    elsewhere.parent.mkdir(parents=True)
    elsewhere.symlink_to(contracts)
    copied = tmp_path / "copied" / "contracts"
    for path in contracts.rglob("*.vy*"):
        target = copied / path.relative_to(contracts)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    assert load("Counted", copied) == load("Counted", contracts)


def test_load__all_warm__is_fast_and_without_the_compiler() -> None:
    """Half a second for what takes a compiler many; measured in a fresh process."""
    compile_all()
    script = (
        "import sys, time; from sim.chain.artifacts import load, names;"
        "start = time.perf_counter(); [load(name) for name in names()];"
        "print(time.perf_counter() - start, 'vyper' in sys.modules)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).resolve().parents[2],
    )
    seconds, compiler = ran.stdout.split()
    assert compiler == "False"
    assert float(seconds) < 0.5


def test_main__compiles_what_there_is() -> None:
    start = time.monotonic()
    ran = subprocess.run(
        [sys.executable, "-m", "sim.chain.artifacts"],
        capture_output=True,
        text=True,
        cwd=Path(__file__).resolve().parents[2],
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.startswith(f"{len(names())} contracts, ")
    assert time.monotonic() - start < 60
