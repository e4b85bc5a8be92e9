"""Random blocks, valid and not, give the same receipts, balances and nonces on every engine."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.chain.artifacts import load
from sim.chain.engine import BlockRequest, Transaction, contract_address
from sim.chain.validity import refusal
from sim.units import GWEI, WAD, Address

from .conftest import BASE_FEE, COINBASE, OTHER, Arena, data, someone

FUNDS = 3 * 10**16
"""Wei: enough for a few transactions, not for all of them."""
SENDERS = tuple(someone(1000 + i) for i in range(4))
WRITE = "write(uint256,uint256,uint256)"
SMALL = st.integers(0, 5)

COUNTER_CALLS = st.one_of(
    st.just(data("increment()")),
    st.builds(lambda *a: data(WRITE, *a), SMALL, SMALL, st.sampled_from([0, 0, 1, 2**255])),
    st.builds(lambda s: data("write_then_clear(uint256)", s), SMALL),
    st.builds(lambda s: data("fail(string)", s), st.text("ab", max_size=40)),
    st.builds(lambda s: data("swallow(string)", s), st.text("ab", max_size=40)),
    st.builds(lambda n, b: data("emit(uint256,bytes)", n, b), SMALL, st.binary(max_size=70)),
    st.builds(lambda a: data("forward(address)", a.hex()), st.sampled_from([*SENDERS, OTHER])),
    st.sampled_from([data("clone()"), data("burn()"), data("fail_silently()"), b"", b"\x00"]),
)
INITCODES = st.sampled_from(
    [
        b"",
        load("Counter").bytecode,
        bytes.fromhex("60aa5f5260205ffd"),
        bytes.fromhex("fe"),
        bytes.fromhex("60015f555f5ff3"),
        bytes.fromhex("60ef5f5360015ff3"),
    ]
)


@st.composite
def transactions(draw: st.DrawFn) -> dict[str, Any]:
    """Fields of a transaction, but for the nonce: how far it is off instead."""
    target = draw(st.sampled_from(["counter", "counter", "counter", "anyone", "creation"]))
    payload = {
        "counter": COUNTER_CALLS,
        "anyone": st.binary(max_size=40),
        "creation": INITCODES,
    }[target]
    return {
        "sender": draw(st.sampled_from(SENDERS)),
        "to": {
            "counter": "counter",
            "anyone": draw(st.sampled_from([*SENDERS, COINBASE, someone(7)])),
            "creation": None,
        }[target],
        "data": draw(payload),
        "gas": draw(st.sampled_from([21_000, 60_000, 100_000, 100_000, 200_000, 600_000])),
        "max_fee": BASE_FEE + draw(st.integers(-1, 4)) * GWEI // 2,
        "priority_fee": draw(st.sampled_from([0, 1, GWEI, GWEI, 7 * GWEI])),
        "value": draw(st.sampled_from([0, 0, 0, 1, FUNDS // 3, FUNDS])),
        "off": draw(st.sampled_from([0, 0, 0, 0, 0, 0, 0, 0, -1, 1])),
    }


BLOCKS = st.fixed_dictionaries(
    {
        "transactions": st.lists(transactions(), max_size=12),
        "gas_limit": st.sampled_from([30_000_000, 30_000_000, 1_000_000]),
        "base_fee": st.sampled_from([BASE_FEE, BASE_FEE, 0]),
        "coinbase": st.sampled_from([COINBASE, SENDERS[0]]),
    }
)


def build(arena: Arena, drawn: list[dict[str, Any]], block: BlockRequest) -> list[Transaction]:
    """With the nonces that are right if everyone can pay, and all have room in the block."""
    expected: dict[Address, int] = dict(zip(SENDERS, map(arena.nonce, SENDERS), strict=True))
    built = []
    for fields in drawn:
        chosen = {k: v for k, v in fields.items() if k != "off"}
        chosen["to"] = arena.counter if fields["to"] == "counter" else fields["to"]
        nonce = expected[fields["sender"]]
        built.append(arena.transaction(**chosen, nonce=max(0, nonce + fields["off"])))
        valid = refusal(built[-1], block, block.gas_limit, nonce, None) is None
        expected[fields["sender"]] += valid
    return built


@settings(
    max_examples=80,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(blocks=st.lists(BLOCKS, min_size=1, max_size=3))
def test_random_blocks__engines_agree(
    populated: tuple[Arena, list[int]], blocks: list[dict[str, Any]]
) -> None:
    arena, start = populated
    arena.rewind(start)
    for sender in SENDERS:
        arena.fund(sender, FUNDS)
    everyone = [*SENDERS, OTHER, COINBASE, arena.counter, someone(7)]
    everyone += [contract_address(arena.counter, nonce) for nonce in range(1, 4)]
    for block in blocks:
        fields = {k: v for k, v in block.items() if k != "transactions"}
        request = BlockRequest((), 0, **fields)
        mined = arena.mine(*build(arena, block["transactions"], request), **fields)
        assert mined.gas_used == sum(receipt.gas_used for receipt in mined.receipts)
        assert mined.gas_used <= block["gas_limit"]
        created = [r.contract for r in mined.receipts if r.contract]
        balances = arena.all(lambda engine, c=created: engine.balances([*everyone, *c]))
        arena.all(lambda engine, c=created: engine.nonces([*everyone, *c]))
        assert sum(balances) <= 4 * FUNDS + 2_000_000 * WAD
    arena.read("count()")
    for slot in range(10):
        arena.read("slots(uint256)", slot)
