"""A check as a whole: the same every time, the same on every engine, and it says what it did."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from sim.chain import available_engines, open_engine
from sim.chain.artifacts import load
from sim.check.action import WHOLE, Action, Amount, Do, Of
from sim.check.build import KINDS, build, scenario_of
from sim.check.case import Case
from sim.check.check import check
from sim.check.code import jumps
from sim.check.runner import Effort, Runner
from sim.check.search import Search, search
from sim.check.stories import stories
from sim.check.target import find, missing
from sim.check.trial import applicable, short, trial
from sim.check.world import World
from sim.errors import ContractError, DataError, PlimsollError, UsageError
from sim.protocol.adapters import SHIPPED, adapter_of

ENTER = (
    Action(Do.OPEN, "borrower"),
    Action(Do.DEPOSIT, "borrower", amount=Amount(plus=10 * 10**18)),
    Action(Do.BORROW, amount=Amount(Of.ROOM, WHOLE, -2)),
)
FALL = Action(Do.PRICE, amount=Amount(Of.CLOSE_OUT, WHOLE * 99 // 100))
LIQUIDATE = Action(Do.LIQUIDATE, "keeper", amount=Amount(Of.DEBT, WHOLE))


def world(engine: str = "auto", contract: str = "plimsoll", kind: int = 0) -> World:
    chosen = KINDS[kind]
    scenario = scenario_of(chosen, contract)
    return build(open_engine(engine), scenario, chosen.hostile, adapter_of)


def outcomes(where: World) -> list[tuple[bool, int, object]]:
    steps = [step for action in (*ENTER, FALL, LIQUIDATE) for step in where.block([action])]
    return [(step.ok, step.amount, step.after) for step in steps]


@pytest.mark.parametrize("contract", SHIPPED)
def test_world__same_actions__same_states_on_every_engine(contract: str) -> None:
    engines = [name for name in available_engines() if name != "anvil"]
    first, *others = [outcomes(world(engine, contract)) for engine in engines]
    assert sum(ok for ok, *_ in first) >= 3
    assert all(other == first for other in others)


def test_step__before_and_after__are_at_the_same_time_and_differ_by_the_transaction() -> None:
    where = world()
    *_, step = [step for action in ENTER for step in where.block([action])]
    assert step.before.time == step.after.time
    assert step.before.accounts[0].debt == 0
    assert step.after.accounts[0].debt >= step.amount > 0


def test_block__of_several__each_is_seen_alone() -> None:
    where = world()
    steps = list(where.block(ENTER))
    assert [step.ok for step in steps] == [False, True, True, True]
    assert all(a.after == b.before for a, b in pairwise(steps))


def test_world__reset__is_as_it_was() -> None:
    where = world()
    start = where.state
    for action in (*ENTER, FALL, LIQUIDATE):
        list(where.block([action]))
    where.reset()
    assert where.read() == start


def test_search__same_seed__same_sequences() -> None:
    def run() -> tuple[object, ...]:
        effort = Effort()
        one = Search(Runner(world(), effort), np.random.SeedSequence(7))
        search([one], float("inf"), most_actions=400)
        return effort.actions, effort.sequences, effort.states, effort.tried, one.corpus

    assert run() == run()


@pytest.mark.parametrize("kind", range(len(KINDS)), ids=[kind.name for kind in KINDS])
@pytest.mark.parametrize("contract", SHIPPED)
def test_stories__of_a_sound_contract__break_nothing_and_are_not_idle(
    contract: str, kind: int
) -> None:
    runner = Runner(world(contract=contract, kind=kind), Effort())
    for story in stories(runner.declared.terms, runner.world.is_hostile):
        assert runner.run(story) is None
    least = ("liquidation", "losses", "margin", "caps", "repayable", "sweep")
    assert all(runner.effort.tried[name] for name in least)


def test_jumps__data_and_jumps_elsewhere__are_not_counted() -> None:
    assert jumps(bytes.fromhex("366007575f5ffd5b00")) == {3}
    assert jumps(bytes.fromhex("6057575f")) == set()


def test_case__saved__loads_as_it_was(tmp_path: Path) -> None:
    scenario = scenario_of(KINDS[1])
    case = Case("vault", scenario, True, 3, "revm", {"Vault": "00"}, "due", "why", ENTER)
    case.save(tmp_path / "case.json")
    assert Case.load(tmp_path / "case.json") == case


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"rules": {}}'])
def test_case__of_a_wrong_file__is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "case.json").write_text(text, encoding="utf-8")
    with pytest.raises(DataError):
        Case.load(tmp_path / "case.json")


def test_check__sound_contract__answers_about_everything(tmp_path: Path) -> None:
    verdict = check(find("vault"), float("inf"), out=tmp_path, most_actions=200)
    assert verdict.holds
    assert {"solvency", "conservation", "repayable", "sweep", "books"} <= {
        answer.name for answer in verdict.answers if answer.verdict == "holds"
    }
    assert verdict.effort.actions >= 200
    assert not list(tmp_path.iterdir())


def test_trial__short_scenario__takes_its_whole_time_and_breaks_nothing() -> None:
    target = find("pool")
    assert "black-thursday" in list(applicable(target))
    scenario = short("black-thursday", target, blocks=40)
    assert scenario.run.blocks * scenario.run.block_seconds == 86_400
    with open_engine("auto") as engine:
        done = trial(target, scenario, engine)
    assert done.blocks == 40
    assert done.tried["solvency"] == 40
    assert not done.broken


@pytest.mark.parametrize(
    ("path", "error", "said"),
    [
        ("nowhere.vy", UsageError, "there is no nowhere.vy"),
        ("README.md", UsageError, "neither"),
        ("contracts/samples", UsageError, "has no contracts"),
        ("contracts/interfaces/IOracle.vyi", UsageError, "neither"),
    ],
)
def test_find__what_is_not_a_contract__is_refused(
    path: str, error: type[PlimsollError], said: str
) -> None:
    root = Path(__file__).parents[2]
    place = root / path
    with pytest.raises(error, match=said):
        find(str(place) if place.exists() else path)


def test_find__a_contract_that_fits_nothing__says_what_it_lacks(tmp_path: Path) -> None:
    contract = tmp_path / "Nothing.vy"
    contract.write_text("@external\ndef deposit(owner: address, amount: uint256):\n    pass\n")
    with pytest.raises(ContractError, match="lacks function withdraw"):
        find(str(contract))


def test_missing__a_contract_for_itself__is_nothing() -> None:
    assert missing(load("Vault"), load("Vault")) == []
    assert any("constructor" in each for each in missing(load("LendingPool"), load("Vault")))
