"""The report: that it needs nothing else, and says what the tables hold."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sim.errors import UsageError
from sim.experiments import store
from sim.experiments.compare import comparison
from sim.experiments.compared import FIGURES, TABLE, runs
from sim.experiments.dataset import Dataset
from sim.experiments.outcome import FIXED, Done, Failed
from sim.metrics.summary import summarise
from sim.report.bars import CHOSEN, FRONT, TRIAL, front, heat, lines
from sim.report.collect import collect, writers
from sim.report.of_comparison import LOSS, answer
from sim.report.theme import INK, configured, inline_svg
from sim.report.write import cell, csv, html, markdown, png
from sim.scenario import load
from tests.sim import tables
from tests.sim.browser import needs_chromium, visit


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """The folder of a run."""
    data = tables.run()
    record = {
        "scenario": load("black-thursday").model_dump(mode="json"),
        "seed": 3,
        "engine": "revm",
        "not_applied": [],
        "ended": "complete",
        "blocks": len(data["blocks"]),
        "transactions": 12,
        "fingerprint": "ab" * 32,
        "versions": {"plimsoll": "0"},
        "bytecode": {"Core": "cd" * 32},
        "summary": summarise(data),
    }
    store.write(tmp_path / "run", record, data)
    return tmp_path / "run"


@pytest.fixture
def compared(tmp_path: Path) -> Path:
    """The folder of a comparison, of twelve seeds whose borrowers' losses differ by 400."""
    command = "plimsoll compare incentives --vary penalty=fixed,dutch --seeds 12"
    sets = ("traders.count=9",)
    asked = comparison("incentives", sets, ["penalty=fixed,dutch"], 12, "revm", command)
    kept = Dataset(tmp_path / "comparison")
    kept.begin(asked.record())
    rng = np.random.default_rng(1)
    shared = rng.normal(0, 50, 12)
    liquidations = tables.run()["liquidations"]
    for point, borrowers, loss in ((0, 900.0, 0.0), (1, 500.0, 70.0)):
        for seed in range(12):
            row = dict.fromkeys(FIXED, "x") | {"seed": seed, "weight": 1.0, "tilted": False}
            row |= {FIGURES["borrowers' loss, USD"]: borrowers + shared[seed], FIGURES[LOSS]: loss}
            mine = liquidations if (point, seed) == (0, 0) else liquidations.iloc[:0]
            kept.add(Done(point, seed, {**row, "transactions": 1}, {TABLE: mine}))
    return kept.folder


def page(*folders: Path) -> str:
    (path,) = html([collect(folder) for folder in folders], folders[0])
    return path.read_text()


# --------------------------------------------------------------------------- the page


def test_page__anything__fetches_nothing_and_runs_nothing(run: Path, compared: Path):
    text = page(run, compared)
    assert "<script" not in text
    assert "@import" not in text
    assert not re.search(r'(?:src|href|action|data)="(?!data:|#)', text)
    assert not re.search(r"url\((?!#|&quot;#)", text)


def test_page__charts__follow_the_ink_of_the_page(run: Path):
    text = page(run)
    assert 'fill="var(--ink)"' in text
    assert 'fill="#222222"' not in text


def test_page__every_chart__has_our_ink_to_be_followed(run: Path, compared: Path):
    figures = [figure for folder in (run, compared) for figure in collect(folder).figures()]
    assert len(figures) > 4
    for figure in figures:
        assert figure.chart.to_dict()["config"]["axis"]["labelColor"] == INK, figure.name


def test_page__run__answer_before_figures_before_how_it_was_made(run: Path):
    text = page(run)
    order = ["Does", "Lenders lose", "The day", "Figures", "Who earned what", "How this was made"]
    assert [text.index(part) for part in order] == sorted(text.index(part) for part in order)
    assert f"plimsoll run {run / 'run.json'} --seed 3" in text
    assert "cd" * 32 in text


def test_page__text_from_a_scenario__is_escaped(run: Path):
    path = run / store.RUN_FILE
    record = json.loads(path.read_text())
    record["scenario"]["question"] = "<script>alert(1)</script>"
    path.write_text(json.dumps(record))
    assert "<script" not in page(run)


@needs_chromium
def test_page__in_a_browser__says_nothing_on_the_console_and_asks_for_nothing(
    run: Path, compared: Path, tmp_path: Path
) -> None:
    page(run, compared)
    seen = visit(run / "report.html", tmp_path)
    assert seen.console == seen.hosts == []
    assert "How this was made" in seen.dom


@needs_chromium
def test_visit__page_that_asks_and_complains__is_seen_to(tmp_path: Path) -> None:
    """Else the test above would prove nothing."""
    path = tmp_path / "page.html"
    path.write_text(
        "<!doctype html><link rel=stylesheet href='https://fonts.example/a.css'>"
        "<img src='http://plimsoll.example/a.png'><script>console.error('no')</script>"
    )
    seen = visit(path, tmp_path)
    assert seen.hosts == ["fonts.example", "plimsoll.example"]
    assert len(seen.console) == 1


# ------------------------------------------------------------------------- comparisons


def test_comparison__paired_seeds__says_what_they_agree_on(compared: Path):
    first, *rest = answer(runs(compared))
    assert first == "Lenders lose, on average: penalty=dutch by 70 USD."
    said = "penalty=dutch instead of penalty=fixed: borrowers' loss, USD falls by 400"
    assert any(sentence.startswith(said) for sentence in rest)


