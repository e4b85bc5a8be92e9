"""The desk: from intents to transactions, from receipts to outcomes, without an engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import mesa
import pytest

from agents.base import Participant
from agents.intent import Bid, Intent, Liquidate, MarginCall, Open, Rebid, Repay
from agents.view import View
from sim.chain.engine import Receipt, Refusal, Status
from sim.mempool.pool import Pending
from sim.model.desk import Desk, Outcome
from sim.protocol.adapter import Order
from sim.units import GWEI, Address

LIFETIME = 5
ALICE, BELLE = b"\xaa" * 20, b"\xbb" * 20
WEI = 10**18


class Participating(Participant):
    def decide(self, view: View) -> Sequence[Intent]:
        return ()


class Encoder:
    """Stands for the contracts: the data says whose and what."""

    def order(self, intent: Intent, sender: Address) -> Order:
        return Order(b"\xcc" * 20, sender + repr(intent).encode(), 100_000)


def participant(name: str, address: bytes, latency: int = 0) -> Participating:
    agent = Participating(mesa.Model(rng=1), name, address)
    agent.latency_blocks = latency
    return agent


@pytest.fixture
def alice() -> Participating:
    return participant("alice", ALICE)


@pytest.fixture
def belle() -> Participating:
    return participant("belle", BELLE)


@pytest.fixture
def desk() -> Desk:
    opened = Desk(Encoder(), LIFETIME)  # type: ignore[arg-type]
    opened.admit(ALICE, WEI, 4)
    opened.admit(BELLE, WEI, 0)
    opened.open_block(1)
    return opened


def bid(tip: int = 2) -> Bid:
    return Bid(tip=tip * GWEI, max_fee=30 * GWEI)


def repay(amount: int) -> Repay:
    return Repay(bid=bid(), account=1, amount=amount)


def liquidate(account: int, tip: int) -> Liquidate:
    return Liquidate(bid=bid(tip), account=account, asset=0, max_repay=1, min_seize=1)


def everything(desk: Desk, block: int) -> list[Pending]:
    """What could be in the block, each sender's in the order of nonces."""
    return [pending for line in desk.pool.lines(block) for pending in line]


def receipt(status: Status = Status.SUCCEEDED, **fields: Any) -> Receipt:
    if status is Status.REFUSED:
        return Receipt(status, 0, 0, (), refusal=Refusal.FUNDS)
    return Receipt(status, 50_000, 12 * GWEI, (), **fields)


def intents(outcomes: Sequence[Outcome]) -> list[Intent]:
    return [outcome.ticket.intent for outcome in outcomes]


# ------------------------------------------------------------------------- sending


def test_submit__several__follow_one_another_from_the_senders_nonce(
    desk: Desk, alice: Participating
) -> None:
    desk.submit(alice, [repay(1), repay(2)], 1)
    desk.submit(alice, [repay(3)], 1)
    sent = [pending.transaction for pending in everything(desk, 1)]
    assert [t.nonce for t in sent] == [4, 5, 6]
    assert [t.data for t in sent] == [ALICE + repr(repay(n)).encode() for n in (1, 2, 3)]


def test_submit__fees_and_gas_are_those_of_the_bid_and_the_order(
    desk: Desk, alice: Participating
) -> None:
    desk.submit(alice, [repay(1)], 1)
    (pending,) = everything(desk, 1)
    sent = pending.transaction
    assert (sent.priority_fee, sent.max_fee, sent.gas, sent.value) == (
        2 * GWEI,
        30 * GWEI,
        100_000,
        0,
    )


def test_submit__slow_agent__arrives_later(desk: Desk) -> None:
    slow = participant("slow", ALICE, latency=2)
    desk.submit(slow, [repay(1)], 1)
    assert not everything(desk, 2)
    assert len(everything(desk, 3)) == 1


def test_pending__own_transactions_on_their_way_or_waiting(
    desk: Desk, belle: Participating
) -> None:
    slow = participant("slow", ALICE, latency=2)
    desk.submit(slow, [repay(1), repay(2)], 1)
    desk.submit(belle, [repay(3)], 1)
    assert [s.intent for s in desk.pending(slow)] == [repay(1), repay(2)]
    assert [s.intent for s in desk.pending(belle)] == [repay(3)]


# ------------------------------------------------------------------------- rivals


def test_rival_tip__best_of_those_who_want_the_same_account(
    desk: Desk, alice: Participating, belle: Participating
) -> None:
    assert 7 not in desk.rival_tips
    desk.submit(alice, [liquidate(7, 3)], 1)
    desk.submit(belle, [liquidate(7, 5), liquidate(8, 9)], 1)
    desk.submit(alice, [liquidate(7, 4)], 1)
    assert desk.rival_tips[7] == 5 * GWEI
    assert desk.rival_tips[8] == 9 * GWEI


def test_rival_tip__margin_calls_count_and_repayments_do_not(
    desk: Desk, alice: Participating
) -> None:
    desk.submit(alice, [MarginCall(bid=bid(3), account=7), repay(1)], 1)
    assert desk.rival_tips[7] == 3 * GWEI
    assert 1 not in desk.rival_tips


def test_rival_tip__on_its_way__is_not_seen_before_it_arrives(desk: Desk) -> None:
    slow = participant("slow", ALICE, latency=1)
    desk.submit(slow, [liquidate(7, 3)], 1)
    assert 7 not in desk.rival_tips
    desk.open_block(2)
    assert desk.rival_tips[7] == 3 * GWEI


