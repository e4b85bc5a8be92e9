"""pytest: a contract under stress in its own project's tests.

    @pytest.mark.stress(scenario="black-thursday", blocks=600)
    def test_vault__black_thursday__nobody_loses(stress):
        assert not stress.broken
        assert stress.summary["solvency"]["bad_debt"] == 0

The contract is `plimsoll = PATH` in pytest.ini (a .vy file, an adapter module, an Ape project or
a shipped protocol), by default the project itself; `--plimsoll-engine` chooses the engine.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from sim.chain.engine import Engine
    from sim.check.check import Verdict
    from sim.check.target import Target
    from sim.check.trial import Trial

BLOCKS, ACTIONS = 240, 2_000
MARKER = (
    "stress(scenario, blocks=240, seed=1, **overrides): run a Plimsoll scenario, whole, in so many "
    "blocks; overrides are its fields with __ for a dot, such as penalty__fixed=0.1"
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini(
        "plimsoll", "The contract under test: a path from here, or a protocol.", default="."
    )
    group = parser.getgroup("plimsoll")
    group.addoption("--plimsoll-engine", default="auto", help="Where blocks are executed.")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", MARKER)


@dataclass(frozen=True)
class Protocol:
    """The contract under test."""

    target: Target
    engine: str

    def check(self, actions: int = ACTIONS, seed: int = 1, out: Path | None = None) -> Verdict:
        """Search over so many actions, the same ones every time; see `plimsoll check`."""
        from sim.check.check import check

        return check(self.target, float("inf"), self.engine, seed, out, most_actions=actions)

    def stress(
        self, engine: Engine, scenario: str, blocks: int = BLOCKS, seed: int = 1, **overrides: Any
    ) -> Trial:
        """A scenario, whole, in so many blocks."""
        from sim.check.trial import short, trial

        changes = tuple(
            f"{key.replace('__', '.')}={_toml(value)}" for key, value in overrides.items()
        )
        return trial(self.target, short(scenario, self.target, blocks, changes), engine, seed)


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """A chain of its own for the test."""
    from sim.chain import open_engine

    with open_engine(request.config.getoption("--plimsoll-engine")) as opened:
        yield opened


@pytest.fixture(scope="session")
def protocol(request: pytest.FixtureRequest) -> Protocol:
    """The contract that pytest.ini names."""
    from sim.check.target import find

    given = request.config.getini("plimsoll")
    place = request.config.rootpath / given
    target = find(str(place) if place.exists() else given)
    return Protocol(target, request.config.getoption("--plimsoll-engine"))


@pytest.fixture
def stress(request: pytest.FixtureRequest, protocol: Protocol, engine: Engine) -> Trial:
    """What became of the contract in the scenario that the test is marked with."""
    marker = request.node.get_closest_marker("stress")
    if marker is None:
        raise pytest.UsageError(f"{request.node.name} asks for stress and is not marked: {MARKER}")
    return protocol.stress(engine, *marker.args, **marker.kwargs)


def _toml(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else repr(value)
