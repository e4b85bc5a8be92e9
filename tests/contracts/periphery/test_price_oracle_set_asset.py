import ape
import pytest

from sim.units import WAD

ETH = 2000 * WAD
YEAR = 365 * 86_400


def test_set_asset__lists(oracle, owner, token, coin):
    receipt = oracle.set_asset(coin, 60, WAD // 10, 3, sender=owner)
    assert oracle.rules_of(coin) == (60, WAD // 10, 3)
    assert [oracle.assets(i) for i in range(2)] == [token, coin]
    assert receipt.events == [
        oracle.AssetSet(asset=coin, max_age=60, max_deviation=WAD // 10, quorum=3)
    ]


def test_set_asset__again__changes_its_rules_and_lists_it_once(oracle, owner, token):
    oracle.set_asset(token, 60, 0, 1, sender=owner)
    assert oracle.rules_of(token) == (60, 0, 1)
    with ape.reverts():
        oracle.assets(1)


def test_set_asset__higher_quorum__holds_at_once(oracle, owner, token, reporter, reporter_2):
    for who in (reporter, reporter_2):
        oracle.post([token], [ETH], sender=who)
    oracle.set_asset(token, 3600, WAD // 5, 3, sender=owner)
    assert oracle.price(token) == (ETH, False)
    oracle.set_asset(token, 3600, WAD // 5, 2, sender=owner)
    assert oracle.price(token) == (ETH, True)


def test_set_asset__shorter_age__holds_at_once(oracle, owner, chain, token, reporter, reporter_2):
    for who in (reporter, reporter_2):
        oracle.post([token], [ETH], sender=who)
    chain.pending_timestamp = chain.blocks.head.timestamp + 100
    oracle.set_asset(token, 60, WAD // 5, 2, sender=owner)
    assert oracle.price(token) == (ETH, False)


@pytest.mark.parametrize(
    ("max_age", "max_deviation", "quorum"),
    [(1, 0, 1), (YEAR, 10 * WAD, 9)],
)
def test_set_asset__ends_of_the_ranges__are_allowed(
    oracle, owner, token, max_age, max_deviation, quorum
):
    oracle.set_asset(token, max_age, max_deviation, quorum, sender=owner)
    assert oracle.rules_of(token) == (max_age, max_deviation, quorum)


@pytest.mark.parametrize(
    ("max_age", "max_deviation", "quorum", "reason"),
    [
        (0, 0, 1, "oracle: max_age out of range"),
        (YEAR + 1, 0, 1, "oracle: max_age out of range"),
        (60, 10 * WAD + 1, 1, "oracle: max_deviation out of range"),
        (60, 0, 0, "oracle: quorum out of range"),
        (60, 0, 10, "oracle: quorum out of range"),
    ],
)
def test_set_asset__out_of_range__reverts(
    oracle, owner, token, max_age, max_deviation, quorum, reason
):
    with ape.reverts(reason):
        oracle.set_asset(token, max_age, max_deviation, quorum, sender=owner)


def test_set_asset__zero__reverts(oracle, owner):
    with ape.reverts("oracle: zero asset"):
        oracle.set_asset("0x" + "00" * 20, 60, 0, 1, sender=owner)


def test_set_asset__stranger__reverts(oracle, token, stranger):
    with ape.reverts("ownable: caller is not the owner"):
        oracle.set_asset(token, 60, 0, 1, sender=stranger)
