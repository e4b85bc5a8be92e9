"""Reporters that fall silent or lie: what the core's price then is, and how it is measured."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from pydantic import ValidationError

from sim.metrics.oracle import oracle
from sim.model import StressModel
from sim.scenario import Oracle
from tests.sim.runs import STILL, finish, model, scenario

MINUTE = 1 / 60
"""Hours."""
FALLING = {"model": "anchored", "anchors": [[0, 200], [1, 160]], "sigma": 0.0}
QUICK = {"heartbeat": 60, "max_age": 120, "latency_blocks": 0}


def run(blocks: int = 60, **terms: Any) -> StressModel:
    """A price that falls by 10 USD in a quarter of an hour, and nobody but reporters."""
    spec = scenario(
        STILL, run={"blocks": blocks}, price=FALLING, traders={"count": 0},
        liquidators={"count": 0}, oracle={**QUICK, **terms},
    )  # fmt: skip
    with model(spec) as running:
        return finish(running)


def prices(**terms: Any) -> pd.DataFrame:
    return run(**terms).tables()["prices"]


def test_outage__price_stays_goes_stale_and_comes_back() -> None:
    table = prices(outage=(2 * MINUTE, 7 * MINUTE)).set_index("time_s")
    out = table.loc[120:419]
    assert out["oracle"].nunique() == 1
    assert out["oracle"].iloc[0] == pytest.approx(200, rel=0.01)
    last_valid = out.loc[out["valid"]].index.max()
    assert 120 - QUICK["heartbeat"] <= last_valid - QUICK["max_age"] < 120  # the last report's age
    assert table.loc[432:, "valid"].all()
    assert table.loc[432:, "oracle"].to_numpy() == pytest.approx(
        table.loc[432:, "outside"].to_numpy(), rel=0.006
    )


def test_outage__of_a_minority__is_not_seen() -> None:
    table = prices(outage=(2 * MINUTE, 7 * MINUTE), silenced=1)
    assert table["valid"].all()
    assert (table["oracle"] / table["outside"] - 1).abs().max() < 0.006


def test_liar__a_minority__does_not_move_the_median_beyond_the_honest() -> None:
    table = prices(liars=1, lie_factor=0.5)
    assert (table["oracle"] / table["outside"] - 1).abs().max() < 0.006


def test_liars__a_majority__set_the_price_as_fast_as_the_guard_lets_them() -> None:
    """Each post may move it by a quarter at most, and is not valid until it is the median."""
    table = prices(liars=2, lie_factor=0.5, lie_from=2 * MINUTE).set_index("time_s")
    ratio = table["oracle"] / table["outside"]
    assert ratio.loc[:119].to_numpy() == pytest.approx(1, abs=0.006)
    assert ratio.iloc[-1] == pytest.approx(0.5, abs=0.006)
    steps = table["oracle"].pct_change().min()
    assert steps >= 0.75**2 - 1 - 0.01  # two liars may post in one block
    assert not table["valid"].all()


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({"outage": (5, 5)}, r"outage \(hour 5 to 5\) must end after it begins"),
        ({"liars": 4}, r"liars \(4\) must be at most reporters \(3\)"),
    ],
)
def test_oracle__faults_that_cannot_be__refused(terms: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Oracle(**terms)


def test_metrics__by_hand() -> None:
    """Two assets over four blocks; errors +1 %, 0, -2 %, +3 % and four of 0."""
    table = pd.DataFrame(
        {
            "block": [1, 1, 2, 2, 3, 3, 4, 4],
            "asset": ["A", "B"] * 4,
            "outside": [100.0] * 8,
            "oracle": [101.0, 100.0, 100.0, 100.0, 98.0, 100.0, 103.0, 100.0],
            "valid": [True, True, False, True, True, False, True, True],
        }
    )
    assert oracle(table) == {
        "error_mean_bp": pytest.approx(150),
        "error_worst_bp": pytest.approx(300),
        "too_high_worst_bp": pytest.approx(300),
        "stale_share": 0.5,
        "stale_longest_blocks": 2,
    }
    assert oracle(table.assign(valid=True))["stale_longest_blocks"] == 0
    too_low = oracle(table.assign(oracle=99.0))
    assert too_low["error_worst_bp"] == pytest.approx(100)
    assert too_low["too_high_worst_bp"] == pytest.approx(-100)
