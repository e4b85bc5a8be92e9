"""What model and agents know of a contract: intents in, positions and happenings out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from agents.intent import Intent, PayOut, Poke, Post, Swap, VenueOrder
from agents.market import Peg, Pool
from agents.view import Opportunity, Position, Wallet
from sim.chain.engine import Engine, Receipt
from sim.protocol.adapter import Adapter, Order, Reading, Who
from sim.protocol.audit import audit
from sim.protocol.blame import mending
from sim.protocol.happening import Happening
from sim.protocol.ledger import Ledger
from sim.protocol.surroundings import poke, swap
from sim.protocol.terms import POOL_FEE, terms_of
from sim.protocol.transfers import transfer
from sim.units import WAD, Address

T = TypeVar("T")

EVERYTHING = 3
"""All that can be stopped: 1 borrowing, 2 withdrawing with debt."""
KNOWN_BLOCKS = 10
"""Blocks for which a read is good while a penalty does not grow with time: interest moves what
it says by less than 1e-6."""


class Known(NamedTuple):
    """What was last read of a candidate."""

    changes: int
    """Of the account until then."""
    block: int
    until: float
    """Timestamp."""
    opportunities: Sequence[Opportunity]


class System:
    """A contract and its surroundings behind the names the model uses."""

    def __init__(self, adapter: Adapter, ledger: Ledger) -> None:
        self.adapter = adapter
        self.ledger = ledger
        self.terms = terms_of(adapter)
        self._known: dict[int, Known] = {}
        self._known_feed: object = None
        """Of the prices, when what is known was read."""
        self._known_blocks = 0 if self.terms.penalty_rise else KNOWN_BLOCKS

    def follow(self, receipts: Iterable[Receipt], timestamp: int) -> list[Happening]:
        with mending(self.adapter):
            return self.ledger.apply(receipts, timestamp)

    def look_at_prices(self, engine: Engine) -> bool:
        """Ask the contract's feed, where its prices do not follow from events; whether they are
        news."""
        book = self.ledger.oracle
        if book.follows:
            return False
        told = ask(engine, self.adapter.prices())
        news = [book.tell(i, price, valid) for i, (price, valid) in enumerate(told)]
        return any(news)

    def audit(self, engine: Engine) -> int:
        """See `sim.protocol.audit.audit`."""
        with mending(self.adapter):
            return audit(engine, self.adapter, self.ledger)

    def bytecode_hashes(self) -> dict[str, str]:
        """Contract name -> sha256 of its runtime code before immutables."""
        return {c.name: c.runtime_hash for c in self.adapter.everything()}

    # --------------------------------------------------------------- transactions

    def order(self, intent: Intent, sender: Address) -> Order:
        """The transaction of an intent; proceeds go to the sender."""
        match intent:
            case Post():
                return self.adapter.post(intent)
            case Poke():
                return poke(self.adapter, intent)
            case Swap():
                return swap(self.adapter, intent, sender)
            case VenueOrder() | PayOut():
                return transfer(self.adapter.stable, self.adapter.tokens, intent)
        with mending(self.adapter):
            return self.adapter.order(intent, self._who(intent, sender))

    def _who(self, intent: Intent, sender: Address) -> Who:
        account, ledger = getattr(intent, "account", 0), self.ledger
        if not 1 <= account <= len(ledger):
            return Who(sender, sender, sender, getattr(intent, "asset", 0))
        return Who(sender, sender, ledger.owners[account - 1], ledger.markets[account - 1])

    # ---------------------------------------------------------------------- reads

    def wallet(self, holder: Address, wei: int) -> Wallet:
        held = self.ledger.balances
        return Wallet(
            wei=wei,
            stable=held[self.adapter.stable.address][holder],
            tokens=tuple(held[token.address][holder] for token in self.adapter.tokens),
            coin=self.adapter.coin_of(self.ledger, holder),
        )

    def holds_tokens(self, holder: Address) -> bool:
        """Any collateral in its wallet."""
        held = self.ledger.balances
        return any(held[token.address].get(holder) for token in self.adapter.tokens)

    def pools(self) -> tuple[Pool | None, ...]:
        return tuple(
            Pool(*reserves, POOL_FEE) if pool else None
            for pool, reserves in zip(self.adapter.pools, self.ledger.pools, strict=True)
        )

    def paused(self) -> int:
        """Flags of what is stopped, by the guardian or the breaker: 1 borrowing, 2 withdrawing
        with debt."""
        return EVERYTHING if self.ledger.breaker_tripped else self.ledger.paused

    def rate(self) -> float:
        """Interest a year."""
        return self.adapter.interest(self.ledger) / WAD

    def peg(self, coin_usd: float) -> Peg | None:
        """The market of the stable, with its reserve coin at a price outside."""
        return self.adapter.stable_market(self.ledger, coin_usd)

    def utilisation(self) -> float:
        """Total debt over what there is to draw."""
        return self.adapter.utilisation(self.ledger) / WAD

    def reserve_stable(self) -> int:
        """Stable set aside to cover bad debt."""
        return self.adapter.set_aside(self.ledger)

    def claims(self) -> Mapping[Address, int]:
        """Of each lender, stable units."""
        return self.adapter.claims(self.ledger)

    def reported(self, reporter: Address) -> tuple[int, tuple[int, ...]] | None:
        """(timestamp, WAD prices) of a reporter's last report of all assets."""
        reports = self.ledger.oracle.reports.get(reporter)
        if reports is None or len(reports) < len(self.adapter.tokens):
            return None
        ordered = [reports[asset] for asset in range(len(reports))]
        return min(at for at, _ in ordered), tuple(price for _, price in ordered)

    def read(
        self, engine: Engine, accounts: Sequence[int], candidates: Sequence[int]
    ) -> tuple[dict[int, Position], list[Opportunity]]:
        """Exact positions of accounts, and what can be done to candidates: one batch of reads.

        A candidate that can be neither called nor liquidated gives no opportunity; one with
        several collaterals gives one each. What was read of a candidate in the last blocks
        is not read again while neither the account nor a price has changed. Raises
        ContractError when a view reverts.
        """
        if not accounts and not candidates:
            return {}, []
        with mending(self.adapter):
            return self._read(engine, accounts, candidates)

    def _read(
        self, engine: Engine, accounts: Sequence[int], candidates: Sequence[int]
    ) -> tuple[dict[int, Position], list[Opportunity]]:
        adapter, ledger, block = self.adapter, self.ledger, engine.block_number
        feed = ledger.oracle.state(ledger.timestamp)
        if feed != self._known_feed:
            self._known, self._known_feed = {}, feed
        stale = [account for account in candidates if not self._is_known(account, block)]
        positions = [adapter.position(account, ledger) for account in accounts]
        chances = [adapter.opportunities(account, ledger) for account in stale]
        answers = iter(_answers(engine, [*positions, *chances]))
        shown = {
            account: reading.decode(next(answers))
            for account, reading in zip(accounts, positions, strict=True)
        }
        for account, chance in zip(stale, chances, strict=True):
            found = chance.decode(next(answers))
            changes, until = ledger.changes[account - 1], ledger.call_changes_at(account - 1)
            self._known[account] = Known(changes, block, until, found)
        return shown, [o for account in candidates for o in self._known[account].opportunities]

    def _is_known(self, account: int, block: int) -> bool:
        known, ledger = self._known.get(account), self.ledger
        return (
            known is not None
            and block - known.block <= self._known_blocks
            and known.changes == ledger.changes[account - 1]
            and ledger.timestamp < known.until
        )


def ask(engine: Engine, reading: Reading[T]) -> T:
    """What the views of a reading say now."""
    return reading.decode(next(_answers(engine, [reading])))


def _answers(engine: Engine, readings: Sequence[Reading[Any]]) -> Iterator[list[list[int]]]:
    """The words of each reading's answers; all are asked in one batch."""
    calls = [call for reading in readings for call in reading.calls]
    results = iter(engine.call(calls) if calls else ())
    for reading in readings:
        yield [call.words(next(results)) for call in reading.calls]
