"""What cannot be in a block is refused, with the same reason by every engine."""

from __future__ import annotations

from typing import Any

import pytest

from sim.chain.engine import Receipt, Refusal, Status
from sim.units import GWEI, WAD

from .conftest import BASE_FEE, GAS, NEWCOMER, OTHER, POOR, SENDER, Arena

R = Refusal


def refused(reason: Refusal) -> Receipt:
    return Receipt(Status.REFUSED, 0, 0, (), refusal=reason)


def outcomes(receipts: tuple[Receipt, ...]) -> list[Refusal | Status]:
    return [receipt.refusal or receipt.status for receipt in receipts]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"gas": 30_000_001}, R.GAS_ABOVE_BLOCK),
        ({"gas": 2**63}, R.GAS_ABOVE_BLOCK),
        ({"priority_fee": 101 * GWEI}, R.TIP_ABOVE_CAP),
        ({"max_fee": BASE_FEE - 1, "priority_fee": 0}, R.FEE_BELOW_BASE),
        ({"max_fee": 0, "priority_fee": 0}, R.FEE_BELOW_BASE),
        ({"nonce": 0}, R.NONCE_TOO_LOW),
        ({"nonce": 2}, R.NONCE_TOO_HIGH),
        ({"nonce": 2**63}, R.NONCE_TOO_HIGH),
        ({"gas": 20_999}, R.GAS_BELOW_INTRINSIC),
        ({"gas": 0}, R.GAS_BELOW_INTRINSIC),
        ({"data": b"\x01", "gas": 21_039}, R.GAS_BELOW_INTRINSIC),
        ({"to": None, "data": b"\x00", "gas": 53_005}, R.GAS_BELOW_INTRINSIC),
        ({"to": None, "data": bytes(49_153)}, R.INITCODE_TOO_LARGE),
        ({"value": 10**6 * WAD}, R.FUNDS),
        ({"max_fee": 2**100}, R.FUNDS),
    ],
    ids=lambda value: str(value)[:40],
)
def test_refused__reason_and_no_trace(
    arena: Arena, fields: dict[str, Any], reason: Refusal
) -> None:
    before = arena.balance(SENDER), arena.nonce(SENDER), arena.balance(OTHER)
    assert before[1] == 1
    block = arena.mine(arena.transaction(**fields))
    assert block.receipts == (refused(reason),)
    assert block.gas_used == 0
    assert (arena.balance(SENDER), arena.nonce(SENDER), arena.balance(OTHER)) == before


@pytest.mark.parametrize(
    "fields",
    [
        {"gas": 30_000_000},
        {"max_fee": BASE_FEE, "priority_fee": BASE_FEE},
        {"gas": 21_000},
        {"data": b"\x01", "gas": 21_040},
        {"to": None, "data": b"\x00", "gas": 53_006},
        {"to": None, "data": bytes(49_152)},
    ],
    ids=str,
)
def test_refused__not_at_the_edge(arena: Arena, fields: dict[str, Any]) -> None:
    assert outcomes(arena.receipts(arena.transaction(**fields))) == [Status.SUCCEEDED]


def test_refused__order_of_the_reasons(arena: Arena) -> None:
    """Each transaction has every fault from one on: the first is the one named."""
    worst = arena.transaction(
        to=None,
        data=bytes(49_153),
        gas=30_000_001,
        priority_fee=GWEI,
        max_fee=0,
        nonce=0,
        value=10**9 * WAD,
    )
    less = [worst]
    for fields in (
        {"gas": 0},
        {"priority_fee": 0},
        {"max_fee": BASE_FEE},
        {"nonce": 2},
        {"nonce": 1},
        {"gas": GAS},
        {"data": b""},
    ):
        less.append(less[-1]._replace(**fields))
    for transaction, reason in zip(less, Refusal, strict=True):
        assert outcomes(arena.receipts(transaction)) == [reason]


def test_refused__the_others_are_executed(arena: Arena) -> None:
    good = arena.call_counter("increment()")
    receipts = arena.receipts(
        good._replace(nonce=0), good, good._replace(nonce=5), good._replace(sender=OTHER, nonce=0)
    )
    assert outcomes(receipts) == [R.NONCE_TOO_LOW, Status.SUCCEEDED, R.NONCE_TOO_HIGH, 1]


def test_gas__counts_what_the_block_has_left(arena: Arena) -> None:
    """Used gas counts, not the limit of those before; one that does not fit is passed over."""
    first = arena.transaction(gas=900_000)
    fits = arena.transaction(sender=OTHER, to=SENDER, gas=1_000_000 - 21_000)
    block = arena.mine(first, fits, gas_limit=1_000_000)
    assert outcomes(block.receipts) == [Status.SUCCEEDED, Status.SUCCEEDED]
    assert block.gas_used == 42_000


def test_gas__one_unit_too_much__is_passed_over_and_the_next_fits(arena: Arena) -> None:
    first = arena.transaction(gas=900_000)
    too_much = arena.transaction(sender=OTHER, to=SENDER, gas=1_000_000 - 21_000 + 1)
    receipts = arena.receipts(
        first, too_much, too_much._replace(gas=21_000), first._replace(nonce=2), gas_limit=1_000_000
    )
    assert outcomes(receipts) == [Status.SUCCEEDED, R.GAS_ABOVE_BLOCK, 1, 1]


