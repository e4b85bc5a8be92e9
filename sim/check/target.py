"""What PATH names: a shipped protocol, a Vyper file, an adapter module or an Ape project."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from sim.chain import artifacts
from sim.chain.artifacts import Artifact
from sim.errors import ContractError, UsageError
from sim.protocol.ability import Ability
from sim.protocol.adapter import Adapter
from sim.protocol.adapters import SHIPPED, adapter_class, adapter_of
from sim.scenario import Scenario

CORES = {"plimsoll": "CollateralizedDebt", "vault": "Vault", "pool": "LendingPool"}
"""The contract of each shipped protocol that another may stand in for."""
MODULE = "plimsoll_adapter.py"
"""Name of the adapter of an Ape project, beside its ape-config.yaml."""
HOW = "docs/adapter.md says how to write an adapter for it"

Artifacts = Mapping[str, Artifact]


@dataclass(frozen=True)
class Target:
    """A contract that can be deployed again and again, in any scenario."""

    path: str
    """As given."""
    name: str
    protocol: str
    """The adapter as scenarios say it: a shipped name, or the path of a file."""
    given: Artifacts
    """Compiled from PATH; they stand in for contracts of that name."""

    @property
    def abilities(self) -> Ability:
        return adapter_class(self.protocol).abilities

    @property
    def collaterals(self) -> int:
        """How many it takes at most."""
        return adapter_class(self.protocol).collaterals

    def make(self, scenario: Scenario, others: Artifacts | None = None) -> Adapter:
        """A fresh adapter; `others` stand in for surroundings, such as tokens."""
        return adapter_of(scenario, {**self.given, **(others or {})})


def find(path: str) -> Target:
    """Raises UsageError or ContractError with what to mend."""
    if path in SHIPPED:
        return Target(path, path, path, {})
    place = Path(path)
    if not place.exists():
        raise UsageError(
            f"there is no {path}: a Vyper file, an adapter module, an Ape project or one of "
            f"{', '.join(SHIPPED)} is needed"
        )
    place = place.resolve()
    if place.is_dir():
        return _project(path, place)
    if place.suffix == ".py":
        return _module(path, place, {})
    if place.suffix == ".vy":
        return _file(path, place)
    raise UsageError(f"{path} is neither a .vy file, a .py adapter nor a folder")


def _module(path: str, place: Path, given: Artifacts, name: str = "") -> Target:
    adapter_class(str(place))
    return Target(path, name or place.name, str(place), given)


# ------------------------------------------------------------------- a Vyper file


def _file(path: str, place: Path) -> Target:
    artifact = artifacts.compile_file(place, _root(place))
    protocol, role = _role(artifact)
    return Target(path, place.name, protocol, {role: artifact})


def _root(place: Path) -> Path:
    """Where its imports may be: the nearest folder called contracts, or its own."""
    return next((each for each in place.parents if each.name == "contracts"), place.parent)


def _role(artifact: Artifact) -> tuple[str, str]:
    """(protocol, contract it stands in for): by name, else by what it is able to do."""
    if artifact.name not in CORES.values() and artifact.name in artifacts.names():
        return "plimsoll", artifact.name
    lacks = {protocol: missing(artifact, artifacts.load(core)) for protocol, core in CORES.items()}
    protocol = min(lacks, key=lambda name: len(lacks[name]))
    if lacks[protocol]:
        shown = ", ".join(lacks[protocol][:6]) + (", …" if len(lacks[protocol]) > 6 else "")
        raise ContractError(
            f"{artifact.name} fits no protocol that is known; nearest is {protocol}, for which "
            f"it lacks {shown}: {HOW}"
        )
    return protocol, CORES[protocol]


def missing(artifact: Artifact, core: Artifact) -> list[str]:
    """Functions, events and constructor arguments that a contract lacks to stand in for one."""
    lacks = [f"function {each}" for each in core.selectors if each not in artifact.selectors]
    lacks += [
        f"event {e['name']}" for topic, e in core.events.items() if topic not in artifact.events
    ]
    wanted, given = _constructor(core), _constructor(artifact)
    if wanted != given:
        lacks.append(f"constructor ({', '.join(wanted)}), it has ({', '.join(given)})")
    return lacks


def _constructor(artifact: Artifact) -> list[str]:
    entries = [entry for entry in artifact.abi if entry["type"] == "constructor"]
    return [each["type"] for entry in entries for each in entry["inputs"]]


# -------------------------------------------------------------------- a project


def _project(path: str, place: Path) -> Target:
    """Its own adapter where it has one, else the one of its contracts that fits."""
    folder = place / _contracts_folder(place)
    compiled = {**_manifest(place), **_sources(folder)}
    if (place / MODULE).is_file():
        return _module(path, place / MODULE, compiled, place.name)
    if not compiled:
        raise UsageError(f"{path} has no contracts in {folder.name}/ and no {MODULE}")
    ours = compiled.keys() & set(artifacts.names())
    if "CollateralizedDebt" in ours:
        return Target(path, place.name, "plimsoll", {name: compiled[name] for name in ours})
    return _fitting(path, place, compiled)


def _fitting(path: str, place: Path, compiled: Artifacts) -> Target:
    cores = {protocol: artifacts.load(core) for protocol, core in CORES.items()}
    fits = [
        (protocol, each)
        for each in compiled.values()
        for protocol, core in cores.items()
        if not missing(each, core)
    ]
    if len(fits) == 1:
        protocol, artifact = fits[0]
        return Target(path, artifact.name, protocol, {CORES[protocol]: artifact})
    if fits:
        names = ", ".join(artifact.name for _, artifact in fits)
        raise UsageError(f"{path} has several contracts that fit: name the file of one of {names}")
    if len(compiled) == 1:
        _role(next(iter(compiled.values())))
    raise ContractError(
        f"none of {', '.join(compiled)} fits a protocol that is known, and {path} has no "
        f"{MODULE}: {HOW}"
    )


def _contracts_folder(place: Path) -> str:
    config = place / "ape-config.yaml"
    if not config.is_file():
        return "contracts"
    try:
        found = yaml.safe_load(config.read_text(encoding="utf-8")) or {}
    except yaml.YAMLError as error:
        raise UsageError(f"{config} is not valid YAML: {error}") from None
    return str(found.get("contracts_folder") or "contracts")


def _sources(folder: Path) -> dict[str, Artifact]:
    """Vyper contracts, compiled now; mocks and tests' helpers that do not deploy are skipped."""
    files = sorted(each for each in folder.rglob("*.vy") if each.stem[0].isupper())
    return {each.stem: artifacts.compile_file(each, folder) for each in files}


def _manifest(place: Path) -> dict[str, Artifact]:
    """What Ape compiled, of any language."""
    file = place / ".build" / "__local__.json"
    if not file.is_file():
        return {}
    try:
        types = json.loads(file.read_bytes())["contractTypes"]
        return {name: _compiled(name, each) for name, each in types.items() if _deploys(each)}
    except (ValueError, KeyError, TypeError) as error:
        raise ContractError(f"{file} is not a manifest of Ape: {error}") from None


def _deploys(record: Mapping[str, Any]) -> bool:
    return bool((record.get("deploymentBytecode") or {}).get("bytecode", "0x")[2:])


def _compiled(name: str, record: Mapping[str, Any]) -> Artifact:
    code = record["deploymentBytecode"]["bytecode"]
    return artifacts.from_abi(name, record["abi"], bytes.fromhex(code.removeprefix("0x")))