def test_rival_tip__once_executed__is_gone(desk: Desk, alice: Participating) -> None:
    desk.submit(alice, [liquidate(7, 3)], 1)
    desk.settle(everything(desk, 1), [receipt()], 0)
    desk.open_block(2)
    assert 7 not in desk.rival_tips


def test_rebid__raises_the_bid_in_its_place(desk: Desk, alice: Participating) -> None:
    desk.submit(alice, [liquidate(7, 3), repay(1)], 1)
    raised = Bid(tip=4 * GWEI, max_fee=34 * GWEI)
    desk.submit(alice, [Rebid(bid=raised, nonce=4)], 1)
    first, second = everything(desk, 1)
    assert (first.transaction.nonce, second.transaction.nonce) == (4, 5)
    assert first.transaction.priority_fee == 4 * GWEI
    assert first.transaction.max_fee == 34 * GWEI
    assert desk.pending(alice)[0].intent == replace(liquidate(7, 3), bid=raised)
    assert desk.rival_tips[7] == 4 * GWEI


def test_rebid__too_small_a_raise__the_old_bid_stands(desk: Desk, alice: Participating) -> None:
    desk.submit(alice, [liquidate(7, 30)], 1)
    desk.submit(alice, [Rebid(bid=bid(31), nonce=4)], 1)
    (standing,) = everything(desk, 1)
    assert standing.transaction.priority_fee == 30 * GWEI
    assert desk.rival_tips[7] == 30 * GWEI


# ------------------------------------------------------------------------ settling


@pytest.mark.parametrize(
    ("status", "output", "says"),
    [
        (Status.SUCCEEDED, b"", ("succeeded", "")),
        (Status.REVERTED, b"", ("reverted", "out of gas or without a reason")),
    ],
)
def test_settle__executed__costs_gas_whether_it_succeeds_or_not(
    desk: Desk, alice: Participating, status: Status, output: bytes, says: tuple[str, str]
) -> None:
    desk.submit(alice, [repay(1)], 1)
    (outcome,) = desk.settle(everything(desk, 1), [receipt(status, output=output)], 0)
    assert (outcome.status, outcome.reason) == says
    assert outcome.fee == 50_000 * 12 * GWEI
    assert desk.wei[ALICE] == WEI - 50_000 * 12 * GWEI
    assert not desk.pending(alice)


def test_settle__next_transaction__takes_the_next_nonce(desk: Desk, alice: Participating) -> None:
    desk.submit(alice, [repay(1)], 1)
    desk.settle(everything(desk, 1), [receipt()], 0)
    desk.submit(alice, [repay(2)], 2)
    (pending,) = everything(desk, 2)
    assert pending.transaction.nonce == 5


def test_settle__positions__are_those_in_the_request(
    desk: Desk, alice: Participating, belle: Participating
) -> None:
    desk.submit(alice, [repay(1)], 1)
    desk.submit(belle, [repay(2), repay(3)], 1)
    sent = everything(desk, 1)
    results = [receipt(), receipt(Status.REFUSED), receipt(Status.REFUSED)]
    outcomes = desk.settle(sent, results, 0)
    assert [(o.status, o.position) for o in outcomes] == [
        ("succeeded", 0),
        ("refused", -1),
        ("refused", -1),
    ]


def test_settle__refused__takes_the_senders_later_ones_along_once(
    desk: Desk, belle: Participating
) -> None:
    """Two of three were sent; the third could not be executed either. Nobody pays."""
    desk.submit(belle, [repay(1), repay(2), repay(3)], 1)
    sent = everything(desk, 1)[:2]
    outcomes = desk.settle(sent, [receipt(Status.REFUSED)] * 2, 0)
    assert intents(outcomes) == [repay(1), repay(2), repay(3)]
    assert {o.status for o in outcomes} == {"refused"}
    assert {o.reason for o in outcomes} == {str(Refusal.FUNDS)}
    assert desk.wei[BELLE] == WEI
    assert not desk.pending(belle)


def test_settle__after_a_refusal__the_nonce_is_used_again(desk: Desk, belle: Participating) -> None:
    desk.submit(belle, [repay(1)], 1)
    desk.settle(everything(desk, 1), [receipt(Status.REFUSED)], 0)
    desk.submit(belle, [repay(2)], 2)
    (pending,) = everything(desk, 2)
    assert pending.transaction.nonce == 0


# ----------------------------------------------------------------------- expiring


def test_open_block__waited_too_long__is_taken_back_with_what_follows_it(
    desk: Desk, alice: Participating, belle: Participating
) -> None:
    desk.submit(alice, [repay(1)], 1)
    desk.submit(alice, [repay(2)], 4)
    desk.submit(belle, [Open(bid=bid())], 4)
    assert not desk.open_block(LIFETIME)
    outcomes = desk.open_block(1 + LIFETIME)
    assert intents(outcomes) == [repay(1), repay(2)]
    assert {(o.status, o.fee, o.position) for o in outcomes} == {("expired", 0, -1)}
    assert desk.pending(belle)


def test_open_block__taken_back__its_sender_may_send_anew(desk: Desk, alice: Participating) -> None:
    desk.submit(alice, [repay(1)], 1)
    desk.open_block(1 + LIFETIME)
    desk.submit(alice, [repay(2)], 1 + LIFETIME)
    (pending,) = everything(desk, 1 + LIFETIME)
    assert pending.transaction.nonce == 4
