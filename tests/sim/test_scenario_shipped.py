"""The shipped scenarios are what they say they are."""

from __future__ import annotations

import numpy as np
import pytest

from sim.errors import DataError
from sim.mempool.fees import Background
from sim.model import price_paths
from sim.price import simulate
from sim.scenario import load, names
from sim.units import YEAR

HOUR = 300
"""Blocks of 12 s."""


def paths(name, blocks, count=1, seed=1):
    spec = load(name)
    times = np.arange(blocks + 1) * float(spec.run.block_seconds)
    return simulate(spec.price, times, np.random.default_rng(seed), count)


def test_names__are_those_shipped():
    assert names() == [
        "bank-run", "black-thursday", "calm", "cascade", "contagion", "correction",
        "correlated-crash", "depeg", "flash-crash", "gas-spike", "incentives", "margin-regimes",
        "oracle-outage", "protocols", "replay", "severity", "stressed", "thin-liquidity",
        "toxic-spiral", "whale",
    ]  # fmt: skip


@pytest.mark.parametrize("name", names())
def test_shipped__asks_one_question_and_is_named_after_its_file(name):
    found = load(name)
    assert found.name == name
    assert found.question.endswith("?")
    assert found.question.count("?") == 1


@pytest.mark.parametrize("name", [name for name in names() if name != "replay"])
def test_shipped__its_price__lasts_as_long_as_its_run(name):
    assert paths(name, load(name).run.blocks).shape == (1, load(name).run.blocks + 1)


def test_replay__no_file_given__one_sentence():
    with pytest.raises(DataError, match=r"^price\.file is empty; name the CSV"):
        paths("replay", 1)


def test_replay__file_given__is_replayed(tmp_path):
    path = tmp_path / "prices.csv"
    path.write_text("time,price\n0,100\n60,50\n")
    spec = load("replay", [f"price.file={path}"])
    assert simulate(spec.price, np.array([0.0, 60.0]), np.random.default_rng(1))[0] == (
        pytest.approx([100, 50])
    )


# Hourly figures of Binance's ETH/USDT, 12 and 13 March 2020, UTC.


@pytest.fixture(scope="module")
def two_days():
    return paths("black-thursday", 14_400, count=100)


def test_black_thursday__figures_of_the_12th(two_days):
    day = two_days[:, : 24 * HOUR + 1]
    assert np.all(day[:, 0] == 194.61)
    assert np.all(day[:, -1] == 107.82)
    assert day.max(axis=1) == pytest.approx(195.55, rel=0.04)
    assert np.median(day.max(axis=1)) == pytest.approx(195.55, rel=0.02)
    assert day.min(axis=1) == pytest.approx(101.20, rel=0.015)
    assert np.all(day.argmin(axis=1) >= 23 * HOUR)


def test_black_thursday__figures_of_the_13th(two_days):
    assert np.all(two_days[:, -1] == 134.06)
    assert two_days.min(axis=1) == pytest.approx(86.00, rel=0.015)
    low = two_days.argmin(axis=1)
    assert np.all((low >= 26 * HOUR) & (low <= 27 * HOUR))


def test_black_thursday__the_hour_from_10_to_11__is_the_worst(two_days):
    closes = two_days[:, ::HOUR]
    assert np.all(closes[:, 10] == 167.97)
    assert np.all(closes[:, 11] == 132.91)
    assert np.all((closes[:, 1:] / closes[:, :-1] - 1).argmin(axis=1) == 10)


@pytest.mark.parametrize(("hours", "fall"), [(1, -0.209), (4, -0.262), (24, -0.478)])
def test_black_thursday__worst_close_to_close(two_days, hours, fall):
    closes = two_days[:, ::HOUR]
    worst = (closes[:, hours:] / closes[:, :-hours] - 1).min(axis=1)
    assert np.median(worst) == pytest.approx(fall, abs=0.005)
    assert worst == pytest.approx(fall, abs=0.05)


def test_black_thursday__gas__from_13_to_200_gwei_at_both_falls():
    background = Background(load("black-thursday").gas, np.random.default_rng(1))
    level = np.array([background.level(block * 12) for block in range(14_401)])
    assert level[0] == 13
    assert level.max() == 200
    morning, evening = level[10 * HOUR : 11 * HOUR], level[23 * HOUR : 25 * HOUR]
    assert morning.max() == pytest.approx(200, abs=5)
    assert evening.max() == pytest.approx(200, abs=5)
    assert 70 < level[: 24 * HOUR].mean() < 90


@pytest.mark.parametrize(("name", "sigma"), [("calm", 0.72), ("stressed", 1.79)])
def test_calm_and_stressed__volatility_of_the_calibration(name, sigma):
    """Merton's for calm and stress: .72 and 1.79 a year, all jumps included."""
    returns = np.diff(np.log(paths(name, 7_200, count=200)), axis=1)
    assert returns.std() * np.sqrt(YEAR / 12) == pytest.approx(sigma, rel=0.03)


def test_flash_crash__falls_40_percent_in_minutes_and_is_back_within_the_hour():
    price = paths("flash-crash", load("flash-crash").run.blocks)[0]
    low = int(price.argmin())
    before = price[: low + 1]
    last_high = low - int((before[::-1] >= 0.95 * price[0]).argmax())
    back = low + int((price[low:] >= 0.9 * price[0]).argmax())
    assert price[low] / price[0] == pytest.approx(0.6, abs=0.03)
    assert (low - last_high) * 12 <= 15 * 60
    assert 0 < (back - low) * 12 <= 3_600


def test_oracle_outage__reporters_are_silent_through_the_fall():
    """A quarter is lost between the first and the last hour of the silence."""
    spec = load("oracle-outage")
    price = paths("oracle-outage", spec.run.blocks)[0]
    first, last = (round(hour * HOUR) for hour in spec.oracle.outage)
    assert spec.oracle.silenced >= spec.oracle.reporters
    assert price[first : last + 1].min() / price[first] == pytest.approx(0.75, abs=0.03)


def test_correlated_crash__the_others_fall_with_ether_and_more_in_stress():
    """By the beta of each in stress, where ether loses 0.46 in the log: 0.78 and 1.2."""
    spec = load("correlated-crash")
    falls = {}
    for stress in (0.5, 0.95):
        terms = spec.model_copy(
            update={"correlation": spec.correlation.model_copy(update={"stress": stress})}
        )
        found = [price_paths(terms, np.random.SeedSequence(seed)) for seed in range(30)]
        falls[stress] = np.mean([path[:, -1] / path[:, 0] - 1 for path in found], axis=0)
    assert falls[0.95][0] == pytest.approx(107.82 / 171.61 - 1, abs=0.005)
    assert -0.40 < falls[0.95][1] < -0.22
    assert np.all(falls[0.95][1:] < falls[0.5][1:] - 0.08)
