"""A scenario as a contract of certain abilities can live it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sim.errors import ScenarioError
from sim.protocol.ability import Ability
from sim.scenario import OF_FEW, Scenario

STRATEGIES = {"flash": Ability.FLASH_LIQUIDATION, "split": Ability.PARTIAL_LIQUIDATION}
"""Ways to liquidate that not every contract allows."""


def fitted(scenario: Scenario, abilities: Ability) -> Scenario:
    """With what the contract is not able to do switched off: what a run then does and records is
    what applies. A scenario that asks for nothing else is the same.

    Raises ScenarioError where nobody could liquidate.
    """
    sections: dict[str, Any] = {}

    def without(ability: Ability, section: str, **fields: object) -> None:
        if ability not in abilities:
            found = sections.get(section, getattr(scenario, section))
            sections[section] = found.model_copy(update=fields)

    without(Ability.MARGIN_CALLS, "protocol", grace=0)
    whole: dict[str, object] = {"close_factor": 1.0, "full_liquidation_health": 1.0}
    without(Ability.PARTIAL_LIQUIDATION, "protocol", **whole)
    without(Ability.RESERVE, "protocol", reserve=0.0)
    without(Ability.RESERVE, "penalty", reserve_share=0.0)
    fixed: dict[str, object] = {"model": "fixed", "fixed": scenario.penalty.largest}
    without(Ability.PENALTY_MODELS, "penalty", **fixed)
    without(Ability.PORTFOLIO_MARGIN, "margin", model="linear")
    without(Ability.PEG_MODULE, "peg", depth=0.0, holders=0, price=None)
    without(Ability.PEG_MODULE, "rate", model="kinked")
    if scenario.traders.collaterals > 1:
        without(Ability.CROSS_COLLATERAL, "traders", accounts="isolated")
        if Ability.CROSS_COLLATERAL in abilities:
            without(Ability.OPENS, "traders", accounts="cross")
    without(Ability.PAUSES, "guardian", enabled=False)
    without(Ability.ON_BEHALF, "attackers", griefers=0)
    without(Ability.LENDERS, "lenders", count=0)
    without(Ability.REDEMPTION, "arbitrageurs", redeemers=0)
    without(Ability.PEG_MODULE, "liquidators", coin_share=0.0)
    liquidators = sections.get("liquidators", scenario.liquidators)
    sections["liquidators"] = liquidators.model_copy(
        update={"strategies": _strategies(scenario, abilities)}
    )
    return scenario.model_copy(update=sections)


def not_applied(scenario: Scenario, abilities: Ability) -> list[str]:
    """Fields that the contract has no use for, as overrides name them; but not those that only
    other contracts have, unless the scenario changes them."""
    found = fitted(scenario, abilities)
    return [
        f"{section}.{field}"
        for section in type(scenario).model_fields
        if getattr(found, section) != getattr(scenario, section)
        for field, given in getattr(scenario, section)
        if getattr(getattr(found, section), field) != given
        if OF_FEW.get(f"{section}.{field}") != given
    ]


def _strategies(scenario: Scenario, abilities: Ability) -> Sequence[str]:
    asked = scenario.liquidators.strategies
    able = [each for each in asked if STRATEGIES.get(each, Ability(0)) in abilities]
    if not able:
        raise ScenarioError(
            f"liquidators.strategies {', '.join(asked)}: the protocol "
            f"{scenario.protocol.contract} allows none of them; keeper, auctioneer, private and "
            "sniper go with any"
        )
    return able
