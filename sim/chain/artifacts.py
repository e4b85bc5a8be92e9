"""Compiled contracts: `load("CollateralizedDebt")`, compiled once and kept under `.build/`.

A kept artifact is good while the compiler's version and every source that went into it are
unchanged, so an edit recompiles only what depends on it, and a warm start never imports the
compiler. ``python -m sim.chain.artifacts`` compiles everything.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path, PurePath
from typing import Any

from sim.errors import ContractError

_PACKAGED = Path(__file__).resolve().parents[1] / "contracts"
_SOURCES = _PACKAGED if _PACKAGED.is_dir() else _PACKAGED.parents[1] / "contracts"
CONTRACTS = Path(os.environ.get("PLIMSOLL_CONTRACTS") or _SOURCES).resolve()
"""Inside the installed package, in a checkout beside it; a changed copy can stand in for them,
as mutation testing has it.
"""
WORKERS = 2
_taken: dict[str, dict[str, Any]] = {}
"""Contract -> what another process compiled of the same sources."""


@dataclass(frozen=True, slots=True)
class Artifact:
    """One deployable contract."""

    name: str
    abi: list[dict[str, Any]]
    """As the compiler gives it: JSON ABI entries."""
    bytecode: bytes
    """Creation code; constructor arguments follow it."""
    runtime_hash: str
    """sha256 of the runtime code before immutables, hex."""
    selectors: dict[str, bytes]
    """``"transfer(address,uint256)"`` -> 4 bytes."""
    events: dict[bytes, dict[str, Any]]
    """First topic, 32 bytes -> ABI entry of the event."""


def names(contracts: Path = CONTRACTS) -> list[str]:
    """Every contract that deploys: a CamelCase file; a snake_case one is a module."""
    return sorted(_sources(contracts))


def load(name: str, contracts: Path = CONTRACTS) -> Artifact:
    """The artifact of a contract by its file's name, compiled now if it is not up to date.

    Raises ContractError when there is no such contract or it does not compile.
    """
    sources = _sources(contracts)
    if name not in sources:
        raise ContractError(
            f"There is no contract {name!r} under {contracts}, only {', '.join(sources)}."
        )
    if contracts == CONTRACTS and name in _taken:
        return _artifact(_taken[name])
    kept = _read(_cache_file(contracts, name), contracts)
    return _artifact(kept or _compile(name, sources[name], contracts))


def compile_all(contracts: Path = CONTRACTS) -> list[str]:
    """Bring every artifact up to date; the names of those that had to be compiled."""
    stale = [n for n in names(contracts) if not _read(_cache_file(contracts, n), contracts)]
    if stale:
        with ProcessPoolExecutor(min(WORKERS, len(stale))) as pool:
            list(pool.map(load, stale, [contracts] * len(stale)))
    return stale


def hand_over() -> dict[str, dict[str, Any]]:
    """Every contract as compiled here, for `take_over` in another process or on another machine."""
    compile_all()
    records = {name: _read(_cache_file(CONTRACTS, name), CONTRACTS) for name in names()}
    return {name: record for name, record in records.items() if record}


def take_over(records: Mapping[str, dict[str, Any]]) -> None:
    """Use from now on what was compiled elsewhere, where it is of the sources that are here."""
    root = CONTRACTS.parent
    for name, record in records.items():
        there = all((root / source).is_file() for source in record["sources"])
        if there and record["key"] == _key(record["sources"], root):
            _taken[name] = record


def _sources(contracts: Path) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for path in sorted(contracts.rglob("*.vy")):
        if not path.stem[0].isupper():
            continue
        if path.stem in found:
            raise ContractError(
                f"Two contracts are called {path.stem}: {found[path.stem]} and {path}."
            )
        found[path.stem] = path
    return found


def _cache_file(contracts: Path, name: str) -> Path:
    return contracts.parent / ".build" / "artifacts" / f"{name}.json"


def _read(file: Path, contracts: Path) -> dict[str, Any] | None:
    """What is kept, or None when there is nothing or it is out of date."""
    try:
        kept: dict[str, Any] = json.loads(file.read_bytes())
        fresh = kept["key"] == _key(kept["sources"], contracts.parent)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return kept if fresh else None


def _key(sources: Iterable[str], root: Path) -> str:
    """Hash of the compiler's version, of this file's output format and of all sources."""
    digest = sha256(f"{_compiler_version()} 1".encode())
    for source in sources:
        digest.update(source.encode() + b"\0" + sha256((root / source).read_bytes()).digest())
    return digest.hexdigest()


@cache
def _compiler_version() -> str:
    return version("vyper")


def compile_file(path: Path, root: Path) -> Artifact:
    """One file, now, keeping nothing; imports are found from it, or under `root`.

    Raises ContractError when it does not compile.
    """
    return _artifact(_compile(path.stem, path, root, keep=False))


def from_abi(name: str, abi: list[dict[str, Any]], bytecode: bytes) -> Artifact:
    """A contract that some other compiler made: JSON ABI and creation code, linked."""
    from eth_utils.abi import abi_to_signature, function_signature_to_4byte_selector

    functions = [entry for entry in abi if entry["type"] == "function"]
    signatures = [abi_to_signature(entry) for entry in functions]  # type: ignore[arg-type]
    return Artifact(
        name=name,
        abi=abi,
        bytecode=bytecode,
        runtime_hash=sha256(bytecode).hexdigest(),
        selectors={each: function_signature_to_4byte_selector(each) for each in signatures},
        events={bytes.fromhex(topic): abi[index] for topic, index in _topics(abi).items()},
    )


def _compile(name: str, path: Path, contracts: Path, keep: bool = True) -> dict[str, Any]:
    import vyper
    from vyper.compiler.input_bundle import (
        FilesystemInputBundle,
    )
    from vyper.compiler.settings import Settings
    from vyper.exceptions import (
        VyperException,
        VyperInternalException,
    )

    from sim.chain.engine import HARDFORK

    root = contracts.parent
    used: set[Path] = set()

    class Recorder(FilesystemInputBundle):  # type: ignore[misc]
        """Remembers which of our files went into the compilation."""

        def _load_from_path(self, resolved_path: Path, original_path: PurePath) -> Any:
            if resolved_path.is_relative_to(root):
                used.add(resolved_path)
            return super()._load_from_path(resolved_path, original_path)

    bundle = Recorder([root, contracts])
    try:
        output = vyper.compile_from_file_input(
            bundle.load_file(path),
            input_bundle=bundle,
            settings=Settings(evm_version=HARDFORK),
            output_formats=["abi", "bytecode", "bytecode_runtime", "method_identifiers"],
        )
    except (VyperException, VyperInternalException, ValueError) as error:
        raise ContractError(
            f"{path.relative_to(root)} does not compile: {_sentence(error)}"
        ) from error

    sources = sorted(p.relative_to(root).as_posix() for p in used)
    record = {
        "name": name,
        "key": _key(sources, root),
        "sources": sources,
        "abi": output["abi"],
        "bytecode": output["bytecode"].removeprefix("0x"),
        "runtime_hash": sha256(
            bytes.fromhex(output["bytecode_runtime"].removeprefix("0x"))
        ).hexdigest(),
        "selectors": {
            signature: f"{int(selector, 16):08x}"
            for signature, selector in output["method_identifiers"].items()
        },
        "topics": _topics(output["abi"]),
    }
    if keep:
        _write(_cache_file(contracts, name), record)
    return record


def _sentence(error: Exception) -> str:
    """The compiler's first line and where it points, without the excerpt of the source."""
    text = str(error)
    where = re.search(r'contract "([^"]+?)(?::\d+)?".*?line (\d+):(\d+)', text)
    place = " at {}:{}:{}".format(*where.groups()) if where else ""
    return f"{type(error).__name__}{place}, {text.strip().splitlines()[0].rstrip('.')}."


def _topics(abi: list[dict[str, Any]]) -> dict[str, int]:
    """First topic of each event, hex -> its index in the ABI."""
    from eth_utils.abi import event_abi_to_log_topic

    return {
        event_abi_to_log_topic(entry).hex(): index  # type: ignore[arg-type]
        for index, entry in enumerate(abi)
        if entry["type"] == "event"
    }


def _write(file: Path, record: dict[str, Any]) -> None:
    """Whole or not at all: tests in several processes may compile at the same time."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_suffix(f".{os.getpid()}.tmp")
    draft.write_text(json.dumps(record, separators=(",", ":")))
    draft.replace(file)


def _artifact(record: dict[str, Any]) -> Artifact:
    abi = record["abi"]
    return Artifact(
        name=record["name"],
        abi=abi,
        bytecode=bytes.fromhex(record["bytecode"]),
        runtime_hash=record["runtime_hash"],
        selectors={k: bytes.fromhex(v) for k, v in record["selectors"].items()},
        events={bytes.fromhex(k): abi[v] for k, v in record["topics"].items()},
    )


def main() -> int:
    try:
        compiled = compile_all()
    except ContractError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{len(names())} contracts, {len(compiled)} compiled now.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
