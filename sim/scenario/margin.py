"""How much equity an account must keep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, model_validator

from sim.scenario.fields import Section, Share
from sim.units import WAD, to_wad


class Ratios(Section):
    """Shares of a collateral's value that must be equity."""

    initial: Share = Field(0.40, description="Gates borrowing and withdrawing.")
    maintenance: Share = Field(0.30, description="Below it: margin call.")
    close_out: Share = Field(0.20, description="Below it: liquidatable at once.")

    @model_validator(mode="after")
    def _ordered(self) -> Ratios:
        if not self.initial > self.maintenance:
            raise ValueError(
                f"initial ({self.initial}) must be above maintenance ({self.maintenance})"
            )
        if self.close_out > self.maintenance:
            raise ValueError(
                f"close_out ({self.close_out}) must be at most maintenance ({self.maintenance})"
            )
        return self


class Margin(Ratios):
    model: Literal["linear", "scenario"] = Field(
        "linear",
        description="The sum over collaterals, or the worst loss over price scenarios, which is "
        "less for what is diversified or hedged.",
    )
    floor_share: Annotated[float, Field(gt=0, le=1)] = Field(
        0.5, description="scenario: least requirement, as a share of the linear one."
    )


@dataclass(frozen=True, slots=True)
class ScanTerms:
    """What ScenarioMargin is made with, WAD: an account of one collateral needs what its ratios
    say, to a unit or two of rounding."""

    ranges: tuple[int, ...]
    factors: tuple[int, ...]
    floor_share: int
    initial_scale: int
    close_out_scale: int

    @classmethod
    def of(cls, margin: Margin, ratios: Sequence[Ratios], factors: Sequence[float]) -> ScanTerms:
        """Raises ValueError where the contract would refuse them."""
        initial, close_out = _scales(margin)
        for each in ratios:
            if _scales(each) != (initial, close_out):
                raise ValueError(
                    "scenario margin scales all assets alike: initial / maintenance and "
                    "close_out / maintenance must be the same for each"
                )
        return cls(
            tuple(to_wad(each.maintenance) for each in ratios),
            tuple(map(to_wad, factors)),
            to_wad(margin.floor_share),
            initial,
            close_out,
        )

    def close_out_floor(self, asset: int) -> int:
        """The least share of an asset's value that it can ask for at close-out."""
        return self.ranges[asset] * self.floor_share * self.close_out_scale // WAD**2


def _scales(ratios: Ratios) -> tuple[int, int]:
    """(initial, close-out) over maintenance, WAD; scaled back and rounded up they are exact."""
    if ratios.close_out == 0:
        raise ValueError("scenario margin needs a close_out above 0")
    maintenance = to_wad(ratios.maintenance)
    return (
        to_wad(ratios.initial) * WAD // maintenance,
        to_wad(ratios.close_out) * WAD // maintenance,
    )
