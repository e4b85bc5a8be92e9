"""refresh: the median anew, of the reports that are fresh now."""

import ape

from sim.units import WAD

ETH = 2000 * WAD
MAX_AGE = 3600


def test_refresh__leaves_out_what_is_too_old_by_now(
    oracle, token, chain, reporter, reporter_2, reporter_3, stranger
):
    start = chain.blocks.head.timestamp
    posts = ((100, reporter, ETH + 90 * WAD), (200, reporter_2, ETH), (300, reporter_3, ETH + WAD))
    for delay, who, price in posts:
        chain.pending_timestamp = start + delay
        oracle.post([token], [price], sender=who)
    assert oracle.price(token) == (ETH + WAD, True)
    chain.pending_timestamp = start + 100 + MAX_AGE
    receipt = oracle.refresh(token, sender=stranger)
    assert receipt.events == [oracle.Refreshed(asset=token, price=ETH + WAD)]
    chain.pending_timestamp = start + 100 + MAX_AGE + 1
    receipt = oracle.refresh(token, sender=stranger)
    assert receipt.events == [oracle.Refreshed(asset=token, price=ETH + WAD // 2)]
    assert oracle.price(token) == (ETH + WAD // 2, True)
    assert oracle.updated_at(token) == receipt.timestamp


def test_refresh__makes_nothing_good_for_longer(
    oracle, token, chain, reporter, reporter_2, stranger
):
    for who in (reporter, reporter_2):
        oracle.post([token], [ETH], sender=who)
    last = chain.blocks.head.timestamp - 1
    chain.pending_timestamp = last + MAX_AGE
    oracle.refresh(token, sender=stranger)
    chain.pending_timestamp = last + MAX_AGE + 1
    chain.mine()
    assert oracle.price(token) == (ETH, False)


def test_refresh__price_not_valid__reverts(oracle, token, coin, reporter, stranger):
    oracle.post([token], [ETH], sender=reporter)  # one of a quorum of two
    for asset in (token, coin):
        with ape.reverts("oracle: price is not valid"):
            oracle.refresh(asset, sender=stranger)
