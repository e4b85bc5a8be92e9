import ape
import pytest

from sim.units import WAD
from tests.contracts.conftest import answered


@pytest.fixture(scope="module")
def manned(reserve, owner, stranger):
    """The stranger plays the core."""
    reserve.set_core(stranger, sender=owner)
    return reserve


def test_cover__burns_what_is_asked(manned, stable, owner, stranger):
    stable.mint(manned, 100 * WAD, sender=owner)
    answer, receipt = answered(manned.cover, 40 * WAD, sender=stranger)
    assert answer == 40 * WAD
    assert stable.balanceOf(manned) == stable.totalSupply() == 60 * WAD
    assert manned.Covered(asked=40 * WAD, burned=40 * WAD) in receipt.events


def test_cover__more_than_it_has__burns_all_and_does_not_revert(manned, stable, owner, stranger):
    stable.mint(manned, 100, sender=owner)
    assert answered(manned.cover, 101, sender=stranger)[0] == 100
    assert stable.totalSupply() == 0


def test_cover__empty__burns_nothing(manned, stranger):
    answer, receipt = answered(manned.cover, WAD, sender=stranger)
    assert answer == 0
    assert receipt.events == [manned.Covered(asked=WAD, burned=0)]


def test_cover__not_the_core__reverts(manned, owner):
    with ape.reverts("reserve: caller is not the core"):
        manned.cover(1, sender=owner)


def test_cover__no_core_yet__reverts(reserve, owner):
    with ape.reverts("reserve: caller is not the core"):
        reserve.cover(1, sender=owner)
