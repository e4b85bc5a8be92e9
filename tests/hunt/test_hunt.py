"""A handful of the planted faults; ``make hunt`` hunts them all."""

from __future__ import annotations

import pytest

from tests.hunt.faults import Fault, faults, hunt, sound

SHOWN = (
    "repay-without-accrual",
    "grace-skipped",
    "vault-stale-price",
    "pool-close-factor-ignored",
    "pool-loss-not-written-off",
)
ACTIONS = 600


@pytest.mark.parametrize("fault", faults(), ids=lambda fault: fault.name)
def test_fault__what_it_replaces__is_in_the_contract_once(fault: Fault) -> None:
    assert fault.occurrences() == 1


@pytest.mark.parametrize("name", SHOWN)
def test_fault__planted__is_found(name: str) -> None:
    fault = next(each for each in faults() if each.name == name)
    broken, _, _ = hunt(fault.planted(), float("inf"), most_actions=ACTIONS)
    assert broken is not None


@pytest.mark.parametrize("protocol", ["plimsoll", "vault", "pool"])
def test_sound_contract__hunted__nothing_is_found(protocol: str) -> None:
    broken, effort, _ = hunt(sound(protocol), float("inf"), most_actions=ACTIONS)
    assert broken is None, broken.finding
    assert effort.actions >= ACTIONS
