"""Contracts that lie beside an adapter's file: Vyper sources, or what another compiler made."""

from __future__ import annotations

import inspect
import json
from functools import cache
from pathlib import Path
from typing import Any

from sim.chain.artifacts import Artifact, compile_file, from_abi
from sim.errors import ContractError


def beside(owner: type, name: str) -> Artifact | None:
    """`NAME.json`, `NAME.vy` or `contracts/NAME.vy` in the folder of the file that defines a
    class; None where there is none. Raises ContractError where it is not what it should be."""
    folder = Path(inspect.getfile(owner)).parent
    places = (f"{name}.json", f"{name}.vy", f"contracts/{name}.vy")
    for path in (folder / place for place in places):
        if path.is_file():
            return _artifact(path, path.stat().st_mtime_ns)
    return None


@cache
def _artifact(path: Path, _changed: int) -> Artifact:
    return compile_file(path, path.parent) if path.suffix == ".vy" else _of_json(path)


def _of_json(path: Path) -> Artifact:
    """An ABI and creation code, as solc, Foundry, Hardhat and Ape write them."""
    try:
        found = json.loads(path.read_bytes())
        abi, code = found["abi"], _code(found)
    except (ValueError, KeyError, TypeError):
        raise ContractError(
            f'{path} is not a compiled contract: {{"abi": […], "bytecode": "0x…"}} is needed, as '
            "solc, Foundry, Hardhat or Ape write it"
        ) from None
    if "__" in code:
        raise ContractError(f"{path} is not linked: its bytecode has a library's place in it")
    if not code:
        raise ContractError(f"{path} has no bytecode: an interface or an abstract contract")
    try:
        return from_abi(path.stem, abi, bytes.fromhex(code))
    except (ValueError, KeyError, TypeError) as error:
        raise ContractError(f"{path}: the ABI or the bytecode is not valid: {error}") from None


def _code(found: dict[str, Any]) -> str:
    code = found.get("bytecode") or found["deploymentBytecode"]
    if isinstance(code, dict):
        code = code.get("object") or code["bytecode"]
    return str(code).removeprefix("0x")
