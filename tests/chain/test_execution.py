"""What transactions cost and do, in the same numbers on every engine."""

from __future__ import annotations

import pytest
from eth_abi import decode

from sim.chain.artifacts import load
from sim.chain.engine import CHAIN_ID, Block, Call, Log, Receipt, Status, contract_address
from sim.units import GWEI, WAD

from .conftest import (
    BASE_FEE,
    COINBASE,
    FEE_CAP,
    GAS,
    NEWCOMER,
    OTHER,
    SENDER,
    TIP,
    Arena,
    data,
    someone,
)

REASON = b"\x08\xc3\x79\xa0"
"""Selector of Error(string)."""


def initcode(*runtime: int) -> bytes:
    """Creation code that leaves the runtime code."""
    code = bytes(runtime)
    head = bytes([0x61, *len(code).to_bytes(2, "big"), 0x80, 0x60, 0x0B, 0x5F, 0x39, 0x5F, 0xF3])
    return head.ljust(11, b"\x00") + code


def test_empty_block__is_mined(arena: Arena) -> None:
    before = arena.engines[0].block_number
    block = arena.mine()
    assert block == Block(before + 1, block.timestamp, BASE_FEE, 0, ())


def test_transfer__existing_account__21000_gas_and_the_value(arena: Arena) -> None:
    before = arena.balance(OTHER)
    receipt = arena.receipt(arena.transaction(value=5 * WAD))
    assert receipt == Receipt(Status.SUCCEEDED, 21_000, BASE_FEE + TIP, ())
    assert arena.balance(OTHER) - before == 5 * WAD


def test_transfer__new_account__costs_no_more(arena: Arena) -> None:
    receipt = arena.receipt(arena.transaction(to=NEWCOMER, value=1))
    assert (receipt.gas_used, arena.balance(NEWCOMER)) == (21_000, 1)


def test_transfer__to_oneself__costs_the_gas_only(arena: Arena) -> None:
    before = arena.balance(SENDER)
    receipt = arena.receipt(arena.transaction(to=SENDER, value=WAD))
    assert before - arena.balance(SENDER) == receipt.gas_used * receipt.effective_gas_price


def test_forward__from_contract_to_new_account__pays_for_the_account(arena: Arena) -> None:
    known = arena.receipt(arena.call_counter("forward(address)", OTHER.hex(), value=1))
    new = arena.receipt(arena.call_counter("forward(address)", NEWCOMER.hex(), value=1))
    assert arena.balance(NEWCOMER) == 1
    # 25,000 of EIP-161, less what differs in the calldata's zero bytes.
    assert new.gas_used - known.gas_used == pytest.approx(25_000, abs=200)


def test_fees__tip_goes_to_coinbase__base_fee_is_burnt(arena: Arena) -> None:
    sender, coinbase = arena.balance(SENDER), arena.balance(COINBASE)
    used = arena.receipt(arena.call_counter("increment()")).gas_used
    assert sender - arena.balance(SENDER) == used * (BASE_FEE + TIP)
    assert arena.balance(COINBASE) - coinbase == used * TIP


