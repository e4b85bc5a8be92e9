"""Starting from a set-up that was executed before: the same run, only sooner."""

from __future__ import annotations

from typing import Any

import pytest

from sim.chain import available_engines, open_engine
from sim.chain.tape import Tape
from sim.model import StressModel
from sim.scenario import Scenario
from tests.sim.runs import IN_PROCESS, finish, scenario

pytestmark = pytest.mark.skipif("revm" not in available_engines(), reason="needs the native engine")


def short(people_seed: int | None = None, **sections: Any) -> Scenario:
    run = {"blocks": 20, "people_seed": people_seed}
    return scenario(run=run, traders={"count": 12}, **sections)


def fingerprint(terms: Scenario, seed: int, engine: Any = None) -> str:
    with engine or open_engine(IN_PROCESS) as opened:
        tape = Tape(opened)
        finish(StressModel(terms, rng=seed, engine=tape)).audit()
        return tape.fingerprint


@pytest.mark.parametrize("people_seed", [None, 5])
def test_start__any_seed__is_the_run_it_would_have_been(people_seed: int | None) -> None:
    from sim.experiments.start import StartedEngine, prepare

    terms = short(people_seed)
    packed = prepare(terms, (1, 2))
    for seed in (1, 2, 3):
        engine = StartedEngine(packed)
        assert fingerprint(terms, seed, engine) == fingerprint(terms, seed)
        assert engine.left == 0


def test_start__people_that_are_the_same__are_shared_too() -> None:
    from sim.experiments.start import StartedEngine, prepare

    drawn, fixed = (prepare(short(seed), (1, 2)) for seed in (None, 5))
    assert StartedEngine(fixed).left > StartedEngine(drawn).left
    engine = StartedEngine(fixed)
    model = StressModel(short(5), rng=9, engine=engine)
    assert engine.left == 0
    assert model.system.ledger.owners


def test_start__of_another_scenario__is_executed_as_if_there_were_none() -> None:
    """Another penalty is another contract from the first block on."""
    from sim.experiments.start import StartedEngine, prepare

    terms = short(penalty={"fixed": 0.05})
    engine = StartedEngine(prepare(short(), (1, 2)))
    assert fingerprint(terms, 3, engine) == fingerprint(terms, 3)
    assert engine.left > 0


def test_people_seed__who_takes_part__is_as_in_the_run_of_that_seed() -> None:
    def people(terms: Scenario, seed: int) -> list[object]:
        with open_engine(IN_PROCESS) as opened:
            model = StressModel(terms, rng=seed, engine=opened)
            return [model.system.ledger.amounts, model.outside.paths[0, 1]]

    held, drawn = people(short(5), 1), people(short(), 5)
    assert held[0] == drawn[0]
    assert held[1] != drawn[1]
    assert people(short(5), 1) == held
    assert people(short(), 1)[0] != held[0]
