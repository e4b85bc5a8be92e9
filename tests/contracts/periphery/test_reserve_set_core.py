import ape

from sim.units import MAX_UINT256


def test_set_core__names_it__and_lets_it_burn(reserve, stable, owner, stranger):
    receipt = reserve.set_core(stranger, sender=owner)
    assert reserve.core() == stranger
    assert receipt.decode_logs(reserve.CoreSet) == [reserve.CoreSet(core=stranger)]
    assert stable.allowance(reserve, stranger) == MAX_UINT256


def test_set_core__twice__reverts(reserve, owner, stranger, attacker):
    reserve.set_core(stranger, sender=owner)
    with ape.reverts("reserve: core is set"):
        reserve.set_core(attacker, sender=owner)


def test_set_core__zero__reverts(reserve, owner):
    with ape.reverts("reserve: zero core"):
        reserve.set_core("0x" + "00" * 20, sender=owner)


def test_set_core__stranger__reverts(reserve, stranger):
    with ape.reverts("ownable: caller is not the owner"):
        reserve.set_core(stranger, sender=stranger)
