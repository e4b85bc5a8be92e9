"""Accounts that nobody touches, on the deployed contracts, at prices that a reporter posts.

Eight collaterals have a price each, so that one block on the engine is a step of eight
independent paths; of each collateral there is an account at every health asked for. A path
after the other is posted to the same chain: as nothing is charged, called or liquidated, the
accounts stay what they are.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from agents.intent import Bid, Post
from sim.chain import in_process, open_engine
from sim.chain.engine import (
    BLOCK_GAS_LIMIT,
    GENESIS_BASE_FEE,
    BlockRequest,
    Call,
    Status,
    Transaction,
)
from sim.protocol.abi import words
from sim.protocol.establish import establish
from sim.protocol.names import address_of
from sim.protocol.populate import Endowment
from sim.protocol.standing import Standing
from sim.scenario import Scenario, validate
from sim.units import WAD, to_wad

ASSETS = 8
START = 1_000.0
"""USD of one unit of each collateral at block 0."""
UNITS = 10
MAINTENANCE = 0.15
BID = Bid(tip=0, max_fee=2 * GENESIS_BASE_FEE)


def terms() -> Scenario:
    """No interest, no guard against moves, one reporter whose word is the price."""
    return validate(
        {
            "name": "static",
            "assets": [{"symbol": f"A{i}", "pool_depth": 0} for i in range(ASSETS)],
            "margin": {"initial": 0.16, "maintenance": MAINTENANCE, "close_out": 0.1},
            "penalty": {"fixed": 0.05},
            "rate": {"base": 0, "at_kink": 0, "above": 0},
            "oracle": {"reporters": 1, "quorum": 1, "max_deviation": 0, "max_age": 31_536_000},
        },
        "static",
    )


class StaticAccounts:
    """`healths` are those at block 0; accounts of one collateral follow each other."""

    def __init__(self, healths: Sequence[float]) -> None:
        self.healths = np.array(healths)
        scenario = terms()
        self.engine = open_engine(in_process())
        self._reporter = address_of("reporter-0")
        owner = address_of("holder")
        people = [Endowment(self._reporter, 10**25), Endowment(owner, WAD)]
        people += [
            Endowment(owner, 0, collateral={asset: UNITS * WAD}, debt=debt_at(health))
            for asset in range(ASSETS)
            for health in healths
        ]
        self.system = establish(self.engine, scenario, [START] * ASSETS, people, 1_600_000_000)
        self._nonce = self.engine.nonces([self._reporter])[0]

    def ever_below(self, paths: NDArray[np.float64], step: int) -> NDArray[np.bool_]:
        """Whether each account was below maintenance in some block, shape (assets, healths).

        `paths` are USD, shape (8, blocks), `step` seconds apart. Every block is posted; the
        contract is asked where a price is lower than ever on its path, for no other block can
        be the one. The ledger, from events alone, must say the same.
        """
        ever = np.zeros(ASSETS * len(self.healths), dtype=bool)
        lowest = np.full(ASSETS, np.inf)
        for prices in paths.T:
            self._post(prices, step)
            if np.any(prices < lowest):
                lowest = np.minimum(lowest, prices)
                ever |= self._below()
        return ever.reshape(ASSETS, -1)

    def _post(self, prices: NDArray[np.float64], step: int) -> None:
        order = self.system.order(
            Post(bid=BID, prices=tuple(to_wad(price) for price in prices)), self._reporter
        )
        transaction = Transaction(
            self._reporter, order.to, order.data, order.gas, BID.max_fee, 0, self._nonce
        )
        self._nonce += 1
        timestamp = self.engine.timestamp + step
        block = self.engine.mine(
            BlockRequest([transaction], timestamp, GENESIS_BASE_FEE, BLOCK_GAS_LIMIT)
        )
        assert block.receipts[0].status is Status.SUCCEEDED
        self.system.follow(block.receipts, timestamp)

    def _below(self) -> NDArray[np.bool_]:
        """Equity below the maintenance requirement, as the contract has them."""
        core, ledger = self.system.adapter.core, self.system.ledger  # type: ignore[attr-defined]
        asked = [Call(core.address, core.position(account + 1)) for account in range(len(ledger))]
        positions = [words(answer.output) for answer in self.engine.call(asked)]
        below = np.array([value - debt < margin for value, debt, _, margin, *_ in positions])
        standing = Standing.of(ledger, ledger.oracle_prices(), self.engine.timestamp)
        assert np.array_equal(below, standing.below), "the ledger and the contract disagree"
        return below


def debt_at(health: float) -> int:
    return to_wad(UNITS * START * (1 - MAINTENANCE) / health)
