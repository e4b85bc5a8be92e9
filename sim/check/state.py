"""Everything a check looks at, read in one batch: the same before and after a transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agents.view import Position
from sim.chain.engine import Engine
from sim.protocol.abi import View
from sim.protocol.adapter import Adapter, Reading
from sim.protocol.ledger import Ledger
from sim.protocol.margin import MarginBook
from sim.protocol.terms import terms_of
from sim.units import WAD, Address


@dataclass(frozen=True, slots=True)
class Account:
    """As the chain has it, beside what its tokens are worth by the prices fed and the declared
    margins."""

    owner: Address
    position: Position
    value: int
    """WAD USD, rounded down per asset."""
    initial: int
    maintenance: int
    close_out: int
    valid: bool
    """Whether every collateral held has a price that is."""

    @property
    def amounts(self) -> tuple[int, ...]:
        return self.position.amounts

    @property
    def debt(self) -> int:
        return self.position.debt

    @property
    def buffer(self) -> int:
        """E - M, as the contract counts."""
        return self.position.equity - self.position.maintenance


@dataclass(frozen=True, slots=True)
class State:
    """Amounts in native units; prices WAD USD."""

    time: int
    prices: tuple[tuple[int, bool], ...]
    """As the contract sees them: (price, valid)."""
    accounts: tuple[Account, ...]
    stable: Mapping[Address, int]
    """Of people."""
    tokens: tuple[Mapping[Address, int], ...]
    """Of people, one map an asset."""
    kept: tuple[int, ...]
    """By the contract and what belongs to it, one an asset."""
    cash: int
    """Stable kept by it."""
    claims: Mapping[Address, int]
    """Of lenders, stable."""
    stopped: int
    """Flags: 1 borrowing, 2 withdrawing with debt."""

    def owned_by(self, who: Address) -> list[Account]:
        return [account for account in self.accounts if account.owner == who]


class Reader:
    """Reads states of one deployment."""

    def __init__(self, adapter: Adapter, people: Sequence[Address]) -> None:
        self.book: MarginBook = adapter.margin_book(terms_of(adapter))
        self.units = [10**asset.decimals for asset in adapter.scenario.assets]
        self._adapter = adapter
        self._people = tuple(people)
        self._vaults = tuple(contract.address for contract in adapter.contracts())
        coins = (adapter.stable, *adapter.tokens)
        self._balances = tuple(
            coin.balanceOf.view(holder)
            for coin in coins
            for holder in (*self._people, *self._vaults)
        )
        self._prices = adapter.prices()

    def read(self, engine: Engine, ledger: Ledger) -> State:
        """Raises ContractError where a view reverts, or answers what its ABI does not say."""
        accounts = range(1, len(ledger) + 1)
        readings: list[Reading[Position]] = [
            self._adapter.position(account, ledger) for account in accounts
        ]
        calls: list[View] = [*self._balances, *self._prices.calls]
        for reading in readings:
            calls.extend(reading.calls)
        answers = _answers(engine, calls)
        balances = [answers.pop(0)[0] for _ in self._balances]
        prices = self._prices.decode(_take(answers, len(self._prices.calls)))
        positions = [r.decode(_take(answers, len(r.calls))) for r in readings]
        holders = len(self._people) + len(self._vaults)
        stable, *tokens = (balances[i : i + holders] for i in range(0, len(balances), holders))
        return State(
            time=engine.timestamp,
            prices=tuple(prices),
            accounts=tuple(
                self._account(owner, position, prices)
                for owner, position in zip(ledger.owners, positions, strict=True)
            ),
            stable=self._of_people(stable),
            tokens=tuple(map(self._of_people, tokens)),
            kept=tuple(sum(held[len(self._people) :]) for held in tokens),
            cash=sum(stable[len(self._people) :]),
            claims=dict(self._adapter.claims(ledger)),
            stopped=3 if ledger.breaker_tripped else ledger.paused,
        )

    def _of_people(self, balances: Sequence[int]) -> dict[Address, int]:
        return dict(zip(self._people, balances, strict=False))

    def _account(
        self, owner: Address, position: Position, prices: Sequence[tuple[int, bool]]
    ) -> Account:
        values = [
            amount * price // unit
            for amount, (price, _), unit in zip(position.amounts, prices, self.units, strict=True)
        ]
        held = zip(position.amounts, prices, strict=True)
        return Account(
            owner,
            position,
            sum(values),
            *self.book.of_one(values),
            valid=all(valid and price for amount, (price, valid) in held if amount),
        )


def wealth(state: State, who: Address, units: Sequence[int]) -> int:
    """What someone could walk away with, WAD² USD, exactly: wallet, claims, and the equity of
    accounts, which may be left behind when it is negative."""

    def worth(amounts: Sequence[int]) -> int:
        held = zip(amounts, state.prices, units, strict=True)
        return sum(amount * price * WAD // unit for amount, (price, _), unit in held)

    own = worth([held.get(who, 0) for held in state.tokens])
    own += (state.stable.get(who, 0) + state.claims.get(who, 0)) * WAD
    return own + sum(max(worth(a.amounts) - a.debt * WAD, 0) for a in state.owned_by(who))


def _answers(engine: Engine, calls: Sequence[View]) -> list[list[int]]:
    results = engine.call(calls)
    return [call.words(result) for call, result in zip(calls, results, strict=True)]


def _take(answers: list[list[int]], count: int) -> list[list[int]]:
    taken = answers[:count]
    del answers[:count]
    return taken
