"""PegRate: the curve's rate, and what a stable beside one adds to it or takes off."""

from __future__ import annotations

import re
from fractions import Fraction
from math import ceil, floor
from typing import Any

import pytest

from sim.chain.engine import Call
from sim.protocol.abi import Contract
from sim.units import MAX_UINT256, RAY, WAD, YEAR
from tests.invariants.core_world import actor

from .system import BORROWER, PERCENT, STRANGER, System, up

CURVE = (PERCENT, 4 * PERCENT, 75 * PERCENT, 80 * PERCENT)
SLOPE, MOST = 10 * WAD, 50 * PERCENT
PLAIN = 3 * PERCENT
"""The curve's at a utilisation of 40 %."""


class Pegged(System):
    """Its core charges a PegRate over the curve, whose oracle says what a test says."""

    def __init__(self, slope: int = SLOPE, most: int = MOST, **terms: Any) -> None:
        self._terms = slope, most
        super().__init__(rate=CURVE, **terms)

    def create(self, name: str, *arguments: Any) -> Contract:
        made = super().create(name, *arguments)
        if name != "KinkedRate":
            return made
        self.curve = made
        where = made.address, self.feed.address, self.coin.address
        return super().create("PegRate", *where, *self._terms)

    def coin_is(self, in_stable: int, valid: bool = True) -> None:
        """What the pool's average says a whole coin costs, WAD; and the rate is told."""
        self.must(actor("feeder"), self.feed.set_price, self.coin.address, in_stable, valid)
        self.must(STRANGER, self.rate.poke, self.core.address)

    def rate_at(self, utilisation: int) -> int:
        """What the core is told when it asks."""
        call = Call(self.rate.address, self.rate.rate(utilisation), sender=self.core.address)
        return int(self.rate.rate.decode(self.engine.call([call])[0].output))


@pytest.fixture(scope="module")
def pegged() -> Pegged:
    return Pegged()


