from fractions import Fraction
from math import floor

import ape
import pytest

from sim.units import MAX_UINT256, WAD

START, CAP, DURATION = WAD // 100, WAD // 10, 1800


@pytest.fixture(scope="module")
def model(create):
    return create("DutchPenalty", START, CAP, DURATION)


@pytest.mark.parametrize(
    "elapsed", [0, 1, 7, 900, DURATION - 1, DURATION, DURATION + 1, MAX_UINT256]
)
def test_penalty__rises_evenly_and_then_stays(model, elapsed):
    risen = min(Fraction(elapsed, DURATION), 1)
    assert model.penalty(WAD, elapsed) == floor(START + (CAP - START) * risen)


def test_penalty__does_not_depend_on_health(model):
    assert model.penalty(0, 60) == model.penalty(MAX_UINT256, 60)


def test_max_penalty__is_the_cap(model):
    assert model.max_penalty() == CAP


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        ((CAP + 1, CAP, DURATION), "model: start above cap"),
        ((START, WAD + 1, DURATION), "model: cap out of range"),
        ((START, CAP, 0), "model: zero duration"),
        ((START, CAP, 365 * 86_400 + 1), "model: duration out of range"),
    ],
)
def test_wrong_terms__are_refused(create, terms, reason):
    with ape.reverts(reason):
        create("DutchPenalty", *terms)


def test_longest_auction__does_not_revert(create):
    model = create("DutchPenalty", 0, WAD, 365 * 86_400)
    assert model.penalty(0, MAX_UINT256) == WAD
