"""Logs of a deployment, read into happenings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from sim.chain.engine import Receipt
from sim.errors import ContractError
from sim.protocol.abi import Event
from sim.protocol.adapter import Adapter, Handler
from sim.protocol.happening import Happening
from sim.units import Address


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


def handlers_of(adapter: Adapter) -> Mapping[str, Handler]:
    """Raises ContractError for an event that no contract logs."""
    handlers = adapter.handlers()
    logged = {event.name for c in adapter.contracts() for event in c.events.values()}
    for name in handlers:
        if name not in logged:
            raise ContractError(
                f"the adapter {adapter.name} handles the event {name}, which no contract of it "
                f"logs; they log {', '.join(sorted(logged)) or 'none'}"
            )
    return handlers
