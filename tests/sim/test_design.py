"""Points of a parameter space: grids, lists, random designs, ties, and what is refused."""

from __future__ import annotations

import pytest

from sim.errors import ScenarioError, UsageError
from sim.experiments.design import Axis, axis, points, space

TIES = ("margin.initial=margin.maintenance+0.05", "margin.close_out=margin.maintenance*0.9")


def test_axis__range_with_a_count__reads_as_it_was_typed() -> None:
    values = axis("margin.maintenance=0.10:0.30:5").values()
    assert values == (0.1, 0.15, 0.2, 0.25, 0.3)


def test_axis__whole_bounds__give_whole_numbers() -> None:
    assert axis("protocol.grace=0:3600:5").values() == (0, 900, 1800, 2700, 3600)
    assert all(isinstance(value, int) for value in axis("protocol.grace=0:100:4").values())


def test_axis__list__keeps_each_kind() -> None:
    assert axis("penalty=fixed,dutch") == Axis("penalty.model", ("fixed", "dutch"))
    assert axis("protocol.grace=0,600").values() == (0, 600)


@pytest.mark.parametrize(
    "text",
    ["penalty.fixed", "penalty.fixed=", "penalty.fixed=0.1,,0.2", "penalty.fixed=0.2:0.1:3",
     "penalty.fixed=0.1:0.2:1", "penalty.fixed=0.1:b:3", "penalty.fixed=0.1:0.2:3:4", "=1"],
)  # fmt: skip
def test_axis__bad_form__is_one_sentence(text: str) -> None:
    with pytest.raises(UsageError, match="0" if ":" in text else "form"):
        axis(text)


def test_points__grid__is_every_combination_with_its_ties() -> None:
    wanted = ["margin.maintenance=0.10:0.30:3", "penalty.fixed=0.05,0.09"]
    found, refused = points(space("stressed", ["run.blocks=7"], wanted, TIES))
    assert not refused
    chosen = [(p.params["margin.maintenance"], p.params["penalty.fixed"]) for p in found]
    assert chosen == [(m, f) for m in (0.1, 0.2, 0.3) for f in (0.05, 0.09)]
    assert [p.number for p in found] == list(range(6))
    for point in found:
        margin = point.scenario.margin
        assert margin.initial == pytest.approx(margin.maintenance + 0.05)
        assert margin.close_out == pytest.approx(margin.maintenance * 0.9)
        assert point.scenario.run.blocks == 7


def test_points__refused_on_a_grid__is_an_error_that_says_where_and_how_many() -> None:
    of = space("stressed", (), ["margin.maintenance=0.10:0.30:5"])
    with pytest.raises(ScenarioError, match=r"margin.maintenance=0\.2.*3 of 5.*--tie"):
        points(of)


def test_points__refused_in_a_random_design__is_left_out_and_told() -> None:
    of = space("stressed", (), ["margin.maintenance=0.10:0.30"])
    found, refused = points(of, "lhs", 20, seed=1)
    assert len(found) == 10  # a hypercube has as many below 0.2, the initial margin, as above
    assert len(refused) == 10
    assert all(each.params["margin.maintenance"] >= 0.2 for each in refused)
    assert [point.number for point in found] == list(range(10))


@pytest.mark.parametrize("design", ["lhs", "sobol"])
def test_points__random_design__one_in_each_stratum_and_always_the_same(design: str) -> None:
    wanted = ["penalty.fixed=0.00:0.04", "protocol.grace=0:15", "oracle=spot,twap"]
    of = space("stressed", (), wanted)
    found, _ = points(of, design, 16, seed=3)
    penalties = sorted(int(float(p.params["penalty.fixed"]) / 0.04 * 16) for p in found)
    assert penalties == list(range(16))
    assert sorted(p.params["protocol.grace"] for p in found) == list(range(16))
    assert sorted(str(p.params["oracle.source"]) for p in found) == ["spot"] * 8 + ["twap"] * 8
    again, _ = points(of, design, 16, seed=3)
    assert [p.params for p in again] == [p.params for p in found]
    assert [p.params for p in points(of, design, 16, seed=4)[0]] != [p.params for p in found]


@pytest.mark.parametrize(
    ("design", "count", "says"),
    [("sobol", 12, "power of two"), ("lhs", None, "--points"), ("grid", 4, "--points")],
)
def test_points__design_and_count_that_do_not_fit__are_refused(
    design: str, count: int | None, says: str
) -> None:
    of = space("stressed", (), ["penalty.fixed=0.01:0.04:2"])
    with pytest.raises(UsageError, match=says):
        points(of, design, count)


def test_points__no_parameter__is_the_scenario_itself() -> None:
    (only,), _ = points(space("stressed", (), ()))
    assert only.params == {}


@pytest.mark.parametrize(
    ("params", "ties", "says"),
    [
        (["penalty.fixed=0.1,0.2", "penalty.fixed=0.3,0.4"], [], "twice"),
        (["penalty.fixed=0.1,0.2"], ["penalty.fixed=penalty.fixed+1"], "twice"),
        (["penalty.fixed=0.1,0.10"], [], r"0\.1 is given twice"),
        (["run.seed=1,2"], [], "same seeds"),
        (["protocol.grace=1:3:4"], [], "not 4 whole numbers"),
        (["penalty.fixed=0.1,0.2"], ["margin.initial=margin.maintenance+1"], "not among"),
        (["penalty.fixed=0.1,0.2"], ["margin.initial"], "form"),
        (["penalty.fixed=0.1,0.2"], ["margin.initial=penalty.fixed+x"], "form"),
    ],
)
def test_space__what_makes_no_sense__is_refused(
    params: list[str], ties: list[str], says: str
) -> None:
    with pytest.raises(UsageError, match=says):
        space("stressed", (), params, ties)
