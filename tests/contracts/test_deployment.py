"""The whole protocol as `sim.protocol.deploy` puts it on a node, driven through Ape."""

from types import SimpleNamespace

import ape
import pytest
from eth_utils import to_checksum_address

from sim.chain.node import NodeEngine
from sim.chain.rpc import Connection
from sim.protocol.abi import Contract
from sim.protocol.deploy import deploy
from sim.scenario import Asset, Scenario
from sim.units import MAX_UINT256, WAD
from tests.contracts.conftest import container, mine_each_transaction

SCENARIO = Scenario(name="deployment", assets=[Asset(), Asset(symbol="BTC", decimals=8)])
PRICES = [2000 * WAD, 30_000 * WAD]


@pytest.fixture(scope="module")
def system(chain):
    """Ape instances of the deployed contracts, by role; reporters are impersonated."""
    provider = chain.provider
    if "anvil" not in provider.client_version:
        pytest.skip("deploying from made-up senders needs anvil")
    provider.make_request("evm_setAutomine", [False])
    provider.make_request("anvil_autoImpersonateAccount", [True])
    with NodeEngine(Connection(provider.http_uri)) as engine:
        deployed, _ = deploy(engine, SCENARIO, [price / WAD for price in PRICES])
        for reporter in deployed.reporters:
            engine.set_balance(reporter, 10**24)
    mine_each_transaction(provider)

    def instance(contract):
        return container(contract.name).at(to_checksum_address(contract.address))

    roles = {k: instance(v) for k, v in vars(deployed).items() if isinstance(v, Contract)}
    return SimpleNamespace(
        **roles,
        tokens=[instance(token) for token in deployed.tokens],
        pools=[instance(pool) for pool in deployed.pools],
        reporters=[ape.accounts[to_checksum_address(r)] for r in deployed.reporters],
    )


def report(system, prices):
    for reporter in system.reporters:
        system.oracle.post(system.tokens, prices, sender=reporter)


def test_books_balance(system):
    """Supply + unminted = total debt + peg-minted + bad debt."""
    totals = system.core.totals()
    owed = totals.debt + system.peg.minted() + totals.bad_debt
    assert system.stable.totalSupply() + totals.unminted == owed > 0


def test_parts_know_each_other(system):
    assert system.stable.is_minter(system.core)
    assert system.stable.is_minter(system.peg)
    assert system.reserve.core() == system.core
    assert system.core.assets() == system.tokens
    assert system.oracle.reporters() == system.reporters
    for pool, token, price in zip(system.pools, system.tokens, PRICES, strict=True):
        assert (pool.token0(), pool.token1()) == (token, system.stable)
        assert pool.spot_price() == pytest.approx(price, rel=1e-9)


def test_prices__need_reports(system):
    assert [system.oracle.price(token) for token in system.tokens] == [(0, False)] * 2
    report(system, PRICES)
    assert [system.oracle.price(token) for token in system.tokens] == [(p, True) for p in PRICES]


def test_life_of_an_account__borrowed_fallen_liquidated(system, borrower, liquidator):
    report(system, PRICES)
    ether, bitcoin = system.tokens
    for token, amount in ((ether, 10 * WAD), (bitcoin, 10**8)):
        token.mint(borrower, amount, sender=borrower)
        token.approve(system.core, MAX_UINT256, sender=borrower)
    system.core.open(sender=borrower)
    system.core.deposit(1, ether, 10 * WAD, sender=borrower)
    system.core.deposit(1, bitcoin, 10**8, sender=borrower)
    system.core.borrow(1, system.core.max_borrow(1), borrower, sender=borrower)
    assert system.core.status(1) == 1

    system.coin.mint(liquidator, 10**12, sender=liquidator)
    system.coin.approve(system.peg, MAX_UINT256, sender=liquidator)
    system.peg.mint(10**12, 0, liquidator, sender=liquidator)
    system.stable.approve(system.core, MAX_UINT256, sender=liquidator)

    report(system, [price * 85 // 100 for price in PRICES])
    assert system.core.status(1) == 4
    before = system.core.maintenance_buffer(1)
    system.core.liquidate(1, ether, 5000 * WAD, 0, liquidator, sender=liquidator)
    assert system.core.maintenance_buffer(1) > before
    assert ether.balanceOf(liquidator) > 0
    assert ether.balanceOf(system.reserve) > 0
    test_books_balance(system)
