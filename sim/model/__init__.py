"""The model: one step is one block. `StressModel(load("black-thursday"), rng=7)`."""

from sim.model.outside import price_paths
from sim.model.stress import StressModel

__all__ = ["StressModel", "price_paths"]
