"""Laws 1 and 2 on the contract: when an account that nobody touches falls below maintenance.

Its health is proportional to the price, so with a geometric Brownian motion the chance that it
is ever below is the reflection principle's where it is watched without a break; watched every
so often the barrier is lower by e^(-beta sigma sqrt(dt)), beta = -zeta(1/2) / sqrt(2 pi) (Broadie,
Glasserman & Kou 1997, "A continuity correction for discrete barrier options").

Between two posts the price crosses the barrier unseen with a chance that is known, exp(-2 log(a)
log(b) / (sigma^2 dt)), a and b the ends over the barrier. So every path says what a watch
without a break would have seen on average, the mean of which is known too, and the contract is
measured by its difference from that (a control variate: the same answer from a twentieth of
the paths).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from sim.price import simulate
from sim.scenario import Gbm
from sim.units import YEAR
from tests.validation.law import IS_NOT, Check, Effort, exact, law, mean
from tests.validation.static import ASSETS, START, StaticAccounts

BETA = 0.5825971579390106
DAY = 86_400


@dataclass(frozen=True)
class Case:
    name: str
    sigma: float
    seconds: int
    step: int
    healths: tuple[float, ...]

    @property
    def years(self) -> float:
        return self.seconds / YEAR

    def corrected(self, health: float, sign: int = 1) -> float:
        """The health whose continuous chance is the discrete one of `health`."""
        return health * math.exp(sign * BETA * self.sigma * math.sqrt(self.step / YEAR))


MONTH = Case("a month, hourly", 0.75, 30 * DAY, 3_600, (1.25,))
WILD = Case("a wild day, 5 min", 2.4458, DAY, 300, (1.1,))
COARSE = Case("a wild day, hourly", 2.4458, DAY, 3_600, (1.1, 1.2))

# Case, and its continuous and its corrected chance: golden values of the validation set.
GOLDEN = [
    (MONTH, 0.3336668729483957, 0.3232659279207717),
    (WILD, 0.4784354192252714, 0.45795234864261936),
]


def chance(health: float, sigma: float, years: float) -> float:
    """P(min of the price < start / health) for drift 0, watched without a break: law 1."""
    a, slope, spread = -math.log(health), -(sigma**2) / 2, sigma * math.sqrt(years)
    normal = NormalDist().cdf
    reflected = math.exp(2 * slope * a / sigma**2) * normal((a + slope * years) / spread)
    return normal((a - slope * years) / spread) + reflected


def seen_or_not(prices: NDArray[np.float64], case: Case, health: float) -> NDArray[np.float64]:
    """The chance of a crossing, seen or not, given the prices at the posts; one a path."""
    above = np.log(prices * health / START)
    variance = case.sigma**2 * case.step / YEAR
    between = np.exp(-2 * np.maximum(above[:, 1:] * above[:, :-1], 0.0) / variance)
    unseen = np.prod(1 - between, axis=1)
    return np.where((above > 0).all(axis=1), 1 - unseen, 1.0)


def measure(case: Case, paths: int) -> Iterator[Check]:
    accounts = StaticAccounts(case.healths)
    times = np.arange(0, case.seconds + 1, case.step, dtype=float)
    stream = np.random.default_rng(2020)
    seen, crossed = [], []
    for _ in range(paths // ASSETS):
        prices = simulate(Gbm(start=START, sigma=case.sigma), times, stream, ASSETS)
        seen.append(accounts.ever_below(prices, case.step))
        crossed.append(np.stack([seen_or_not(prices, case, h) for h in case.healths], axis=1))
    for i, health in enumerate(case.healths):
        below = np.concatenate(seen)[:, i].astype(float)
        control = np.concatenate(crossed)[:, i]
        name, continuous = f"{case.name}, HF {health:g}", chance(health, case.sigma, case.years)
        yield mean(f"{name}: continuous, 1", continuous, control)
        found = below - control + continuous
        discrete, wrong = (
            chance(case.corrected(health, sign), case.sigma, case.years) for sign in (1, -1)
        )
        yield mean(f"{name}: corrected, 2", discrete, found)
        yield mean(f"{name}: rejects continuous", continuous, found, IS_NOT)
        yield mean(f"{name}: rejects the wrong sign", wrong, found, IS_NOT)


@law(1, "First passage")
def test_first_passage__formulas__are_the_golden_values(effort: Effort) -> Iterator[Check]:
    for case, continuous, corrected in GOLDEN:
        (health,) = case.healths
        found = chance(health, case.sigma, case.years)
        yield exact(f"{case.name}, HF {health:g}, formula", continuous, found, 1e-12, "a float")
        found = chance(case.corrected(health), case.sigma, case.years)
        yield exact(f"{case.name}, HF {health:g}, corrected", corrected, found, 1e-6, "digits of β")


@law(2, "First passage on the contract")
def test_first_passage__coarse(effort: Effort) -> Iterator[Check]:
    yield from measure(COARSE, effort.of(800, 4_000))


@law(2, "First passage on the contract")
def first_passage_of_a_month(effort: Effort) -> Iterator[Check]:
    yield from measure(MONTH, effort.of(8, 2_400))


@law(2, "First passage on the contract")
def first_passage_of_a_wild_day(effort: Effort) -> Iterator[Check]:
    yield from measure(WILD, effort.of(8, 1_600))
