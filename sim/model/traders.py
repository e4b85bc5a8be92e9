"""Traders drawn from a scenario: how rich, how levered, in what, and when they act."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import log

import mesa
import numpy as np

from agents.runner import Runner
from agents.trader import Habits, Trader
from sim.model.whale import with_whale
from sim.protocol.columns import Floats
from sim.protocol.margin import MarginBook, margin_book
from sim.protocol.names import address_of
from sim.protocol.populate import Endowment
from sim.scenario import Scenario
from sim.units import from_gwei, to_units, to_wad

ETHER = 10**18
GAS_MONEY = 20
"""Ether each holds for fees at block 0."""
TENTH_PERCENTILE = 1.2815515655446004
"""Standard normal distance of the 10th and 90th percentiles from the mean."""
HOUR, DAY = 3_600, 86_400
ALARMS = 8
"""Delays drawn for each trader; the last serves for all further alarms."""
MOST_OF_INITIAL = 0.97
"""Largest starting debt, as a part of what the initial requirement allows."""
LEAST_DEBT = 1.05
"""Smallest starting debt, as a multiple of the least debt."""
POWER_SD = 0.1
"""Standard deviation of the part of their borrowing power that traders use."""
TASTE = 0.5
"""Standard deviation of the log of what traders put up with of the stable."""

Pair = tuple[Trader, Endowment]


@dataclass(frozen=True)
class Streams:
    """Random numbers of the traders, of what they hold, of how they mind the stable, and of when
    they run."""

    people: np.random.Generator
    baskets: np.random.Generator
    peg: np.random.Generator
    runs: np.random.Generator


@dataclass(frozen=True, slots=True)
class Basket:
    """Collaterals and the share of each in the value."""

    assets: tuple[int, ...]
    weights: tuple[float, ...]
    isolated: bool

    def ratios(self, book: MarginBook, count: int) -> list[float]:
        """Initial requirement of each of its accounts, a share of the account's value."""
        alone = np.eye(count)[list(self.assets)]
        if not self.isolated:
            alone = (np.array(self.weights) @ alone)[None, :]
        initial: Floats = book.of_all(alone)[0]
        return list(initial.tolist())


def draw_traders(
    model: mesa.Model, scenario: Scenario, prices: Sequence[float], streams: Streams
) -> list[Pair]:
    """A pair for each account, of one trader several where they are isolated; USD prices."""
    terms = scenario.traders
    book = margin_book(scenario)
    pairs: list[Pair] = []
    for number in range(terms.count):
        basket = _basket(scenario, number, streams.baskets)
        ratios = basket.ratios(book, len(scenario.assets))
        equity = _equity(scenario, max(ratios), streams.people)
        leverage = _leverage(scenario, max(ratios), equity, streams.people)
        leverages = _levered(scenario, ratios, leverage, streams.baskets)
        equity = min(equity, 0.95 * scenario.protocol.account_ceiling / (max(leverages) - 1))
        habits = _habits(scenario, basket, equity, leverages[0], streams)
        agent = _trader(model, f"trader-{number}", habits, scenario, streams.runs)
        endowments = _endowments(scenario, prices, agent, basket, equity, leverages)
        pairs += [(agent, endowment) for endowment in endowments]
    return with_whale(pairs, scenario, prices) if terms.whale_share else pairs


def _trader(
    model: mesa.Model, name: str, habits: Habits, scenario: Scenario, rng: np.random.Generator
) -> Trader:
    """One that runs, for a share of them, a delay after the time of the run."""
    terms = scenario.traders
    joins, delay = rng.random() < terms.run_share, float(rng.exponential(terms.run_seconds))
    if not joins:
        return Trader(model, name, address_of(name), habits)
    runs = terms.run_hours * HOUR + delay
    return Runner(model, name, address_of(name), habits, runs=runs)


def _basket(scenario: Scenario, number: int, rng: np.random.Generator) -> Basket:
    """The next collaterals in turn; weights uniform on the simplex."""
    count, held = len(scenario.assets), scenario.traders.collaterals
    assets = tuple((number + i) % count for i in range(held))
    isolated = scenario.traders.accounts == "isolated"
    weights = (1.0,) if held == 1 else tuple(rng.dirichlet(np.ones(held)).tolist())
    return Basket(assets, weights, isolated)


def _equity(scenario: Scenario, ratio: float, rng: np.random.Generator) -> float:
    """USD, lognormal; never so little that no leverage allowed makes the least debt."""
    terms = scenario.traders
    drawn = float(terms.equity_median * rng.lognormal(0, terms.equity_sigma))
    return max(drawn, LEAST_DEBT * scenario.protocol.min_debt / (_most(ratio) - 1))


