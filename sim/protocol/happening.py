"""One event of a block, read."""

from __future__ import annotations

from dataclasses import dataclass

from sim.errors import ContractError
from sim.protocol.effects import Effect
from sim.units import Address


@dataclass(frozen=True, slots=True)
class Happening:
    """One event of a block."""

    position: int
    """Of its transaction in the request."""
    name: str
    source: Address
    """The contract that logged it."""
    asset: int | None
    """Index of the collateral it is about, where there is one: by a field `asset`, or by the
    pool that logged it."""
    fields: dict[str, int]
    """As logged, unsigned; addresses too."""
    effects: tuple[Effect, ...] = ()
    """What it meant."""

    def __getitem__(self, field: str) -> int:
        """Raises ContractError where the event has no such field."""
        try:
            return self.fields[field]
        except KeyError:
            raise ContractError(
                f"the event {self.name} has no field {field!r}, only {', '.join(self.fields)}: "
                "mend the adapter's handler or the ABI"
            ) from None

    def address(self, field: str) -> Address:
        return self[field].to_bytes(20, "big")
