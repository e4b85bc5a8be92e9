"""The core on an in-process engine, one transaction a block: what the invariant tests act on.

The oracle is a feed the test sets, so that any price, valid or not, is one call away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

from eth_utils import keccak

from sim.chain import in_process, open_engine
from sim.chain.artifacts import load
from sim.chain.engine import (
    BLOCK_GAS_LIMIT,
    GENESIS_BASE_FEE,
    BlockRequest,
    Call,
    Engine,
    Receipt,
    Status,
    Transaction,
    contract_address,
)
from sim.protocol.abi import Contract, Method, creation_code, text
from sim.units import MAX_UINT256, WAD, Address

DAY = 86_400


def actor(role: str) -> Address:
    return bytes(keccak(text=role)[12:])


@dataclass(frozen=True)
class Config:
    """ICollateralizedDebt.Config in its order; the defaults are those of most tests."""

    debt_ceiling: int = 1_000_000 * WAD
    account_ceiling: int = 500_000 * WAD
    min_debt: int = 100 * WAD
    min_left: int = 20 * WAD
    min_deposit: int = 10 * WAD
    close_factor: int = WAD // 2
    full_liquidation_health: int = 95 * WAD // 100
    reserve_share: int = WAD // 5
    liquidator_floor: int = WAD // 100
    grace: int = 3_600
    call_window: int = DAY
    loss_threshold: int = 50_000 * WAD
    loss_window: int = 7 * DAY
    cap_toxic: bool = True

    def values(self) -> tuple[int | bool, ...]:
        return tuple(getattr(self, field.name) for field in fields(self))


@dataclass(frozen=True)
class Outcome:
    """What became of a transaction; `events` are (name, fields) in order."""

    ok: bool
    reason: str
    gas: int
    events: list[tuple[str, dict[str, int]]]

    def event(self, name: str) -> dict[str, int]:
        found = [values for kind, values in self.events if kind == name]
        if len(found) != 1:
            raise LookupError(f"{len(found)} events {name} among {self.events}")
        return found[0]


@dataclass(frozen=True)
class Asset:
    decimals: int
    initial: int
    maintenance: int
    close_out: int


ETHER = Asset(18, 30 * WAD // 100, 20 * WAD // 100, 15 * WAD // 100)
BITCOIN = Asset(8, 25 * WAD // 100, 15 * WAD // 100, 10 * WAD // 100)


class Answer(NamedTuple):
    """What a view must say, in words, its first ones if not all matter."""

    method: Method
    arguments: tuple[Any, ...]
    words: Sequence[int]


class World:
    """The contracts of one core and its surroundings, and people to act on them."""

    def __init__(
        self,
        assets: Sequence[Asset] = (ETHER, BITCOIN),
        config: Config | None = None,
        penalty: Sequence[Any] = ("FixedPenalty", 8 * WAD // 100),
        engine: Engine | None = None,
        margin: Sequence[Any] = (),
    ) -> None:
        self.engine = engine or open_engine(in_process())
        self.now = self.engine.timestamp
        self.owner = actor("owner")
        self.assets = tuple(assets)
        self.config = config or Config()
        self._nonces: dict[Address, int] = {}

        self.stable = self.create("StableToken", self.owner)
        self.feed = self.create("MockFeed")
        self.reserve = self.create("Reserve", self.owner, self.stable.address)
        self.coin = self.create("MockToken", "Coin", "COIN", 6)
        self.peg = self.create(
            "PegModule", self.owner, self.stable.address, self.coin.address, 0, MAX_UINT256
        )
        self.tokens = tuple(
            self.create("MockToken", f"Asset {i}", f"A{i}", asset.decimals)
            for i, asset in enumerate(assets)
        )
        ratios = ("initial", "maintenance", "close_out")
        linear = [[getattr(asset, ratio) for asset in assets] for ratio in ratios]
        self.margin = self.create(*(margin or ("LinearMargin", *linear)))
        self.penalty = self.create(*penalty)
        self.rate = self.create(
            "KinkedRate", WAD // 100, 4 * WAD // 100, 60 * WAD // 100, 80 * WAD // 100
        )
        self.core = self.create(
            "CollateralizedDebt",
            self.stable.address,
            self.feed.address,
            self.reserve.address,
            self.margin.address,
            self.penalty.address,
            self.rate.address,
            [token.address for token in self.tokens],
            self.config.values(),
            self.owner,
        )
        self.core_since = self.now
        self.lens = self.create("Lens", self.core.address)
        self._events = {
            topic: event
            for contract in (self.core, self.stable, self.reserve, self.peg, self.rate)
            for topic, event in contract.events.items()
        }
        for minter in (self.core, self.peg):
            self.must(self.owner, self.stable.set_minter, minter.address, True)
        self.must(self.owner, self.reserve.set_core, self.core.address)
        self.must(self.owner, self.core.set_guardian, actor("guardian"))

    # ---------------------------------------------------------------- acting

    def create(self, name: str, *arguments: Any) -> Contract:
        artifact = load(name)
        sender = actor("deployer")
        nonce = self._nonces.get(sender, 0)
        receipt = self._mine(sender, None, creation_code(artifact, arguments), 1)
        if receipt.status is not Status.SUCCEEDED:
            raise RuntimeError(f"{name}: {text(receipt.output)}")
        return Contract(artifact, contract_address(sender, nonce))

    def send(
        self, sender: Address, method: Method, *arguments: Any, after: int = 1, data: bytes = b""
    ) -> Outcome:
        """A transaction in a block of its own, `after` seconds later than the last."""
        return self._outcome(self._mine(sender, method.to, data or method(*arguments), after))

    def together(self, *calls: tuple[Any, ...]) -> list[Outcome]:
        """(sender, method, *arguments) of each, in one block and in that order."""
        transactions = [
            self._transaction(sender, method.to, method(*arguments), BLOCK_GAS_LIMIT // len(calls))
            for sender, method, *arguments in calls
        ]
        return [self._outcome(receipt) for receipt in self._block(transactions, 1)]

    def must(self, sender: Address, method: Method, *arguments: Any, after: int = 1) -> Outcome:
        outcome = self.send(sender, method, *arguments, after=after)
        if not outcome.ok:
            raise AssertionError(outcome.reason)
        return outcome

    def read(self, method: Method, *arguments: Any) -> Any:
        result = self.engine.call([Call(method.to, method(*arguments))])[0]
        if not result.ok:
            raise AssertionError(text(result.output))
        return method.decode(result.output)

    def expect(self, answers: Sequence[Answer]) -> None:
        """All of them in one call of the engine; the first that differs is an AssertionError."""
        results = self.engine.call([Call(a.method.to, a.method(*a.arguments)) for a in answers])
        for answer, result in zip(answers, results, strict=True):
            wanted = b"".join((word % 2**256).to_bytes(32, "big") for word in answer.words)
            if not result.ok or not result.output.startswith(wanted):
                told = answer.method.decode(result.output) if result.ok else text(result.output)
                asked = f"{answer.method.name}{answer.arguments}"
                raise AssertionError(f"{asked} is {told}, not {tuple(answer.words)}")

    def ask(self, calls: Sequence[tuple[Method, tuple[Any, ...]]]) -> list[int]:
        """The first word of each answer, in one call of the engine."""
        results = self.engine.call([Call(m.to, m(*arguments)) for m, arguments in calls])
        for (method, _), result in zip(calls, results, strict=True):
            if not result.ok:
                raise AssertionError(f"{method.name}: {text(result.output)}")
        return [int.from_bytes(result.output[:32], "big") for result in results]

    def snapshot(self) -> tuple[int, int, dict[Address, int]]:
        return self.engine.snapshot(), self.now, dict(self._nonces)

    def restore(self, snapshot: tuple[int, int, dict[Address, int]]) -> None:
        self.engine.restore(snapshot[0])
        self.now, self._nonces = snapshot[1], dict(snapshot[2])

    def wait(self, seconds: int) -> None:
        """An empty block that much later: views see its time."""
        self._block([], seconds)

    def _outcome(self, receipt: Receipt) -> Outcome:
        events = [
            (event.name, event.read(log.topics, log.data))
            for log in receipt.logs
            if (event := self._events.get(log.topics[0]))
        ]
        ok = receipt.status is Status.SUCCEEDED
        return Outcome(ok, "" if ok else text(receipt.output), receipt.gas_used, events)

    def _mine(self, sender: Address, to: Address | None, data: bytes, after: int) -> Receipt:
        return self._block([self._transaction(sender, to, data)], after)[0]

    def _transaction(
        self, sender: Address, to: Address | None, data: bytes, gas: int = BLOCK_GAS_LIMIT
    ) -> Transaction:
        nonce = self._nonces.get(sender, 0)
        if nonce == 0:
            self.engine.set_balance(sender, 10**30)
        self._nonces[sender] = nonce + 1
        fee = 2 * GENESIS_BASE_FEE
        return Transaction(sender, to, data, gas, fee, 0, nonce)

    def _block(self, transactions: Sequence[Transaction], after: int) -> Sequence[Receipt]:
        self.now += after
        return self.engine.mine(BlockRequest(transactions, self.now, GENESIS_BASE_FEE)).receipts

    # ---------------------------------------------------------------- setting up

    def price(self, asset: int, price: int, valid: bool = True) -> None:
        token = self.tokens[asset].address
        self.must(actor("feeder"), self.feed.set_price, token, price, valid)

    def collateral(self, holder: Address, asset: int, amount: int) -> None:
        """Give a person collateral tokens, approved to the core."""
        token = self.tokens[asset]
        self.must(holder, token.mint, holder, amount)
        self.must(holder, token.approve, self.core.address, MAX_UINT256)

    def stables(self, holder: Address, amount: int) -> None:
        """Give a person stable through the peg, approved to the core."""
        coins = -(-amount // 10**12)
        if coins:
            self.must(holder, self.coin.mint, holder, coins)
            self.must(holder, self.coin.approve, self.peg.address, coins)
            self.must(holder, self.peg.mint, coins, 0, holder)
        self.must(holder, self.stable.approve, self.core.address, MAX_UINT256)

    def account(self, owner: Address, amounts: Sequence[int], debt: int) -> int:
        """An account with that collateral, native units, and debt."""
        self.must(owner, self.core.open)
        account = int(self.read(self.core.account_count))
        for i, amount in enumerate(amounts):
            if amount:
                self.collateral(owner, i, amount)
                token = self.tokens[i].address
                self.must(owner, self.core.deposit, account, token, amount)
        if debt:
            self.must(owner, self.core.borrow, account, debt, owner)
        return account
