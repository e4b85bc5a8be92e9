"""`plimsoll sweep` and `optimize` as people meet them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sim.cli import main
from sim.experiments import dataset
from tests.sim.studies import source


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    return source(tmp_path)


def plimsoll(*arguments: object) -> Result:
    result = CliRunner(mix_stderr=False).invoke(main, [str(a) for a in arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def refuses(*arguments: object) -> str:
    result = plimsoll(*arguments)
    assert result.exit_code == 2, result.output
    (line,) = result.stderr.strip().splitlines()
    return line.removeprefix("plimsoll: ")


def test_sweep__prints_a_row_a_point_and_says_where_it_is(small: str) -> None:
    result = plimsoll("sweep", small, "--param", "penalty.fixed=0.03,0.05", "--seeds", 2)
    assert result.exit_code == 0, result.stderr
    assert "0.03" in result.stdout
    assert "0.05" in result.stdout
    assert "out/sweep-small" in result.stdout
    assert len(dataset.runs(Path("out/sweep-small"))) == 4
    assert "--resume goes on" in refuses("sweep", small, "--seeds", 2)


def test_sweep__random_design__tells_what_is_left_out(small: str) -> None:
    terms = ("--param", "margin.maintenance=0.25:0.55", "--design", "lhs", "--points", 4)
    result = plimsoll("sweep", small, *terms, "--seeds", 1)
    assert result.exit_code == 0, result.stderr
    study = dataset.study(Path("out/sweep-small"))
    left = len(study["refused"])
    assert 0 < left < 4
    assert len(study["points"]) == 4 - left
    assert f"{left} of 4 points are not allowed" in result.stderr


@pytest.mark.parametrize(
    ("terms", "says"),
    [
        (("--param", "margin.maintenance=0.1:0.9:3"), "points are refused"),
        (("--sampling", "importance"), "importance sampling needs"),
        (("--sampling", "guess"), "--sampling guess"),
        (("--until", "ci=2"), "--until ci=2"),
        (("--until", "figure=loss_es95"), "--until"),
        (("--until", "ci=0.1,figure=luck"), "there is no figure 'luck'"),
        (("--param", "penalty.fixed"), "form"),
    ],
)
def test_sweep__what_makes_no_sense__is_one_sentence_and_runs_nothing(
    small: str, terms: tuple[str, ...], says: str
) -> None:
    assert says in refuses("sweep", small, *terms, "--seeds", 2)
    assert not Path("out/sweep-small").exists()


def test_optimize__prints_the_front_and_the_confirmation(small: str) -> None:
    result = plimsoll(
        "optimize", small, "--param", "penalty.fixed=0.02:0.05", "--trials", 2, "--seeds", 1,
        "--objective", "capital_efficiency,borrower_loss", "--confirm", 2,
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    assert "<- recommended" in result.stdout
    assert "on 2 fresh seeds" in result.stdout
    kept = json.loads(Path("out/optimize-small/optimize.json").read_text())
    assert kept["recommended"] in kept["front"]


def test_optimize__without_a_parameter__is_one_sentence(small: str) -> None:
    assert "name a --param" in refuses("optimize", small, "--trials", 1)
