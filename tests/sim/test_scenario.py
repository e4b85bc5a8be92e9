"""Scenarios: what is valid, and that whatever is not is one sentence naming the field."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from sim.errors import ScenarioError
from sim.scenario import Scenario, load, validate
from sim.scenario.changes import unlike_shipped
from sim.scenario.load import SHIPPED

MINIMAL = {"name": "test"}


def refusal(data, origin="test.toml"):
    with pytest.raises(ScenarioError) as refused:
        validate({**MINIMAL, **data}, origin)
    assert "\n" not in str(refused.value)
    return str(refused.value)


def sections(model=Scenario, path=""):
    """Every section of a scenario with the path to it, through unions and lists."""
    yield path, model
    for name, field in model.model_fields.items():
        for part in field_models(field.annotation):
            yield from sections(part, f"{path}.{name}".lstrip("."))


def field_models(annotation):
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [m for each in getattr(annotation, "__args__", ()) for m in field_models(each)]


def test_scenario__name_alone__is_enough():
    assert validate(MINIMAL, "test.toml").run.blocks == 7_200


def test_scenario__every_setting__is_documented():
    undocumented = [
        f"{path}.{name}"
        for path, model in sections()
        if path
        for name, field in model.model_fields.items()
        if not field.description and name != "model" and not field_models(field.annotation)
    ]
    assert undocumented == []


REFUSED = {
    "unknown section": ({"rum": {}}, "unknown key rum"),
    "unknown key": ({"run": {"block": 5}}, "unknown key run.block"),
    "unknown key of a price": ({"price": {"model": "gbm", "vol": 1}}, "unknown key price.vol"),
    "unknown price": ({"price": {"model": "sabr"}}, "price.model is 'sabr': one of gbm, merton"),
    "price without model": ({"price": {"sigma": 1}}, "price.model is missing"),
    "no blocks": ({"run": {"blocks": 0}}, "run.blocks is 0: input should be greater than or"),
    "part of a block": ({"run": {"blocks": 1.5}}, "run.blocks is 1.5: input should be a valid int"),
    "text for a number": ({"gas": {"noise": "loud"}}, "gas.noise is 'loud'"),
    "nan": ({"gas": {"noise": float("nan")}}, "gas.noise is nan: a finite number is needed"),
    "infinite": (
        {"price": {"model": "gbm", "sigma": float("inf")}},
        "price.sigma is inf: a finite number is needed",
    ),
    "negative volatility": ({"price": {"model": "gbm", "sigma": -1}}, "price.sigma is -1"),
    "price of nothing": ({"price": {"model": "gbm", "start": 0}}, "price.start is 0"),
    "one anchor": ({"price": {"model": "anchored", "anchors": [[0, 1]]}}, "price.anchors: list"),
    "anchors not from 0": (
        {"price": {"model": "anchored", "anchors": [[1, 1], [2, 1]]}},
        "anchor hours must start at 0 and rise",
    ),
    "anchors not rising": (
        {"price": {"model": "anchored", "anchors": [[0, 1], [2, 1], [2, 3]]}},
        "anchor hours must start at 0 and rise",
    ),
    "anchor of 0 USD": (
        {"price": {"model": "anchored", "anchors": [[0, 1], [2, 0]]}},
        "price.anchors.1.1 is 0",
    ),
    "replay of nothing": ({"price": {"model": "replay"}}, "price.file"),
    "gas level not rising": ({"gas": {"level": [[0, 9], [0, 9]]}}, "level hours must rise"),
    "no gas level": ({"gas": {"level": []}}, "gas.level: list should have at least 1 item"),
    "initial at maintenance": (
        {"margin": {"initial": 0.3, "maintenance": 0.3}},
        "initial (0.3) must be above maintenance (0.3)",
    ),
    "close-out above maintenance": (
        {"margin": {"initial": 0.4, "maintenance": 0.3, "close_out": 0.31}},
        "close_out (0.31) must be at most maintenance (0.3)",
    ),
    "margin of everything": ({"margin": {"initial": 1.0}}, "margin.initial is 1.0"),
    "auction longer than its call": (
        {"penalty": {"model": "dutch"}, "protocol": {"call_window": 1_799}},
        "penalty.dutch_seconds (1800) must be at most protocol.call_window (1799)",
    ),
    "a price from a pool that is not there": (
        {"oracle": {"source": "twap"}, "assets": [{}, {"symbol": "B", "pool_depth": 0}]},
        "oracle.source 'twap' needs a pool of every asset: pool_depth of B above 0",
    ),
    "penalty above what close-out leaves": (
        {"margin": {"close_out": 0.1}, "penalty": {"fixed": 0.12}},
        "(1 - close_out)(1 + penalty) must be below 1 for ETH: (0.9)(1.12) is 1.008",
    ),
    "same for the margin of one asset": (
        {
            "assets": [
                {"symbol": "A"},
                {
                    "symbol": "B",
                    "margin": {"initial": 0.3, "maintenance": 0.2, "close_out": 0.05},
                },
            ],
            "penalty": {"fixed": 0.06},
        },
        "must be below 1 for B",
    ),
    "one name twice": ({"assets": [{"symbol": "A"}, {"symbol": "A"}]}, "symbols of assets must"),
    "no asset": ({"assets": []}, "assets: list should have at least 1 item"),
    "nine assets": ({"assets": [{"symbol": f"A{i}"} for i in range(9)]}, "assets: list"),
    "more quorum than reporters": ({"oracle": {"quorum": 4}}, "quorum (4) must be at most"),
    "leverage upside down": (
        {"traders": {"leverage_low": 2, "leverage_high": 1.5}},
        "leverage_high (1.5) must be at least leverage_low (2.0)",
    ),
    "start that is no time": ({"run": {"start": "noon"}}, "run.start is 'noon': an ISO time"),
    "not a table": ({"run": 5}, "run is 5"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_validate__wrong__one_sentence_names_the_field_and_what_is_allowed(case):
    data, expected = REFUSED[case]
    message = refusal(data)
    assert message.startswith("test.toml: ")
    assert expected in message


def test_validate__a_start_without_zone__is_utc():
    data = {**MINIMAL, "run": {"start": "2021-05-19 12:00"}}
    assert validate(data, "").run.start == "2021-05-19T12:00:00+00:00"


# --------------------------------------------------------------------- files


def test_load__unknown_name__lists_the_shipped_ones():
    with pytest.raises(ScenarioError, match=r"no scenario 'clam'; shipped are bank-run, black-th"):
        load("clam")


def test_load__file__by_its_path_named_after_it(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("[run]\nblocks = 5\n")
    found = load(path)
    assert (found.name, found.run.blocks) == ("mine", 5)
    assert load(str(path)) == found


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"[run\n", r"mine\.toml is not valid TOML: .*line 1"),
        (b"\xff\xfe", r"mine\.toml cannot be read"),
        (None, r"there is no scenario file .*mine\.toml"),
    ],
)
def test_load__file_that_is_none__one_sentence(tmp_path, content, message):
    path = tmp_path / "mine.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ScenarioError, match=message):
        load(path)


def test_load__replay_file__is_found_beside_the_scenario(tmp_path, monkeypatch):
    (tmp_path / "p.csv").write_text("time,price\n0,1\n60,2\n")
    path = tmp_path / "mine.toml"
    path.write_text('[price]\nmodel = "replay"\nfile = "p.csv"\n')
    monkeypatch.chdir("/")
    assert load(path).price.file == str(tmp_path / "p.csv")
    assert load(path, ["price.file=q.csv"]).price.file == "q.csv"


# ------------------------------------------------------------------ overrides


@pytest.mark.parametrize(
    ("override", "path", "value"),
    [
        ("run.blocks=10", ("run", "blocks"), 10),
        ("run.blocks = 7_200", ("run", "blocks"), 7_200),
        ("price.sigma=1.5", ("price", "sigma"), 1.5),
        ("protocol.cap_toxic=false", ("protocol", "cap_toxic"), False),
        ("question=why", ("question",), "why"),
        ('question="why = not?"', ("question",), "why = not?"),
        ("question=why = not?", ("question",), "why = not?"),
        ("run.start=2021-05-19T12:00:00Z", ("run", "start"), "2021-05-19T12:00:00+00:00"),
        ("gas.level=[[0, 5], [1, 9]]", ("gas", "level"), [(0, 5), (1, 9)]),
    ],
)
def test_override__toml_value_or_bare_word__is_set(override, path, value):
    found = load("calm", [override])
    for name in path:
        found = getattr(found, name)
    assert found == value


def test_override__item_of_a_list__is_the_one_at_that_index():
    """Also where the items are equal."""
    steps = ["gas.level=[[9, 9], [12, 12]]", "gas.level.0.1=7", "gas.level.1.1=8"]
    assert load("calm", steps).gas.level == [(9, 7), (12, 8)]
    pair = ['assets=[{symbol="A"}, {symbol="B"}]', "assets.1.decimals=6"]
    assert [asset.decimals for asset in load("calm", pair).assets] == [18, 6]


def test_override__the_last_one_counts():
    assert load("calm", ["run.seed=1", "run.seed=2"]).run.seed == 2


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("run.blocks", "override 'run.blocks' is not of the form key.path=value"),
        ("=5", "override '=5' is not of the form"),
        ("question.x=5", "goes into 'question', which is not a section"),
        ("assets.7.decimals=6", "'7' is not an index below 1"),
        ("assets.eth.decimals=6", "'eth' is not an index below 1"),
        ("run.blcks=5", "unknown key run.blcks"),
        ("run.blocks=many", "run.blocks is 'many'"),
        ("run.blocks=nan", "run.blocks is nan: a finite number is needed"),
        ("traders.count=true", "traders: count is true: a number is needed"),
        ("margin=3", "margin is 3: a section is needed"),
    ],
)
def test_override__wrong__one_sentence(override, message):
    with pytest.raises(ScenarioError) as refused:
        load("calm", [override])
    assert message in str(refused.value)


def test_override__another_model_of_the_price__leaves_the_fields_of_the_old_one():
    model = "price.model=replay"
    for overrides in ([model, "price.file=a.csv"], ["price.file=a.csv", model]):
        assert load("black-thursday", overrides).price.file == "a.csv"
    assert load("black-thursday", ["price.model=anchored"]) == load("black-thursday")


def leaves(data, path=""):
    if isinstance(data, dict):
        for name, value in data.items():
            yield from leaves(value, f"{path}.{name}".lstrip("."))
    yield path


KEYS = [path for path in leaves(validate(MINIMAL, "").model_dump()) if path]
VALUES = st.one_of(
    st.text(max_size=20),
    st.integers(-10, 10**20).map(str),
    st.floats().map(str),
    st.sampled_from(["true", "[]", "{}", "[[0, 1]]", "[1, [2]]", "1e400", "2020-01-01", "''"]),
)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(key=st.sampled_from(KEYS), value=VALUES)
def test_override__anything_anywhere__a_scenario_or_one_sentence(key, value):
    try:
        found = load("calm", [f"{key}={value}"])
    except ScenarioError:
        return
    assert validate(found.model_dump(), "again") == found


def test_shipped__folder__has_nothing_but_scenarios():
    assert {path.suffix for path in Path(SHIPPED).iterdir()} == {".toml"}
    for path in SHIPPED.glob("*.toml"):
        tomllib.loads(path.read_text())


@pytest.mark.parametrize(
    ("section", "name", "wrong"),
    [
        ("gas", "elasticity", 11),
        ("venue", "thinnest", 1.5),
        ("peg", "bargain", 2.0),
        ("rate", "peg_most", 101),
    ],
)
def test_validate__bound_tighter_than_that_of_its_kind__holds(section, name, wrong):
    with pytest.raises(ScenarioError, match=rf"{section}\.{name} is {wrong}: input should be less"):
        validate({"name": "x", section: {name: wrong}}, "x")


def test_unlike_shipped__as_one_would_set_it_and_not_too_many() -> None:
    def unlike(name: str, *overrides: str, **terms: Any) -> str:
        return unlike_shipped(load(name, overrides).model_dump(mode="json"), **terms)

    assert unlike("calm") == ""
    one = ("assets.1.decimals=6", "gas.level=[[0,200]]", "penalty.model=dutch")
    said = "assets.1.decimals=6, penalty.model=dutch, gas.level=[[0.0, 200.0]]"
    assert unlike("contagion", *one) == said
    assert unlike("contagion", *one, but=["gas.level"]).endswith("dutch")
    assert unlike("contagion", *one, most=1) == "assets.1.decimals=6, 2 more"
    assert unlike("calm", "name=mine", "run.blocks=3") == ""
    assert unlike("replay", "price.file=prices.csv") == "price.file=prices.csv"