@pytest.mark.parametrize(
    ("in_stable", "rate"),
    [
        (WAD, PLAIN),
        (WAD * 100 // 99, PLAIN + 10 * PERCENT),  # the stable at 0.99: a cent is 10 % a year
        (WAD * 100 // 98, PLAIN + 20 * PERCENT),
        (WAD * 100 // 95, PLAIN + 50 * PERCENT),  # the most
        (2 * WAD, PLAIN + 50 * PERCENT),
        (MAX_UINT256, PLAIN + 50 * PERCENT),
        (WAD * 1_000 // 1_001, PLAIN - PERCENT),  # at 1.001
        (WAD * 100 // 101, 0),  # 10 % would come off
        (1, 0),
    ],
)
def test_rate__by_the_price_of_the_coin__golden(pegged: Pegged, in_stable: int, rate: int) -> None:
    pegged.coin_is(in_stable)
    assert pegged.rate_at(40 * PERCENT) == pytest.approx(rate, abs=20)


@pytest.mark.parametrize("in_stable", [WAD + 1, WAD + 7, 10**18 + 10**15 + 3, 3 * WAD, WAD - 1])
@pytest.mark.parametrize("slope", [0, 1, SLOPE, 10_000 * WAD])
def test_rate__to_the_unit__premium_rounded_up_discount_down(slope: int, in_stable: int) -> None:
    """1e36 / price floored is the stable's; the distance times the slope against the borrower."""
    system = Pegged(slope=slope, most=100 * WAD)
    system.coin_is(in_stable)
    price = WAD * WAD // in_stable
    change = Fraction(slope * (WAD - price), WAD)
    premium, discount = ceil(max(0, change)), floor(max(0, -change))
    assert system.read(system.rate.stable_price) == (price, True)
    assert system.rate_at(40 * PERCENT) == PLAIN + min(premium, 100 * WAD) - min(discount, PLAIN)


@pytest.mark.parametrize("utilisation", [0, 1, 80 * PERCENT, WAD, MAX_UINT256])
@pytest.mark.parametrize(("in_stable", "valid"), [(0, True), (0, False), (2 * WAD, False)])
def test_rate__no_valid_price__is_the_curves(
    pegged: Pegged, in_stable: int, valid: bool, utilisation: int
) -> None:
    """Dearer debt on a guess is a harm; the curve is what a stable at one costs."""
    pegged.coin_is(in_stable, valid)
    assert pegged.rate_at(utilisation) == pegged.read(pegged.curve.rate, utilisation)
    assert pegged.read(pegged.rate.stable_price) == (
        WAD * WAD // in_stable if in_stable else 0,
        False,
    )


@pytest.mark.parametrize("in_stable", [0, 1, WAD, MAX_UINT256])
@pytest.mark.parametrize("utilisation", [0, WAD // 3, WAD, MAX_UINT256])
def test_rate__largest_terms__total(in_stable: int, utilisation: int) -> None:
    system = Pegged(slope=10_000 * WAD, most=100 * WAD)
    system.coin_is(in_stable)
    assert 0 <= system.rate_at(utilisation) <= 80 * PERCENT + 100 * WAD


def test_index__stable_at_98_cents__grows_by_curve_and_premium() -> None:
    """100,000 of 1,000,000 owed: 1.5 %, and 20 % for the two cents, simple in one accrual."""
    system = Pegged()
    system.coin_is(WAD * 100 // 98)
    system.account(BORROWER, [100 * WAD], 100_000 * WAD)
    index = system.read(system.core.totals)[2]
    rate = PERCENT + PERCENT // 2 + up(SLOPE * (WAD - WAD * WAD // (WAD * 100 // 98)), WAD)
    system.wait(YEAR)
    grown = system.read(system.core.totals)
    assert grown[2] == index + up(index * rate * YEAR, WAD * YEAR)
    assert grown[2] / RAY == pytest.approx(1.215, abs=1e-4)
    assert grown[6] == pytest.approx(rate + 4 * PERCENT // 8 * 215 // 1_000, rel=1e-3)


def test_index__a_poke__changes_the_rate_from_then_on() -> None:
    """1.5 % a year until then, and 20 % more for two cents."""
    system = Pegged()
    system.account(BORROWER, [100 * WAD], 100_000 * WAD)
    system.wait(YEAR // 2)
    system.coin_is(WAD * 100 // 98)
    assert system.read(system.core.totals)[2] / RAY == pytest.approx(1.0075, abs=1e-6)
    system.wait(YEAR // 2)
    assert system.read(system.core.totals)[2] / RAY == pytest.approx(1.0075 * 1.1075, abs=1e-3)


def test_rate__price_moved_and_nobody_poked__is_what_it_was() -> None:
    system = Pegged()
    feed = system.feed.set_price
    system.must(actor("feeder"), feed, system.coin.address, 2 * WAD, True)
    assert system.rate_at(40 * PERCENT) == PLAIN


def test_poke__is_of_one_core__and_told(pegged: Pegged) -> None:
    pegged.coin_is(WAD)
    pegged.must(actor("feeder"), pegged.feed.set_price, pegged.coin.address, 2 * WAD, True)
    told = pegged.must(STRANGER, pegged.rate.poke, pegged.core.address)
    assert told.event("PremiumSet")["premium"] == MOST
    assert pegged.read(pegged.rate.premium_of, pegged.core.address) == MOST
    assert pegged.read(pegged.rate.rate, 40 * PERCENT) == PLAIN  # asked by no core
    assert not pegged.send(STRANGER, pegged.rate.poke, pegged.feed.address).ok


def test_liquidate__any_price_of_the_coin__is_not_stopped() -> None:
    system = Pegged(grace=0)
    account = system.account(BORROWER, [10 * WAD], 12_000 * WAD)
    system.stables(actor("liquidator"), 10**6 * WAD)
    system.price(0, 1_400 * WAD)
    for in_stable, valid in ((0, False), (1, True), (MAX_UINT256, True)):
        system.coin_is(in_stable, valid)
        assert system.liquidate(account, 100 * WAD).ok


ZERO = bytes(20)


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        ({"slope": 10_000 * WAD + 1}, "model: slope out of range"),
        ({"most": 100 * WAD + 1}, "model: rate too large"),
    ],
)
def test_terms__out_of_range__refused(terms: dict[str, int], reason: str) -> None:
    with pytest.raises(RuntimeError, match=re.escape(reason)):
        Pegged(**terms)


@pytest.mark.parametrize("where", [0, 1])
def test_terms__no_curve_or_no_oracle__refused(pegged: Pegged, where: int) -> None:
    addresses = [pegged.curve.address, pegged.feed.address, pegged.coin.address]
    addresses[where] = ZERO
    with pytest.raises(RuntimeError, match="model: zero address"):
        pegged.create("PegRate", *addresses, SLOPE, MOST)


def test_terms__are_told(pegged: Pegged) -> None:
    rate = pegged.rate
    told = [pegged.read(method) for method in (rate.curve, rate.oracle, rate.coin)]
    where = (pegged.curve, pegged.feed, pegged.coin)
    assert told == ["0x" + contract.address.hex() for contract in where]
    assert (pegged.read(rate.slope), pegged.read(rate.most)) == (SLOPE, MOST)
