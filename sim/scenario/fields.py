"""Kinds of fields: what a number in a scenario may be."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

LARGEST = 1e15
"""Of any amount: in wei it still fits every field on chain."""

Share = Annotated[float, Field(ge=0, lt=1, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, le=LARGEST, allow_inf_nan=False)]
NonNegative = Annotated[float, Field(ge=0, le=LARGEST, allow_inf_nan=False)]
Spread = Annotated[float, Field(ge=0, le=10, allow_inf_nan=False)]
"""Standard deviation of a logarithm."""
Volatility = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]
"""A year. At 100, without drift, half of all days end below a millionth of their first price."""
Gwei = Annotated[float, Field(gt=0, le=1e6, allow_inf_nan=False)]
Tip = Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)]
"""Gwei; may be 0."""
Leverage = Annotated[float, Field(gt=1, le=100, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0, le=10**9)]
Head = Annotated[int, Field(ge=0, le=100_000)]
"""How many agents."""


NUMBERS = (int, float, int | None, float | None)


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)

    @model_validator(mode="before")
    @classmethod
    def _no_flag_for_a_number(cls, data: Any) -> Any:
        """Which would pass as 0 or 1."""
        for name, value in data.items() if isinstance(data, dict) else ():
            field = cls.model_fields.get(name)
            if isinstance(value, bool) and field and field.annotation in NUMBERS:
                raise ValueError(f"{name} is {str(value).lower()}: a number is needed")
        return data
