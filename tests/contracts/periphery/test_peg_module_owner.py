"""collect, set_fee and set_cap."""

import ape
import pytest

from sim.units import WAD
from tests.contracts.conftest import answered

COIN = 10**6


def test_collect__takes_fees_and_gifts_and_leaves_the_backing(peg, coin, owner, trader, stranger):
    peg.mint(1000 * COIN, 0, trader, sender=trader)
    coin.transfer(peg, 5, sender=trader)
    assert peg.surplus() == COIN + 5
    answer, receipt = answered(peg.collect, stranger, sender=owner)
    assert answer == coin.balanceOf(stranger) == COIN + 5
    assert peg.Collected(to=stranger, amount=COIN + 5) in receipt.events
    assert coin.balanceOf(peg) * 10**12 == peg.minted()
    peg.redeem(peg.minted(), 0, trader, sender=trader)  # whoever comes last is paid


def test_collect__fraction_of_a_unit_of_backing__stays(peg, coin, owner, trader, stranger):
    peg.mint(1001, 0, trader, sender=trader)  # 999.999 units of backing
    assert peg.surplus() == 1


def test_collect__stranger__reverts(peg, stranger):
    with ape.reverts("ownable: caller is not the owner"):
        peg.collect(stranger, sender=stranger)


def test_set_fee__holds_from_now(peg, owner, trader):
    receipt = peg.set_fee(WAD // 10, sender=owner)
    assert peg.fee() == WAD // 10
    assert receipt.events == [peg.FeeSet(fee=WAD // 10)]
    assert answered(peg.mint, COIN, 0, trader, sender=trader)[0] == 9 * WAD // 10


def test_set_fee__above_ten_percent__reverts(peg, owner):
    with ape.reverts("peg: fee out of range"):
        peg.set_fee(WAD // 10 + 1, sender=owner)


def test_set_cap__holds_from_now(peg, owner, trader):
    receipt = peg.set_cap(WAD, sender=owner)
    assert peg.cap() == WAD
    assert receipt.events == [peg.CapSet(cap=WAD)]
    with ape.reverts("peg: above the cap"):
        peg.mint(2 * COIN, 0, trader, sender=trader)


@pytest.mark.parametrize("setter", ["set_fee", "set_cap"])
def test_setters__stranger__revert(peg, stranger, setter):
    with ape.reverts("ownable: caller is not the owner"):
        getattr(peg, setter)(0, sender=stranger)
