"""A contract and its surroundings on an engine: one way for tests, scripts and the model."""

from __future__ import annotations

from collections.abc import Sequence

from sim.chain.engine import Engine
from sim.protocol.adapter import Adapter
from sim.protocol.adapters import adapter_of
from sim.protocol.calls import check
from sim.protocol.names import DEPLOYER
from sim.protocol.script import Script
from sim.protocol.surroundings import list_assets, seed_pools, seeded, surround
from sim.scenario import Scenario

DEPLOYER_WEI = 10**30


def deploy(
    engine: Engine,
    scenario: Scenario,
    prices: Sequence[float],
    not_before: int = 0,
    adapter: Adapter | None = None,
) -> tuple[Adapter, Script]:
    """Deploy and wire everything a scenario asks for; `prices` are USD at block 0.

    Pools are seeded at those prices. The oracle has reporters but no report yet. `not_before`
    is a timestamp. `adapter` is a fresh one; default the one that the scenario names. The
    script returned can go on with the set-up; its blocks hold every event so far. Raises
    ContractError when a contract refuses.
    """
    adapter = adapter or adapter_of(scenario)
    engine.set_balance(DEPLOYER, DEPLOYER_WEI)
    script = Script(engine, not_before)
    surround(script, adapter)
    adapter.deploy(script)
    check(adapter.orders.values(), adapter)
    list_assets(script, adapter)
    adapter.endow(script, seeded(scenario))
    seed_pools(script, adapter, prices)
    script.flush()
    return adapter, script
