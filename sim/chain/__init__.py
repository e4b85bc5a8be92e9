"""Where transactions execute: `open_engine("auto")`."""

from __future__ import annotations

from importlib.util import find_spec

from sim.chain.engine import Engine
from sim.errors import EngineError

ENGINES = ("revm", "anvil", "py-evm")
"""Those with a name of their own, fastest first."""
ANVIL = "ethereum:local:foundry"


def open_engine(name: str = "auto") -> Engine:
    """A fresh engine: one of `ENGINES`, "auto" for the fastest of them that is there, or any
    Ape network choice or URL. Raises EngineError when it is unknown or not installed.
    """
    if name == "auto":
        name = available_engines()[0]
    if name == "revm":
        from sim.chain.revm import RevmEngine

        return RevmEngine()
    if name == "py-evm":
        from sim.chain.pyevm import PyEvmEngine

        return PyEvmEngine()
    if name == "anvil" or ":" in name:
        from sim.chain.ape import ApeEngine

        return ApeEngine(ANVIL if name == "anvil" else name)
    raise EngineError(
        f"There is no engine {name!r}: expected auto, {', '.join(ENGINES)}, an Ape network "
        f"choice such as {ANVIL}, or the URL of an anvil node."
    )


def available_engines() -> list[str]:
    """The names in `ENGINES` that are installed here, fastest first; never empty."""
    from sim.chain.anvil import find_anvil

    there = {
        "revm": find_spec("plimsoll_engine") is not None,
        "anvil": find_anvil() is not None,
        "py-evm": True,
    }
    return [name for name in ENGINES if there[name]]


def in_process() -> str:
    """The fastest engine here that needs no node."""
    return next(name for name in available_engines() if name != "anvil")
