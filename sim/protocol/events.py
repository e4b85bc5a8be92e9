"""Logs of a deployment, read into happenings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sim.chain.engine import Receipt
from sim.errors import ContractError
from sim.protocol.abi import Event
from sim.protocol.adapter import Adapter
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


class Reader:
    """Reads the logs of a deployment's contracts and passes over all others."""

    def __init__(self, adapter: Adapter) -> None:
        self._events: dict[tuple[Address, bytes], Event] = {
            (contract.address, topic): event
            for contract in adapter.everything()
            for topic, event in contract.events.items()
        }
        self._assets = {
            int.from_bytes(token.address, "big"): i for i, token in enumerate(adapter.tokens)
        }
        self._pools = {pool.address: i for i, pool in enumerate(adapter.pools) if pool}

    def read(self, receipts: Iterable[Receipt]) -> Iterator[Happening]:
        """In the order of execution."""
        for position, receipt in enumerate(receipts):
            for log in receipt.logs:
                event = self._events.get((log.address, log.topics[0])) if log.topics else None
                if event is None:
                    continue
                fields = event.read(log.topics, log.data)
                asset = (
                    self._assets.get(fields["asset"])
                    if "asset" in fields
                    else self._pools.get(log.address)
                )
                yield Happening(position, event.name, log.address, asset, fields)
