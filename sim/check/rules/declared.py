"""What a contract is said to do: what rules hold it to."""

from __future__ import annotations

from dataclasses import dataclass

from agents.market import Terms
from sim.protocol.ability import Ability
from sim.protocol.adapter import Adapter
from sim.protocol.amounts import readable
from sim.protocol.terms import terms_of
from sim.units import WAD, to_wad

LEAST_PENALTY = WAD // 100


@dataclass(frozen=True)
class Declared:
    """What the contract is said to do."""

    terms: Terms
    abilities: Ability
    units: tuple[int, ...]
    largest_rate: int
    """WAD a year."""
    min_left: int
    least_penalty: int
    """WAD: what is left of a penalty that an account cannot pay."""
    debt_ceiling: int
    account_ceiling: int
    fee: int
    """WAD share of what it moves that an action may cost."""
    hostile: bool
    """Whether tokens may keep a part of what they transfer."""

    @classmethod
    def of(cls, adapter: Adapter, hostile: bool = False) -> Declared:
        scenario = adapter.scenario
        rate, protocol = scenario.rate, scenario.protocol
        return cls(
            terms_of(adapter),
            adapter.abilities,
            tuple(10**asset.decimals for asset in scenario.assets),
            to_wad(rate.base + rate.at_kink + rate.above),
            to_wad(protocol.min_left),
            max(to_wad(scenario.penalty.liquidator_floor), LEAST_PENALTY),
            to_wad(protocol.debt_ceiling),
            to_wad(protocol.account_ceiling),
            to_wad(adapter.fee),
            hostile,
        )

    def tokens(self, asset: int, *amounts: int) -> list[str]:
        """Native units of a collateral, for people."""
        terms = self.terms.assets[asset]
        return readable(terms.symbol, terms.decimals, *amounts)
