"""Price paths: shape, exactness at given points, distribution, what a seed decides."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sim.errors import DataError, ScenarioError
from sim.price import simulate
from sim.scenario import Anchored, Garch, Gbm, Hawkes, Kou, Merton, OrnsteinUhlenbeck
from sim.units import YEAR

DAY = np.arange(0, 86_401, 12.0)
MODELS = [
    Gbm(start=150.0, sigma=0.9),
    Merton(model="merton", start=150.0),
    Kou(model="kou", start=150.0),
    Garch(model="garch", start=150.0),
    Hawkes(model="hawkes", start=150.0),
    OrnsteinUhlenbeck(model="ou", start=150.0, level=140.0, sigma=0.5),
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
@pytest.mark.parametrize(
    "spec",
    [
        Gbm(start=1.0),
        Merton(model="merton", start=1.0),
        Kou(model="kou", start=1.0),
        Garch(model="garch", start=1.0, sigma=1.5, step=86_400),
        Hawkes(model="hawkes", start=1.0, jumps=200.0, decay=20_000.0),
    ],
    ids=lambda spec: spec.model,
)
def test_drift__is_that_of_the_expected_price(spec, drift):
    """Jumps are compensated for, clusters too, so that all are martingales at drift 0."""
    month = np.linspace(0, YEAR / 12, 5)
    last = draw(spec.model_copy(update={"drift": drift}), month, paths=200_000)[:, -1]
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
        Gbm(sigma=100.0),
        Gbm(drift=1e300),
        Merton(model="merton", jumps=1e15, jump_mean=10.0),
        Kou(model="kou", jumps=1e15),
        Hawkes(model="hawkes", jumps=1e5, jump_mean=10.0),
        Garch(model="garch", sigma=100.0),
        OrnsteinUhlenbeck(model="ou", level=1e-15, half_life_hours=1.0),
        Anchored(model="anchored", anchors=[(0, 1e-15), (YEAR, 1.0)]),
    ],
)
def test_simulate__parameters_of_no_market__named_not_nan(spec):
    with pytest.raises(ScenarioError, match=r"^price: the model '\w+' comes to \S+ USD in block"):
        draw(spec, np.arange(0, YEAR, 3_600.0))


def test_merton__no_jumps__is_the_diffusion():
    jumpless = Merton(model="merton", sigma=0.9, jumps=0)
    assert np.array_equal(draw(jumpless, seed=3), draw(Gbm(sigma=0.9), seed=3))


def test_kou__one_jump__is_up_with_its_share_and_exponential():
    """A step with at most one jump and no diffusion: sizes of either sign have their mean and
    as large a standard deviation."""
    spec = Kou(model="kou", start=1.0, sigma=0.0, jumps=100.0, up_share=0.3)
    paths = draw(spec, np.array([0.0, 3_600.0]), paths=1_000_000)
    moves = np.log(paths[:, 1] / paths[:, 0])
    calm = np.median(moves)
    jumps = moves[np.abs(moves - calm) > 1e-9] - calm
    up, down = jumps[jumps > 0], -jumps[jumps < 0]
    assert len(jumps) / len(moves) == pytest.approx(100 * 3_600 / YEAR, rel=0.03)
    assert len(up) / len(jumps) == pytest.approx(0.3, abs=0.02)
    for sizes, mean in ((up, spec.up_mean), (down, spec.down_mean)):
        assert sizes.mean() == pytest.approx(mean, rel=0.05)
        assert sizes.std() == pytest.approx(mean, rel=0.06)


def test_garch__a_large_move__raises_the_variance_of_the_next_period():
    """h' = omega + alpha e^2 + beta h, with e^2 from the path itself, seen every five minutes."""
    spec = Garch(model="garch", start=1.0, sigma=1.0, alpha=0.3, beta=0.5)
    paths = draw(spec, np.arange(0, 7_201, 300.0), paths=200_000)
    moves = np.diff(np.log(paths))
    long_run = 3_600 / YEAR
    first = moves[:, :12].sum(axis=1) + long_run / 2
    foreseen = 0.2 * long_run + 0.3 * first**2 + 0.5 * long_run
    surprise = (moves[:, 12:].sum(axis=1) + foreseen / 2) / np.sqrt(foreseen)
    for group in np.array_split(np.argsort(foreseen), 5):
        assert surprise[group].std() == pytest.approx(1.0, rel=0.02)
    assert moves[:, :12].std() == pytest.approx(math.sqrt(long_run / 12), rel=0.01)


def test_garch__watched_at_odd_times__is_the_same_process():
    spec = Garch(model="garch", start=1.0, sigma=1.0, alpha=0.2, beta=0.7)
    times = np.array([0.0, 1.0, 3_599.0, 3_601.0, 20_000.0, 36_000.0])
    steps = np.diff(np.log(draw(spec, times, paths=200_000)), axis=1)
    assert steps.std(axis=0) == pytest.approx(np.sqrt(np.diff(times) / YEAR), rel=0.02)


def test_hawkes__no_branching__is_merton():
    """The same law: four moments of a day's returns, within their errors."""
    terms = {"start": 1.0, "sigma": 0.5, "jumps": 1_000.0, "jump_mean": -0.01, "jump_sd": 0.02}
    day = np.array([0.0, 86_400.0])
    alone = draw(Hawkes(model="hawkes", branching=0.0, **terms), day, paths=200_000)
    poisson = draw(Merton(model="merton", **terms), day, seed=2, paths=200_000)
    one, other = (np.log(paths[:, 1]) for paths in (alone, poisson))
    for power in (1, 2, 3, 4):
        error = math.hypot((one**power).std(), (other**power).std()) / math.sqrt(200_000)
        assert (one**power).mean() == pytest.approx((other**power).mean(), abs=3.5 * error)


def test_hawkes__jumps_cluster__a_step_with_a_jump_is_followed_by_one():
    spec = Hawkes(model="hawkes", start=1.0, sigma=0.0, branching=0.7, decay=600.0)
    steps = np.diff(np.log(draw(spec, np.arange(0, 86_401, 300.0), paths=2_000)), axis=1)
    jumped = np.abs(steps) > 1e-3
    after = jumped[:, 1:][jumped[:, :-1]].mean()
    assert after > 3 * jumped.mean()


def test_ou__deviation_halves_in_its_half_life_and_settles_to_its_spread():
    """E[x_t] = x_0 2^(-t/half life); variance sigma^2 / (2 kappa) (1 - e^(-2 kappa t))."""
    spec = OrnsteinUhlenbeck(model="ou", start=0.9, half_life_hours=6.0, sigma=0.3)
    times = np.array([0.0, 6 * 3_600, 12 * 3_600, 400 * 3_600])
    logs = np.log(draw(spec, times, paths=200_000))
    mean = math.log(0.9) * np.array([1, 0.5, 0.25, 0])
    assert logs.mean(axis=0) == pytest.approx(mean, abs=0.0001)
    speed = math.log(2) * YEAR / (6 * 3_600)
    variance = 0.3**2 / (2 * speed) * -np.expm1(-2 * speed * times / YEAR)
    assert logs.std(axis=0)[1:] == pytest.approx(np.sqrt(variance)[1:], rel=0.01)