def _leverage(scenario: Scenario, ratio: float, equity: float, rng: np.random.Generator) -> float:
    """V/E: normal between its percentiles, rising with size, inside what is allowed.

    Leverage of 1.4 to 1.9 for most, more for larger wallets: BIS Working Paper 1171.
    """
    terms = scenario.traders
    mean = (terms.leverage_low + terms.leverage_high) / 2
    sd = (terms.leverage_high - terms.leverage_low) / 2 / TENTH_PERCENTILE
    size = log(equity / terms.equity_median)
    drawn = rng.normal(mean, sd) + terms.leverage_size_slope * size
    least = 1 + LEAST_DEBT * scenario.protocol.min_debt / equity
    most = _most(ratio)
    return float(np.clip(drawn, min(max(1.05, least), most), most))


def _levered(
    scenario: Scenario, ratios: Sequence[float], leverage: float, rng: np.random.Generator
) -> list[float]:
    """V/E of each account. With u of the power used D = u·(V − I), so V/E = 1/(1 − u(1 − i))."""
    used = scenario.traders.power_used
    if used == 0:
        return [leverage] * len(ratios)
    part = float(np.clip(rng.normal(used, POWER_SD), 0.05, MOST_OF_INITIAL))
    return [1 / (1 - part * (1 - ratio)) for ratio in ratios]


def _most(ratio: float) -> float:
    """Largest starting leverage at an initial requirement."""
    return 1 + MOST_OF_INITIAL * (1 / ratio - 1)


def _habits(
    scenario: Scenario, basket: Basket, equity: float, leverage: float, streams: Streams
) -> Habits:
    terms, rng = scenario.traders, streams.people
    horizon = scenario.run.blocks * scenario.run.block_seconds
    late = rng.random() < terms.late_share
    arrival = float(rng.uniform(0, horizon)) if late else 0.0
    first, *further = basket.assets
    habits = Habits(
        asset=first,
        leverage=leverage,
        funds=to_wad(equity * terms.reserves_share * rng.exponential()),
        arrival=arrival,
        alarm=float(rng.uniform(1.02, 1.12)),
        stop_loss=(
            float(terms.stop_loss_health * rng.uniform(1.0, 1.1))
            if rng.random() < terms.stop_loss_share
            else 0.0
        ),
        delays=tuple(rng.exponential(terms.answer_seconds, ALARMS).tolist()),
        adjustments=_adjustments(terms.adjust_days * DAY, horizon, rng),
        tip=from_gwei(terms.tip_gwei * float(rng.lognormal(0, 0.5))),
        headroom=float(rng.uniform(1.25, 3.0)),
        further=tuple(further),
        isolated=basket.isolated,
    )
    return _minding_the_stable(habits, scenario, horizon, streams.peg)


def _minding_the_stable(
    habits: Habits, scenario: Scenario, horizon: float, rng: np.random.Generator
) -> Habits:
    """Where it has a market."""
    peg = scenario.peg
    if peg.depth == 0:
        return habits
    return replace(
        habits,
        looks=poisson_times(peg.look_hours * HOUR, horizon, rng),
        bargain=float(peg.bargain * rng.lognormal(0, TASTE)),
        rate_limit=float(peg.rate_limit * rng.lognormal(0, TASTE)),
    )


def _adjustments(
    mean: float, horizon: float, rng: np.random.Generator
) -> tuple[tuple[float, float], ...]:
    """Poisson times within the horizon, each with a factor on the trader's leverage."""
    found = []
    time = float(rng.exponential(mean))
    while time < horizon:
        found.append((time, float(rng.uniform(0.5, 1.2))))
        time += float(rng.exponential(mean))
    return tuple(found)


def poisson_times(mean: float, horizon: float, rng: np.random.Generator) -> tuple[float, ...]:
    """Times of a Poisson process within the horizon, so many seconds apart in the mean."""
    found = []
    time = float(rng.exponential(mean))
    while time < horizon:
        found.append(time)
        time += float(rng.exponential(mean))
    return tuple(found)


def _endowments(
    scenario: Scenario,
    prices: Sequence[float],
    agent: Trader,
    basket: Basket,
    equity: float,
    leverages: Sequence[float],
) -> list[Endowment]:
    """What it has at block 0: in its accounts, or in its wallet when it arrives later."""
    late = agent.habits.arrival > 0
    money = Endowment(agent.address, GAS_MONEY * ETHER, agent.habits.funds)

    def units(asset: int, value: float) -> int:
        # One unit more, so that rounding down never leaves less than the initial requirement.
        return to_units(value / prices[asset], scenario.assets[asset].decimals) + 1

    parts = list(zip(basket.assets, basket.weights, strict=True))
    if late:
        return [replace(money, tokens={asset: units(asset, equity * w) for asset, w in parts})]
    if not basket.isolated:
        (leverage,) = leverages
        held = {asset: units(asset, equity * leverage * w) for asset, w in parts}
        return [replace(money, collateral=held, debt=to_wad(equity * (leverage - 1)))]
    accounts = []
    for (asset, weight), leverage in zip(parts, leverages, strict=True):
        debt = equity * weight * (leverage - 1)
        owes = debt >= LEAST_DEBT * scenario.protocol.min_debt
        held = {asset: units(asset, equity * weight * (leverage if owes else 1))}
        accounts.append(replace(money, collateral=held, debt=to_wad(debt) if owes else 0))
        money = Endowment(agent.address, 0)
    return accounts
