"""Borrowing an amount whose shares do not fit their 128 bits."""

from __future__ import annotations

import pytest

from sim.units import MAX_UINT256, RAY, WAD
from tests.vectors.system import BORROWER, PERCENT, levered, up
from tests.vectors.test_bad_debt import identity

YEAR = 365 * 86_400


@pytest.mark.parametrize("wraps", [1, 2, 2**37])
@pytest.mark.parametrize("days", [0, 400])
def test_shares_past_their_word__are_not_cut_off(wraps: int, days: int) -> None:
    """Guard: the total held against the ceiling is that of the shares before they are packed.

    Shares are kept in the low 128 bits of two words. Those of such an amount would leave only
    a small rest there, so the totals and the account would show the small debt while all of
    it is minted.
    """
    rate = (10 * PERCENT, 0, 0, WAD // 2)
    system, account = levered(debt=1_000 * WAD, rate=rate)
    system.must(BORROWER, system.core.accrue, after=1 + days * 86_400)
    # At the index of the next second, so that the rest is a debt that passes every check.
    index = system.read(system.core.totals)[2]
    index += up(index * rate[0], WAD * YEAR)
    amount = (wraps * 2**128 + 200 * WAD) * index // RAY
    owed, held = system.debt_of(account), system.balance(system.stable, BORROWER)
    outcome = system.send(BORROWER, system.core.borrow, account, amount, BORROWER)
    assert outcome.reason == "limit: debt ceiling"
    assert system.balance(system.stable, BORROWER) == held
    assert system.debt_of(account) - owed < WAD
    assert identity(system) == 0


@pytest.mark.parametrize("amount", [2**127 - 1, 2**127, 2**128 - 1, 2**128])
def test_under_the_largest_ceiling__the_rest_is_still_refused(amount: int) -> None:
    """Guard: the same, and a ceiling below 2**127: its shares leave the word half empty."""
    system, account = levered(debt=1_000 * WAD, debt_ceiling=2**127 - 1)
    system.refuses("limit: debt ceiling", BORROWER, system.core.borrow, account, amount, BORROWER)


def test_the_largest_amount__is_refused() -> None:
    """Guard: products above 2**256 - 1 revert."""
    system, account = levered(debt=1_000 * WAD)
    assert not system.send(BORROWER, system.core.borrow, account, MAX_UINT256, BORROWER).ok
