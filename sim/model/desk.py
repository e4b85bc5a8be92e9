"""Between agents and the block: intents become transactions, transactions become outcomes."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from agents.base import Participant
from agents.intent import (
    Bid,
    Bundle,
    FlashLiquidate,
    Intent,
    Liquidate,
    MarginCall,
    Rebid,
    Theirs,
)
from agents.view import Seen, Sent
from sim.chain.engine import Receipt, Status, Transaction
from sim.mempool import bundle as mempool_bundle
from sim.mempool.pool import Mempool, Pending
from sim.protocol.abi import text
from sim.protocol.names import address_of
from sim.protocol.system import System

BUILDER = address_of("builder")
"""Coinbase of every block: tips and bundles' payments go there."""
PAYMENT_GAS = 21_000
RECORD = 16
"""Attempts to liquidate that an agent remembers."""


@dataclass(frozen=True, slots=True)
class Offer:
    """Someone's bid for an account in a block, public or not."""

    agent: str
    price: float
    """Wei per gas to the builder, payments included."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """Whose transaction it is, and what for."""

    agent: Participant
    intent: Intent
    bundled: bool = False
    payment: int = 0
    """Wei that a bundle pays to the builder for this part, in a transaction of its own."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a transaction: it was executed, refused, or not included."""

    pending: Pending
    status: str
    """succeeded, reverted, refused, expired, or dropped with its bundle."""
    reason: str
    position: int
    """In the block; -1 when it was not in one."""
    gas_used: int = 0
    price: int = 0
    """Effective gas price, wei."""

    @property
    def ticket(self) -> Ticket:
        tag = self.pending.tag
        if not isinstance(tag, Ticket):
            raise TypeError("a pending transaction without a ticket")
        return tag

    @property
    def fee(self) -> int:
        """Wei."""
        return self.gas_used * self.price

    @property
    def paid(self) -> int:
        """Wei sent along."""
        return self.pending.transaction.value if self.status == "succeeded" else 0


