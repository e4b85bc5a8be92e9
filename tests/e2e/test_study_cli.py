"""`plimsoll sweep` and `optimize` as people meet them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sim.cli import main
from sim.errors import LedgerMismatch
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
    assert "out/sweep-small-2" in plimsoll("sweep", small, "--seeds", 1).stdout
    said = refuses("sweep", small, "--seeds", 2, "--out", "out/sweep-small")
    assert "--resume goes on" in said


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
        (("--param", "margin.luck=0.1,0.2"), "unknown key margin.luck"),
        (("--tie", "margin.initial=margin.maintenance+0.1"), "margin.maintenance is not a --param"),
        (("--engine", "abacus"), "There is no engine 'abacus'"),
    ],
)
def test_sweep__what_makes_no_sense__is_one_sentence_and_runs_nothing(
    small: str, terms: tuple[str, ...], says: str
) -> None:
    assert says in refuses("sweep", small, *terms, "--seeds", 2)
    assert not Path("out/sweep-small").exists()


def test_compare__prints_a_column_a_point_and_goes_on_with_it(small: str) -> None:
    terms = ("compare", small, "--vary", "penalty=fixed,health", "--seeds")
    result = plimsoll(*terms, 1)
    assert result.exit_code == 0, result.stderr
    assert "penalty=health" in result.stdout
    assert "out/compare-small" in result.stdout
    folder = Path("out/compare-small")
    assert (folder / "bids.png").is_file()
    assert "--resume goes on" in refuses(*terms, 2, "--out", folder)
    again = plimsoll(*terms, 2, "--resume")
    assert "Mean over 2 seeds" in again.stdout
    assert len(dataset.runs(folder)) == 4
    assert "report.html" in plimsoll("report", folder).stdout


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


def test_sweep__taken_up_with_other_terms__names_the_field(small: str) -> None:
    plimsoll("sweep", small, "--seeds", 1)
    said = refuses("sweep", small, "--seeds", 1, "--blocks", 30, "--resume")
    assert said.endswith("it was begun with scenario.run.blocks 40 and not 30")


def test_sweep__every_run_fails__is_one_sentence(
    small: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing(*_: object, **__: object) -> None:
        raise LedgerMismatch("the books are wrong")

    monkeypatch.setattr("sim.experiments.work.run", nothing)
    said = refuses("sweep", small, "--seeds", 2, "--workers", 1)
    assert said == "all 2 runs failed, the first because: the books are wrong"


@pytest.mark.parametrize(
    ("param", "says"),
    [
        ("margin.luck=0.1:0.2", "unknown key margin.luck"),
        ("margin.maintenance=0.9:0.95", "21 of 21 points are refused; tie the others to it"),
    ],
)
def test_optimize__nothing_is_allowed__leaves_no_folder_in_the_way(
    small: str, param: str, says: str
) -> None:
    assert says in refuses("optimize", small, "--param", param, "--trials", 1)
    assert not Path("out/optimize-small").exists()


@pytest.mark.parametrize(
    "changed", [("--objective", "loss_es99"), ("--seeds", 2), ("--constraint", "insolvency<=1")]
)
def test_optimize__taken_up_with_other_terms__is_refused(
    small: str, changed: tuple[object, ...]
) -> None:
    terms = ("optimize", small, "--param", "penalty.fixed=0.02:0.05", "--trials", 1, "--confirm", 1)
    assert plimsoll(*terms, "--seeds", 1).exit_code == 0
    assert "it was begun with" in refuses(*terms, "--seeds", 1, "--resume", *changed)
    assert plimsoll(*terms, "--seeds", 1, "--resume").exit_code == 0


def test_optimize__without_a_parameter__is_one_sentence(small: str) -> None:
    assert "name a --param" in refuses("optimize", small, "--trials", 1)
