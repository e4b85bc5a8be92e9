"""Figures of cascades and of threshold proximity, against tables written by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from sim.metrics.cascade import cascade
from sim.metrics.proximity import clusters, density, proximity, reach
from sim.report.nearness import cascade_rows, draw_map, proximity_rows
from tests.sim import tables

# ------------------------------------------------------------------------------ cascade

PATH = [200.0, 180.0, 160.0, 170.0, 150.0]
"""Falls by a quarter at the end."""
SEEN = [200.0, 178.0, 140.0, 160.0, 150.0]
"""By 30 % in the third block, an eighth below its path."""


def venue(asset: str = "ETH", path: Any = PATH, seen: Any = SEEN) -> pd.DataFrame:
    rows = [
        (block, asset, p, o, 1e6 * block, 1_000.0, 0.0, 10.0)
        for block, (p, o) in enumerate(zip(path, seen, strict=True), start=1)
    ]
    return tables.table("venue", rows)


def prices(asset: str = "ETH", seen: Any = SEEN) -> pd.DataFrame:
    rows = [(n, 12.0 * n, asset, o, o, True, o) for n, o in enumerate(seen, start=1)]
    return tables.table("prices", rows)


def liquidated(*accounts: tuple[int, float, float], asset: str = "ETH") -> pd.DataFrame:
    """(block, liquidation price, repaid): the oracle's price of the block before over health."""
    rows = [
        {
            "block": block,
            "asset": asset,
            "health_before": SEEN[block - 2] / price,
            "repaid_usd": repaid,
        }
        for block, price, repaid in accounts
    ]
    return pd.DataFrame(rows, columns=["block", "asset", "health_before", "repaid_usd"])


def test_cascade__amplification__total_fall_over_the_shock():
    found = cascade(venue(), prices(), liquidated())
    assert found["assets"]["ETH"]["shock"] == pytest.approx(0.25)
    assert found["assets"]["ETH"]["fall"] == pytest.approx(0.30)
    assert found["amplification"] == pytest.approx(1.2)
    assert found["assets"]["ETH"]["largest_impact"] == pytest.approx(0.125)


def test_cascade__branching_ratio__part_that_the_path_never_reached():
    """The path's lowest is 150: 145 was triggered; 155 was early and would have come anyway."""
    found = cascade(venue(), prices(), liquidated((3, 145.0, 100.0), (3, 155.0, 300.0)))
    assert found["branching_ratio"] == pytest.approx(0.25)
    assert found["triggered_usd"] == 100


def test_cascade__path_was_low_just_before__the_oracle_was_late_and_it_is_the_shocks_own():
    path = [200.0, 140.0, 190.0, 190.0, 190.0]
    found = cascade(venue(path=path), prices(), liquidated((4, 141.0, 100.0)))
    assert found["branching_ratio"] == 0


def test_cascade__path_was_low_long_ago__that_is_no_cause():
    path, seen = [200.0, 140.0] + [190.0] * 400, [200.0] * 401 + [130.0]
    rows = liquidated((2, 141.0, 100.0)).assign(block=402, health_before=200 / 141)
    assert cascade(venue(path=path, seen=seen), prices(seen=seen), rows)["branching_ratio"] == 1


def test_cascade__nobody_liquidated__no_branching_ratio():
    assert cascade(venue(), prices(), liquidated())["branching_ratio"] is None


def test_cascade__venue_without_depth__nothing():
    assert cascade(tables.table("venue", []), prices(), liquidated()) is None


def test_cascade__another_collateral_pushed_below_its_path__is_spillover():
    still, pushed = [100.0] * 5, [100.0, 99.0, 96.0, 98.0, 99.0]
    both = pd.concat([venue(), venue("BTC", still, pushed)])
    quoted = pd.concat([prices(), prices("BTC", pushed)])
    found = cascade(both, quoted, liquidated((3, 145.0, 100.0)))
    assert found["spillover"] == pytest.approx(0.04)
    assert found["assets"]["BTC"]["amplification"] is None
    assert cascade(venue(), prices(), liquidated())["spillover"] is None


def test_cascade__rows__say_both_falls():
    found = cascade(venue(), prices(), liquidated((3, 145.0, 100.0)))
    text = " ".join(" ".join(row) for row in cascade_rows(found))
    assert "1.20" in text
    assert "falls 30.0%, undisturbed 25.0%" in text


# ---------------------------------------------------------------------------- proximity


def test_reach__debt_within_the_fall():
    rows = tables.table("proximity", tables.proximity())
    before = rows[rows["block"] == 0]
    assert reach(before, (0.05, 0.205, 0.3, 0.5)) == [0, 6_000, 9_000, 10_000]
    assert reach(rows[rows["block"] == 10], (0.0,)) == [500]


def test_clusters__two_piles__told_apart_and_together_all_debt():
    near, far = np.linspace(0.08, 0.12, 40), np.linspace(0.28, 0.36, 60)
    found = clusters(np.concatenate([near, far]), np.repeat([2.0, 1.0], [40, 60]))
    assert [round(one.peak, 2) for one in found] == pytest.approx([0.10, 0.32], abs=0.02)
    assert [one.debt_usd for one in found] == [80, 60]
    assert sum(one.share for one in found) == pytest.approx(1)
    assert found[0].nearest == pytest.approx(0.08)
    assert found[1].furthest == pytest.approx(0.36)


def test_clusters__within_a_bandwidth__are_one():
    assert len(clusters(np.array([0.20, 0.21]), np.array([1.0, 1.0]))) == 1


def test_clusters__order_of_accounts__does_not_matter():
    stream = np.random.default_rng(3)
    distance, debt = stream.uniform(-0.2, 0.8, 500), stream.lognormal(9, 1.5, 500)
    shuffled = stream.permutation(500)
    again = clusters(distance[shuffled], debt[shuffled])
    for one, other in zip(clusters(distance, debt), again, strict=True):
        assert one.debt_usd == pytest.approx(other.debt_usd)
        assert (one.nearest, one.furthest) == (other.nearest, other.furthest)


def test_clusters__no_debt__none():
    assert clusters(np.zeros(0), np.zeros(0)) == []


def test_density__integrates_to_the_debt():
    at, height = density(np.array([0.1, 0.3]), np.array([1_000.0, 3_000.0]))
    assert height.sum() * (at[1] - at[0]) == pytest.approx(4_000, rel=1e-6)


def test_proximity__summary__start_end_and_the_largest_pile():
    found = proximity(tables.table("proximity", tables.proximity()))
    assert found["start"]["reached_usd"] == {
        "5%": 0, "10%": 0, "20%": 0, "30%": 9_000, "50%": 10_000,
    }  # fmt: skip
    assert found["end"]["debt_usd"] == 500
    assert found["largest_cluster_share"] == pytest.approx(0.9)
    assert (found["largest_cluster_share_worst"], found["largest_cluster_worst_block"]) == (1, 10)


def test_proximity__nobody_has_debt__nothing():
    assert proximity(tables.table("proximity", [])) is None


def test_proximity__rows_and_map(tmp_path):
    rows = tables.table("proximity", tables.proximity())
    (fall, largest) = proximity_rows(proximity(rows))
    assert fall[1] == "0"
    assert largest[1] == "90.0%"
    assert "falls of 20% and 21%" in largest[2]
    draw_map(rows, tmp_path / "map.png", "A map")
    assert (tmp_path / "map.png").read_bytes().startswith(b"\x89PNG")
    draw_map(rows.iloc[:0], tmp_path / "none.png")
    assert not (tmp_path / "none.png").exists()
