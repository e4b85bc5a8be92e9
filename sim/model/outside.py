"""The world outside the chain: prices, and what follows from them alone."""

from __future__ import annotations

import numpy as np

from sim.errors import ScenarioError
from sim.price import simulate
from sim.price.correlated import simulate_all
from sim.protocol.columns import Floats
from sim.scenario import LARGEST, Scenario
from sim.units import YEAR

GAS_COINS = ("ETH", "WETH")
HOUR = 3_600


class Outside:
    """Prices of every block, drawn at the start from one seed."""

    def __init__(self, scenario: Scenario, seed: np.random.SeedSequence) -> None:
        self.paths = price_paths(scenario, seed)
        """USD, shape (assets, blocks + 1); column 0 is block 0."""
        self._coin = coin_path(scenario, seed)
        self._seconds = scenario.run.block_seconds
        self._window = HOUR // self._seconds
        self._volatility = rolling_volatility(self.paths, self._seconds)
        self._squares = squared_moves(self.paths)
        self._eth_usd = scenario.gas.eth_usd
        self._gas_coin = next(
            (i for i, a in enumerate(scenario.assets) if a.symbol.upper() in GAS_COINS), None
        )

    def prices(self, block: int) -> Floats:
        """USD of each asset."""
        return self.paths[:, block]

    def move(self, block: int, prices: Floats) -> None:
        """The prices of a block are these, where a venue has depth."""
        self.paths[:, block] = prices
        self._squares[:, block] = np.log(prices / self.paths[:, block - 1]) ** 2
        recent = self._squares[:, max(1, block - self._window + 1) : block + 1]
        # As `mean` does it, without what it asks first: this is done every block.
        variance = np.add.reduce(recent, axis=1) / recent.shape[1]
        self._volatility[:, block] = annualised(variance, self._seconds)

    def eth_usd(self, block: int) -> float:
        """USD of the gas coin: an asset's price, or the scenario's figure."""
        if self._gas_coin is None:
            return self._eth_usd
        return float(self.paths[self._gas_coin, block])

    def coin_usd(self, block: int) -> float:
        """USD of the stable's reserve coin."""
        return float(self._coin[block])

    def volatility(self, block: int) -> tuple[float, ...]:
        """Realised over the last hour, annualised, one an asset; 0 at first."""
        return tuple(self._volatility[:, block].tolist())


def rolling_volatility(paths: Floats, seconds: int, window: int = HOUR) -> Floats:
    """Realised volatility: root mean square of log returns over the last `window` seconds, so
    that a fall without noise is no calm. Annualised, in the shape of the paths; columns are
    `seconds` apart. Before a window is full, over what there is.
    """
    # Sums up to each block; the first move is none, so counts begin with the second.
    squares = squared_moves(paths).cumsum(axis=1)
    blocks = np.arange(paths.shape[1])
    before = np.maximum(0, blocks - window // seconds)
    count = np.maximum(1, blocks - before)
    variance = (squares - squares[:, before]) / count
    return annualised(np.maximum(variance, 0.0), seconds)


def squared_moves(paths: Floats) -> Floats:
    """Squares of log returns since the column before, 0 in the first."""
    logs = np.log(paths)
    return np.asarray(np.diff(logs, prepend=logs[:, :1]) ** 2, dtype=np.float64)


def annualised(variance: Floats, seconds: int) -> Floats:
    """Volatility a year, of the variance of moves over so many seconds."""
    return np.asarray(np.sqrt(variance * YEAR / seconds))


def price_paths(scenario: Scenario, seed: np.random.SeedSequence) -> Floats:
    """USD outside, shape (assets, blocks + 1); each asset has its own stream.

    Raises ScenarioError when a price leaves what can be posted on chain.
    """
    times = _times(scenario)
    streams = seed.spawn(len(scenario.assets))
    specs = [asset.price or scenario.price for asset in scenario.assets]
    paths = simulate_all(
        specs, scenario.correlation, times, [np.random.default_rng(s) for s in streams]
    )[:, 0]
    for asset, path in zip(scenario.assets, paths, strict=True):
        if not (path.min() >= 1 / LARGEST and path.max() <= LARGEST):
            raise ScenarioError(
                f"the price of {asset.symbol} runs from {path.min():g} to {path.max():g} USD; "
                f"{1 / LARGEST:g} to {LARGEST:g} is allowed"
            )
    return paths


def coin_path(scenario: Scenario, seed: np.random.SeedSequence) -> Floats:
    """USD of the reserve coin, one a block; its stream is spawned after the assets'."""
    if scenario.peg.price is None:
        return np.ones(scenario.run.blocks + 1)
    stream = np.random.default_rng(seed.spawn(1)[0])
    path: Floats = simulate(scenario.peg.price, _times(scenario), stream)[0]
    return path


def _times(scenario: Scenario) -> Floats:
    return np.arange(scenario.run.blocks + 1, dtype=np.float64) * scenario.run.block_seconds
