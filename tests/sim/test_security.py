"""What an attack on the oracle's pool costs and brings, held against the chain."""

from __future__ import annotations

import pytest
from rich.console import Console

from sim.chain import in_process
from sim.errors import UsageError
from sim.experiments.security import Security, security
from sim.report.security import table

SHORT = ("traders.count=20", "oracle.period=600")


@pytest.fixture(scope="module")
def found() -> Security:
    return security("flash-crash", SHORT, [2e5, 2e6, 2e9], in_process())


def test_spot__what_was_reckoned_is_what_was_earned_on_chain(found: Security) -> None:
    for row in found.depths.itertuples():
        assert row.measured_usd == pytest.approx(row.profit_usd, rel=1e-3, abs=1.0)
    assert (found.depths["measured_usd"].iloc[:2] > 0).all()


def test_spot__cost_is_proportional_to_depth_at_the_same_push(found: Security) -> None:
    shallow, deep = found.depths.iloc[0], found.depths.iloc[1]
    assert shallow["push"] == deep["push"]
    assert deep["cost_usd"] == pytest.approx(10 * shallow["cost_usd"], rel=1e-6)


def test_average__costs_more_than_spot_and_does_not_pay_where_that_still_does(
    found: Security,
) -> None:
    assert 0 < found.average_break_even < found.spot_break_even / 100
    row = found.depths.iloc[1]
    assert row["depth_usd"] > found.average_break_even
    assert row["hold_profit_usd"] < 0 < row["measured_usd"]


def test_break_even__beyond_it_no_attack_pays() -> None:
    usual = security("flash-crash", SHORT, [1e6], in_process())
    beyond = security("flash-crash", SHORT, [1.01 * usual.spot_break_even], in_process())
    assert beyond.depths["measured_usd"].iloc[0] < 0


def test_security__no_pool__is_one_sentence() -> None:
    with pytest.raises(UsageError, match="ETH has no pool"):
        security("flash-crash", ("assets.0.pool_depth=0",))


def test_table__every_depth_and_both_break_even_depths(found: Security) -> None:
    console = Console(width=160, record=True)
    shown = table(found.depths, found.spot_break_even, found.average_break_even, found.window)
    console.print(shown)
    text = console.export_text()
    assert "2,000,000.0" in text
    assert f"{found.average_break_even:,.0f}" in text
