"""Contract tests talk to a node through Ape: fixtures of the node, the roles and deployment.

Nothing is needed to run them: ``pytest tests/contracts`` starts anvil (or, without one,
connects to Ape's in-process chain) by itself. Under ``ape test`` with Ape's plugin they use
the network Ape was given. Contracts come from `sim.chain.artifacts`, so what is tested is
what the simulator runs.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sim.chain.anvil import find_anvil
from sim.chain.ape import ApeEngine
from sim.chain.artifacts import load

if TYPE_CHECKING:
    from ape.api import ReceiptAPI, TestAccountAPI
    from ape.contracts import ContractContainer, ContractInstance
    from ape.managers.chain import ChainManager

ROLES = 11

# Where ape-vyper looks for the compiler.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])


@pytest.fixture(scope="session")
def chain(pytestconfig: pytest.Config) -> Iterator[ChainManager]:
    """The chain of the network Ape's plugin chose, or of a node started here."""
    import ape
    from ape.logging import LogLevel, logger
    from ape_ethereum.trace import Trace

    logger.set_level(LogLevel.ERROR)
    # Ape prints the trace of each revert, expected or not, which takes 100 ms.
    Trace.show = lambda self, verbose=False, file=None: None  # type: ignore[method-assign]
    plugins = pytestconfig.pluginmanager
    if plugins.hasplugin("ape_test") or plugins.hasplugin("ape.pytest.plugin"):
        yield ape.chain
    elif find_anvil() is None:
        with ape.networks.parse_network_choice("ethereum:local:test"):
            yield ape.chain
    else:
        with ApeEngine() as engine:
            for index in range(ROLES):
                account = ape.accounts.test_accounts[index]
                engine.set_balance(bytes.fromhex(account.address[2:]), 10**24)
            mine_each_transaction(engine.provider)
            yield ape.chain


def mine_each_transaction(provider: Any) -> None:
    """As Ape expects of a node, base fee 0; a second a block, whatever the wall clock says."""
    provider.make_request("evm_setAutomine", [True])
    provider.make_request("anvil_setNextBlockBaseFeePerGas", ["0x0"])
    provider.make_request("anvil_setBlockTimestampInterval", [1])


@pytest.fixture(scope="session")
def _node(chain: ChainManager) -> Any:
    return chain.provider


@pytest.fixture(autouse=True)
def _isolation(chain: ChainManager, _node: Any) -> Iterator[None]:
    """What a test does to the chain is undone after it; other tests' engines, which Ape may have
    been pointed to meanwhile, are left alone."""
    import ape

    ape.networks.active_provider = _node
    snapshot = chain.snapshot()
    yield
    chain.restore(snapshot)


@pytest.fixture(scope="session")
def create(chain: ChainManager, owner: TestAccountAPI) -> Callable[..., ContractInstance]:
    """``create("StableToken", owner)`` deploys a contract by its file's name."""

    def create(name: str, *arguments: Any) -> ContractInstance:
        return container(name).deploy(*arguments, sender=owner)

    return create


def answered(method: Any, *arguments: Any, sender: TestAccountAPI) -> tuple[Any, ReceiptAPI]:
    """What a transaction returns, and its receipt, on networks without traces too."""
    answer = method.call(*arguments, sender=sender)
    return answer, method(*arguments, sender=sender)


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
