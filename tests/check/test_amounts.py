"""Amounts of sentences: readable, and never two that differ and look the same."""

from __future__ import annotations

import pytest

from sim.protocol.amounts import exact, readable, usd


@pytest.mark.parametrize(
    ("amount", "decimals", "said"),
    [
        (1_234_567_891_234_567_891_234, 18, "1,234.57 USD"),
        (0, 18, "0 USD"),
        (-7 * 10**17, 18, "-0.7 USD"),
        (123_456_789_012_345, 18, "0.000123457 USD"),
        (1, 18, "1 unit of USD"),
        (-3, 8, "-3 units of USD"),
        (100_000_000, 8, "1 USD"),
    ],
)
def test_readable__an_amount__is_in_tokens_with_the_digits_that_tell(
    amount: int, decimals: int, said: str
) -> None:
    assert readable("USD", decimals, amount) == [said]


def test_readable__amounts_a_unit_apart__have_every_digit() -> None:
    assert usd(7 * 10**18, 7 * 10**18 + 1) == ["7 USD", "7.000000000000000001 USD"]
    assert usd(7 * 10**18, 7 * 10**18) == ["7 USD", "7 USD"]


def test_exact__an_amount__has_no_digit_too_many() -> None:
    assert exact(2_500_000, 6) == "2.5"
    assert exact(10**24, 18) == "1,000,000"
