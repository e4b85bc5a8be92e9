"""What is not an adapter knows no contract: neither its names nor its events."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import agents
import sim
from sim.chain.artifacts import load
from sim.protocol.ability import Ability
from sim.protocol.adapters import SHIPPED, adapter_class, adapter_of
from sim.protocol.fit import fitted
from sim.scenario import load as scenario
from sim.scenario import names

ROOT = Path(sim.__file__).parent
ROOMS = [ROOT / room for room in ("model", "mempool", "metrics", "report", "experiments")]
FILES = sorted(f for room in [*ROOMS, Path(agents.__file__).parent] for f in room.rglob("*.py"))
CONTRACTS = ("CollateralizedDebt", "Vault", "LendingPool")
ROLES = {"core", "lens", "vaults", "deployment"}
"""Attributes of adapters."""
EVENTS = {event["name"] for name in CONTRACTS for event in load(name).events.values()}


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_room__names_no_contract_and_no_event(file: Path) -> None:
    assert not list(_named(ast.parse(file.read_text(encoding="utf-8"))))


def _named(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and node.value in {*CONTRACTS, *EVENTS}:
            yield str(node.value)
        if isinstance(node, ast.Attribute) and node.attr in ROLES:
            yield node.attr


def test_named__finds_what_leaks() -> None:
    leak = "if h.name == 'BadDebtRealised': adapter.core.liquidate()"
    assert set(_named(ast.parse(leak))) == {"BadDebtRealised", "core"}


def test_our_adapter__is_small() -> None:
    lines = (ROOT / "protocol" / "adapters" / "plimsoll.py").read_text().count("\n")
    assert lines <= 150


# --------------------------------------------------------------- fitted to what it can do


@pytest.mark.parametrize("name", names())
def test_fitted__our_contract__is_the_scenario_but_for_what_only_others_do(name: str) -> None:
    given = scenario(name, ["price.file=x.csv"] if name == "replay" else [])
    found = fitted(given, adapter_class("plimsoll").abilities)
    changed = {
        section
        for section in type(given).model_fields
        if getattr(found, section) != getattr(given, section)
    }
    assert changed == {"lenders", "arbitrageurs"}
    assert (found.lenders.count, found.arbitrageurs.redeemers) == (0, 0)


def test_fitted__no_ability__everything_that_needs_one_is_off() -> None:
    overrides = (
        "protocol.grace=600",
        "protocol.reserve=1000",
        "penalty.model=dutch",
        "penalty.dutch_cap=0.05",
        "margin.model=scenario",
        "margin.floor_share=1.0",
        "guardian.enabled=true",
        "attackers.griefers=2",
        'liquidators.strategies=["flash","keeper"]',
    )
    found = fitted(scenario("margin-regimes", overrides), Ability(0))
    assert found.protocol.grace == 0
    assert found.protocol.reserve == 0
    assert (found.protocol.close_factor, found.protocol.full_liquidation_health) == (1, 1)
    assert (found.penalty.model, found.penalty.fixed) == ("fixed", 0.05)
    assert found.penalty.reserve_share == 0
    assert found.margin.model == "linear"
    assert not found.guardian.enabled
    assert found.attackers.griefers == 0
    assert found.liquidators.strategies == ["keeper"]


def test_not_applied__says_what_a_contract_has_no_use_for() -> None:
    def unused(contract: str, *overrides: str) -> list[str]:
        return adapter_of(
            scenario("calm", [f"protocol.contract={contract}", *overrides])
        ).not_applied

    assert unused("plimsoll", "protocol.grace=600") == []
    assert unused("plimsoll", "lenders.count=3") == ["lenders.count"]
    assert unused("pool", "protocol.grace=600") == ["penalty.reserve_share", "protocol.grace"]
    assert "protocol.close_factor" in unused("vault")
    assert "guardian.enabled" in unused("vault", "guardian.enabled=true")


def test_fitted__several_collaterals__as_the_contract_can_hold_them() -> None:
    both = scenario("margin-regimes", ["traders.accounts=cross"])
    apart = scenario("margin-regimes", ["traders.accounts=isolated"])
    assert both.traders.collaterals > 1
    able = Ability.CROSS_COLLATERAL | Ability.OPENS
    assert fitted(both, able).traders.accounts == "cross"
    assert fitted(apart, able).traders.accounts == "isolated"
    assert fitted(apart, Ability.CROSS_COLLATERAL).traders.accounts == "cross"
    assert fitted(both, Ability(0)).traders.accounts == "isolated"


@pytest.mark.parametrize("name", SHIPPED)
def test_terms__follow_the_abilities(name: str) -> None:
    from sim.protocol.terms import terms_of

    chosen = scenario("calm", [f"protocol.contract={name}", "protocol.grace=600"])
    adapter = adapter_of(chosen)
    terms = terms_of(adapter)
    assert terms.opens == (Ability.OPENS in adapter.abilities)
    assert terms.partial == (Ability.PARTIAL_LIQUIDATION in adapter.abilities)
    assert (terms.grace == 600) == (Ability.MARGIN_CALLS in adapter.abilities)
    assert (terms.redemption_fee is None) == (Ability.REDEMPTION not in adapter.abilities)
