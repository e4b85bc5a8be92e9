"""Bundles: transactions sent to the builder alone, adjacent, all of them or none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from sim.chain.engine import Receipt, Status, Transaction
from sim.mempool.pool import Pending

Rehearse = Callable[[Sequence[Transaction]], Sequence[Receipt]]
"""What would come of these transactions at the top of the block being built."""


@dataclass(frozen=True, slots=True, eq=False)
class Bundle:
    """In this order at the top of one block, or not at all. Equal only to itself."""

    parts: tuple[Pending, ...]
    """Own ones are not in the pool; someone else's are."""
    payment: int
    """Wei that one of the parts pays to the builder."""

    @property
    def gas(self) -> int:
        return sum(part.transaction.gas for part in self.parts)

    def bid(self, base_fee: int) -> float:
        """What the builder earns per gas limit, wei: tips and payment."""
        tips = sum(part.tip(base_fee) * part.transaction.gas for part in self.parts)
        return (tips + self.payment) / self.gas


def select(
    bundles: Iterable[Bundle], rehearse: Rehearse, base_fee: int, gas_limit: int
) -> list[Bundle]:
    """The bundles that go in: by what they pay per gas, each only if it succeeds as a whole
    after those before it, and shares no transaction with them. Ties go by admission."""
    chosen: list[Bundle] = []
    taken: set[Pending] = set()
    ranked = sorted(bundles, key=lambda b: (-b.bid(base_fee), b.parts[0].sequence))
    for bundle in ranked:
        fits = sum(each.gas for each in chosen) + bundle.gas <= gas_limit
        if not fits or not taken.isdisjoint(bundle.parts):
            continue
        attempt = [part.transaction for each in (*chosen, bundle) for part in each.parts]
        if all(receipt.status is Status.SUCCEEDED for receipt in rehearse(attempt)):
            chosen.append(bundle)
            taken.update(bundle.parts)
    return chosen
