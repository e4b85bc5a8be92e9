"""A sample contract with its tokens and a feed that says what a test wants."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sim.chain import in_process, open_engine
from sim.chain.artifacts import load
from sim.chain.engine import (
    BLOCK_GAS_LIMIT,
    GENESIS_BASE_FEE,
    BlockRequest,
    Receipt,
    Status,
    Transaction,
)
from sim.protocol.abi import Contract, Method, read, text
from sim.protocol.names import DEPLOYER, address_of
from sim.protocol.script import Script
from sim.units import MAX_UINT256, WAD, Address

OWNER, STRANGER, LIQUIDATOR, LENDER = map(address_of, ("owner", "stranger", "liquidator", "lender"))
PEOPLE = (OWNER, STRANGER, LIQUIDATOR, LENDER)
PERCENT = WAD // 100
RICH = 10**6 * WAD


class Market:
    """Everyone holds a million of stable and of each collateral, and has approved `contract`."""

    def __init__(self, stable: str, decimals: Sequence[int]) -> None:
        self.engine = open_engine(in_process())
        for one in (DEPLOYER, *PEOPLE):
            self.engine.set_balance(one, 10**24)
        self.script = Script(self.engine)
        self.feed = self.create("MockFeed")
        arguments = [DEPLOYER] if stable == "StableToken" else ["Dollar", "USD", 18]
        self.stable = self.create(stable, *arguments)
        self.tokens = [self.create("MockToken", "C", "C", each) for each in decimals]
        self.units = [10**each for each in decimals]

    def create(self, name: str, *arguments: Any) -> Contract:
        contract = self.script.create(DEPLOYER, load(name), arguments)
        self.script.flush()
        return contract

    def settle(self, contract: Contract) -> None:
        """Give everyone their money, approved for the contract."""
        if self.stable.name == "StableToken":
            for minter in (DEPLOYER, contract.address):
                self.script.send(DEPLOYER, self.stable.set_minter, minter, True)
        for one in PEOPLE:
            self.script.send(DEPLOYER, self.stable.mint, one, RICH)
            for token, unit in zip(self.tokens, self.units, strict=True):
                self.script.send(DEPLOYER, token.mint, one, 10**6 * unit)
            for token in (self.stable, *self.tokens):
                self.script.send(one, token.approve, contract.address, MAX_UINT256)
        self.script.flush()

    def price(self, usd: float, valid: bool = True, asset: int = 0) -> None:
        wad = round(usd * 10**6) * 10**12
        self.must(DEPLOYER, self.feed.set_price, self.tokens[asset].address, wad, valid)

    def send(self, sender: Address, method: Method, *arguments: Any, after: int = 1) -> Receipt:
        """In a block of its own, that many seconds later."""
        nonce = self.engine.nonces([sender])[0]
        data, fee = method(*arguments), 2 * GENESIS_BASE_FEE
        sent = Transaction(sender, method.to, data, BLOCK_GAS_LIMIT, fee, 0, nonce)
        request = BlockRequest([sent], self.engine.timestamp + after, GENESIS_BASE_FEE)
        return self.engine.mine(request).receipts[0]

    def must(self, sender: Address, method: Method, *arguments: Any, after: int = 1) -> Receipt:
        receipt = self.send(sender, method, *arguments, after=after)
        assert receipt.status is Status.SUCCEEDED, text(receipt.output)
        return receipt

    def refuses(self, reason: str, sender: Address, method: Method, *arguments: Any) -> None:
        receipt = self.send(sender, method, *arguments)
        assert receipt.status is Status.REVERTED
        assert text(receipt.output) == reason

    def read(self, method: Method, *arguments: Any) -> Any:
        return read(self.engine, method, *arguments)

    def held(self, token: Contract, holder: Address) -> int:
        return int(self.read(token.balanceOf, holder))