def test_comparison__noise_alone__says_that_nothing_differs():
    rng = np.random.default_rng(2)
    noise = pd.DataFrame(
        {
            "point": ["a"] * 20 + ["b"] * 20,
            "seed": list(range(20)) * 2,
            LOSS: 0.0,
            "gain": rng.normal(0, 1, 40),
        }
    )
    assert answer(noise) == [
        "Lenders lose nothing at any point, in any seed.",
        "No figure differs by more than the seeds do among themselves.",
    ]


def test_comparison__no_run_yet__is_said(compared: Path):
    for path in compared.glob("runs/*/*"):
        path.unlink()
    with pytest.raises(UsageError, match="without runs yet; --resume goes on"):
        collect(compared)


def test_comparison__figures_without_a_difference__have_no_panel(compared: Path):
    (points,) = (figure for figure in collect(compared).figures() if figure.name == "points")
    assert [panel["title"] for panel in points.chart.to_dict()["concat"]] == [
        "borrowers' loss, USD", LOSS,
    ]  # fmt: skip


def test_comparison__command__repeats_it(compared: Path):
    command = "plimsoll compare incentives --vary penalty=fixed,dutch --seeds 12"
    assert command in page(compared)


def test_comparison__runs_that_failed_or_are_missing__are_said(compared: Path):
    assert not any("to be made" in said for said in collect(compared).answer)
    kept = Dataset(compared)
    (compared / "runs/point=1/seed-3.parquet").unlink()
    kept.add(Failed(1, 3, "the books are wrong"))
    (compared / "runs/point=0/seed-7.parquet").unlink()
    document = collect(compared)
    assert document.answer[-1] == "1 of 24 runs are still to be made."
    (grid,) = document.sections[-1].parts
    assert grid.frame.values.tolist() == [[1, 3, "the books are wrong"]]


# ------------------------------------------------------------------------------- forms


def test_formats__every_one__writes_what_it_names(run: Path):
    documents = [collect(run)]
    assert next(path.name for path in markdown(documents, run)) == "report.md"
    charts = {path.name for path in png(documents, run)}
    text = (run / "report.md").read_text()
    assert charts == set(re.findall(r"\]\((\S+\.png)\)", text))
    assert all((run / name).read_bytes().startswith(b"\x89PNG") for name in charts)
    grids = {path.stem: pd.read_csv(path) for path in csv(documents, run)}
    assert grids["roles"]["profit, USD"].notna().all()


def test_formats__two_folders__neither_replaces_the_files_of_the_other(
    run: Path, compared: Path, tmp_path: Path
):
    documents = [collect(run), collect(compared)]
    (tmp_path / "both").mkdir()
    paths = [path for write in (markdown, csv) for path in write(documents, tmp_path / "both")]
    names = sorted(path.name for path in paths)
    assert len(set(names)) == len(names)
    assert {name[0] for name in names} == {"1", "2", "r"}
    text = (tmp_path / "both/report.md").read_text()
    assert {"1-day.png", "2-points.png"} <= set(re.findall(r"\]\((\S+\.png)\)", text))


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "none"), (float("nan"), "none"), (0.08, "0.08"), (1234567.8, "1,234,568"), (3, "3"),
     ("public", "public"), (True, "True"), (412.345, "412.3")],
)  # fmt: skip
def test_cell__content__as_people_read_it(content, said):
    assert cell(content) == said


@pytest.mark.parametrize("formats", ["pdf", "html,pdf", ""])
def test_formats__unknown__is_refused_with_the_known(formats: str):
    with pytest.raises(UsageError, match="html, md, csv, png"):
        writers(formats)


def test_collect__another_folder__is_refused(tmp_path: Path):
    with pytest.raises(UsageError, match="holds no run, comparison or sweep"):
        collect(tmp_path)
    with pytest.raises(UsageError, match="is not a folder"):
        collect(tmp_path / "none")


def test_collect__run_of_another_version_or_not_whole__is_one_sentence(run: Path):
    accounts = pd.read_parquet(run / "accounts.parquet")
    store.write_table(run / "accounts.parquet", accounts.drop(columns="hindrance"))
    with pytest.raises(UsageError, match=r"accounts\.parquet has no hindrance: another version"):
        collect(run)
    (run / "accounts.parquet").write_bytes(b"cut")
    with pytest.raises(UsageError, match=r"accounts\.parquet cannot be read"):
        collect(run)
    (run / "accounts.parquet").unlink()
    with pytest.raises(UsageError, match=r"accounts\.parquet has no account"):
        collect(run)


# ------------------------------------------------------------------------------ charts


def test_charts__of_studies__are_drawn_with_their_units():
    grid = pd.DataFrame(
        [(m, p, m * p, m * p - 1, m * p + 1) for m in (1.0, 2.0) for p in (3.0, 5.0)],
        columns=["margin", "penalty", "loss", "low", "high"],
    )
    drawn = inline_svg(configured(heat(grid, "margin", "penalty", "loss", ("m", "p", "loss, USD"))))
    assert "loss, USD" in drawn
    assert ">10<" in drawn
    curve = lines(grid, "margin", "loss", ("margin", "loss, USD"), "penalty")
    assert "loss, USD" in inline_svg(configured(curve))
    named = grid.assign(kind=[FRONT, TRIAL, TRIAL, CHOSEN], label=["7", "", "", "8"])
    assert ">7<" in inline_svg(configured(front(named, "margin", "loss", ("x", "y, USD"))))
