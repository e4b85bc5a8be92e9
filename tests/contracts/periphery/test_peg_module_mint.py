from fractions import Fraction
from math import floor

import ape
import pytest

from sim.units import MAX_UINT256, WAD
from tests.contracts.conftest import answered

COIN = 10**6
SCALE = 10**12
FEE = Fraction(1, 1000)


@pytest.mark.parametrize("coin_in", [1, 2, 999, COIN, 123_456_789, 999_999 * COIN])
def test_mint__pays_its_worth_less_the_fee_rounded_down(
    peg, stable, coin, trader, stranger, coin_in
):
    before = coin.balanceOf(trader)
    answer, receipt = answered(peg.mint, coin_in, 0, stranger, sender=trader)
    expected = floor(coin_in * SCALE * (1 - FEE))
    assert answer == stable.balanceOf(stranger) == peg.minted() == expected
    assert coin.balanceOf(peg) == before - coin.balanceOf(trader) == coin_in
    assert (
        peg.Minted(payer=trader, to=stranger, coin_in=coin_in, stable_out=expected)
        in receipt.events
    )


def test_mint__to_the_cap_and_not_beyond(peg, owner, trader):
    peg.set_fee(0, sender=owner)
    peg.mint(10**6 * COIN, 0, trader, sender=trader)
    assert peg.minted() == peg.cap()
    with ape.reverts("peg: above the cap"):
        peg.mint(1, 0, trader, sender=trader)


def test_mint__nothing__reverts(peg, trader):
    with ape.reverts("peg: nothing out"):
        peg.mint(0, 0, trader, sender=trader)


def test_mint__coins_not_there__reverts(peg, stranger):
    with ape.reverts("erc20: insufficient allowance"):
        peg.mint(1, 0, stranger, sender=stranger)


def test_mint__coin_of_18_decimals(create, owner, stable, token, trader):
    peg = create("PegModule", owner, stable, token, WAD // 1000, MAX_UINT256)
    stable.set_minter(peg, True, sender=owner)
    token.mint(trader, 1999, sender=owner)
    token.approve(peg, 1999, sender=trader)
    # A fee of 1.999 units is two.
    assert answered(peg.mint, 1999, 0, trader, sender=trader)[0] == 1997


def test_coin_of_more_than_18_decimals__is_refused(create, owner, stable):
    coin = create("MockToken", "T", "T", 19)
    with ape.reverts("peg: coin has more than 18 decimals"):
        create("PegModule", owner, stable, coin, 0, 0)


def test_mint__coin_takes_a_fee__counts_what_arrived(create, owner, stable, trader):
    coin = create("FeeToken", "T", "T", 6)
    peg = create("PegModule", owner, stable, coin, 0, MAX_UINT256)
    stable.set_minter(peg, True, sender=owner)
    coin.mint(trader, 100 * COIN, sender=owner)
    coin.approve(peg, 100 * COIN, sender=trader)
    assert answered(peg.mint, 100 * COIN, 0, trader, sender=trader)[0] == 99 * WAD
    assert coin.balanceOf(peg) * SCALE == peg.minted() == 99 * WAD


def test_mint__coin_says_false__reverts(create, owner, stable, trader):
    coin = create("BlockingToken", "T", "T", 6)
    peg = create("PegModule", owner, stable, coin, 0, MAX_UINT256)
    coin.mint(trader, COIN, sender=owner)
    coin.approve(peg, COIN, sender=trader)
    coin.block(trader, True, sender=owner)
    coin.return_false(True, sender=owner)
    with ape.reverts("peg: transfer failed"):
        peg.mint(COIN, 0, trader, sender=trader)


def test_mint__re_entered__is_locked(create, owner, stable, trader, attacker):
    """Or a mint inside the transfer would be counted in both measurements."""
    coin = create("ReentrantToken", "T", "T", 6)
    peg = create("PegModule", owner, stable, coin, 0, MAX_UINT256)
    stable.set_minter(peg, True, sender=owner)
    coin.mint(trader, COIN, sender=owner)
    coin.approve(peg, COIN, sender=trader)
    coin.arm(peg, peg.mint.encode_input(0, 0, attacker), sender=attacker)
    peg.mint(COIN, 0, trader, sender=trader)
    assert coin.calls() == 1
    assert coin.was_locked_out()
    assert peg.minted() == stable.balanceOf(trader) == WAD


def test_mint__less_than_the_least__reverts_to_the_unit(peg, trader):
    """A fee of a thousandth."""
    out = 999 * WAD // 1000
    with ape.reverts("peg: less than min_out"):
        peg.mint(COIN, out + 1, trader, sender=trader)
    peg.mint(COIN, out, trader, sender=trader)
