"""Law 12: moments of the price processes, from the paths that the model runs on."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.stats import kurtosis

from sim.price import simulate
from sim.price.hawkes import jump_times
from sim.scenario import Garch, Hawkes, Kou, Merton, OrnsteinUhlenbeck, PriceModel
from sim.units import YEAR
from tests.validation.law import Check, Effort, law, mean

HOUR = 3_600 / YEAR
BATCHES = 50
"""Groups of paths; a figure that is no mean has the error of its spread over them."""
GROUPS = "groups of paths"


def hour_returns(spec: PriceModel, paths: int, seed: int) -> NDArray[np.float64]:
    prices = simulate(spec, np.array([0.0, 3_600.0]), np.random.default_rng(seed), paths)
    return np.log(prices[:, 1] / prices[:, 0])


def moments(name: str, returns: NDArray[np.float64], cumulants: tuple[float, float]) -> list[Check]:
    """Volatility a year and kurtosis from the second and the fourth cumulant of an hour."""
    second, fourth = cumulants
    groups = np.split(returns, BATCHES)
    return [
        mean(
            f"{name}, mean square a year",
            second / HOUR,
            [g.var() / HOUR for g in groups],
            of=GROUPS,
        ),
        mean(
            f"{name}, kurtosis of an hour",
            3 + fourth / second**2,
            [kurtosis(g, fisher=False) for g in groups],
            of=GROUPS,
        ),
    ]


@law(12, "Merton")
def test_merton__kurtosis(effort: Effort) -> Iterator[Check]:
    """Cumulants of a jump diffusion: variance s^2 t + n t E[J^2], fourth n t E[J^4]."""
    paths = effort.of(1_000_000, 20_000_000)
    for name, sigma, jumps, size, sd in (
        ("calm", 0.378, 2_617, 0.0001, 0.0120),
        ("stress", 0.834, 1_441, -0.0032, 0.0415),
    ):
        spec = Merton(model="merton", sigma=sigma, jumps=jumps, jump_mean=size, jump_sd=sd)
        fourth = size**4 + 6 * size**2 * sd**2 + 3 * sd**4
        cumulants = HOUR * (sigma**2 + jumps * (size**2 + sd**2)), HOUR * jumps * fourth
        yield from moments(name, hour_returns(spec, paths, 12), cumulants)


@law(12, "Kou")
def test_kou__kurtosis(effort: Effort) -> Iterator[Check]:
    """The same cumulants with E[J^k] = k! (p u^k + q (-d)^k)."""
    spec = Kou(model="kou")
    square = 2 * (spec.up_share * spec.up_mean**2 + (1 - spec.up_share) * spec.down_mean**2)
    fourth = 24 * (spec.up_share * spec.up_mean**4 + (1 - spec.up_share) * spec.down_mean**4)
    cumulants = HOUR * (spec.sigma**2 + spec.jumps * square), HOUR * spec.jumps * fourth
    returns = hour_returns(spec, effort.of(1_000_000, 20_000_000), 13)
    yield from moments("stress", returns, cumulants)


@law(12, "GARCH(1,1)")
def test_garch__kurtosis(effort: Effort) -> Iterator[Check]:
    """3 (1 - p^2) / (1 - p^2 - 2 a^2) with p = a + b, of a period in the long run."""
    paths, periods = effort.of(400_000, 8_000_000), 60
    spec = Garch(model="garch", start=1.0, sigma=0.75, alpha=0.15, beta=0.7)
    p = spec.alpha + spec.beta
    expected = 3 * (1 - p**2) / (1 - p**2 - 2 * spec.alpha**2)
    times = np.arange(periods + 1) * float(spec.step)
    stream = np.random.default_rng(14)
    variances, kurtoses = [], []
    for _ in range(BATCHES):
        # What is left of the first period's variance is p^60, less than one part in 10,000.
        prices = simulate(spec, times, stream, paths // BATCHES)[:, -2:]
        returns = np.log(prices[:, 1] / prices[:, 0])
        variances.append(returns.var() / HOUR)
        kurtoses.append(kurtosis(returns, fisher=False))
    yield mean("mean square a year", spec.sigma**2, variances, of=GROUPS)
    yield mean("kurtosis of a period", expected, kurtoses, of=GROUPS)


@law(12, "Hawkes")
def test_hawkes__mean_rate_and_fano_factor(effort: Effort) -> Iterator[Check]:
    """Mean rate mu / (1 - n). Fano factor of a window T: 1 / (1 - n)^2 less what the window cuts
    off, (1 / (1 - n)^2 - 1) (1 - e^(-gT)) / (gT) with g = (1 - n) / decay (Da Fonseca & Zaatour
    2014, "Hawkes process: fast calibration, application to trade clustering")."""
    groups, paths = effort.of(40, 400), 2_000
    spec = Hawkes(model="hawkes", jumps=5_000, branching=0.6, decay=600.0)
    n, stream = spec.branching, np.random.default_rng(15)
    limit = 1 / (1 - n) ** 2
    for name, window in (("an hour", 3_600.0), ("a week", 7 * 86_400.0)):
        rates, fanos = [], []
        for _ in range(groups if window < 86_400 else groups // 10):
            path, at = jump_times(spec, window, stream, paths)
            counts = np.bincount(path[at > 0], minlength=paths)
            rates.append(counts.mean() / (window / YEAR))
            fanos.append(counts.var(ddof=1) / counts.mean())
        g = (1 - n) / spec.decay * window
        fano = limit + (1 - limit) * -math.expm1(-g) / g
        yield mean(f"jumps a year, over {name}", spec.jumps / (1 - n), rates, of=GROUPS)
        yield mean(f"Fano factor of {name}, {limit:g} in the limit", fano, fanos, of=GROUPS)


@law(12, "Ornstein-Uhlenbeck")
def test_ou__long_run_spread(effort: Effort) -> Iterator[Check]:
    """Variance sigma^2 / (2 kappa) about the level, kappa = ln 2 / half life."""
    spec = OrnsteinUhlenbeck(model="ou", half_life_hours=6.0, sigma=0.3)
    times = np.array([0.0, 400 * 3_600.0])
    prices = simulate(spec, times, np.random.default_rng(16), effort.of(100_000, 2_000_000))
    speed = math.log(2) * YEAR / (6 * 3_600)
    deviations = np.log(prices[:, 1])
    yield mean("mean square deviation", spec.sigma**2 / (2 * speed), deviations**2)
    yield mean("mean deviation", 0.0, deviations)
