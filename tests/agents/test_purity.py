"""Agents are functions of what they see, and know nothing of the simulator."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterator
from dataclasses import FrozenInstanceError
from pathlib import Path

import mesa
import pytest

import agents
from agents.arbitrageur import Arbitrageur
from agents.base import Participant
from agents.liquidator import Liquidator
from agents.oracle import Reporter
from agents.trader import Trader
from agents.view import Occasion, View
from tests.agents.test_trader import BELOW, HABITS
from tests.agents.views import ADDRESS, MARKET, market, opportunity, view, wallet

FOLDER = Path(agents.__file__).parent
ALLOWED = {"agents", "mesa", "numpy"}

ROLES: dict[str, Callable[[mesa.Model], Participant]] = {
    "trader": lambda model: Trader(model, "trader-0", ADDRESS, HABITS),
    "liquidator": lambda model: Liquidator(
        model,
        "liquidator-0",
        ADDRESS,
        min_profit=20.0,
        failure_rate=0.1,
        bid_share=0.2,
        max_tip_gwei=500.0,
    ),
    "reporter": lambda model: Reporter(
        model,
        "reporter-0",
        ADDRESS,
        heartbeat=3_600,
        deviation=0.005,
        tip_gwei=2.0,
        headroom=2.0,
        latency_blocks=1,
    ),
    "arbitrageur": lambda model: Arbitrageur(
        model, "arbitrageur-0", ADDRESS, min_profit=10.0, tip_gwei=2.0
    ),
}
BUSY = view(
    occasion=Occasion.ALERT,
    market=market(prices=(190.0,)),
    wallet=wallet(stable=1e6, tokens=(1e4,)),
    positions=(BELOW,),
    opportunities=tuple(opportunity(account=a) for a in (1, 2, 3)),
)
"""Everyone has something to do here."""


@pytest.mark.parametrize("role", ROLES)
def test_decide__same_view__same_intents(role: str) -> None:
    """Asked twice, and of a twin that belongs to a model with other random numbers."""
    agent = ROLES[role](mesa.Model(rng=1))
    twin = ROLES[role](mesa.Model(rng=2))
    first = list(agent.decide(BUSY))
    assert first
    assert list(agent.decide(BUSY)) == first
    assert list(twin.decide(BUSY)) == first


@pytest.mark.parametrize("role", ROLES)
def test_decide__draws_no_random_numbers(role: str) -> None:
    model = mesa.Model(rng=1)
    agent = ROLES[role](model)
    before = model.rng.bit_generator.state, model.random.getstate()
    agent.decide(BUSY)
    assert (model.rng.bit_generator.state, model.random.getstate()) == before


def test_view__cannot_be_changed_by_who_sees_it() -> None:
    with pytest.raises(FrozenInstanceError):
        BUSY.wallet.stable = 10**30  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        MARKET.base_fee = 0  # type: ignore[misc]


@pytest.mark.parametrize("role", ROLES)
def test_decide__empty_world__does_nothing(role: str) -> None:
    """No account, no money, no pool: nobody fails and nobody sends anything but a report."""
    bare: View = view(market=market(pools=(None,)), reported=(0.0, (200 * 10**18,)))
    assert not ROLES[role](mesa.Model(rng=1)).decide(bare)


def imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
            assert node.level == 0


@pytest.mark.parametrize("path", sorted(FOLDER.glob("**/*.py")), ids=lambda path: path.name)
def test_imports__mesa_numpy_and_themselves_only(path: Path) -> None:
    roots = {name.partition(".")[0] for name in imported(ast.parse(path.read_text()))}
    assert roots <= ALLOWED | sys.stdlib_module_names
    assert not roots & {"random", "secrets", "time", "datetime", "os"}
