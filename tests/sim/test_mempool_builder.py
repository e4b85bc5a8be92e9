"""The builder: tips decide, nonces stay in order, the gas limit holds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.chain.engine import Transaction
from sim.mempool.builder import Built, build
from sim.mempool.pool import Mempool, Pending
from sim.units import GWEI

LIMIT = 1_000_000
BASE = 20


def transaction(sender=1, nonce=0, tip=10, max_fee=100, gas=100_000):
    """Fees in gwei."""
    return Transaction(bytes([sender] * 20), bytes(20), b"", gas, max_fee * GWEI, tip * GWEI, nonce)


def pool_of(*sent, block=1):
    pool = Mempool()
    for each in sent:
        pool.add(each, block)
    return pool


def fill(pool, background=(), limit=LIMIT, block=1, base=BASE):
    return build(pool, block, base * GWEI, limit, [(tip * GWEI, gas) for tip, gas in background])


def order(built):
    return [(p.transaction.sender[0], p.transaction.nonce) for p in built.transactions]


def test_build__nothing_waiting__an_empty_block():
    assert fill(Mempool()) == Built([], 0, 0)


def test_build__higher_effective_tip_first():
    """Sender 3 offers the largest tip, but its fee cap leaves 5 of it."""
    pool = pool_of(transaction(1, tip=8), transaction(2, tip=9), transaction(3, tip=25, max_fee=25))
    assert order(fill(pool)) == [(2, 0), (1, 0), (3, 0)]


def test_build__equal_tips__by_arrival_then_by_admission():
    pool = Mempool()
    for sender, arrival in ((1, 3), (2, 2), (3, 2)):
        pool.add(transaction(sender), arrival)
    assert order(fill(pool, block=3)) == [(2, 0), (3, 0), (1, 0)]


def test_build__generous_late_nonce__waits_for_the_mean_early_one():
    pool = pool_of(transaction(1, 0, tip=1), transaction(1, 1, tip=80), transaction(2, tip=5))
    assert order(fill(pool)) == [(2, 0), (1, 0), (1, 1)]


def test_build__not_yet_arrived__not_in_the_block():
    pool = pool_of(transaction(1), block=4)
    assert order(fill(pool, block=3)) == []
    assert order(fill(pool, block=4)) == [(1, 0)]


def test_build__fee_cap_below_the_base_fee__waits_with_all_behind_it():
    pool = pool_of(
        transaction(1, 0, max_fee=19, tip=1), transaction(1, 1), transaction(2, max_fee=20, tip=1)
    )
    assert order(fill(pool)) == [(2, 0)]
    assert len(pool) == 3


def test_build__no_room__skipped_with_all_behind_it_but_others_go_on():
    pool = pool_of(
        transaction(1, 0, tip=9, gas=700_000),
        transaction(2, 0, tip=8, gas=400_000),
        transaction(2, 1, tip=8, gas=10_000),
        transaction(3, 0, tip=7, gas=300_000),
    )
    assert order(fill(pool)) == [(1, 0), (3, 0)]


def test_build__exactly_full__fits():
    pool = pool_of(transaction(1, gas=600_000), transaction(2, gas=400_000))
    assert len(fill(pool).transactions) == 2
    assert len(fill(pool, limit=LIMIT - 1).transactions) == 1


def test_build__background_that_tips_more__crowds_the_pool_out():
    pool = pool_of(transaction(1, tip=10, gas=200_000), transaction(2, tip=2, gas=200_000))
    built = fill(pool, [(12, 500_000), (5, 400_000), (1, 500_000)])
    assert order(built) == [(1, 0)]
    assert (built.gas_background, built.gas_unserved) == (800_000, 600_000)


def test_build__background_at_the_same_tip__comes_after_the_pool():
    built = fill(pool_of(transaction(1, tip=5, gas=600_000)), [(5, 900_000)])
    assert order(built) == [(1, 0)]
    assert (built.gas_background, built.gas_unserved) == (400_000, 500_000)


def test_background_used__gas_that_was_reserved_and_not_used__goes_to_others():
    built = Built([], gas_background=800_000, gas_unserved=50_000)
    assert [built.background_used(saved) for saved in (0, 30_000, 90_000)] == [
        800_000,
        830_000,
        850_000,
    ]


# ----------------------------------------------------------------- properties

sends = st.lists(
    st.builds(
        transaction,
        sender=st.integers(1, 4),
        nonce=st.integers(0, 4),
        tip=st.integers(0, 15),
        max_fee=st.integers(15, 40),
        gas=st.integers(21_000, 500_000),
    ),
    max_size=25,
)
backgrounds = st.lists(st.tuples(st.integers(0, 15), st.integers(0, 400_000)), max_size=5).map(
    lambda bids: sorted(bids, reverse=True)
)


def by_hand(pool, background):
    """The same rule, written as slowly as it reads: look at every head again for each place."""
    left, chosen, given_gas = LIMIT, [], 0
    lines = [list(line) for line in pool.lines(1)]
    background = list(background)
    while True:
        heads = [(line[0], line) for line in lines if line and line[0].tip(BASE * GWEI) >= 0]
        best = min(
            heads, key=lambda h: (-h[0].tip(BASE * GWEI), h[0].arrival, h[0].sequence), default=None
        )
        if background and (best is None or background[0][0] * GWEI > best[0].tip(BASE * GWEI)):
            part = min(background.pop(0)[1], left)
            left, given_gas = left - part, given_gas + part
        elif best is not None:
            head, line = best
            if head.transaction.gas <= left:
                chosen.append(head)
                left -= line.pop(0).transaction.gas
            else:
                line.clear()
        else:
            return chosen, given_gas


@settings(max_examples=300, deadline=None)
@given(sends=sends, background=backgrounds)
def test_build__any_pool__as_by_hand_within_the_limit_and_in_order(sends, background):
    pool = pool_of(*sends)
    built = fill(pool, background)
    assert (built.transactions, built.gas_background) == by_hand(pool, background)
    gas = sum(p.transaction.gas for p in built.transactions)
    assert gas + built.gas_background <= LIMIT
    assert built.gas_background + built.gas_unserved == sum(part for _, part in background)
    for sender in range(1, 5):
        nonces = [nonce for who, nonce in order(built) if who == sender]
        assert nonces == list(range(len(nonces)))
    assert all(p.transaction.max_fee >= BASE * GWEI for p in built.transactions)


@settings(max_examples=200, deadline=None)
@given(tips=st.lists(st.integers(0, 60), min_size=2, max_size=9), raised=st.data())
def test_build__raising_a_tip__never_brings_one_later(tips, raised):
    def place(tips: list[int], sender: int) -> int:
        pool = pool_of(*(transaction(i + 1, tip=tip) for i, tip in enumerate(tips)))
        return [who for who, _ in order(fill(pool))].index(sender + 1)

    sender = raised.draw(st.integers(0, len(tips) - 1))
    before = place(tips, sender)
    tips[sender] += raised.draw(st.integers(0, 20))
    assert place(tips, sender) <= before


@settings(max_examples=100, deadline=None)
@given(sends=sends, background=backgrounds)
def test_build__twice__the_same_block_and_the_pool_untouched(sends, background):
    pool = pool_of(*sends)
    before = pool.visible(1)
    first: list[Pending] = fill(pool, background).transactions
    assert fill(pool, background).transactions == first
    assert pool.visible(1) == before


def test_blocks_in_a_row__everything_sent_is_included_once_in_the_order_of_nonces():
    """A pool under load, block after block with base fees of a spike in between."""
    stream = np.random.default_rng(5)
    pool, included = Mempool(lifetime=10_000), []
    for block in range(1, 400):
        for _ in range(stream.poisson(3) if block < 200 else 0):
            sender = int(stream.integers(1, 8))
            nonce = pool.next_nonce(bytes([sender] * 20))
            pool.add(
                transaction(sender, nonce, tip=int(stream.integers(1, 12)), gas=150_000), block
            )
        base = 150 if 50 < block < 100 else 20
        built = fill(pool, [(8, 300_000), (1, 600_000)], block=block, base=base)
        for pending in built.transactions:
            pool.settle(pending.transaction.sender, pending.transaction.nonce + 1)
        included += order(built)
    assert len(pool) == 0
    assert len(included) == len(set(included)) > 500
    for sender in range(1, 8):
        nonces = [nonce for who, nonce in included if who == sender]
        assert nonces == list(range(len(nonces)))


@pytest.mark.parametrize("tip", [0, 1])
def test_build__tip_of_nothing__still_fills_an_empty_block(tip):
    assert order(fill(pool_of(transaction(1, tip=tip)))) == [(1, 0)]
