"""Plimsoll: agents against a collateralized-debt contract on a real EVM."""

__version__ = "0.1.0"
