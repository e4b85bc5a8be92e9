"""Law 9: the base fee moves by at most an eighth a block (EIP-1559)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sim.mempool.fees import next_base_fee
from sim.units import GWEI, from_gwei
from tests.validation.law import AT_MOST, Check, Effort, exact, law

LIMIT = 30_000_000


@law(9, "Base fee")
def test_base_fee__full_and_empty_blocks(effort: Effort) -> Iterator[Check]:
    """A full block multiplies it by 9/8, an empty one by 7/8, to the wei."""
    fee, blocks = from_gwei(12.9), 0
    while fee < from_gwei(84.8):
        fee, blocks = next_base_fee(fee, LIMIT, LIMIT), blocks + 1
    yield exact("full blocks from 12.9 to 84.8 gwei", 16, blocks)
    fee = 100 * GWEI
    for _ in range(10):
        fee = next_base_fee(fee, 0, LIMIT)
    after_ten = 100 * GWEI * (7 / 8) ** 10
    yield exact("wei after 10 empty blocks from 100 gwei", after_ten, fee, 10, "a wei a block")


@law(9, "Base fee")
def test_base_fee__any_block__moves_by_at_most_an_eighth(effort: Effort) -> Iterator[Check]:
    stream = np.random.default_rng(1559)
    fees = stream.integers(GWEI, 500 * GWEI, effort.of(2_000, 200_000)).tolist()
    used = stream.integers(0, LIMIT + 1, len(fees)).tolist()
    moves = (abs(next_base_fee(f, u, LIMIT) - f) / f for f, u in zip(fees, used, strict=True))
    yield Check("largest move of random blocks", 0.125, max(moves), relation=AT_MOST)
