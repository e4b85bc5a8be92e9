"""Law 9: the base fee moves by at most an eighth a block."""

from __future__ import annotations

from sim.mempool.fees import next_base_fee
from sim.units import GWEI, from_gwei

LIMIT = 30_000_000


def test_base_fee__from_12_9_to_84_8_gwei__takes_16_full_blocks():
    fee, blocks = from_gwei(12.9), 0
    while fee < from_gwei(84.8):
        fee, blocks = next_base_fee(fee, LIMIT, LIMIT), blocks + 1
    assert blocks == 16


def test_base_fee__empty_blocks__lose_an_eighth_each():
    fee = 100 * GWEI
    for _ in range(10):
        fee = next_base_fee(fee, 0, LIMIT)
    assert abs(fee - 100 * GWEI * (7 / 8) ** 10) < 10
