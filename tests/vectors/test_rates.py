"""Interest: the kinked curve and the index over time (DESIGN §3, interest)."""

from __future__ import annotations

import pytest

from sim.units import RAY, WAD, YEAR

from .system import BORROWER, NO_INTEREST, OWNER, PERCENT, System, number, told, up

BASE, AT_KINK, ABOVE, KINK = CURVE = (PERCENT, 4 * PERCENT, 75 * PERCENT, 80 * PERCENT)


def curve(utilisation: int, terms: tuple[int, int, int, int] = CURVE) -> int:
    """Total-leg slopes: base, + slope_at_kink at the kink, + slope_above at 1; rounded up."""
    base, at_kink, above, kink = terms
    if utilisation <= kink:
        return base + up(at_kink * utilisation, kink)
    return base + at_kink + up(above * (utilisation - kink), WAD - kink)


@pytest.mark.parametrize(
    ("utilisation", "rate"),
    [
        (0, PERCENT),
        (40 * PERCENT, 3 * PERCENT),
        (80 * PERCENT, 5 * PERCENT),
        (90 * PERCENT, 425 * PERCENT // 10),
        (WAD, 80 * PERCENT),
        (WAD + 1, 80 * PERCENT),
    ],
)
def test_rate__round_points__golden(utilisation: int, rate: int) -> None:
    """1 % + 4 % at the kink + 75 % above it, read off the curve by hand."""
    system = System(rate=CURVE)
    assert system.read(system.rate.rate, utilisation) == rate


@pytest.mark.parametrize("utilisation", [1, 3, KINK - 1, KINK + 1, KINK + 7, WAD - 1, WAD // 3])
def test_rate__between__rounds_up(utilisation: int) -> None:
    system = System(rate=CURVE)
    assert system.read(system.rate.rate, utilisation) == curve(utilisation)


LARGEST = 100 * WAD


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        ((LARGEST + 1, 0, 0, KINK), "model: rate too large"),
        ((0, LARGEST + 1, 0, KINK), "model: rate too large"),
        ((0, 0, LARGEST + 1, KINK), "model: rate too large"),
        ((0, 0, 0, 0), "model: kink not inside (0, 1)"),
        ((0, 0, 0, WAD), "model: kink not inside (0, 1)"),
    ],
)
def test_rate__terms_out_of_range__refused(terms: tuple[int, ...], reason: str) -> None:
    with pytest.raises(RuntimeError, match=reason.replace("(", r"\(").replace(")", r"\)")):
        System(rate=terms)  # type: ignore[arg-type]


def test_rate__largest_terms__accepted() -> None:
    system = System(rate=(LARGEST, LARGEST, LARGEST, 1))
    assert system.read(system.rate.rate, WAD) == 3 * LARGEST
    assert System(rate=(0, 0, 0, WAD - 1)).read(system.rate.rate, WAD) == 0


def test_index__one_year_at_a_known_rate__grows_by_it() -> None:
    """Utilisation 100,000 of 1,000,000: 1 % + 4 %/8 = 1.5 % a year, simple in one accrual."""
    system = System(rate=CURVE)
    account = system.account(BORROWER, [100 * WAD], 100_000 * WAD)
    borrowed_at = system.now
    # The debt was nothing until it was borrowed, so the index has grown at 1 % so far.
    index, shares = _totals(system, "index"), _totals(system, "shares")
    system.wait(YEAR)
    elapsed = system.now - borrowed_at
    grown = index + up(index * curve(10 * PERCENT) * elapsed, WAD * YEAR)
    assert elapsed == YEAR
    assert _totals(system, "utilisation") == up(shares * grown, RAY) * WAD // (10**6 * WAD)
    assert _totals(system, "index") == grown
    assert system.debt_of(account) == up(shares * grown, RAY)
    assert _totals(system, "debt") == up(shares * grown, RAY)
    assert _totals(system, "timestamp") == system.now
    assert _totals(system, "rate") == curve(_totals(system, "utilisation"))


def test_accrue__mints_to_the_reserve__and_says_so() -> None:
    system = System(rate=CURVE)
    system.account(BORROWER, [100 * WAD], 100_000 * WAD)
    borrowed_at, index = system.now, _totals(system, "index")
    shares = _totals(system, "shares")
    dust = up(shares * index, RAY) - 100_000 * WAD
    assert _totals(system, "unminted") == dust
    outcome = system.send(BORROWER, system.core.accrue, after=1_000_003)
    rate = curve(100_000 * WAD * WAD // (10**6 * WAD))
    grown = index + up(index * rate * (system.now - borrowed_at), WAD * YEAR)
    interest = up(shares * grown, RAY) - up(shares * index, RAY)
    assert told(outcome) == [
        ("Accrued", {"index": grown, "interest": interest, "minted": 0}),
        ("Accrued", {"index": grown, "interest": 0, "minted": interest + dust}),
    ]
    assert system.balance(system.stable, system.reserve.address) == interest + dust
    assert _totals(system, "unminted") == 0


def test_borrow__at_an_index_above_one__shares_round_up_and_dust_is_unminted() -> None:
    system = System(rate=CURVE)
    account = system.account(BORROWER, [100 * WAD], 50_000 * WAD)
    outcome = system.send(BORROWER, system.core.borrow, account, 777 * WAD + 1, BORROWER, after=99)
    borrowed = dict(told(outcome))["Borrowed"]
    index = dict(told(outcome))["Accrued"]["index"]
    assert index > RAY
    assert borrowed == {
        "account": account,
        "to": number(BORROWER),
        "amount": 777 * WAD + 1,
        "shares": up((777 * WAD + 1) * RAY, index),
    }
    supply = system.read(system.stable.totalSupply)
    assert supply + _totals(system, "unminted") == _totals(system, "debt")


def test_repay__at_an_index_above_one__shares_round_down() -> None:
    system = System(rate=CURVE)
    account = system.account(BORROWER, [100 * WAD], 50_000 * WAD)
    system.stables(BORROWER, WAD)
    owed = system.read(system.core.shares_of, account)
    outcome = system.send(BORROWER, system.core.repay, account, 333 * WAD + 1, after=99)
    events = dict(told(outcome))
    index = events["Accrued"]["index"]
    bought = (333 * WAD + 1) * RAY // index
    assert events["Repaid"] == {
        "account": account, "payer": number(BORROWER), "amount": 333 * WAD + 1, "shares": bought,
    }  # fmt: skip
    assert system.read(system.core.shares_of, account) == owed - bought
    supply, totals = system.read(system.stable.totalSupply), system.read(system.core.totals)
    assert supply + totals[3] == totals[0] + system.read(system.peg.minted)


def test_index__ceiling_passed_or_zero__rate_is_that_of_full_utilisation() -> None:
    system = System(rate=CURVE)
    system.account(BORROWER, [100 * WAD], 100_000 * WAD)
    for ceiling in (0, 100_000 * WAD, 99_999 * WAD):
        config = list(system.config.values())
        config[0] = ceiling
        system.must(OWNER, system.core.set_config, config)
        assert _totals(system, "utilisation") == WAD
        assert _totals(system, "rate") == 80 * PERCENT


def test_set_config__time_before_it__charged_at_the_old_ceiling() -> None:
    system = System(rate=CURVE)
    system.account(BORROWER, [100 * WAD], 100_000 * WAD)
    index, since = _totals(system, "index"), system.now
    utilisation = _totals(system, "utilisation")
    config = list(system.config.values())
    config[0] = 100_000 * WAD
    system.must(OWNER, system.core.set_config, config, after=YEAR)
    elapsed = system.now - since
    assert _totals(system, "index") == index + up(index * curve(utilisation) * elapsed, WAD * YEAR)


def test_index__largest_value__debt_stays_repayable() -> None:
    """It stops at 2^128 - 1 instead of leaving its field (debt_ledger)."""
    system = System(rate=(100 * WAD, 0, 0, WAD // 2))
    account = system.account(BORROWER, [1_000 * WAD], 100 * WAD)
    # 100 times a year: each accrual of 40 years multiplies by about 4,000.
    for _ in range(4):
        system.must(BORROWER, system.core.accrue, after=40 * YEAR)
    assert _totals(system, "index") == 2**128 - 1
    owed = system.debt_of(account)
    system.stables(BORROWER, owed)
    before = system.balance(system.stable, BORROWER)
    system.must(BORROWER, system.core.repay, account, owed + 1, after=YEAR)
    assert before - system.balance(system.stable, BORROWER) == owed
    assert system.debt_of(account) == 0


def test_no_interest__index_stays_one_ray() -> None:
    system = System(rate=NO_INTEREST)
    system.account(BORROWER, [10 * WAD], 1_000 * WAD)
    system.wait(YEAR)
    assert _totals(system, "index") == RAY


FIELDS = ("debt", "shares", "index", "unminted", "bad_debt", "utilisation", "rate", "timestamp")


def _totals(system: System, field: str) -> int:
    return int(system.read(system.core.totals)[FIELDS.index(field)])
