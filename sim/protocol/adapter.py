"""The one interface between the simulator and a lending contract: `Adapter`.

Model, agents, mempool, metrics and reports know a contract only through its adapter. It says
what the contract is able to do, how an intent becomes a transaction, what an event means, and
how an account is read. Tokens, pools, oracle and people are there already (`surroundings`);
positions, prices and balances are kept for it (`ledger`). docs/adapter.md shows how to write one.

An adapter keeps nothing but what it deployed: what happens is in the ledger it is handed.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from agents.intent import (
    Absorb,
    Borrow,
    Deposit,
    FlashLiquidate,
    Intent,
    Lend,
    Liquidate,
    MarginCall,
    Open,
    Pause,
    PegMint,
    PegPoke,
    PegRedeem,
    PegSwap,
    Post,
    Recall,
    Redeem,
    Repay,
    Withdraw,
)
from agents.market import Peg, Terms
from agents.view import Opportunity, Position
from sim.chain.artifacts import Artifact, load
from sim.chain.engine import Engine
from sim.errors import AdapterError, ScenarioError
from sim.protocol.abi import Contract, Method
from sim.protocol.ability import Ability
from sim.protocol.beside import beside
from sim.protocol.calls import resolved
from sim.protocol.effects import Effect
from sim.protocol.fit import fitted, not_applied
from sim.protocol.happening import Happening
from sim.protocol.margin import LinearBook, MarginBook
from sim.protocol.names import DEPLOYER
from sim.protocol.order import Figure, Order, Reading, Who
from sim.protocol.script import Script
from sim.scenario import Scenario
from sim.units import Address

if TYPE_CHECKING:
    from sim.protocol.ledger import Ledger

__all__ = [
    "Ability",
    "Adapter",
    "Figure",
    "Handler",
    "Invariant",
    "Order",
    "Reading",
    "Who",
]

GAS: Mapping[type[Intent], int] = {
    Open: 120_000,
    Deposit: 200_000,
    Withdraw: 260_000,
    Borrow: 320_000,
    Repay: 220_000,
    MarginCall: 180_000,
    Liquidate: 420_000,
    Absorb: 400_000,
    FlashLiquidate: 700_000,
    Redeem: 300_000,
    Lend: 200_000,
    Recall: 250_000,
    Pause: 80_000,
    PegSwap: 160_000,
    PegMint: 160_000,
    PegRedeem: 160_000,
    PegPoke: 300_000,
}
"""Gas limit an agent sets for each kind of intent, one collateral."""
GAS_PER_FURTHER_ASSET = 40_000
POST_GAS, POST_GAS_PER_ASSET = 60_000, 60_000


Handler = Callable[[Happening, "Ledger"], Iterable[Effect]]
Invariant = Callable[[Engine, "Ledger"], str]
"""Empty where it holds, else one sentence that says what is broken."""


class Adapter(ABC):
    """A lending contract behind the names the simulator uses.

    Accounts are numbered from 1 in the order of their `Opened` effects; assets by the scenario.
    A contract that knows accounts by owner finds the owner in `Ledger.owners`. What is drawn is
    `stable`: 18 decimals, worth 1 USD.
    """

    name: ClassVar[str]
    abilities: ClassVar[Ability] = Ability(0)
    gas: ClassVar[Mapping[type[Intent], int]] = GAS
    orders: ClassVar[Mapping[type[Intent], str]] = {}
    """Intent -> what it calls, such as `"core.withdraw(account, token, amount, to)"`: see
    `sim.protocol.calls`."""
    collaterals: ClassVar[int] = 8
    """How many it takes at most."""
    fee: ClassVar[float] = 0.0
    """The largest share of what it moves that depositing, drawing, repaying, taking out or lending
    may cost besides."""

    stable: Contract
    """What accounts draw and liquidators pay with."""
    tokens: tuple[Contract, ...]
    """Collateral, in the scenario's order."""
    pools: tuple[Contract | None, ...]
    """AmmPool of each collateral against the stable, or None."""
    oracle: Contract
    """Where reporters post."""
    feed: Contract
    """What the contract is to read, `price(asset) -> (WAD USD, valid)`: `oracle`, or one over
    it or over the pools."""
    reporters: tuple[Address, ...]
    period: int
    """Seconds between pokes of the feed; 0 when it needs none."""

    def __init__(self, scenario: Scenario, artifacts: Mapping[str, Artifact] | None = None) -> None:
        """`artifacts` stand in for contracts of the same name: a changed build under test.

        Raises ScenarioError where the contract cannot live the scenario.
        """
        if len(scenario.assets) > self.collaterals:
            raise ScenarioError(
                f"{scenario.name} has {len(scenario.assets)} collaterals, and {self.name} takes "
                f"at most {self.collaterals}"
            )
        self.scenario = fitted(scenario, self.abilities)
        self.not_applied = not_applied(scenario, self.abilities)
        self._artifacts = dict(artifacts or {})

    def artifact(self, name: str) -> Artifact:
        """A compiled contract: what stands in for it, else NAME.json or NAME.vy beside the
        adapter's file, else Plimsoll's own. Raises ContractError where there is none."""
        return self._artifacts.get(name) or beside(type(self), name) or load(name)

    # ---------------------------------------------------------------------- set-up

    def issue(self, script: Script) -> Contract:
        """Create the stable, default one that anyone may mint; here and in `prepare` the tokens
        are not there yet."""
        return script.create(DEPLOYER, self.artifact("MockToken"), ["Dollar", "USD", 18])

    def prepare(self, script: Script) -> None:  # noqa: B027, nothing is what most need
        """Create what must be there before the tokens: nothing."""

    @abstractmethod
    def deploy(self, script: Script) -> None:
        """Create and wire the contract; everything above is there."""

    def fund(self, script: Script, to: Address, amount: int) -> None:
        """Give someone stable out of nothing, in set-up."""
        if amount:
            script.send(DEPLOYER, self.stable.mint, to, amount)

    def endow(self, script: Script, seeded: int) -> None:
        """All is wired: whatever must be paid before people come; the deployer gets the stable
        that the pools are `seeded` with."""
        self.fund(script, DEPLOYER, seeded)

    def endow_coin(self, script: Script, to: Address, amount: int) -> None:  # noqa: B027
        """Give someone reserve coin of the stable, WAD, in set-up; default: there is none."""

    def begin(self, script: Script) -> None:  # noqa: B027
        """Everyone is in place: the last of the set-up; default: nothing."""

    @abstractmethod
    def contracts(self) -> Sequence[Contract]:
        """Its deployed contracts, but not the surroundings; their events are followed."""

    def everything(self) -> list[Contract]:
        """Its contracts and the surroundings."""
        around = [self.stable, self.oracle, self.feed, *self.tokens, *self.pools]
        return list(dict.fromkeys([*self.contracts(), *(each for each in around if each)]))

    def spenders(self) -> Sequence[Contract]:
        """Contracts that pull tokens from people, who approve them in set-up."""
        return self.contracts()

    # ------------------------------------------------------------ intents, events

    def order(self, intent: Intent, who: Who) -> Order:
        """The transaction of an intent; default: as `orders` says it.

        Only what the abilities allow is asked for. Where accounts are not opened by a
        transaction, `Deposit` to account 0 opens one.
        """
        text = self.orders.get(type(intent))
        if text is None:
            raise AdapterError(f"the adapter {self.name} has no order for {type(intent).__name__}")
        method, arguments = resolved(text, self, intent, who)
        return self.call(intent, method, *arguments)

    def post(self, intent: Post) -> Order:
        """A reporter's prices, WAD, one for each asset; default: to `oracle`."""
        tokens = [token.address for token in self.tokens]
        data = self.oracle.post(tokens, list(intent.prices))
        return Order(self.oracle.address, data, POST_GAS + POST_GAS_PER_ASSET * len(tokens))

    def prices(self) -> Reading[list[tuple[int, bool]]]:
        """(WAD USD, valid) of each asset as the contract sees it; default: of `feed`. Asked
        after every block, but not where `feed` is `oracle`: there prices follow from reports."""
        views = tuple(self.feed.price.view(token.address) for token in self.tokens)
        return Reading(views, lambda answers: [(price, bool(valid)) for price, valid in answers])

    def call(self, intent: Intent, method: Method, *arguments: Any) -> Order:
        """For `order`: with the gas limit of that kind of intent."""
        further = GAS_PER_FURTHER_ASSET * (len(self.tokens) - 1)
        return Order(method.to, method(*arguments), self.gas[type(intent)] + further)

    @abstractmethod
    def handlers(self) -> Mapping[str, Handler]:
        """Name of an event -> its effects; others have none. A contract that knows accounts by
        owner asks `Ledger.account_of`, which opens one for an owner not seen before."""

    # ----------------------------------------------------------------------- reads

    @abstractmethod
    def position(self, account: int, ledger: Ledger) -> Reading[Position]:
        """An account, exactly as the chain has it now."""

    @abstractmethod
    def opportunities(self, account: int, ledger: Ledger) -> Reading[list[Opportunity]]:
        """What a liquidator may do to an account now: none, or one a collateral."""

    @abstractmethod
    def figures(self, engine: Engine, ledger: Ledger) -> Iterator[Figure]:
        """What the ledger keeps of this contract beside what its views say: every account's
        owner, collateral and debt, and the totals. Held against each other after every run."""

    def terms(self, terms: Terms) -> Terms:
        """What agents know of it: the scenario's terms as the abilities have them, and what
        differs from them."""
        return terms

    def margin_book(self, terms: Terms) -> MarginBook:
        """How much equity it asks for; default: of each collateral a share of its value."""
        return LinearBook.of(terms.assets)

    def index_at(self, ledger: Ledger, timestamp: int) -> int:
        """The debt index that accruing at `timestamp` would leave, RAY, to the unit."""
        return ledger.index

    def interest(self, ledger: Ledger) -> int:
        """Interest a year, WAD."""
        return 0

    def stable_market(self, ledger: Ledger, coin_usd: float) -> Peg | None:
        """The market of the stable against its reserve coin; default: it has none."""
        return None

    def coin_of(self, ledger: Ledger, holder: Address) -> int:
        """Reserve coin that someone holds."""
        return 0

    def utilisation(self, ledger: Ledger) -> int:
        """Of what can be drawn, WAD."""
        return 0

    def set_aside(self, ledger: Ledger) -> int:
        """Stable set aside to cover bad debt."""
        return 0

    def claims(self, ledger: Ledger) -> Mapping[Address, int]:
        """What each lender could ask for now, stable units, whether it is there or lent out."""
        return {}

    def invariants(self) -> Mapping[str, Invariant]:
        """What this contract promises besides what every lending contract must."""
        return {}
