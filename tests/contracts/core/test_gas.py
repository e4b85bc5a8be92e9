"""What the core may cost: gas of the transactions liquidators race with, and code size.

The limits are the design's; recipients are warm, that is, hold some of what they receive.
"""

import pytest
from core_system import BTC, BTC_RATIOS, ETH, ETH_RATIOS, PERCENT, USD, WAD

from sim.units import MAX_UINT256

CODE_LIMIT = 24_576


@pytest.fixture
def three(create, build, borrower, liquidator):
    """Three collaterals, interest, two accounts; liquidator and Reserve hold some of each."""
    tokens = (
        create("MockToken", "Ether", "ETH", 18),
        create("MockToken", "Bitcoin", "BTC", 8),
        create("MockToken", "Other", "OTH", 18),
    )
    rate = (2 * PERCENT, 8 * PERCENT, 50 * PERCENT, 80 * PERCENT)
    system = build(tokens=tokens, ratios=(ETH_RATIOS, BTC_RATIOS, ETH_RATIOS), rate=rate)
    system.price(tokens[2], WAD)
    for token in tokens:
        for holder in (liquidator, system.reserve):
            token.mint(holder, 1, sender=system.owner)
    system.give_stable(liquidator, 1_000_000 * USD)
    system.stable.transfer(system.reserve, USD, sender=liquidator)
    return system


def owe(system, borrower, collaterals: int) -> int:
    account = system.account(borrower, system.eth, 10 * ETH)
    for token, amount in list(zip(system.tokens, (0, BTC // 100, ETH), strict=True))[1:collaterals]:
        system.give(borrower, token, amount)
        system.core.deposit(account, token, amount, sender=borrower)
    system.core.borrow(account, 12_000 * USD, borrower, sender=borrower)
    return account


@pytest.mark.parametrize(("collaterals", "limit"), [(1, 150_000), (3, 180_000)])
def test_gas__liquidate(three, borrower, liquidator, collaterals, limit, wait):
    account = owe(three, borrower, collaterals)
    three.price(three.eth, 1_300 * WAD)
    wait(12)
    receipt = three.core.liquidate(
        account, three.eth, 1_000 * USD, 0, liquidator, sender=liquidator
    )
    assert receipt.gas_used <= limit


def test_gas__liquidate_into_bad_debt(three, borrower, liquidator, wait):
    owe(three, borrower, 1)
    account = owe(three, borrower, 1)
    three.price(three.eth, 1_000 * WAD)
    wait(12)
    receipt = three.core.liquidate(
        account, three.eth, MAX_UINT256, 0, liquidator, sender=liquidator
    )
    assert len(receipt.decode_logs(three.core.BadDebtRealised)) == 1
    assert receipt.gas_used <= 200_000


def test_code_size__leaves_room(system, chain):
    """The limit is on what is deployed: the runtime code and the immutables after it."""
    deployed = chain.provider.get_code(system.core.address)
    assert len(deployed) <= CODE_LIMIT - 1_536
