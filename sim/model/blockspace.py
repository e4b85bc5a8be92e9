"""Blockspace: who gets into a block beside everyone else on the chain, and what it costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from sim.chain.engine import Block, BlockRequest, Engine, Receipt, Transaction
from sim.mempool.builder import Built, build
from sim.mempool.bundle import select
from sim.mempool.fees import Background, next_base_fee
from sim.mempool.pool import Pending
from sim.model.desk import BUILDER, Desk
from sim.model.scene import Scene
from sim.scenario import Gas


class Filled(NamedTuple):
    """A block and what went into it."""

    sent: Sequence[Pending]
    """One for each receipt, in the same order."""
    executed: Block
    background_gas: int
    """Used by other people's transactions."""


class Blockspace:
    """Fills blocks, has the engine execute them, and follows the price of their gas."""

    def __init__(
        self,
        engine: Engine,
        gas: Gas,
        background: np.random.Generator,
        order: np.random.Generator,
        starts_at: int,
    ) -> None:
        """`background` draws other people's demand, `order` the order of a random block;
        `starts_at` is the timestamp of block 0."""
        self._engine = engine
        self._gas = gas
        self._background = Background(gas, background)
        self._order = order
        self._starts_at = starts_at
        self.base_fee = self._background.base_fee_start()
        """Wei, of the next block."""
        self.tip_needed = 0
        """Wei: the lowest background tip that the last full block took; 0 when it was not full."""

    def fill(self, desk: Desk, scene: Scene) -> Filled:
        """One block: bundles that succeed as a whole, then the pool against the background."""
        bids = self._background.bids(scene.time, scene.base_fee)
        built = self._build(desk, scene, bids)
        executed = self._mine(scene, [pending.transaction for pending in built.transactions])
        saved = sum(p.transaction.gas for p in built.transactions) - executed.gas_used
        background = built.background_used(saved)
        used = min(executed.gas_used + background, self._gas.block_gas_limit)
        self.base_fee = next_base_fee(scene.base_fee, used, self._gas.block_gas_limit)
        self.tip_needed = _marginal_tip(bids, built) if built.gas_unserved else 0
        return Filled(built.transactions, executed, background)

    def _build(self, desk: Desk, scene: Scene, bids: Sequence[tuple[int, int]]) -> Built:
        def rehearse(transactions: Sequence[Transaction]) -> Sequence[Receipt]:
            before = self._engine.snapshot()
            try:
                return self._mine(scene, transactions).receipts
            finally:
                self._engine.restore(before)

        gas = self._gas
        bundles = select(desk.bundles, rehearse, scene.base_fee, gas.block_gas_limit)
        return build(
            desk.pool,
            scene.block,
            scene.base_fee,
            gas.block_gas_limit,
            bids,
            bundles,
            gas.order,
            self._order,
        )

    def _mine(self, scene: Scene, transactions: Sequence[Transaction]) -> Block:
        return self._engine.mine(
            BlockRequest(
                transactions,
                self._starts_at + int(scene.time),
                scene.base_fee,
                self._gas.block_gas_limit,
                BUILDER,
            )
        )


def _marginal_tip(bids: Sequence[tuple[int, int]], built: Built) -> int:
    """The lowest background tip that got in, wei."""
    served = built.gas_background
    for tip, gas in bids:
        served -= gas
        if served <= 0:
            return tip
    return 0
