"""Actions: as JSON and back, made plainer, drawn within what a contract can do."""

from __future__ import annotations

from random import Random

import pytest

from sim.check.action import WHOLE, Action, Amount, Do, Of
from sim.check.alphabet import Alphabet
from sim.check.build import KINDS, scenario_of
from sim.check.runner import in_blocks
from sim.check.shrink import plainer
from sim.check.stories import stories
from sim.errors import DataError
from sim.protocol.adapters import adapter_of
from sim.protocol.terms import terms_of
from sim.units import MAX_UINT256

ARMED = Action(Do.ARM, asset=1, then=Action(Do.DEPOSIT, "accomplice", amount=Amount(plus=7)))
SOME = (
    Action(Do.OPEN, "borrower"),
    Action(Do.REPAY, account=2, amount=Amount(Of.DEBT, WHOLE // 3, -1), after=0),
    ARMED,
)


def alphabet(contract: str, hostile: bool = True) -> Alphabet:
    adapter = adapter_of(scenario_of(KINDS[0], contract))
    return Alphabet(Random(1), adapter.abilities, terms_of(adapter), 3_600, hostile)


@pytest.mark.parametrize("action", SOME)
def test_action__as_a_record__reads_back(action: Action) -> None:
    assert Action.read(action.record()) == action


@pytest.mark.parametrize(
    "record", [{}, {"do": "dance"}, {"do": "open", "wer": "x"}, {"do": "repay", "amount": {}}]
)
def test_action__of_a_wrong_record__is_refused(record: dict[str, object]) -> None:
    with pytest.raises(DataError, match="not an action"):
        Action.read(record)


@pytest.mark.parametrize("action", [*SOME, *(alphabet("plimsoll").draw() for _ in range(100))])
def test_plainer__again_and_again__comes_to_an_end(action: Action) -> None:
    for _ in range(200):
        simpler = next(plainer(action), None)
        if simpler is None:
            return
        assert simpler != action
        action = simpler
    pytest.fail("it never becomes plain")


def test_amount__of_a_basis__is_a_part_and_some_units_within_a_word() -> None:
    assert Amount(Of.DEBT, WHOLE // 2, 3).of_basis(101) == 53
    assert Amount(Of.DEBT, 0, -3).of_basis(101) == 0
    assert Amount(Of.DEBT, WHOLE, 2).of_basis(MAX_UINT256) == MAX_UINT256


def test_blocks__actions_that_wait_for_nothing__share_one() -> None:
    first, second = Action(Do.OPEN), Action(Do.OPEN, after=0)
    assert in_blocks([first, second, first]) == [[first, second], [first]]
    assert in_blocks([second]) == [[second]]


def test_alphabet__draws__nothing_that_the_contract_cannot_do() -> None:
    vault, pool = alphabet("vault"), alphabet("pool")
    drawn = {vault.draw().do for _ in range(2_000)}
    assert Do.REDEEM in drawn
    assert not drawn & {Do.OPEN, Do.CALL, Do.LEND, Do.PAUSE}
    assert {Do.LEND, Do.RECALL} <= {pool.draw().do for _ in range(2_000)}


def test_alphabet__of_one_collateral__changes_stories_that_name_a_second() -> None:
    adapter = adapter_of(scenario_of(KINDS[0], "vault", assets=1))
    terms = terms_of(adapter)
    only = Alphabet(Random(1), adapter.abilities, terms, 3_600, hostile=False)
    told = stories(terms, hostile=False)
    for story in [story for story in told if any(each.asset for each in story)] * 400:
        assert only.mutate(story, told)
