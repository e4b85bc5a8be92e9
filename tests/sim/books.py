"""The real contracts on an engine in process, a ledger that follows them, and people who act."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from sim.chain import available_engines, open_engine
from sim.chain.engine import (
    BLOCK_GAS_LIMIT,
    GENESIS_BASE_FEE,
    BlockRequest,
    Call,
    Receipt,
    Status,
    Transaction,
)
from sim.protocol.abi import Contract, Method, text
from sim.protocol.audit import audit
from sim.protocol.deploy import deploy
from sim.protocol.happening import Happening
from sim.protocol.ledger import Ledger
from sim.protocol.names import address_of
from sim.protocol.populate import Endowment, populate
from sim.scenario import Scenario, validate
from sim.units import MAX_UINT256, WAD, Address, to_wad

IN_PROCESS = next(name for name in available_engines() if name != "anvil")
"""The fastest engine that needs no node."""
GRACE, CALL_WINDOW, MAX_AGE = 3_600, 7_200, 7_200
PRICES = (200.0, 5_000.0)
DECIMALS = (18, 8)
PEOPLE = tuple(map(address_of, ("trader-0", "trader-1", "trader-2", "liquidator-0")))


def scenario(**protocol: Any) -> Scenario:
    """Two collaterals of different decimals, a grace period, a low ceiling: rates move."""
    return validate(
        {
            "name": "books",
            "assets": [
                {"symbol": "ETH", "decimals": DECIMALS[0], "pool_depth": 1e6},
                {
                    "symbol": "BTC",
                    "decimals": DECIMALS[1],
                    "pool_depth": 2e6,
                    "margin": {"initial": 0.3, "maintenance": 0.2, "close_out": 0.15},
                },
            ],
            "protocol": {
                "grace": GRACE,
                "call_window": CALL_WINDOW,
                "debt_ceiling": 150_000.0,
                "loss_threshold": 1e9,
                **protocol,
            },
            "oracle": {"max_age": MAX_AGE, "max_deviation": 0.25},
        },
        "books",
    )


class Books:
    """One transaction a block, followed by the ledger."""

    def __init__(self, **protocol: Any) -> None:
        self.terms = scenario(**protocol)
        self.engine = open_engine(IN_PROCESS)
        self.system, script = deploy(self.engine, self.terms, PRICES)
        rich = {0: 10_000 * 10 ** DECIMALS[0], 1: 400 * 10 ** DECIMALS[1]}
        people = [Endowment(one, 10**24, 500_000 * WAD, rich) for one in PEOPLE]
        posters = [Endowment(one, 10**24) for one in self.system.reporters]
        prices = [to_wad(price) for price in PRICES]
        start = script.blocks[-1].timestamp + 600
        populate(script, self.system, [*people, *posters], prices, start)
        for one in PEOPLE:
            script.send(one, self.system.coin.mint, one, 10**12)
            for token in (self.system.stable, self.system.coin):
                script.send(one, token.approve, self.system.peg.address, MAX_UINT256)
        script.flush()
        self._set_up = script.blocks
        self._start = self.engine.snapshot()
        self.rewind()

    def rewind(self) -> None:
        """Back to where nobody has an account, with a ledger that starts anew."""
        self.engine.restore(self._start)
        self.ledger = Ledger(self.system, self._set_up[0].timestamp)
        self.blocks = list(self._set_up)
        """All so far."""
        for block in self.blocks:
            self.ledger.apply(block.receipts, block.timestamp)
        self.seen: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()

    def send(self, sender: Address, method: Method, *arguments: Any, after: int = 12) -> bool:
        """In a block of its own, that many seconds later; whether it succeeded."""
        receipt = self._mine(sender, method, arguments, after)
        if receipt.status is not Status.SUCCEEDED:
            self.refused[text(receipt.output)] += 1
        return receipt.status is Status.SUCCEEDED

    def must(self, sender: Address, method: Method, *arguments: Any, after: int = 12) -> None:
        receipt = self._mine(sender, method, arguments, after)
        if receipt.status is not Status.SUCCEEDED:
            raise AssertionError(f"{method.name}: {text(receipt.output)}")

    def _mine(
        self, sender: Address, method: Method, arguments: tuple[Any, ...], after: int
    ) -> Receipt:
        nonce = self.engine.nonces([sender])[0]
        transaction = Transaction(
            sender,
            method.to,
            method(*arguments),
            BLOCK_GAS_LIMIT,
            2 * GENESIS_BASE_FEE,
            0,
            nonce,
        )
        return self._follow([transaction], after)[0]

    def wait(self, seconds: int) -> None:
        """An empty block, that much later."""
        self._follow([], seconds)

    def _follow(self, transactions: Sequence[Transaction], after: int) -> Sequence[Receipt]:
        timestamp = self.engine.timestamp + after
        block = self.engine.mine(BlockRequest(transactions, timestamp, GENESIS_BASE_FEE))
        self.blocks.append(block)
        self.happened: list[Happening] = self.ledger.apply(block.receipts, timestamp)
        self.seen.update(happening.name for happening in self.happened)
        return block.receipts

    def post(self, *prices: float, reporters: int = 3, after: int = 12) -> None:
        """The first so many reporters say these USD prices, a second apart."""
        tokens = [token.address for token in self.system.tokens]
        wads = [to_wad(price) for price in prices]
        for reporter in self.system.reporters[:reporters]:
            self.must(reporter, self.system.oracle.post, tokens, wads, after=after)
            after = 1

    def borrower(self, who: int, eth: float, btc: float, debt: float) -> int:
        """An account of a person with that collateral and debt, whole units."""
        core, owner = self.system.core, PEOPLE[who]
        self.must(owner, core.open)
        account = len(self.ledger)
        for token, amount, decimals in zip(self.system.tokens, (eth, btc), DECIMALS, strict=True):
            if amount:
                units = round(amount * 10**decimals)
                self.must(owner, core.deposit, account, token.address, units)
        if debt:
            self.must(owner, core.borrow, account, to_wad(debt), owner)
        return account

    def read(self, method: Method, *arguments: Any) -> Any:
        (result,) = self.engine.call([Call(method.to, method(*arguments))])
        if not result.ok:
            raise AssertionError(f"{method.name}: {text(result.output)}")
        return method.decode(result.output)

    def audit(self) -> int:
        return audit(self.engine, self.system, self.ledger)

    @property
    def core(self) -> Contract:
        return self.system.core
