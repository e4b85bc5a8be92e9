"""Requirements of an account as the margin contracts work them out: to the unit for one
account, and as one expression over the columns of all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from agents.market import AssetTerms
from sim.protocol.columns import Floats
from sim.scenario import Ratios, ScanTerms, Scenario
from sim.units import WAD, to_wad


class MarginBook(Protocol):
    """Answers are (initial, maintenance, close-out)."""

    def of_one(self, values: Sequence[int]) -> tuple[int, int, int]:
        """WAD USD, each rounded up; `values` WAD USD of each collateral."""
        ...

    def of_all(self, values: Floats) -> tuple[Floats, Floats, Floats]:
        """USD, shape (accounts,); `values` USD, shape (accounts, assets)."""
        ...

    def apart(self, values: Floats) -> Floats:
        """Maintenance USD, shape (accounts,), were each collateral in an account of its own."""
        ...


def ratios_of(scenario: Scenario) -> list[Ratios]:
    """Margin ratios of each asset: its own, or the common ones."""
    return [asset.margin or scenario.margin for asset in scenario.assets]


def margin_book(scenario: Scenario) -> MarginBook:
    """As the scenario asks."""
    scan = scenario.scan_terms()
    return ScanBook(scan) if scan else LinearBook.of(ratios_of(scenario))


@dataclass(frozen=True)
class LinearBook:
    """As LinearMargin: a share of each collateral's value."""

    shares: tuple[tuple[int, ...], ...]
    """Initial, maintenance, close-out; WAD of each asset."""

    @classmethod
    def of(cls, assets: Sequence[Ratios | AssetTerms]) -> LinearBook:
        rows = ([each.initial, each.maintenance, each.close_out] for each in assets)
        return cls(tuple(zip(*(map(to_wad, row) for row in rows), strict=True)))

    @cached_property
    def _columns(self) -> Floats:
        return np.array(self.shares) / WAD

    @cached_property
    def _by_asset(self) -> tuple[tuple[int, ...], ...]:
        return tuple(zip(*self.shares, strict=True))

    def of_one(self, values: Sequence[int]) -> tuple[int, int, int]:
        initial, maintenance, close_out = 0, 0, 0
        for value, shares in zip(values, self._by_asset, strict=True):
            if value:
                initial += -(-value * shares[0] // WAD)
                maintenance += -(-value * shares[1] // WAD)
                close_out += -(-value * shares[2] // WAD)
        return initial, maintenance, close_out

    def of_all(self, values: Floats) -> tuple[Floats, Floats, Floats]:
        initial, maintenance, close_out = (values @ column for column in self._columns)
        return initial, maintenance, close_out

    def apart(self, values: Floats) -> Floats:
        return self.of_all(values)[1]


@dataclass(frozen=True)
class ScanBook:
    """As ScenarioMargin: what moves with the market all together, the worst asset on its own,
    and not less than a share of the sum."""

    terms: ScanTerms

    @cached_property
    def _ranges(self) -> Floats:
        return np.array(self.terms.ranges) / WAD

    @cached_property
    def _factors(self) -> Floats:
        return np.array(self.terms.factors) / WAD

    def of_one(self, values: Sequence[int]) -> tuple[int, int, int]:
        terms = self.terms
        market, own, linear = 0, 0, 0
        for value, share, factor in zip(values, terms.ranges, terms.factors, strict=True):
            market += value * share * factor
            own = max(own, value * share * (WAD - abs(factor)))
            linear += value * share
        worst = max(abs(market) + own, linear * terms.floor_share)
        maintenance = -(-worst // WAD**2)
        return (
            -(-maintenance * terms.initial_scale // WAD),
            maintenance,
            -(-maintenance * terms.close_out_scale // WAD),
        )

    def of_all(self, values: Floats) -> tuple[Floats, Floats, Floats]:
        terms = self.terms
        falls = values * self._ranges
        own = (falls * (1 - np.abs(self._factors))).max(axis=1, initial=0.0)
        least = falls.sum(axis=1) * (terms.floor_share / WAD)
        worst = np.maximum(np.abs(falls @ self._factors) + own, least)
        return worst * (terms.initial_scale / WAD), worst, worst * (terms.close_out_scale / WAD)

    def apart(self, values: Floats) -> Floats:
        apart: Floats = values @ self._ranges
        return apart
