"""Kinds of fields: what a number in a scenario may be."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

LARGEST = 1e15
"""Of any amount: in wei it still fits every field on chain."""

Share = Annotated[float, Field(ge=0, lt=1, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, le=LARGEST, allow_inf_nan=False)]
NonNegative = Annotated[float, Field(ge=0, le=LARGEST, allow_inf_nan=False)]
Spread = Annotated[float, Field(ge=0, le=10, allow_inf_nan=False)]
"""Standard deviation of a logarithm."""
Gwei = Annotated[float, Field(gt=0, le=1e6, allow_inf_nan=False)]
Tip = Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)]
"""Gwei; may be 0."""
Leverage = Annotated[float, Field(gt=1, le=100, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0, le=10**9)]
Head = Annotated[int, Field(ge=0, le=100_000)]
"""How many agents."""


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)
