"""The model: one step is one block. `StressModel(load("black-thursday"), rng=7)`."""

from sim.model.stress import BLOCK_COLUMNS, StressModel, price_paths

__all__ = ["BLOCK_COLUMNS", "StressModel", "price_paths"]
