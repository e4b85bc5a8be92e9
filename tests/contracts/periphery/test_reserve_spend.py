import ape
import pytest


@pytest.mark.parametrize("kind", ["MockToken", "NoReturnToken"])
def test_spend__pays(create, reserve, owner, trader, kind):
    token = create(kind, "T", "T", 18)
    token.mint(reserve, 10, sender=owner)
    receipt = reserve.spend(token, trader, 7, sender=owner)
    assert token.balanceOf(trader) == 7
    assert token.balanceOf(reserve) == 3
    assert reserve.Spent(token=token, to=trader, amount=7) in receipt.events


def test_spend__token_says_false__reverts(create, reserve, owner, trader):
    token = create("BlockingToken", "T", "T", 18)
    token.mint(reserve, 10, sender=owner)
    token.block(trader, True, sender=owner)
    token.return_false(True, sender=owner)
    with ape.reverts("reserve: transfer failed"):
        reserve.spend(token, trader, 7, sender=owner)


def test_spend__re_entered__is_locked(create, reserve, owner, attacker):
    token = create("ReentrantToken", "T", "T", 18)
    token.mint(reserve, 10, sender=owner)
    token.arm(reserve, reserve.accept_ownership.encode_input(), sender=attacker)
    reserve.spend(token, attacker, 4, sender=owner)
    assert token.calls() == 1
    assert token.was_locked_out()
    assert token.balanceOf(reserve) == 6


def test_spend__stranger__reverts(reserve, token, stranger):
    with ape.reverts("ownable: caller is not the owner"):
        reserve.spend(token, stranger, 1, sender=stranger)
