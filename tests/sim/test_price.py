"""Price paths: shape, exactness at given points, distribution, what a seed decides."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sim.errors import DataError, ScenarioError
from sim.price import simulate
from sim.scenario import Anchored, Gbm, Merton
from sim.units import YEAR

DAY = np.arange(0, 86_401, 12.0)
MODELS = [
    Gbm(start=150.0, sigma=0.9),
    Merton(model="merton", start=150.0),
    Anchored(model="anchored", anchors=[(0, 150.0), (24, 90.0)]),
]


def draw(spec, times=DAY, seed=1, paths=1):
    return simulate(spec, times, np.random.default_rng(seed), paths)


@pytest.mark.parametrize("spec", MODELS, ids=lambda spec: spec.model)
def test_simulate__any_model__starts_at_its_price_and_stays_positive(spec):
    prices = draw(spec, paths=3)
    assert prices.shape == (3, len(DAY))
    assert np.all(prices[:, 0] == 150.0)
    assert np.all(prices > 0)
    assert not np.array_equal(prices[0], prices[1])


@pytest.mark.parametrize("spec", MODELS, ids=lambda spec: spec.model)
def test_simulate__same_seed__same_path(spec):
    assert np.array_equal(draw(spec, seed=7), draw(spec, seed=7))
    assert not np.array_equal(draw(spec, seed=7), draw(spec, seed=8))


@pytest.mark.parametrize("times", [[], [12.0, 24.0], [0.0, 24.0, 24.0], [0.0, 24.0, 12.0]])
def test_simulate__times_that_do_not_rise_from_0__refused(times):
    with pytest.raises(ValueError, match="rise from 0"):
        draw(Gbm(), np.array(times))


def test_simulate__block_0_alone__is_the_start():
    assert draw(Gbm(start=42.0), np.array([0.0])).tolist() == [[42.0]]


def test_gbm__no_volatility__is_compound_growth():
    year = np.array([0.0, YEAR / 2, YEAR])
    prices = draw(Gbm(start=100.0, drift=0.2, sigma=0.0), year)[0]
    assert prices == pytest.approx([100.0, 100 * math.exp(0.1), 100 * math.exp(0.2)], rel=1e-12)


@pytest.mark.parametrize("drift", [0.0, 0.5])
@pytest.mark.parametrize("model", [Gbm, Merton])
def test_drift__is_that_of_the_expected_price(model, drift):
    """Merton's is compensated for its jumps, so that both are martingales at drift 0."""
    spec = model(model="gbm" if model is Gbm else "merton", start=1.0, drift=drift)
    month = np.linspace(0, YEAR / 12, 5)
    last = draw(spec, month, paths=400_000)[:, -1]
    error = last.std() / math.sqrt(len(last))
    assert last.mean() == pytest.approx(math.exp(drift / 12), abs=3.5 * error)


def test_gbm__uneven_steps__volatility_follows_elapsed_time():
    times = np.array([0.0, 60.0, 3_660.0])
    steps = np.diff(np.log(draw(Gbm(sigma=2.0), times, paths=200_000)), axis=1)
    expected = 2.0 * np.sqrt(np.diff(times) / YEAR)
    assert steps.std(axis=0) == pytest.approx(expected, rel=0.01)
    assert abs(np.corrcoef(steps.T)[0, 1]) < 0.01


def test_anchored__every_path__exact_at_every_anchor():
    anchors = [(0, 194.61), (0.4, 195.55), (10.7, 125.1), (23.7, 101.2), (24, 107.82)]
    prices = draw(Anchored(model="anchored", anchors=anchors, sigma=5.0), paths=20)
    for hour, price in anchors:
        assert np.all(prices[:, round(hour * 300)] == price)


def test_anchored__between_anchors__is_a_brownian_bridge():
    """At a share w of a stretch T the log price has variance sigma^2 T w (1 - w)."""
    spec = Anchored(model="anchored", anchors=[(0, 100.0), (2, 200.0), (3, 50.0)], sigma=3.0)
    times = np.array([0.0, 1_800.0, 3_600.0, 9_000.0])
    logs = np.log(draw(spec, times, paths=200_000))
    mean = np.log([100.0, 100 * 2**0.25, 100 * 2**0.5, 100.0])
    share, stretch = np.array([0.25, 0.5, 0.5]), np.array([2, 2, 1]) * 3_600 / YEAR
    sd = 3.0 * np.sqrt(stretch * share * (1 - share))
    assert logs.mean(axis=0) == pytest.approx(mean, abs=0.0005)
    assert logs.std(axis=0)[1:] == pytest.approx(sd, rel=0.01)
    assert np.corrcoef(logs[:, 1], logs[:, 2])[0, 1] == pytest.approx((1 / 3) ** 0.5, abs=0.01)


def test_anchored__anchor_between_two_blocks__still_holds_the_path():
    spec = Anchored(model="anchored", anchors=[(0, 100.0), (1 / 600, 50.0), (1, 100.0)], sigma=0.0)
    assert draw(spec, np.array([0.0, 12.0, 3_600.0]))[0] == pytest.approx([100, 50.08, 100], 1e-3)


def test_anchored__run_beyond_the_last_anchor__says_how_many_blocks_fit():
    spec = Anchored(model="anchored", anchors=[(0, 100.0), (1, 90.0)])
    assert draw(spec, DAY[:301]).shape == (1, 301)
    with pytest.raises(DataError, match=r"hour 1, which is enough for 300 blocks.*has 301"):
        draw(spec, DAY[:302])


@pytest.mark.parametrize(
    "spec",
    [
        Gbm(sigma=1e6),
        Gbm(sigma=1e15),
        Gbm(drift=1e300),
        Merton(model="merton", jumps=1e15, jump_mean=10.0),
        Anchored(model="anchored", anchors=[(0, 1e-15), (24, 1.0)]),
    ],
)
def test_simulate__parameters_of_no_market__named_not_nan(spec):
    with pytest.raises(ScenarioError, match=r"^price: the model '\w+' comes to \S+ USD in block"):
        draw(spec)
