"""LinearMargin, FixedPenalty, KinkedRate."""

import ape
import pytest
from core_system import PERCENT, WAD

# ------------------------------------------------------------- LinearMargin


@pytest.fixture(scope="module")
def margin(create):
    return create(
        "LinearMargin",
        [WAD, 30 * PERCENT],
        [WAD - 1, 20 * PERCENT],
        [0, 20 * PERCENT],
    )


def test_linear_margin__each_asset_rounded_up(margin):
    """One unit of value asks for one unit, whatever the share."""
    assert margin.requirements([1, 1]) == (2, 2, 1)
    assert margin.requirements([10, 10]) == (13, 12, 2)
    assert margin.requirements([0, 11]) == (4, 3, 3)


def test_linear_margin__shorter_lists_are_zeros(margin):
    assert margin.requirements([]) == (0, 0, 0)
    assert margin.requirements([100]) == margin.requirements([100, 0]) == (100, 100, 0)


def test_linear_margin__tells_its_ratios(margin):
    assert margin.ratios(0) == (WAD, WAD - 1, 0)
    assert margin.ratios(1) == (30 * PERCENT, 20 * PERCENT, 20 * PERCENT)
    assert margin.close_out_floor(1) == 20 * PERCENT
    assert margin.asset_count() == 2


def test_linear_margin__large_values(margin):
    large = 2**190
    assert margin.requirements([large, large])[0] == large + -(-large * 3 // 10)


@pytest.mark.parametrize(
    ("ratios", "reason"),
    [
        (([WAD + 1], [1], [1]), "model: initial above one"),
        (([5], [5], [1]), "model: initial not above maintenance"),
        (([5], [4], [5]), "model: maintenance below close-out"),
        (([5, 5], [4], [3]), "model: lengths differ"),
        (([5], [4], [3, 3]), "model: lengths differ"),
    ],
)
def test_linear_margin__out_of_order__reverts(create, ratios, reason):
    with ape.reverts(reason):
        create("LinearMargin", *ratios)


# -------------------------------------------------------------- FixedPenalty


def test_fixed_penalty__is_always_the_same(create):
    penalty = create("FixedPenalty", 8 * PERCENT)
    for health, elapsed in ((0, 0), (WAD, 10**9), (2**255, 2**255)):
        assert penalty.penalty(health, elapsed) == penalty.max_penalty() == 8 * PERCENT


def test_fixed_penalty__above_one__reverts(create):
    assert create("FixedPenalty", WAD).max_penalty() == WAD
    with ape.reverts("model: penalty above one"):
        create("FixedPenalty", WAD + 1)


# ---------------------------------------------------------------- KinkedRate


def test_kinked_rate__base_kink_and_end(create):
    rate = create("KinkedRate", PERCENT, 4 * PERCENT, 60 * PERCENT, 80 * PERCENT)
    for used, expected in ((0, 1), (40, 3), (80, 5), (90, 35), (100, 65)):
        assert rate.rate(used * PERCENT) == expected * PERCENT


def test_kinked_rate__rounds_up(create):
    rate = create("KinkedRate", 0, 1, 1, 80 * PERCENT)
    assert rate.rate(0) == 0
    assert rate.rate(1) == rate.rate(80 * PERCENT) == 1
    assert rate.rate(80 * PERCENT + 1) == rate.rate(WAD) == 2


def test_kinked_rate__beyond_full_use__is_full_use(create):
    rate = create("KinkedRate", PERCENT, PERCENT, PERCENT, 80 * PERCENT)
    assert rate.rate(2**255) == rate.rate(WAD) == 3 * PERCENT


@pytest.mark.parametrize("kink", [0, WAD, WAD + 1])
def test_kinked_rate__kink_at_an_end__reverts(create, kink):
    with ape.reverts("model: kink not inside (0, 1)"):
        create("KinkedRate", 0, 0, 0, kink)


@pytest.mark.parametrize("at", range(3))
def test_kinked_rate__too_large__reverts(create, at):
    terms = [0, 0, 0, WAD // 2]
    terms[at] = 100 * WAD
    create("KinkedRate", *terms)
    terms[at] += 1
    with ape.reverts("model: rate too large"):
        create("KinkedRate", *terms)
