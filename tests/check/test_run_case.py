"""What a run breaks is a case too: of its transactions, those that do it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from sim.chain import open_engine
from sim.check.case import Case
from sim.check.found import of_run, save
from sim.check.replay import replay
from sim.check.rerun import Rerun
from sim.check.runner import BOOKS
from sim.check.target import find
from sim.check.trial import short, trial

ROOT = Path(__file__).parents[2]
CHARGE = "assert self._receive(asset, plan.repaid) == plan.repaid"


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a pool whose liquidators pay nothing."""
    folder = tmp_path_factory.mktemp("free")
    contracts = Path(shutil.copytree(ROOT / "contracts", folder / "contracts"))
    file = contracts / "samples" / "LendingPool.vy"
    source = file.read_text(encoding="utf-8")
    assert source.count(CHARGE) == 1
    file.write_text(source.replace(CHARGE, "assert True"), encoding="utf-8")
    target = find(str(file))
    with open_engine("auto") as engine:
        scenario = short("black-thursday", target, overrides=("traders.count=25",))
        done = trial(target, scenario, engine, 1)
    path = save(of_run(target, done, "solvency", "auto", 1), folder)
    assert path is not None
    assert 0 < len(Case.load(path).sent) < len(done.broken["solvency"].sent) / 10
    return path


def test_case_of_a_run__replayed__breaks_in_few_transactions_alike_on_every_engine(
    case: Path,
) -> None:
    told = replay(case)
    assert told.finding is not None
    assert told.finding.invariant == "solvency"
    assert sum("LendingPool.liquidate(trader-" in line for line in told.lines) == 1
    assert replay(case, "py-evm").lines == told.lines


def test_case_of_a_run__on_the_mended_contract__holds(case: Path) -> None:
    told = replay(case, path="pool")
    assert told.finding is None
    assert told.differs == ["LendingPool"]


def test_run_of_a_sound_contract__without_its_transactions__breaks_nothing() -> None:
    target = find("pool")
    scenario = short("black-thursday", target, blocks=40)
    with open_engine("auto") as engine:
        done = trial(target, scenario, engine, 1)
        assert not done.broken
    with open_engine("auto") as engine:
        again = Rerun(target.make(scenario), engine, 1)
        assert not again.broken([], BOOKS, 1_584_057_600)
