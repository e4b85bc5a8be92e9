"""What is read of a position: values down, requirements up, ratios toward minus infinity."""

from __future__ import annotations

from sim.units import MAX_UINT256, WAD

from .system import (
    BITCOIN,
    BORROWER,
    DOLLAR,
    ETHER,
    PERCENT,
    System,
    levered,
)


def test_cross_margin__assets_of_three_decimals__one_position() -> None:
    """2 ether, 0.5 bitcoin and 1,000.5 dollars; values down, requirements up, per asset."""
    system = System(
        assets=(ETHER, BITCOIN, DOLLAR),
        prices=(2_000 * WAD + 1, 60_000 * WAD + 3, WAD - 7),
        penalty=("FixedPenalty", 5 * PERCENT),
    )
    amounts = (2 * WAD + 1, 50_000_001, 1_000_500_001)
    account = system.account(BORROWER, amounts, 10_000 * WAD)
    prices = (2_000 * WAD + 1, 60_000 * WAD + 3, WAD - 7)
    values = [
        amount * price // 10**asset.decimals
        for amount, price, asset in zip(amounts, prices, system.assets, strict=True)
    ]
    initial, maintenance, close_out = (
        sum(-(-v * getattr(a, kind) // WAD) for v, a in zip(values, system.assets, strict=True))
        for kind in ("initial", "maintenance", "close_out")
    )
    debt = 10_000 * WAD
    assert system.read(system.core.position, account) == (
        sum(values), debt, initial, maintenance, close_out, True,
    )  # fmt: skip
    assert system.read(system.core.requirements, account) == (initial, maintenance, close_out)
    assert system.read(system.core.equity, account) == sum(values) - debt
    buffer = sum(values) - debt - maintenance
    assert system.read(system.core.maintenance_buffer, account) == buffer
    health = (sum(values) - maintenance) * WAD // debt
    assert system.read(system.core.health_factor, account) == health
    ratio = WAD - -(-debt * WAD // sum(values))
    assert system.read(system.core.margin_ratio, account) == ratio
    # The middle asset leaves: the others are still counted.
    system.stables(BORROWER, debt)
    system.must(BORROWER, system.core.repay, account, debt)
    bitcoin = system.token(1)
    system.must(BORROWER, system.core.withdraw, account, bitcoin, 50_000_001, BORROWER)
    assert system.read(system.core.position, account)[0] == values[0] + values[2]
    system.price(1, 0, valid=False)
    assert system.read(system.core.position, account)[5] is True


def test_views__no_debt_and_no_value() -> None:
    system = System()
    account = system.account(BORROWER, [], 0)
    assert system.read(system.core.health_factor, account) == MAX_UINT256
    assert system.read(system.core.margin_ratio, account) == 0
    assert system.read(system.core.status, account) == 1
    assert system.read(system.core.position, account) == (0, 0, 0, 0, 0, True)


def test_margin_ratio__negative__toward_minus_infinity() -> None:
    """V 7,000, D 12,000: -5,000/7,000 = -0.714285...; and health is 5,600/12,000."""
    system, account = levered()
    system.price(0, 700 * WAD)
    assert system.read(system.core.margin_ratio, account) == -(5 * WAD // 7) - 1
    assert system.read(system.core.health_factor, account) == 5_600 * WAD // 12_000
    assert system.read(system.core.equity, account) == -5_000 * WAD
    assert system.read(system.core.maintenance_buffer, account) == -6_400 * WAD


def test_health__collateral_below_the_requirement__zero() -> None:
    """A margin model that asks for 20 cents whatever is held, and 10 ether are worth 10."""
    ratios = (30 * PERCENT, 20 * PERCENT, 15 * PERCENT, 15 * PERCENT)
    system, account = levered(margin=("MockMargin", *ratios))
    system.price(0, WAD // 100)
    assert system.read(system.core.requirements, account)[1] == 20 * PERCENT
    assert system.read(system.core.health_factor, account) == 0
