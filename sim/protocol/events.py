"""Logs of a deployment, read into happenings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sim.chain.engine import Receipt
from sim.protocol.abi import Event
from sim.protocol.deploy import Deployment
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
    """Index of the collateral it is about, where there is one."""
    fields: dict[str, int]
    """As logged, unsigned; addresses too."""


class Reader:
    """Reads the logs of a deployment's contracts and passes over all others."""

    def __init__(self, system: Deployment) -> None:
        self._events: dict[tuple[Address, bytes], Event] = {
            (contract.address, topic): event
            for contract in system.contracts()
            for topic, event in contract.events.items()
        }
        self._assets = {
            int.from_bytes(token.address, "big"): i for i, token in enumerate(system.tokens)
        }
        self._pools = {pool.address: i for i, pool in enumerate(system.pools) if pool}

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


def address(number: int) -> Address:
    """An address field of an event."""
    return number.to_bytes(20, "big")
