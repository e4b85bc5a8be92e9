"""From nothing to block 0: a contract deployed, its people in place, its books begun."""

from __future__ import annotations

from collections.abc import Sequence

from sim.chain.engine import Engine
from sim.errors import ContractError, PlimsollError, ScenarioError
from sim.protocol.adapter import Adapter
from sim.protocol.adapters import adapter_of
from sim.protocol.blame import mending
from sim.protocol.deploy import deploy
from sim.protocol.ledger import Ledger
from sim.protocol.populate import Endowment, populate
from sim.protocol.system import System
from sim.scenario import Scenario
from sim.units import from_wad, to_wad

SETUP_SECONDS = 600
"""Set-up happens in so many seconds of chain time before block 0."""


def establish(
    engine: Engine,
    scenario: Scenario,
    prices: Sequence[float],
    endowments: Sequence[Endowment],
    starts_at: int,
    adapter: Adapter | None = None,
) -> System:
    """On an engine that nothing was run on; `prices` USD at block 0, whose timestamp is
    `starts_at`. Accounts are numbered in the order of those endowments that have one.

    `adapter` is a fresh one; default the one that the scenario names.
    """
    oracle = scenario.oracle
    readings = 2 * oracle.period if oracle.source in ("delayed", "twap") else 0
    not_before = starts_at - SETUP_SECONDS - readings
    adapter = adapter or adapter_of(scenario)
    with mending(adapter):
        adapter, script = deploy(engine, scenario, prices, not_before, adapter)
        try:
            populate(script, adapter, endowments, [to_wad(price) for price in prices], starts_at)
        except ContractError as error:
            raise _explained(error, scenario, endowments) from None
        ledger = Ledger(adapter, script.blocks[0].timestamp)
        for block in script.blocks:
            ledger.apply(block.receipts, block.timestamp)
        system = System(adapter, ledger)
        system.look_at_prices(engine)
    return system


def _explained(
    error: ContractError, scenario: Scenario, endowments: Sequence[Endowment]
) -> PlimsollError:
    """What a contract says of a ceiling is said of the scenario's."""
    owed, ceiling = sum(one.debt for one in endowments), scenario.protocol.debt_ceiling
    if from_wad(owed) <= ceiling:
        return error
    return ScenarioError(
        f"all accounts together owe {from_wad(owed):,.0f} USD at block 0; protocol.debt_ceiling "
        f"allows {ceiling:,.0f} ({error})"
    )
