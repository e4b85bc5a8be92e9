from math import floor

import ape
import pytest

from sim.units import MAX_UINT256, WAD
from tests.contracts.periphery.reference import share

BASE, SLOPE, CAP = WAD // 50, WAD // 2, WAD // 10


@pytest.fixture(scope="module")
def model(create):
    return create("HealthScaledPenalty", BASE, SLOPE, CAP)


@pytest.mark.parametrize(
    "health",
    [
        MAX_UINT256,
        2 * WAD,
        WAD,
        WAD - 1,
        WAD - 2,
        WAD - 3,
        WAD * 9 // 10,
        WAD * 84 // 100,
        WAD // 2,
        0,
    ],
)
def test_penalty__grows_with_health_lost_up_to_the_cap(model, health):
    lost = max(0, 1 - share(health))
    expected = floor(min(share(BASE) + share(SLOPE) * lost, share(CAP)) * WAD)
    assert model.penalty(health, 0) == expected


def test_penalty__does_not_depend_on_time(model):
    assert model.penalty(WAD // 2, MAX_UINT256) == model.penalty(WAD // 2, 0)


def test_max_penalty__is_the_cap(model):
    assert model.max_penalty() == CAP == model.penalty(0, 0)


def test_max_penalty__cap_out_of_reach__is_what_can_be_reached(create):
    model = create("HealthScaledPenalty", WAD // 50, WAD // 100, WAD)
    assert model.max_penalty() == WAD * 3 // 100 == model.penalty(0, 0)


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        ((CAP + 1, 0, CAP), "model: base above cap"),
        ((0, 100 * WAD + 1, CAP), "model: slope out of range"),
        ((0, 0, WAD + 1), "model: cap out of range"),
    ],
)
def test_wrong_terms__are_refused(create, terms, reason):
    with ape.reverts(reason):
        create("HealthScaledPenalty", *terms)


def test_ends_of_the_ranges__do_not_revert(create):
    model = create("HealthScaledPenalty", WAD, 100 * WAD, WAD)
    assert model.penalty(0, MAX_UINT256) == WAD