def test_fees__cap_cuts_the_tip(arena: Arena) -> None:
    coinbase = arena.balance(COINBASE)
    receipt = arena.receipt(arena.transaction(max_fee=BASE_FEE + 1, priority_fee=GWEI // 2 + 1))
    assert receipt.effective_gas_price == BASE_FEE + 1
    receipt = arena.receipt(arena.transaction(max_fee=BASE_FEE, priority_fee=0))
    assert receipt.effective_gas_price == BASE_FEE
    assert arena.balance(COINBASE) - coinbase == 21_000


def test_fees__without_base_fee_and_tip__free(arena: Arena) -> None:
    before = arena.balance(SENDER)
    arena.receipt(arena.transaction(max_fee=0, priority_fee=0, value=0), base_fee=0)
    assert arena.balance(SENDER) == before


def test_coinbase__may_be_the_sender(arena: Arena) -> None:
    before = arena.balance(SENDER)
    arena.mine(arena.transaction(), coinbase=SENDER)
    assert before - arena.balance(SENDER) == 21_000 * BASE_FEE


def test_call__succeeds__event_state_and_no_output(arena: Arena) -> None:
    receipt = arena.receipt(arena.call_counter("increment()"))
    (topic,) = load("Counter").events
    caller = SENDER.rjust(32, b"\x00")
    assert receipt.logs == (Log(arena.counter, (topic, caller), (1).to_bytes(32, "big")),)
    assert receipt.output == b""
    assert int.from_bytes(arena.read("count()").output, "big") == 1


def test_call__reverts_with_reason__gas_is_paid_and_nothing_else_happened(arena: Arena) -> None:
    receipt = arena.receipt(arena.call_counter("fail(string)", "too risky", value=0))
    assert receipt.status == Status.REVERTED
    assert receipt.output[:4] == REASON
    assert decode(["string"], receipt.output[4:]) == ("too risky",)
    assert receipt.logs == ()
    assert 21_000 < receipt.gas_used < GAS
    assert int.from_bytes(arena.read("count()").output, "big") == 0


def test_call__reverts_without_reason__output_is_empty(arena: Arena) -> None:
    receipt = arena.receipt(arena.call_counter("fail_silently()"))
    assert (receipt.status, receipt.output) == (Status.REVERTED, b"")


def test_call__value_to_a_function_that_takes_none__reverts_and_keeps_the_value(
    arena: Arena,
) -> None:
    before = arena.balance(arena.counter)
    assert arena.receipt(arena.call_counter("look()", value=1)).status == Status.REVERTED
    assert arena.balance(arena.counter) == before


def test_call__out_of_gas__takes_all_of_it(arena: Arena) -> None:
    receipt = arena.receipt(arena.call_counter("burn()", gas=123_456))
    assert (receipt.status, receipt.gas_used) == (Status.REVERTED, 123_456)
    assert receipt.output == b""


@pytest.mark.parametrize("spare", [0, 1])
def test_call__needs_exactly_its_gas(arena: Arena, spare: int) -> None:
    """Without refunds, what a call used is what it needs: with one unit less it fails."""
    needed = arena.receipt(arena.call_counter("increment()")).gas_used
    again = arena.receipt(arena.call_counter("increment()")).gas_used
    assert again == needed - 17_100, "the second write of a slot is cheaper"
    receipt = arena.receipt(arena.call_counter("increment()", gas=again - 1 + spare))
    assert receipt.status == spare


def test_call__nested_failure_is_swallowed__its_logs_and_writes_are_gone(arena: Arena) -> None:
    receipt = arena.receipt(arena.call_counter("swallow(string)", "inner"))
    assert (receipt.status, receipt.logs) == (Status.SUCCEEDED, ())
    assert int.from_bytes(arena.read("count()").output, "big") == 10


@pytest.mark.parametrize("topics", range(5))
@pytest.mark.parametrize("size", [0, 1, 32, 1000])
def test_log__topics_and_data__come_back(arena: Arena, topics: int, size: int) -> None:
    payload = bytes(i % 251 for i in range(size))
    (log,) = arena.receipt(arena.call_counter("emit(uint256,bytes)", topics, payload)).logs
    assert len(log.topics) == topics
    assert log.data == payload


def test_logs__of_several_transactions__stay_with_theirs(arena: Arena) -> None:
    receipts = arena.receipts(
        *arena.in_turn(
            arena.call_counter("increment()"),
            arena.call_counter("fail(string)", "x"),
            arena.transaction(),
            arena.call_counter("increment()"),
        )
    )
    assert [len(receipt.logs) for receipt in receipts] == [1, 0, 0, 1]
    assert [int.from_bytes(receipts[i].logs[0].data, "big") for i in (0, 3)] == [1, 2]


def test_storage__fresh_write_and_the_same_again__gas_of_eip_2929(arena: Arena) -> None:
    write = "write(uint256,uint256,uint256)"
    fresh, same = arena.receipts(*arena.in_turn(*[arena.call_counter(write, 0, 1, 7)] * 2))
    assert fresh.gas_used - same.gas_used == 22_100 - 2_200


@pytest.mark.parametrize("slots", [1, 2, 10])
def test_refund__of_cleared_slots__at_most_a_fifth_and_not_below_the_floor(
    arena: Arena, slots: int
) -> None:
    """EIP-3529 and EIP-7623: with one slot the floor of the calldata binds, then the fifth."""
    write = "write(uint256,uint256,uint256)"
    arena.mine(arena.call_counter(write, 0, slots, 7))
    same, clear = arena.receipts(
        *arena.in_turn(
            arena.call_counter(write, 0, slots, 7),
            clearing := arena.call_counter(write, 0, slots, 0),
        )
    )
    # A zero byte of calldata is 12 cheaper, a slot changed 2,800 dearer than one left alone.
    spent = same.gas_used - 12 + slots * 2_800
    refunded = spent - min(slots * 4_800, spent // 5)
    tokens = clearing.data.count(0) + 4 * (len(clearing.data) - clearing.data.count(0))
    assert clear.gas_used == max(refunded, 21_000 + 10 * tokens)
    assert (clear.gas_used > refunded) == (slots == 1)


def test_refund__slot_set_and_cleared_in_one_transaction(arena: Arena) -> None:
    receipt = arena.receipt(arena.call_counter("write_then_clear(uint256)", 3))
    assert receipt.status == Status.SUCCEEDED
    assert receipt.gas_used < 21_000 + 22_100


def test_calldata__heavy__pays_the_floor_of_eip_7623(arena: Arena) -> None:
    zeros, others = 300, 700
    payload = bytes(zeros) + b"\xff" * others
    receipt = arena.receipt(arena.transaction(data=payload))
    assert receipt.gas_used == 21_000 + 10 * (zeros + 4 * others)


def test_calldata__floor_binds_after_the_refund(arena: Arena) -> None:
    """A refund cannot bring a transaction below the floor of its calldata."""
    write = "write(uint256,uint256,uint256)"
    arena.mine(arena.call_counter(write, 0, 10, 5))
    clear = data(write, 0, 10, 0) + b"\xff" * 1_500
    receipt = arena.receipt(arena.transaction(to=arena.counter, data=clear))
    tokens = clear.count(0) + 4 * (len(clear) - clear.count(0))
    assert receipt.gas_used == 21_000 + 10 * tokens


def test_creation__address_code_and_state(arena: Arena) -> None:
    transaction = arena.transaction(to=None, data=load("Counter").bytecode, gas=5_000_000)
    receipt = arena.receipt(transaction)
    assert receipt.contract == contract_address(SENDER, transaction.nonce)
    (count,) = arena.all(lambda e: e.call([Call(receipt.contract or b"", data("count()"))]))
    assert (count.ok, count.output) == (True, bytes(32))
    assert arena.nonce(receipt.contract) == 1


def test_creation__by_anyone__same_address_on_all(arena: Arena) -> None:
    for number in range(10, 14):
        sender = someone(number)
        arena.fund(sender, WAD)
        creation = arena.transaction(sender=sender, to=None, data=initcode(0x00))
        assert arena.receipt(creation).contract == contract_address(sender, 0)


def test_creation__by_a_contract(arena: Arena) -> None:
    receipt = arena.receipt(arena.call_counter("clone()"))
    assert receipt.status == Status.SUCCEEDED
    assert receipt.contract is None
    clone = contract_address(arena.counter, 1)
    (answer,) = arena.all(lambda engine: engine.call([Call(clone, data("count()"))]))
    assert (answer.ok, answer.output) == (True, bytes(32))


def test_creation__with_value(arena: Arena) -> None:
    receipt = arena.receipt(arena.transaction(to=None, data=initcode(0x00), value=3))
    assert receipt.contract is not None
    assert arena.balance(receipt.contract) == 3


@pytest.mark.parametrize(
    ("code", "output"),
    [
        (bytes.fromhex("60aa5f5260205ffd"), (0xAA).to_bytes(32, "big")),
        (bytes.fromhex("5f5ffd"), b""),
        (bytes.fromhex("fe"), b""),
        (initcode(0xEF), b""),
    ],
    ids=["reverts", "reverts silently", "invalid", "starts with 0xEF"],
)
def test_creation__fails__no_contract(arena: Arena, code: bytes, output: bytes) -> None:
    nonce = arena.nonce(SENDER)
    receipt = arena.receipt(arena.transaction(to=None, data=code, value=1))
    assert receipt.status == Status.REVERTED
    assert (receipt.contract, receipt.output) == (None, output)
    assert arena.nonce(SENDER) == nonce + 1
    assert arena.balance(contract_address(SENDER, nonce)) == 0


@pytest.mark.parametrize(("size", "status"), [(24_576, 1), (24_577, 0)])
def test_creation__code_size_limit(arena: Arena, size: int, status: int) -> None:
    gas = 8_000_000
    receipt = arena.receipt(arena.transaction(to=None, data=initcode(*bytes(size)), gas=gas))
    assert receipt.status == status
    assert (receipt.contract is None) == (status == Status.REVERTED)
    assert (receipt.gas_used == gas) == (status == Status.REVERTED)


def test_creation__on_an_address_with_ether__works(arena: Arena) -> None:
    ahead = contract_address(SENDER, arena.nonce(SENDER) + 1)
    arena.mine(arena.transaction(to=ahead, value=9))
    receipt = arena.receipt(arena.transaction(to=None, data=initcode(0x00)))
    assert (receipt.contract, arena.balance(ahead)) == (ahead, 9)


def test_environment__as_requested__same_in_a_block_and_in_a_read(arena: Arena) -> None:
    block = arena.mine(arena.call_counter("look()"), gas_limit=12_345_678)
    inside, outside = arena.read("seen()").output, arena.read("environment()").output
    words = [inside[i : i + 32] for i in range(0, len(inside), 32)]
    number, timestamp, base_fee, coinbase, gas_limit = words[:5]
    assert int.from_bytes(number, "big") == block.number
    assert int.from_bytes(timestamp, "big") == block.timestamp
    assert int.from_bytes(base_fee, "big") == BASE_FEE
    assert coinbase[12:] == COINBASE
    assert int.from_bytes(gas_limit, "big") == 12_345_678
    chain_id, gas_price, origin = words[5:]
    assert int.from_bytes(chain_id, "big") == CHAIN_ID
    assert int.from_bytes(gas_price, "big") == min(FEE_CAP, BASE_FEE + TIP)
    assert origin[12:] == SENDER
    assert outside == b"".join([*words[:6], bytes(32), origin]), "a read pays nothing for gas"


def test_environment__hashes__zero_in_process_and_the_nodes_own(arena: Arena) -> None:
    """The one thing engines differ in: `sim.chain.engine` says so."""
    parent_hash_and_prevrandao = bytes.fromhex("4360019003405f524460205260405ff3")
    creation = arena.transaction(to=None, data=initcode(*parent_hash_and_prevrandao))
    contract = arena.receipt(creation).contract
    assert contract is not None
    for engine in arena.engines:
        (result,) = engine.call([Call(contract, b"")])
        assert (result.output == bytes(64)) == (engine.name != "anvil")


def test_read__reverts__not_ok_with_its_data(arena: Arena) -> None:
    failed = arena.read("fail(string)", "no")
    assert not failed.ok
    assert decode(["string"], failed.output[4:]) == ("no",)
    silent = arena.read("fail_silently()")
    assert (silent.ok, silent.output) == (False, b"")


def test_read__runs_out_of_gas__not_ok_and_empty(arena: Arena) -> None:
    invalid = 0xFE
    contract = arena.receipt(arena.transaction(to=None, data=initcode(invalid))).contract
    assert contract is not None
    (result,) = arena.all(lambda engine: engine.call([Call(contract, b"")]))
    assert (result.ok, result.output) == (False, b"")


def test_read__many_at_once__in_their_order_and_without_a_trace(arena: Arena) -> None:
    arena.mine(arena.call_counter("write(uint256,uint256,uint256)", 0, 100, 5, gas=5_000_000))
    before = arena.nonce(SENDER), arena.balance(SENDER)
    calls = [Call(arena.counter, data("sum(uint256,uint256)", 0, n), SENDER) for n in range(100)]
    calls.append(Call(arena.counter, data("increment()"), SENDER))
    results = arena.all(lambda engine: engine.call(calls))
    sums = [int.from_bytes(result.output, "big") for result in results]
    assert sums == [*(5 * n for n in range(100)), 1]
    assert int.from_bytes(arena.read("count()").output, "big") == 0
    assert (arena.nonce(SENDER), arena.balance(SENDER)) == before


def test_read__of_nothing__is_ok_and_empty(arena: Arena) -> None:
    (result,) = arena.all(lambda engine: engine.call([Call(NEWCOMER, b"\x01\x02\x03\x04")]))
    assert (result.ok, result.output) == (True, b"")
    assert arena.all(lambda engine: engine.call([])) == []
    assert arena.all(lambda engine: engine.balances([])) == []


def test_sender__may_be_a_contract(arena: Arena) -> None:
    arena.fund(arena.counter, WAD)
    receipt = arena.receipt(arena.transaction(sender=arena.counter, to=OTHER, value=1))
    assert receipt == Receipt(Status.SUCCEEDED, 21_000, BASE_FEE + TIP, ())


def test_order__many_senders__is_kept(arena: Arena) -> None:
    """Each sees the count that those before it left, however large the block."""
    senders = [someone(100 + i) for i in range(120)]
    for sender in senders:
        arena.fund(sender, WAD)
    receipts = arena.receipts(
        *(
            arena.call_counter(
                "increment()",
                sender=sender,
                gas=60_000,
                max_fee=FEE_CAP + (i * 7919) % 1000,
                priority_fee=TIP + (i * 104_729) % 1000,
            )
            for i, sender in enumerate(senders)
        )
    )
    counts = [int.from_bytes(receipt.logs[0].data, "big") for receipt in receipts]
    assert counts == list(range(1, len(senders) + 1))
