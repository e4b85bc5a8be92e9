"""The pool: nonces, replacement, latency, expiry."""

from __future__ import annotations

import pytest

from sim.chain.engine import Transaction
from sim.mempool.pool import Mempool, Rejection
from sim.units import GWEI

TRADER, RIVAL = bytes([1] * 20), bytes([2] * 20)


def transfer(sender=TRADER, nonce=0, tip=10, max_fee=100, gas=21_000):
    """Fees in gwei."""
    return Transaction(sender, bytes(20), b"", gas, int(max_fee * GWEI), int(tip * GWEI), nonce)


def ready(pool, block=1):
    return [[pending.transaction.nonce for pending in line] for line in pool.lines(block)]


def test_add__waits_until_it_is_settled():
    pool = Mempool()
    pending = pool.add(transfer(), 1, tag="note")
    assert (pending.tag, len(pool), pool.by_sender(TRADER)) == ("note", 1, [pending])
    assert pool.settle(TRADER, 1) == [pending]
    assert (len(pool), pool.visible(1), pool.lines(1)) == (0, [], [])


def test_add__nonce_the_chain_has_used__refused():
    pool = Mempool()
    pool.settle(TRADER, 3)
    assert pool.add(transfer(nonce=2), 1) is Rejection.NONCE_USED
    assert pool.add(transfer(nonce=3), 1).transaction.nonce == 3


def test_add__tip_above_cap__refused():
    assert Mempool().add(transfer(tip=101, max_fee=100), 1) is Rejection.TIP_ABOVE_CAP
    assert len(Mempool()) == 0


def test_lines__nonces_in_order_whatever_the_order_of_sending():
    pool = Mempool()
    for nonce in (2, 0, 1):
        pool.add(transfer(nonce=nonce), 1)
    assert ready(pool) == [[0, 1, 2]]


def test_lines__gap__waits_until_it_is_filled():
    pool = Mempool()
    pool.settle(TRADER, 5)
    for nonce in (5, 7, 8):
        pool.add(transfer(nonce=nonce), 1)
    assert (ready(pool), pool.next_nonce(TRADER)) == ([[5]], 6)
    pool.add(transfer(nonce=6), 1)
    assert (ready(pool), pool.next_nonce(TRADER)) == ([[5, 6, 7, 8]], 9)


def test_next_nonce__unknown_sender__is_0_or_what_the_chain_expects():
    pool = Mempool()
    assert pool.next_nonce(TRADER) == 0
    pool.settle(TRADER, 4)
    assert (pool.next_nonce(TRADER), pool.next_nonce(RIVAL)) == (4, 0)


def test_lines__later_nonce_still_on_its_way__holds_up_those_after_it():
    pool = Mempool()
    for nonce, arrival in ((0, 1), (1, 3), (2, 1)):
        pool.add(transfer(nonce=nonce), arrival)
    assert ready(pool, 2) == [[0]]
    assert ready(pool, 3) == [[0, 1, 2]]
    assert pool.next_nonce(TRADER) == 3


def test_visible__not_before_arrival__then_in_the_order_of_arrival():
    pool = Mempool()
    late = pool.add(transfer(TRADER), 3)
    early = pool.add(transfer(RIVAL), 2)
    assert pool.visible(1) == []
    assert pool.visible(2) == [early]
    assert pool.visible(3) == [early, late]


@pytest.mark.parametrize(
    ("tip", "max_fee", "taken"),
    [
        (11, 110, True),  # exactly 10 % more of both
        (10.999999999, 110, False),
        (11, 109.999999999, False),
        (10, 200, False),
        (50, 100, False),
        (10, 100, False),
    ],
)
def test_add__replacement__needs_10_percent_more_tip_and_fee_cap(tip, max_fee, taken):
    pool = Mempool()
    old = pool.add(transfer(tip=10, max_fee=100), 1)
    new = pool.add(transfer(tip=tip, max_fee=max_fee), 1)
    assert (new is not Rejection.UNDERPRICED) == taken
    assert pool.visible(1) == [new if taken else old]
    assert len(pool) == 1


def test_add__replacement_of_a_free_one__needs_some_tip():
    pool = Mempool()
    pool.add(transfer(tip=0), 1)
    assert pool.add(transfer(tip=0, max_fee=200), 1) is Rejection.UNDERPRICED
    assert pool.add(transfer(tip=1, max_fee=200), 1) is not Rejection.UNDERPRICED


def test_add__replacement_of_a_replacement__is_measured_against_the_newest():
    pool = Mempool()
    pool.add(transfer(tip=10, max_fee=100), 1)
    pool.add(transfer(tip=20, max_fee=200), 5)
    assert pool.add(transfer(tip=21, max_fee=210), 1) is Rejection.UNDERPRICED


def test_lines__replacement_on_its_way__the_old_one_still_stands():
    pool = Mempool()
    old = pool.add(transfer(tip=10, max_fee=100), 1)
    new = pool.add(transfer(tip=20, max_fee=200), 3)
    assert [list(line) for line in pool.lines(2)] == [[old]]
    assert [list(line) for line in pool.lines(3)] == [[new]]
    assert pool.by_sender(TRADER) == [new]


def test_settle__returns_every_contender_whose_place_is_gone():
    pool = Mempool()
    old = pool.add(transfer(tip=10, max_fee=100), 1)
    new = pool.add(transfer(tip=20, max_fee=200), 3)
    later = pool.add(transfer(nonce=1), 1)
    assert pool.settle(TRADER, 1) == [old, new]
    assert pool.by_sender(TRADER) == [later]


def test_expire__after_its_lifetime__takes_the_later_nonces_with_it():
    pool = Mempool(lifetime=10)
    fresh = pool.add(transfer(nonce=0), 5)
    stale = pool.add(transfer(nonce=1), 1)
    behind = pool.add(transfer(nonce=2), 9)
    other = pool.add(transfer(RIVAL), 2)
    assert pool.expire(10) == []
    assert pool.expire(11) == [stale, behind]
    assert pool.visible(11) == [other, fresh]
    assert pool.next_nonce(TRADER) == 1


def test_expire__replaced_in_time__counts_from_the_replacement():
    pool = Mempool(lifetime=10)
    pool.add(transfer(tip=10, max_fee=100), 1)
    pool.add(transfer(tip=20, max_fee=200), 8)
    assert pool.expire(17) == []
    assert len(pool.expire(18)) == 2


def test_drop__takes_the_later_nonces_with_it():
    pool = Mempool()
    first, second, third = (pool.add(transfer(nonce=nonce), 1) for nonce in range(3))
    assert pool.drop(second) == [second, third]
    assert pool.drop(second) == []
    assert pool.by_sender(TRADER) == [first]


def test_pending__tip__is_capped_by_what_the_base_fee_leaves():
    pending = Mempool().add(transfer(tip=10, max_fee=100), 1)
    assert [pending.tip(fee * GWEI) // GWEI for fee in (20, 90, 95, 100, 101)] == [10, 10, 5, 0, -1]


def test_pending__equal_transactions__are_not_the_same():
    pool, twin = Mempool(), transfer()
    assert pool.add(twin, 1) != Mempool().add(twin._replace(), 1)
