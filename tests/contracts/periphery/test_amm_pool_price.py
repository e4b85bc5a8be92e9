"""spot_price, cumulative_price and the constructor."""

import ape
import pytest

from sim.units import WAD
from tests.contracts.periphery.reference import followed, nearly_followed, swap_out

FEE = 3 * WAD // 1000


@pytest.mark.parametrize(
    ("decimals0", "decimals1"), [(18, 18), (8, 18), (6, 18), (0, 18), (18, 6), (8, 0)]
)
def test_spot_price__of_whole_tokens_whatever_the_decimals(
    create, owner, trader, decimals0, decimals1
):
    tokens = [create("MockToken", "T", "T", decimals) for decimals in (decimals0, decimals1)]
    pool = create("AmmPool", *tokens, FEE)
    amounts = [4000 * 10**decimals0, 10_000_000 * 10**decimals1]
    for token, amount in zip(tokens, amounts, strict=True):
        token.mint(trader, amount, sender=owner)
        token.approve(pool, amount, sender=trader)
    pool.add_liquidity(*amounts, 0, trader, sender=trader)
    assert pool.spot_price() == 2500 * WAD


def test_spot_price__empty__is_zero(empty_pool):
    assert empty_pool.spot_price() == 0


def test_cumulative_price__empty__stays_zero(empty_pool, chain):
    chain.mine()
    assert empty_pool.cumulative_price() == (0, chain.blocks.head.timestamp)


@pytest.mark.parametrize("start", [(10**5, 10**9), (10**18, 10**13), (1000 * WAD, 2_000_000 * WAD)])
def test_cumulative_price__follows_the_spot_price_second_by_second(
    empty_pool, token, stable, chain, owner, start
):
    for paid in (token, stable):
        paid.mint(owner, 10**33, sender=owner)
        paid.approve(empty_pool, 10**33, sender=owner)
    pool = empty_pool
    pool.add_liquidity(*(1000 * part for part in start), 0, owner, sender=owner)
    total, since = pool.cumulative_price()
    price = nearly = spot = pool.spot_price()
    about = total
    for wait, sold, part in (
        (60, 0, 0.02), (1, 1, 0.1), (12, 1, 3), (1, 0, 2), (3, 0, 50), (300, 1, 1),
        (12, 1, 3000), (700, 0, 0.5), (900, 0, 0.001),
    ):  # fmt: skip
        chain.pending_timestamp = since + wait
        amount = int(pool.reserves()[sold] * part)
        pool.swap((token, stable)[sold], amount, 0, owner, sender=owner)
        more, price = followed(price, spot, wait)
        roughly, nearly = nearly_followed(nearly, spot, wait)
        total, about, since, spot = total + more, about + roughly, since + wait, pool.spot_price()
        assert pool.cumulative_price() == (total, since)
        assert total == pytest.approx(about, rel=1e-9)
    for wait in (5, 7, 600):
        chain.pending_timestamp = since + wait
        chain.mine()
        assert pool.cumulative_price() == (total + followed(price, spot, wait)[0], since + wait)


def test_cumulative_price__a_price_beyond_all__stops_where_it_still_fits(
    empty_pool, token, stable, chain, owner
):
    for paid in (token, stable):
        paid.mint(owner, 2**89, sender=owner)
        paid.approve(empty_pool, 2**89, sender=owner)
    empty_pool.add_liquidity(1, 2**88, 0, owner, sender=owner)
    begun = empty_pool.cumulative_price()
    chain.pending_timestamp = begun[1] + 10**9
    chain.mine()
    assert empty_pool.spot_price() > 2**88
    assert empty_pool.cumulative_price()[0] - begun[0] == (2**88 - 1) * 10**9


def test_cumulative_price__liquidity_counts_too(pool, chain, provider):
    begun = pool.cumulative_price()
    price = pool.spot_price()
    chain.pending_timestamp = begun[1] + 100
    pool.remove_liquidity(WAD, 0, 0, provider, sender=provider)
    assert pool.cumulative_price() == (begun[0] + 100 * price, begun[1] + 100)


def test_cumulative_price__swap_undone_at_once__leaves_no_trace(pool, token, stable, chain, trader):
    """A price that stood for no time weighs nothing."""
    node = chain.provider
    if node.name != "foundry":
        pytest.skip("two transactions in one block need anvil")
    before = pool.cumulative_price()
    spot = pool.spot_price()
    out = swap_out(500 * WAD, *pool.reserves(), FEE)
    with chain.isolate():
        node.auto_mine = False
        pending = [
            pool.swap.as_transaction(token, 500 * WAD, 0, trader, sender=trader, gas=300_000),
            pool.swap.as_transaction(stable, out, 0, trader, sender=trader, gas=300_000),
        ]
        pending[1].nonce = pending[0].nonce + 1
        for transaction in pending:
            signed = trader.sign_transaction(transaction)
            node.web3.eth.send_raw_transaction(signed.serialize_transaction())
        chain.pending_timestamp = before[1] + 12
        chain.mine()
        node.auto_mine = True
        assert len(chain.blocks.head.transactions) == 2
        assert pool.cumulative_price() == (before[0] + 12 * spot, before[1] + 12)
        assert pool.spot_price() != spot


def test_pool__of_one_token__is_refused(create, token):
    with ape.reverts("pool: tokens are the same"):
        create("AmmPool", token, token, FEE)


def test_pool__fee_of_everything__is_refused(create, token, stable):
    with ape.reverts("pool: fee out of range"):
        create("AmmPool", token, stable, WAD)


def test_pool__too_many_decimals__is_refused(create, token):
    odd = create("MockToken", "T", "T", 19)
    for pair in ((odd, token), (token, odd)):
        with ape.reverts("pool: more than 18 decimals"):
            create("AmmPool", *pair, FEE)


def test_pool__says_what_it_is_of(pool, token, stable):
    assert (pool.token0(), pool.token1(), pool.fee()) == (token, stable, FEE)
