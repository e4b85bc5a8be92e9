from fractions import Fraction
from math import ceil, floor

import ape
import pytest

from sim.units import WAD
from tests.contracts.conftest import answered

COIN = 10**6
SCALE = 10**12
FEE = Fraction(1, 1000)


@pytest.fixture
def open_peg(peg, trader):
    """A thousand coins paid in by the trader, 999 stable out."""
    peg.mint(1000 * COIN, 0, trader, sender=trader)
    return peg


@pytest.mark.parametrize(
    "stable_in", [1_001_001_001_002, WAD, WAD + 1, 123_456_789_123_456_789, 999 * WAD]
)
def test_redeem__pays_its_worth_less_the_fee_in_whole_units(
    open_peg, stable, coin, trader, stranger, stable_in
):
    supply, minted = stable.totalSupply(), open_peg.minted()
    answer, receipt = answered(open_peg.redeem, stable_in, 0, stranger, sender=trader)
    expected = floor((stable_in - ceil(stable_in * FEE)) / SCALE)
    assert answer == coin.balanceOf(stranger) == expected
    assert supply - stable.totalSupply() == minted - open_peg.minted() == stable_in
    assert (
        open_peg.Redeemed(payer=trader, to=stranger, stable_in=stable_in, coin_out=expected)
        in receipt.events
    )


def test_redeem__less_than_a_unit_of_the_coin__reverts(open_peg, trader):
    # 1e12 is a unit, 1.001001001001e12 is one after the fee.
    with ape.reverts("peg: nothing out"):
        open_peg.redeem(1_001_001_001_001, 0, trader, sender=trader)


def test_redeem__more_than_was_minted__reverts(open_peg, stable, owner, trader):
    """Stable from debt is not backed by coins."""
    stable.mint(trader, 10**6 * WAD, sender=owner)
    with ape.reverts("peg: more than was minted here"):
        open_peg.redeem(999 * WAD + 1, 0, trader, sender=trader)


def test_redeem__not_approved__reverts(open_peg, stable, trader, stranger):
    stable.transfer(stranger, WAD, sender=trader)
    with ape.reverts("erc20: insufficient allowance"):
        open_peg.redeem(WAD, 0, stranger, sender=stranger)


def test_redeem__below_a_lowered_cap__is_open(open_peg, owner, trader):
    open_peg.set_cap(0, sender=owner)
    open_peg.redeem(999 * WAD, 0, trader, sender=trader)
    assert open_peg.minted() == 0


@pytest.mark.parametrize("fee", [0, WAD // 1000, 3 * WAD // 1000 + 1])
def test_round_trips__never_pay_and_coins_always_back_what_is_minted(
    peg, stable, coin, owner, trader, fee
):
    peg.set_fee(fee, sender=owner)
    held = coin.balanceOf(trader)
    for coin_in in (1, 7, 1003, 999_999, COIN + 1):
        out = answered(peg.mint, coin_in, 0, trader, sender=trader)[0]
        assert coin.balanceOf(peg) * SCALE >= peg.minted()
        if out > 2 * SCALE:
            peg.redeem(out, 0, trader, sender=trader)
        assert coin.balanceOf(peg) * SCALE >= peg.minted()
        assert coin.balanceOf(trader) <= held
        held = coin.balanceOf(trader)


def test_redeem__less_than_the_least__reverts_to_the_unit(open_peg, trader):
    """A fee of a thousandth."""
    out = 999 * COIN // 1000
    with ape.reverts("peg: less than min_out"):
        open_peg.redeem(WAD, out + 1, trader, sender=trader)
    open_peg.redeem(WAD, out, trader, sender=trader)
