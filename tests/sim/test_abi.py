"""The encoder for hot paths, held against eth_abi, which it replaces there."""

from __future__ import annotations

from typing import Any

import pytest
from eth_abi.abi import decode, encode
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from sim.chain.artifacts import load
from sim.protocol.abi import Contract, Event, Method, creation_code, signed, text, word, words

WHERE = b"\x11" * 20
ADDRESSES = st.binary(min_size=20, max_size=20)
UNSIGNED = st.integers(0, 2**256 - 1)
STATIC = st.one_of(
    st.tuples(st.just("uint256"), UNSIGNED),
    st.tuples(st.just("int256"), st.integers(-(2**255), -1)),
    st.tuples(st.just("address"), ADDRESSES),
    st.tuples(st.just("bool"), st.booleans()),
)
ARRAYS = st.one_of(
    st.tuples(st.just("uint256[]"), st.lists(UNSIGNED, max_size=8)),
    st.tuples(st.just("address[]"), st.lists(ADDRESSES, max_size=8)),
)


@given(st.lists(st.one_of(STATIC, ARRAYS), max_size=6))
def test_call_data__any_words_and_arrays__as_eth_abi_encodes_them(
    arguments: list[tuple[str, Any]],
) -> None:
    method = Method(WHERE, b"\xde\xad\xbe\xef", ())
    types = [kind for kind, _ in arguments]
    values = [value for _, value in arguments]
    assert method(*values) == b"\xde\xad\xbe\xef" + encode(types, values)


@pytest.mark.parametrize("number", [2**256, -(2**255) - 1])
def test_word__beyond_256_bits__is_refused_not_cut(number: int) -> None:
    with pytest.raises(OverflowError):
        word(number)


@given(st.lists(st.integers(-(2**255), 2**255 - 1)))
def test_words__read_back_what_word_wrote(numbers: list[int]) -> None:
    assert [signed(w) for w in words(b"".join(map(word, numbers)))] == numbers


def test_decode__struct_of_arrays__as_the_lens_returns_it() -> None:
    lens = Contract(load("Lens"), WHERE)
    kind = "(uint256,address,uint256,uint256,uint256[])[]"
    state = (7, "0x" + "ab" * 20, 5, 0, (1, 2, 3))
    assert lens.accounts.decode(encode([kind], [[state]])) == (state,)


def test_decode__several_outputs__come_as_a_tuple() -> None:
    pool = Contract(load("AmmPool"), WHERE)
    assert pool.reserves.decode(word(3) + word(4)) == (3, 4)
    assert pool.spot_price.decode(word(3)) == 3


def test_methods__selectors_are_those_of_their_signatures() -> None:
    core = Contract(load("CollateralizedDebt"), WHERE)
    signature = "liquidate(uint256,address,uint256,uint256,address)"
    assert core.liquidate.selector == keccak(text=signature)[:4]
    assert core.liquidate.to == WHERE
    assert core.liquidate.name == "liquidate"


def test_methods__one_it_has_not__is_an_attribute_error_that_names_both() -> None:
    core = Contract(load("CollateralizedDebt"), WHERE)
    with pytest.raises(AttributeError, match="CollateralizedDebt has no function seize"):
        _ = core.seize


@given(UNSIGNED, ADDRESSES, st.lists(UNSIGNED, min_size=3, max_size=3))
def test_event__topics_and_data__as_eth_abi_reads_them(
    account: int, liquidator: bytes, data: list[int]
) -> None:
    event = Event("Liquidated", ("account", "liquidator"), ("repaid", "shares", "seized"))
    topics = [b"\x00" * 32, word(account), word(liquidator)]
    body = encode(["uint256"] * 3, data)
    found = event.read(topics, body)
    assert found == {
        "account": account,
        "liquidator": int.from_bytes(liquidator, "big"),
        **dict(zip(("repaid", "shares", "seized"), decode(["uint256"] * 3, body), strict=True)),
    }


def test_events__topic_is_the_hash_of_the_signature_and_structs_are_spelled_out() -> None:
    core = Contract(load("CollateralizedDebt"), WHERE)
    topic = keccak(text="MarginCalled(uint256,address,uint256,uint256)")
    assert core.events[topic].indexed == ("account", "caller")
    assert core.events[topic].fields == ("called_at", "deadline")
    (config,) = (e for e in core.events.values() if e.name == "ConfigChanged")
    assert config.fields[:2] == ("debt_ceiling", "account_ceiling")
    assert len(config.fields) == 14


def test_event__data_of_another_shape__is_refused() -> None:
    with pytest.raises(ValueError, match="argument"):
        Event("Healed", (), ("amount",)).read([b""], word(1) + word(2))


@pytest.mark.parametrize(
    ("revert", "reason"),
    [
        (
            keccak(text="Error(string)")[:4] + encode(["string"], ["margin: not called"]),
            "margin: not called",
        ),
        (keccak(text="Error(string)")[:4] + encode(["string"], [""]), ""),
        (keccak(text="Panic(uint256)")[:4] + encode(["uint256"], [0x11]), "panic 0x11"),
        (b"\x12\x34\x56\x78" + word(5), "0x12345678" + word(5).hex()),
        (b"\x12", "0x12"),
        (b"", "out of gas or without a reason"),
    ],
)
def test_text__revert_data__says_why(revert: bytes, reason: str) -> None:
    assert text(revert) == reason


def test_creation_code__arguments_follow_the_bytecode() -> None:
    artifact = load("MockToken")
    arguments = ("Reserve Coin", "USDR", 6)
    tail = encode(["string", "string", "uint8"], arguments)
    assert creation_code(artifact, arguments) == artifact.bytecode + tail


def test_creation_code__structs_are_tuples_in_field_order() -> None:
    artifact = load("CollateralizedDebt")
    config = (*range(13), True)
    arguments = [*[WHERE] * 6, [WHERE, WHERE], config, WHERE]
    kinds = [*["address"] * 6, "address[]", f"({'uint256,' * 13}bool)", "address"]
    assert creation_code(artifact, arguments) == artifact.bytecode + encode(kinds, arguments)
