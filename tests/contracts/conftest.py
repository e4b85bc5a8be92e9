"""Contract tests talk to a node through Ape: fixtures of the node, the roles and deployment.

Nothing is needed to run them: ``pytest tests/contracts`` starts anvil (or, without one,
Ape's in-process chain) by itself. Under ``ape test`` they use the network Ape was given.
Contracts come from `sim.chain.artifacts`, so what is tested is what the simulator runs.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sim.chain.artifacts import load

if TYPE_CHECKING:
    from ape.api import TestAccountAPI
    from ape.contracts import ContractContainer, ContractInstance
    from ape.managers.chain import ChainManager

ROOT = Path(__file__).resolve().parents[2]
os.environ["PATH"] = os.pathsep.join(
    [str(ROOT / "node_modules" / ".bin"), str(Path(sys.executable).parent), os.environ["PATH"]]
)


@pytest.fixture(scope="session")
def chain() -> Iterator[ChainManager]:
    """The chain of the network `ape test` chose, or of a node started here."""
    import ape
    from ape.logging import LogLevel, logger
    from ape_ethereum.trace import Trace

    logger.set_level(LogLevel.ERROR)
    # Ape prints the trace of each revert, expected or not, which takes 100 ms.
    Trace.show = lambda self, verbose=False, file=None: None  # type: ignore[method-assign]
    if ape.networks.active_provider:
        yield ape.chain
        return
    network = "ethereum:local:foundry" if shutil.which("anvil") else "ethereum:local:test"
    with ape.networks.parse_network_choice(network) as provider:
        if provider.name == "foundry":
            # A second a block, whatever the wall clock says.
            provider.make_request("anvil_setBlockTimestampInterval", [1])
        yield ape.chain


@pytest.fixture(autouse=True)
def _isolation(chain: ChainManager) -> Iterator[None]:
    """What a test does to the chain is undone after it."""
    snapshot = chain.snapshot()
    yield
    chain.restore(snapshot)


@pytest.fixture(scope="session")
def create(chain: ChainManager, owner: TestAccountAPI) -> Callable[..., ContractInstance]:
    """``create("StableToken", owner)`` deploys a contract by its file's name."""

    def create(name: str, *arguments: Any) -> ContractInstance:
        return container(name).deploy(*arguments, sender=owner)

    return create


@cache
def container(name: str) -> ContractContainer:
    from ape.contracts import ContractContainer
    from ethpm_types import ContractType

    artifact = load(name)
    return ContractContainer(
        ContractType.model_validate(
            {
                "contractName": name,
                "abi": artifact.abi,
                "deploymentBytecode": {"bytecode": "0x" + artifact.bytecode.hex()},
            }
        )
    )


def _role(index: int) -> Any:
    @pytest.fixture(scope="session")
    def account(chain: ChainManager) -> TestAccountAPI:
        import ape

        return ape.accounts.test_accounts[index]

    return account


owner = _role(0)
guardian = _role(1)
borrower = _role(2)
liquidator = _role(3)
trader = _role(4)
provider = _role(5)
attacker = _role(6)
stranger = _role(7)
reporter = _role(8)
reporter_2 = _role(9)
reporter_3 = _role(10)