def test_gas__passed_over__is_not_kept_for_the_next_block(arena: Arena) -> None:
    first = arena.transaction(gas=900_000)
    too_much = arena.transaction(sender=OTHER, to=SENDER, gas=990_000)
    assert outcomes(arena.receipts(first, too_much, gas_limit=1_000_000))[1] == R.GAS_ABOVE_BLOCK
    block = arena.mine()
    assert (block.receipts, block.gas_used, arena.nonce(OTHER)) == ((), 0, too_much.nonce)


def test_nonce__passed_over_for_gas__the_followers_are_too_high(arena: Arena) -> None:
    first, second, third = arena.in_turn(*[arena.transaction(gas=21_000)] * 3)
    receipts = arena.receipts(first, second._replace(gas=999_999), third, gas_limit=1_000_000)
    assert outcomes(receipts) == [Status.SUCCEEDED, R.GAS_ABOVE_BLOCK, R.NONCE_TOO_HIGH]


def test_nonce__out_of_order__is_not_waited_for(arena: Arena) -> None:
    """A node's pool would keep the early one and run it after the other."""
    first, second = arena.in_turn(arena.transaction(), arena.transaction())
    assert outcomes(arena.receipts(second, first)) == [R.NONCE_TOO_HIGH, Status.SUCCEEDED]
    assert arena.nonce(SENDER) == second.nonce
    assert outcomes(arena.receipts(second)) == [Status.SUCCEEDED]


def test_nonce__twice__first_wins_even_with_the_lower_fee(arena: Arena) -> None:
    """A node's pool would replace it."""
    cheap = arena.transaction(value=1)
    dear = cheap._replace(value=2, max_fee=cheap.max_fee * 2, priority_fee=cheap.priority_fee * 2)
    before = arena.balance(OTHER)
    assert outcomes(arena.receipts(cheap, dear)) == [Status.SUCCEEDED, R.NONCE_TOO_LOW]
    assert arena.balance(OTHER) == before + 1


def test_nonce__twice__second_is_executed_when_the_first_cannot_pay(arena: Arena) -> None:
    arena.fund(POOR, WAD)
    modest = arena.transaction(sender=POOR, value=1)
    greedy = modest._replace(value=WAD)
    later = modest._replace(nonce=1)
    receipts = arena.receipts(greedy, modest, greedy, later)
    assert outcomes(receipts) == [R.FUNDS, Status.SUCCEEDED, R.NONCE_TOO_LOW, Status.SUCCEEDED]


def test_nonce__twice__second_is_executed_when_the_first_does_not_fit(arena: Arena) -> None:
    filler = arena.transaction(gas=900_000)
    large = arena.transaction(sender=OTHER, to=SENDER, gas=990_000)
    small = large._replace(gas=21_000)
    receipts = arena.receipts(filler, large, small, large, small, gas_limit=1_000_000)
    assert outcomes(receipts) == [1, R.GAS_ABOVE_BLOCK, 1, R.GAS_ABOVE_BLOCK, R.NONCE_TOO_LOW]


def test_nonce__many_times__each_judged_by_what_happened_before(arena: Arena) -> None:
    """Three ways to be wrong about who goes first, in one block."""
    for poor in (POOR, NEWCOMER):
        arena.fund(poor, WAD)
    a, b = (arena.transaction(sender=poor, value=1) for poor in (POOR, NEWCOMER))
    receipts = arena.receipts(
        a._replace(value=WAD),
        b._replace(value=2 * WAD),
        a,
        b,
        b._replace(nonce=1, value=WAD),
        b._replace(nonce=1),
        a,
    )
    assert outcomes(receipts) == [R.FUNDS, R.FUNDS, 1, 1, R.FUNDS, 1, R.NONCE_TOO_LOW]


def test_funds__exactly_enough__at_the_fee_cap(arena: Arena) -> None:
    transfer = arena.transaction(sender=POOR, gas=21_000, value=5)
    cost = 21_000 * transfer.max_fee + 5
    arena.fund(POOR, cost - 1)
    assert outcomes(arena.receipts(transfer)) == [R.FUNDS]
    arena.fund(POOR, cost)
    assert outcomes(arena.receipts(transfer)) == [Status.SUCCEEDED]
    assert arena.balance(POOR) == cost - 5 - 21_000 * (BASE_FEE + transfer.priority_fee)


def test_funds__spent_earlier_in_the_block__refused(arena: Arena) -> None:
    arena.fund(POOR, WAD)
    first, second = arena.in_turn(
        arena.transaction(sender=POOR, value=WAD * 8 // 10),
        arena.transaction(sender=POOR, value=WAD // 4),
    )
    assert outcomes(arena.receipts(first, second)) == [Status.SUCCEEDED, R.FUNDS]
    assert arena.nonce(POOR) == 1


def test_funds__received_earlier_in_the_block__can_be_spent(arena: Arena) -> None:
    gift = arena.transaction(to=POOR, value=WAD)
    spend = arena.transaction(sender=POOR, value=WAD // 2)
    assert outcomes(arena.receipts(spend, gift, spend)) == [R.FUNDS, 1, 1]
    assert arena.nonce(POOR) == 1


def test_funds__refused__the_followers_are_too_high(arena: Arena) -> None:
    arena.fund(POOR, WAD)
    first, second = arena.in_turn(
        arena.transaction(sender=POOR, value=WAD), arena.transaction(sender=POOR)
    )
    assert outcomes(arena.receipts(first, second)) == [R.FUNDS, R.NONCE_TOO_HIGH]
    assert arena.mine().receipts == ()
    assert arena.nonce(POOR) == 0