class Desk:
    """Sends for the agents and keeps track of what is pending and what each has left in wei."""

    def __init__(self, system: System, lifetime: int) -> None:
        self.pool = Mempool(lifetime)
        self.bundles: list[mempool_bundle.Bundle] = []
        """Sent for the block being built."""
        self._coming: list[tuple[int, Participant, Bundle]] = []
        """Bundles on their way, by the block that they reach the builder in."""
        self.wei: dict[bytes, int] = {BUILDER: 0}
        self._system = system
        self.offers: defaultdict[int, list[Offer]] = defaultdict(list)
        """All bids of the block being built to liquidate an account, raises too."""
        self.shown = 0
        """Transactions that ever were in the public pool."""
        self.rival_tips: dict[int, int] = {}
        """Best tip in the public pool to call or liquidate an account, wei; without those that
        have none."""
        self._public: dict[int, Pending] = {}
        self._seen: dict[int, tuple[Participant, Seen]] = {}
        """Whose it is and how others see it, by the same sequence."""
        self._records: defaultdict[Participant, deque[bool]] = defaultdict(
            lambda: deque(maxlen=RECORD)
        )
        self._succeeded: defaultdict[Participant, list[Intent]] = defaultdict(list)

    def admit(self, address: bytes, wei: int, nonce: int) -> None:
        """Take on a participant with its balance and its next nonce."""
        self.wei[address] = wei
        self.pool.settle(address, nonce)

    def submit(self, agent: Participant, intents: Iterable[Intent], block: int) -> None:
        """Send in order; each reaches the pool, or the builder, after the agent's latency."""
        for intent in intents:
            arrival = block + agent.latency(block)
            match intent:
                case Bundle() if arrival > block:
                    self._coming.append((arrival, agent, intent))
                case Bundle():
                    self._send_bundle(agent, intent, block)
                case Rebid():
                    self._raise_bid(agent, intent, block)
                case _:
                    nonce = self.pool.next_nonce(agent.address)
                    transaction = self._transaction(agent, intent, intent.bid, nonce)
                    self._add(transaction, arrival, block, Ticket(agent, intent))

    def pending(self, agent: Participant) -> tuple[Sent, ...]:
        waiting = self.pool.by_sender(agent.address)
        pooled = [
            Sent(p.tag.intent, p.transaction.nonce, p.arrival)
            for p in waiting
            if isinstance(p.tag, Ticket)
        ]
        nonce = self.pool.next_nonce(agent.address)
        coming = [Sent(b, nonce, arrival) for arrival, whose, b in self._coming if whose is agent]
        return (*pooled, *coming)

    def record(self, agent: Participant) -> tuple[bool, ...]:
        """Its last attempts to liquidate that were executed: whether they succeeded."""
        return tuple(self._records[agent]) if agent in self._records else ()

    def succeeded(self, agent: Participant) -> tuple[Intent, ...]:
        """Its intents that succeeded in the last block."""
        return tuple(self._succeeded.get(agent, ()))

    def open_block(self, block: int) -> list[Outcome]:
        """Bring the public pool up to date; what was taken back for its age."""
        expired = self.pool.expire(block)
        self.bundles = []
        self.offers.clear()
        self.rival_tips = {}
        self._public, self._seen = {}, {}
        for pending in self.pool.visible(block):
            self._show(pending)
        arrived = [each for each in self._coming if each[0] <= block]
        self._coming = [each for each in self._coming if each[0] > block]
        for _, agent, intent in arrived:
            self._send_bundle(agent, intent, block)
        return [Outcome(p, "expired", "not included in time", -1) for p in expired]

    def seen(self, agent: Participant) -> tuple[Seen, ...]:
        """The public pool but for the agent's own."""
        return tuple(seen for whose, seen in self._seen.values() if whose is not agent)

    def settle(
        self,
        sent: Sequence[Pending],
        receipts: Sequence[Receipt],
        base_fee: int,
    ) -> list[Outcome]:
        """Outcomes of a block's transactions; a refused one takes its sender's later ones along."""
        outcomes: list[Outcome] = []
        self._succeeded.clear()
        for position, (pending, receipt) in enumerate(zip(sent, receipts, strict=True)):
            sender = pending.transaction.sender
            if receipt.status is Status.REFUSED:
                reason = str(receipt.refusal or "")
                gone = self.pool.drop(pending)
                outcomes.extend(Outcome(each, "refused", reason, -1) for each in gone)
                continue
            succeeded = receipt.status is Status.SUCCEEDED
            outcome = Outcome(
                pending,
                "succeeded" if succeeded else "reverted",
                "" if succeeded else text(receipt.output),
                position,
                receipt.gas_used,
                receipt.effective_gas_price,
            )
            self.wei[sender] -= outcome.fee + outcome.paid
            self.wei[BUILDER] += outcome.paid + outcome.gas_used * (outcome.price - base_fee)
            self.pool.settle(sender, pending.transaction.nonce + 1)
            self._remember(outcome)
            outcomes.append(outcome)
        executed = set(sent)
        for each in self.bundles:
            if not executed.issuperset(each.parts):
                own = (part for part in each.parts if part.private)
                outcomes += [Outcome(p, "dropped", "bundle not included", -1) for p in own]
        return outcomes

    def _remember(self, outcome: Outcome) -> None:
        ticket, succeeded = outcome.ticket, outcome.status == "succeeded"
        if succeeded:
            self._succeeded[ticket.agent].append(ticket.intent)
        if isinstance(ticket.intent, Liquidate | FlashLiquidate):
            self._records[ticket.agent].append(succeeded)

    # -------------------------------------------------------------------- sending

    def _transaction(self, agent: Participant, intent: Intent, bid: Bid, nonce: int) -> Transaction:
        order = self._system.order(intent, agent.address)
        return Transaction(
            sender=agent.address,
            to=order.to,
            data=order.data,
            gas=order.gas,
            max_fee=bid.max_fee,
            priority_fee=bid.tip,
            nonce=nonce,
        )

    def _add(self, transaction: Transaction, arrival: int, block: int, ticket: Ticket) -> None:
        pending = self.pool.add(transaction, arrival, ticket, ticket.intent.bid.private)
        if isinstance(pending, Pending) and arrival == block and not pending.private:
            self._show(pending)

    def _raise_bid(self, agent: Participant, intent: Rebid, block: int) -> None:
        """There at once, as what answers by itself is. The pool refuses one that does not raise
        it enough; then the old bid stands."""
        for pending in self.pool.by_sender(agent.address):
            if pending.transaction.nonce == intent.nonce and isinstance(pending.tag, Ticket):
                raised = pending.transaction._replace(
                    max_fee=intent.bid.max_fee, priority_fee=intent.bid.tip
                )
                standing = replace(pending.tag.intent, bid=intent.bid)
                self._add(raised, block, block, Ticket(agent, standing))

    def _send_bundle(self, agent: Participant, intent: Bundle, block: int) -> None:
        """In the place of an earlier one of the same block; goes nowhere when a part of someone
        else's has left the pool meanwhile."""
        self.bundles = [b for b in self.bundles if agent is not _sender(b)]
        nonce = self.pool.next_nonce(agent.address)
        parts: list[Pending] = []
        for part in intent.parts:
            if isinstance(part, Theirs):
                theirs = self._public.get(part.sequence)
                if theirs is None:
                    return
                parts.append(theirs)
                continue
            transaction = self._transaction(agent, part, intent.bid, nonce)
            payment = 0 if any(p.private for p in parts) else intent.payment
            parts.append(self.pool.number(transaction, block, Ticket(agent, part, True, payment)))
            nonce += 1
        if intent.payment:
            fees = (intent.bid.max_fee, 0)
            payment_of = Transaction(
                agent.address, BUILDER, b"", PAYMENT_GAS, *fees, nonce, intent.payment
            )
            parts.append(self.pool.number(payment_of, block, Ticket(agent, intent, True)))
        bundle = mempool_bundle.Bundle(tuple(parts), intent.payment)
        self.bundles.append(bundle)
        for part in intent.parts:
            if isinstance(part, Liquidate):
                self.offers[part.account].append(Offer(agent.name, bundle.bid(0)))

    def _show(self, pending: Pending) -> None:
        self._public[pending.sequence] = pending
        self.shown += 1
        ticket = pending.tag
        if not isinstance(ticket, Ticket):
            return
        agent, intent, transaction = ticket.agent, ticket.intent, pending.transaction
        tip = transaction.priority_fee
        self._seen[pending.sequence] = (
            agent,
            Seen(
                sequence=pending.sequence,
                agent=agent.name,
                role=agent.role,
                intent=intent,
                tip=tip,
                max_fee=transaction.max_fee,
                since=pending.arrival,
            ),
        )
        if isinstance(intent, Liquidate | FlashLiquidate | MarginCall):
            self.rival_tips[intent.account] = max(tip, self.rival_tips.get(intent.account, -1))
        if isinstance(intent, Liquidate | FlashLiquidate):
            self.offers[intent.account].append(Offer(agent.name, tip))


def _sender(bundle: mempool_bundle.Bundle) -> Participant | None:
    """Whose bundle it is: others' parts in it are public."""
    own = (part.tag for part in bundle.parts if part.private)
    return next((tag.agent for tag in own if isinstance(tag, Ticket)), None)
