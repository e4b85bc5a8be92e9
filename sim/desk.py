"""Between agents and the block: intents become transactions, transactions become outcomes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from agents.base import Participant
from agents.intent import Intent, Liquidate, MarginCall
from agents.view import Sent
from sim.chain.engine import Receipt, Status, Transaction
from sim.mempool.pool import Mempool, Pending
from sim.protocol.abi import text
from sim.protocol.system import System


@dataclass(frozen=True, slots=True)
class Ticket:
    """Whose transaction it is, and what for."""

    agent: Participant
    intent: Intent


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a transaction: it was executed, refused, or taken back unexecuted."""

    pending: Pending
    status: str
    """succeeded, reverted, refused or expired."""
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


class Desk:
    """Sends for the agents and keeps track of what is pending and what each has left in wei."""

    def __init__(self, system: System, lifetime: int) -> None:
        self.pool = Mempool(lifetime)
        self._system = system
        self.wei: dict[bytes, int] = {}
        self._rivals: dict[int, int] = {}

    def admit(self, address: bytes, wei: int, nonce: int) -> None:
        """Take on a participant with its balance and its next nonce."""
        self.wei[address] = wei
        self.pool.settle(address, nonce)

    def submit(self, agent: Participant, intents: Iterable[Intent], block: int) -> None:
        """Send in order; each reaches the pool after the agent's latency."""
        arrival = block + agent.latency_blocks
        for intent in intents:
            order = self._system.order(intent, agent.address)
            transaction = Transaction(
                sender=agent.address,
                to=order.to,
                data=order.data,
                gas=order.gas,
                max_fee=intent.bid.max_fee,
                priority_fee=intent.bid.tip,
                nonce=self.pool.next_nonce(agent.address),
            )
            pending = self.pool.add(transaction, arrival, Ticket(agent, intent))
            if isinstance(pending, Pending) and arrival == block:
                self._show(pending)

    def pending(self, agent: Participant) -> tuple[Sent, ...]:
        waiting = self.pool.by_sender(agent.address)
        return tuple(
            Sent(p.tag.intent, p.transaction.nonce, p.arrival)
            for p in waiting
            if isinstance(p.tag, Ticket)
        )

    def open_block(self, block: int) -> list[Outcome]:
        """Bring the public pool up to date; what was taken back for its age."""
        expired = self.pool.expire(block)
        self._rivals = {}
        for pending in self.pool.visible(block):
            self._show(pending)
        return [Outcome(p, "expired", "not included in time", -1) for p in expired]

    def rival_tip(self, account: int) -> int:
        """Best tip in the public pool to call or liquidate an account, wei; -1 for none."""
        return self._rivals.get(account, -1)

    def settle(self, sent: Sequence[Pending], receipts: Sequence[Receipt]) -> list[Outcome]:
        """Outcomes of a block's transactions; a refused one takes its sender's later ones along."""
        outcomes: list[Outcome] = []
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
            self.wei[sender] -= outcome.fee
            self.pool.settle(sender, pending.transaction.nonce + 1)
            outcomes.append(outcome)
        return outcomes

    def _show(self, pending: Pending) -> None:
        ticket = pending.tag
        if isinstance(ticket, Ticket) and isinstance(ticket.intent, Liquidate | MarginCall):
            account, tip = ticket.intent.account, pending.transaction.priority_fee
            self._rivals[account] = max(tip, self.rival_tip(account))
