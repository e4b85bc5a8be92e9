"""ratios, close_out_floor, asset_count and what the constructor refuses."""

from math import ceil, floor

import ape
import pytest

from sim.units import WAD
from tests.contracts.periphery.reference import share

TERMS = ([WAD // 3, WAD // 7], [WAD, -WAD // 2], WAD // 3, WAD * 5 // 4, WAD * 9 // 10)


@pytest.fixture(scope="module")
def margin(create):
    return create("ScenarioMargin", *TERMS)


def test_ratios__are_the_range_scaled(margin):
    ranges, _, _, initial, close_out = TERMS
    for asset, full in enumerate(ranges):
        assert margin.ratios(asset) == (
            ceil(full * share(initial)),
            full,
            ceil(full * share(close_out)),
        )


def test_close_out_floor__is_never_above_what_is_asked(margin):
    ranges, _, floor_share, _, close_out = TERMS
    for asset, full in enumerate(ranges):
        least = floor(full * share(floor_share) * share(close_out))
        assert margin.close_out_floor(asset) == least
    # The hedged portfolio that comes nearest: 100 against 2/3 of the inverse range.
    values = [3 * 10**20, 14 * 10**20]
    floors = sum(value * share(margin.close_out_floor(i)) for i, value in enumerate(values))
    assert margin.requirements(values)[2] >= floors


def test_asset_count(margin):
    assert margin.asset_count() == 2


def test_asset_not_there__reverts(margin):
    for question in (margin.ratios, margin.close_out_floor):
        with ape.reverts():
            question(2)


@pytest.mark.parametrize(
    ("field", "wrong", "reason"),
    [
        (0, [WAD // 3], "model: lengths differ"),
        (0, [WAD // 3, 0], "model: zero range"),
        (0, [WAD // 3, WAD * 4 // 5], "model: initial of the whole value"),
        (1, [WAD, -WAD - 1], "model: factor out of range"),
        (1, [WAD + 1, 0], "model: factor out of range"),
        (2, 0, "model: floor_share out of range"),
        (2, WAD + 1, "model: floor_share out of range"),
        (3, WAD, "model: initial not above maintenance"),
        (3, 100 * WAD + 1, "model: initial_scale out of range"),
        (4, 0, "model: close_out_scale out of range"),
        (4, WAD + 1, "model: close_out_scale out of range"),
    ],
)
def test_wrong_terms__are_refused(create, field, wrong, reason):
    terms = list(TERMS)
    terms[field] = wrong
    with ape.reverts(reason):
        create("ScenarioMargin", *terms)
