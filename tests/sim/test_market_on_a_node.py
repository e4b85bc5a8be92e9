"""The block market of `incentives`, on a real node too: the same receipts to the last unit."""

from __future__ import annotations

import pytest

from sim.chain import available_engines
from sim.experiments.run import crosscheck, run
from sim.scenario import load
from tests.sim.runs import IN_PROCESS

SHORT = (
    "run.blocks=25",
    "traders.count=40",
    'price={model="anchored", sigma=0.5, anchors=[[0,200],[0.05,170],[1,170]]}',
    "margin.initial=0.16",
    "traders.leverage_low=4",
    "traders.leverage_high=6.5",
    "traders.equity_sigma=0.5",
    "liquidators.latency_blocks=0",
)
"""Every strategy bids within a few blocks."""


@pytest.mark.skipif("anvil" not in available_engines(), reason="anvil is not here")
def test_incentives__short_case__is_identical_on_anvil() -> None:
    done = run(load("incentives", SHORT), engine=IN_PROCESS, keep_blocks=25)
    routes = set(done.tables["liquidations"]["route"])
    assert {"public", "bundle"} <= routes
    assert crosscheck(done.tape, "anvil").fingerprint == done.tape.fingerprint
