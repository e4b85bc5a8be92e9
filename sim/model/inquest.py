"""Why each account of a block was not saved."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from agents.base import Participant
from agents.trader import Trader
from sim.model.desk import Desk, Outcome
from sim.model.failure import Ring, cause
from sim.model.scene import Scene
from sim.protocol.columns import Floats
from sim.protocol.ledger import Ledger
from sim.protocol.standing import Standing
from sim.units import Address


@dataclass
class Inquest:
    """Finds the cause for an account, from what its owner had heard of and sent."""

    ledger: Ledger
    desk: Desk
    participants: Mapping[Address, Participant]
    rings: Mapping[Participant, Ring]
    block_seconds: float

    def of_block(
        self, scene: Scene, outcomes: Sequence[Outcome], before: Standing
    ) -> Callable[[int], str]:
        """The cause by the account's number; "" where no trader owns it. `before` is how
        accounts stood before the block."""

        def why(account: int) -> str:
            owner = self.participants.get(self.ledger.owners[account - 1])
            if not isinstance(owner, Trader):
                return ""
            failed = (o.ticket.intent for o in outcomes if o.ticket.agent is owner)
            waiting = (sent.intent for sent in self.desk.pending(owner))
            return cause(
                scene.time,
                self.block_seconds,
                self._healthy_outside(account - 1, scene.prices, before),
                (*failed, *waiting),
                self.rings.get(owner),
            )

        return why

    def _healthy_outside(self, row: int, prices: Floats, before: Standing) -> bool:
        """Whether the account met maintenance at outside prices."""
        if row >= len(before.debt):
            return False
        oracle = self.ledger.oracle_prices()
        # With one collateral value scales with its price; with several this is their average.
        scale = float(prices @ oracle / (oracle @ oracle))
        cushion = before.value[row] - before.maintenance[row]
        return bool(cushion * scale >= before.debt[row])
