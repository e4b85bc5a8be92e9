"""The adapters that come with Plimsoll, by name, and anyone's by path."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

from sim.chain.artifacts import Artifact
from sim.errors import ScenarioError
from sim.protocol.adapter import Adapter
from sim.scenario import Scenario

SHIPPED = {"plimsoll": "Plimsoll", "vault": "Vault", "pool": "Pool"}
"""Name, which is also that of its module here -> class."""


def adapter_of(scenario: Scenario, artifacts: Mapping[str, Artifact] | None = None) -> Adapter:
    """A fresh adapter of the contract that a scenario names."""
    name = scenario.protocol.contract
    if name not in SHIPPED:
        raise ScenarioError(f"there is no protocol {name!r}; shipped are {', '.join(SHIPPED)}")
    module = import_module(f"{__name__}.{name}")
    found: type[Adapter] = getattr(module, SHIPPED[name])
    return found(scenario, artifacts)
