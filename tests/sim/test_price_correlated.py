"""Several assets: what correlation is, when it rises, and that it is nothing where it is off."""

from __future__ import annotations

import math

import numpy as np
import pytest
from pydantic import ValidationError

from sim.errors import ScenarioError
from sim.price import simulate
from sim.price.correlated import growth, rho_of, simulate_all
from sim.scenario import (
    Anchored,
    Correlation,
    Garch,
    Gbm,
    Hawkes,
    Kou,
    Merton,
    OrnsteinUhlenbeck,
)
from sim.units import YEAR

DAY = np.arange(0, 86_401, 60.0)
ETHER, BITCOIN = Gbm(sigma=0.9), Gbm(start=8_000.0, sigma=0.6)
FALLING = Anchored(model="anchored", anchors=[(0, 200), (12, 200), (18, 120), (24, 120)], sigma=0.9)


def streams(count, seed=5):
    return [np.random.default_rng(each) for each in np.random.SeedSequence(seed).spawn(count)]


def draw(specs, correlation, paths=20, times=DAY):
    return simulate_all(specs, correlation, times, streams(len(specs)), paths)


def returns(prices):
    return np.diff(np.log(prices), axis=-1)


def correlation_of(one, other):
    return np.corrcoef(one.ravel(), other.ravel())[0, 1]


SPECS = [
    ETHER,
    Merton(model="merton"),
    Kou(model="kou"),
    Garch(model="garch"),
    Hawkes(model="hawkes"),
    FALLING,
]


@pytest.mark.parametrize("off", [Correlation(), Correlation(base=0.0, stress=0.0)])
def test_off__every_asset_is_drawn_as_if_alone(off):
    together = draw(SPECS, off)
    for spec, stream, prices in zip(SPECS, streams(len(SPECS)), together, strict=True):
        assert np.array_equal(prices, simulate(spec, DAY, stream, 20))


def test_first_asset__is_never_changed():
    on = draw([ETHER, BITCOIN], Correlation(base=0.8))
    assert np.array_equal(on[0], draw([ETHER, BITCOIN], Correlation())[0])
    assert not np.array_equal(on[1], draw([ETHER, BITCOIN], Correlation())[1])
    assert np.all(on[1, :, 0] == 8_000.0)


@pytest.mark.parametrize("rho", [0.3, 0.9])
@pytest.mark.parametrize(
    "spec",
    [BITCOIN, Merton(model="merton"), Kou(model="kou"), Hawkes(model="hawkes", branching=0.0)],
    ids=lambda spec: spec.model,
)
def test_base__is_the_correlation_and_the_volatility_stays_its_own(spec, rho):
    prices = draw([ETHER, spec], Correlation(base=rho), paths=400)
    moves = returns(prices)
    assert correlation_of(moves[0], moves[1]) == pytest.approx(rho, abs=0.01)
    _, variance = growth(spec)
    assert moves[1].std() == pytest.approx(math.sqrt(variance * 60 / YEAR), rel=0.03)


def test_expected_price__grows_by_the_drift_under_correlation_too():
    spec = Gbm(start=1.0, sigma=1.5, drift=0.3)
    last = draw([ETHER, spec], Correlation(base=0.7), paths=40_000, times=np.array([0, YEAR / 4]))
    last = last[1, :, -1]
    error = last.std() / math.sqrt(len(last))
    assert last.mean() == pytest.approx(math.exp(0.3 / 4), abs=3.5 * error)


@pytest.mark.parametrize("spec", SPECS[1:5], ids=lambda spec: spec.model)
def test_growth__is_the_mean_and_variance_of_the_log_price(spec):
    logs = np.log(simulate(spec, np.array([0.0, 600.0]), np.random.default_rng(8), 2_000_000))
    moves = logs[:, 1] - logs[:, 0]
    mean, variance = (figure * 600 / YEAR for figure in growth(spec))
    assert moves.mean() == pytest.approx(mean, abs=3.5 * moves.std() / math.sqrt(len(moves)))
    clustered = 1.15 if spec.model == "hawkes" else 1.0  # a cluster within the ten minutes
    assert moves.var() == pytest.approx(variance, rel=0.02 * clustered + clustered - 1)


def test_stress__correlation_rises_while_the_first_asset_is_down_and_not_before():
    terms = Correlation(base=0.2, stress=0.95, fall=0.1, window=7_200)
    first = draw([FALLING], terms)[0]
    rho = rho_of(terms, first, DAY)
    assert set(np.unique(rho)) == {0.2, 0.95}
    for path in range(3):
        for step in range(0, rho.shape[1], 7):
            highest = first[path, max(0, step - 120) : step + 1].max()
            assert (rho[path, step] == 0.95) == (first[path, step] <= 0.9 * highest)


def test_stress__measured_correlation__is_that_of_calm_and_of_stress():
    terms = Correlation(base=0.2, stress=0.95, fall=0.1, window=7_200)
    prices = draw([Gbm(sigma=4.0), BITCOIN], terms, paths=200)
    in_stress = rho_of(terms, prices[0], DAY) == 0.95
    moves = returns(prices)
    assert 0.02 < in_stress.mean() < 0.5
    for chosen, rho in ((in_stress, 0.95), (~in_stress, 0.2)):
        assert correlation_of(moves[0][chosen], moves[1][chosen]) == pytest.approx(rho, abs=0.01)


def test_anchored_fall_of_the_first__takes_the_others_along_by_their_beta():
    """Conditional mean of a correlated Brownian motion: rho sigma_2 / sigma_1 of the fall."""
    prices = draw([FALLING, BITCOIN], Correlation(base=0.9), paths=4_000)
    moved = np.log(prices[1, :, -1] / prices[1, :, 0])
    expected = 0.9 * 0.6 / 0.9 * math.log(120 / 200) - 0.6**2 / 2 / 365
    assert moved.mean() == pytest.approx(expected, abs=3.5 * moved.std() / math.sqrt(4_000))


def test_pegged_and_anchored__keep_to_their_own_path():
    specs = [ETHER, OrnsteinUhlenbeck(model="ou"), FALLING]
    assert np.array_equal(draw(specs, Correlation(base=0.9)), draw(specs, Correlation()))


@pytest.mark.parametrize(
    ("first", "what"),
    [(OrnsteinUhlenbeck(model="ou"), "pegged"), (Gbm(sigma=0.0), "volatility")],
)
def test_first_asset_that_cannot_lead__one_sentence(first, what):
    with pytest.raises(ScenarioError, match=f"^correlation: the first asset leads.*{what}"):
        draw([first, BITCOIN], Correlation(base=0.5))


def test_correlation__stress_below_base__refused():
    with pytest.raises(ValidationError, match=r"stress \(0.3\) must be at least base \(0.5\)"):
        Correlation(base=0.5, stress=0.3)
