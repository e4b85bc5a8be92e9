"""Rounding of the PegModule; the pool's swap and what LAW 6 says of selling into it."""

from __future__ import annotations

import json
from fractions import Fraction
from math import ceil, floor, sqrt
from typing import Any

import pytest

from sim.protocol.abi import Contract
from sim.units import MAX_UINT256, WAD

from .system import BORROWER, OWNER, STRANGER, System

FEE = 3 * WAD // 1_000


@pytest.mark.parametrize("fee", [0, 1, WAD // 1_000, WAD // 3_000, WAD // 10])
@pytest.mark.parametrize("coins", [1, 7, 999_999, 10**9 + 1])
def test_peg__out_floored_fee_ceiled_both_ways(fee: int, coins: int) -> None:
    system = System()
    system.must(OWNER, system.peg.set_fee, fee)
    system.must(BORROWER, system.coin.mint, BORROWER, coins)
    system.must(BORROWER, system.coin.approve, system.peg.address, MAX_UINT256)
    system.must(BORROWER, system.stable.approve, system.peg.address, MAX_UINT256)
    system.must(BORROWER, system.peg.mint, coins, 0, STRANGER)
    worth = coins * 10**12
    minted = worth - ceil(Fraction(worth * fee, WAD))
    assert system.balance(system.stable, STRANGER) == minted
    assert system.read(system.peg.minted) == minted

    paid = minted - minted // 3
    system.must(STRANGER, system.stable.transfer, BORROWER, paid)
    out = floor(Fraction(paid - ceil(Fraction(paid * fee, WAD)), 10**12))
    if out == 0:
        system.refuses("peg: nothing out", BORROWER, system.peg.redeem, paid, 0, BORROWER)
        return
    system.must(BORROWER, system.peg.redeem, paid, 0, BORROWER)
    assert system.balance(system.coin, BORROWER) == out
    assert system.read(system.peg.minted) == minted - paid
    # What is held beyond ceil(minted / scale) is fees: never less than nothing.
    surplus = coins - out - ceil(Fraction(minted - paid, 10**12))
    assert system.read(system.peg.surplus) == surplus >= 0


def pooled(depth: int = 10**4, fee: int = FEE) -> tuple[System, Contract]:
    """Ether at 1,000 against the stable, `depth` ether deep; the borrower holds as many."""
    system = System(prices=(1_000 * WAD,))
    pool = system.create("AmmPool", system.token(), system.stable.address, fee)
    system.must(OWNER, system.tokens[0].mint, OWNER, depth * WAD)
    system.stables(OWNER, depth * 1_000 * WAD)
    for token in (system.tokens[0], system.stable):
        system.must(OWNER, token.approve, pool.address, MAX_UINT256)
        system.must(BORROWER, token.approve, pool.address, MAX_UINT256)
    system.must(OWNER, pool.add_liquidity, depth * WAD, depth * 1_000 * WAD, 0, OWNER)
    system.must(BORROWER, system.tokens[0].mint, BORROWER, depth * WAD)
    return system, pool


@pytest.mark.parametrize("amount", [10**4, WAD + 1, 469 * WAD, 9_999 * WAD + 7])
def test_swap__constant_product_floored_after_fee_and_after_swap(amount: int) -> None:
    """x y = k: out = y a / (x + a), a = amount less fee (LAW 6), each floored."""
    system, pool = pooled()
    x, y = system.read(pool.reserves)
    after_fee = floor(Fraction(amount * (WAD - FEE), WAD))
    out = floor(Fraction(after_fee * y, x + after_fee))
    assert system.read(pool.quote, system.token(), amount) == out
    system.must(BORROWER, pool.swap, system.token(), amount, out, BORROWER)
    assert system.balance(system.stable, BORROWER) == out
    assert system.read(pool.reserves) == (x + amount, y - out)
    assert (x + amount) * (y - out) >= x * y


# golden_dev.json, amm
GOLDEN: list[dict[str, Any]] = json.loads(
    """[
    {"fee": 0.003, "b": 0.05, "even": 0.04699097291875631, "best": 0.023226559144115113},
    {"fee": 0.0, "b": 0.1, "even": 0.10000000000000009, "best": 0.04880884817015163}
    ]"""
)


@pytest.mark.parametrize("case", GOLDEN)
def test_law_6__break_even_and_best_size(case: dict[str, Any]) -> None:
    """Collateral bought at a discount, q (1 + b) for q / (1 + b) of stable, sold to the pool."""
    fee, b = case["fee"], case["b"]
    even, best = (1 + b) - 1 / (1 - fee), (sqrt((1 - fee) * (1 + b)) - 1) / (1 - fee)
    assert even == pytest.approx(case["even"], rel=1e-9)
    assert best == pytest.approx(case["best"], rel=1e-9)
    system, pool = pooled(fee=int(fee * WAD))

    def profit(share: float) -> Fraction:
        amount = int(share * 10**4 * WAD)
        cost = Fraction(amount * 1_000) / Fraction(str(1 + b))
        return system.read(pool.quote, system.token(), amount) - cost

    assert profit(even * (1 - 1e-6)) > 0 > profit(even * (1 + 1e-6))
    assert profit(best) > max(profit(best * 0.999), profit(best * 1.001)) > 0
