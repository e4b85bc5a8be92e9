"""Law 10: how often reporters post, as agents of the model on the real oracle; and what an
hour's delay of the price costs, on the contract."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from sim.units import WAD, YEAR
from tests.sim.runs import finish, model, scenario
from tests.validation.law import IS_NOT, Check, Effort, exact, law, mean
from tests.validation.test_liquidation import AMOUNT, DEBT, margined

BETA = 0.5825971579390106
DELTA, SIGMA = 0.005, 0.75
CONTINUOUS = (DELTA / SIGMA) ** 2 * YEAR
NOBODY = {
    "traders": {"count": 0},
    "liquidators": {"count": 0},
    "arbitrageurs": {"count": 0},
}


def gaps(seed: int, blocks: int, seconds: int, sigma: float, heartbeat: int) -> NDArray[np.float64]:
    """Seconds between the posts of one reporter that sends what it sees in the same block."""
    terms = scenario(
        {"name": "posts", **NOBODY},
        run={"blocks": blocks, "block_seconds": seconds},
        price={"model": "gbm", "sigma": sigma},
        assets=[{"pool_depth": 0}],
        oracle={
            "reporters": 1, "quorum": 1, "latency_blocks": 0, "deviation": DELTA,
            "heartbeat": heartbeat, "max_age": 31_536_000,
        },
    )  # fmt: skip
    with model(terms, rng=seed) as running:
        events = finish(running).tables()["events"]
    posts = events.loc[events["event"] == "Posted", "block"].to_numpy()
    return np.diff(posts) * float(seconds)


@law(10, "Deviation oracle")
def test_deviation_oracle__mean_gap(effort: Effort) -> Iterator[Check]:
    """delta^2 / sigma^2, with delta + beta sigma sqrt(dt) where the price is seen every dt."""
    yield exact("δ .5 %, σ .75: continuous formula, s", 1401.6, CONTINUOUS, 1e-6, "a float")
    seconds, blocks, runs = (120, 12_000, 1) if effort is Effort.QUICK else (12, 60_000, 5)
    found = np.concatenate([gaps(seed, blocks, seconds, SIGMA, YEAR) for seed in range(runs)])
    corrected = (DELTA + BETA * SIGMA * math.sqrt(seconds / YEAR)) ** 2 / SIGMA**2 * YEAR
    name = f"δ .5 %, σ .75, blocks of {seconds} s: seconds between posts"
    yield mean(name, corrected, found, of="posts")
    yield mean(f"{name}, rejects continuous", CONTINUOUS, found, IS_NOT, of="posts")


@law(10, "Heartbeat")
def test_heartbeat__a_price_that_hardly_moves(effort: Effort) -> Iterator[Check]:
    found = gaps(1, 2_000, 60, 0.001, 3_600)
    yield exact("seconds between posts, longest", 3_600, found.max())
    yield exact("seconds between posts, shortest", 3_600, found.min())


@law(10, "An hour's delay")
def test_delay__bad_debt_of_an_account_at_its_threshold(effort: Effort) -> Iterator[Check]:
    """The price of a report that comes an hour late is lognormal: a loss is a put struck at
    LT (1 + b), P = Phi(d), loss over debt = Phi(d) - Phi(d - s) / (LT (1 + b)), with s = sigma
    sqrt(T) and d = (log(LT (1 + b)) + s^2 / 2) / s."""
    hour, normal = 3_600, NormalDist().cdf
    golden = (
        (80, 5, 5.781, 4.74824621030322e-05, 0.0026198740391481746),
        (95, 1, 2.4458, 0.0006466523835125548, 0.058320510356307705),
    )
    for threshold, penalty, sigma, loss, chance in golden:
        name = f"LT {threshold / 100:g}, b {penalty / 100:g}, σ {sigma:g}"
        strike, s = threshold * (100 + penalty) / 1e4, sigma * math.sqrt(hour / YEAR)
        d = (math.log(strike) + s**2 / 2) / s
        put = normal(d) - normal(d - s) / strike
        yield exact(f"{name}: formula of the loss", loss, put, 1e-12, "a float")
        # Drawn about the price at which a loss begins, which is rare, and weighted for it.
        normals = np.random.default_rng(1).standard_normal(effort.of(1_000, 20_000)) + d
        weights = np.exp(d**2 / 2 - d * normals)
        losses = late(threshold, penalty, np.exp(s * normals - s**2 / 2))
        yield mean(f"{name}: chance of bad debt", chance, weights * (losses > 0))
        yield mean(f"{name}: bad debt over debt", loss, weights * losses)


def late(threshold: int, penalty: int, factors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Bad debt over debt when a price comes late and everything is liquidated at it."""
    system = margined(threshold, penalty)
    at_threshold = Fraction(DEBT * 100, threshold) * WAD * WAD / AMOUNT
    start = system.snapshot()
    losses = np.zeros(len(factors))
    for i, factor in enumerate(factors.tolist()):
        if factor >= 1:
            continue  # it is healthy
        system.price(0, int(at_threshold * Fraction(factor)))
        assert system.liquidate(1, DEBT * WAD).ok
        losses[i] = system.read(system.core.bad_debt) / (DEBT * WAD)
        system.restore(start)
    return losses
