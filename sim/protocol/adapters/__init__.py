"""The adapters that come with Plimsoll, by name, and anyone's by the path of its file."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from sim.chain.artifacts import Artifact
from sim.errors import AdapterError, ScenarioError
from sim.protocol.adapter import Adapter
from sim.scenario import Scenario

SHIPPED = {"plimsoll": "Plimsoll", "vault": "Vault", "pool": "Pool"}
"""Name, which is also that of its module here -> class."""


def adapter_of(scenario: Scenario, artifacts: Mapping[str, Artifact] | None = None) -> Adapter:
    """A fresh adapter of the contract that a scenario names; `artifacts` stand in for contracts
    of the same name.

    Raises ScenarioError where there is none, AdapterError where its file does not fit.
    """
    return adapter_class(scenario.protocol.contract)(scenario, artifacts)


def adapter_class(contract: str) -> type[Adapter]:
    """By a shipped name, or by the path of a Python file that defines one adapter."""
    if contract in SHIPPED:
        module = import_module(f"{__name__}.{contract}")
        shipped: type[Adapter] = getattr(module, SHIPPED[contract])
        return shipped
    path = Path(contract)
    if path.suffix != ".py":
        raise ScenarioError(
            f"there is no protocol {contract!r}; shipped are {', '.join(SHIPPED)}, or give the "
            "path of an adapter's .py file"
        )
    if not path.is_file():
        raise ScenarioError(f"there is no adapter file {contract}")
    return _of(_module(path.resolve()), path)


def _of(module: ModuleType, path: Path) -> type[Adapter]:
    """The one adapter that a module defines."""
    found = [
        each
        for each in vars(module).values()
        if isinstance(each, type) and issubclass(each, Adapter)
        if each.__module__ == module.__name__
    ]
    if len(found) != 1:
        names = ", ".join(each.__name__ for each in found) or "none"
        raise AdapterError(f"{path} must define one subclass of Adapter; it defines {names}")
    lacks = sorted(found[0].__abstractmethods__)
    lacks += [] if hasattr(found[0], "name") else ["name"]
    if lacks:
        raise AdapterError(f"the adapter {found[0].__name__} of {path} lacks {', '.join(lacks)}")
    return found[0]


def _module(path: Path) -> ModuleType:
    """A file's module, executed once a process; what lies beside it can be imported by it."""
    name = f"plimsoll_adapter_{path.stem}_{abs(hash(path)):x}"
    if name in sys.modules:
        return sys.modules[name]
    spec = spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise AdapterError(f"{path} cannot be imported")
    module = sys.modules[name] = module_from_spec(spec)
    sys.path.insert(0, str(path.parent))
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # whatever the file raises is its author's to mend
        del sys.modules[name]
        raise AdapterError(f"{path} cannot be imported: {type(error).__name__}: {error}") from error
    finally:
        sys.path.remove(str(path.parent))
    return module
