"""Reports of sweeps and optimisations: what they conclude from runs whose figures are known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from sim.errors import UsageError
from sim.experiments import dataset, figures, store
from sim.experiments.aim import Aim, constraint
from sim.experiments.choice import choose, verdicts
from sim.experiments.dataset import Dataset
from sim.experiments.design import points, space
from sim.experiments.figures import COLUMNS, REPORTED
from sim.experiments.outcome import Done
from sim.experiments.sweep import Plan
from sim.report.bars import _beyond
from sim.report.collect import collect
from sim.report.weighing import weighing
from sim.report.write import html
from tests.sim.browser import needs_chromium, visit
from tests.sim.studies import plan, source

Loss = Callable[[int, int], float]
"""Of a point and a seed."""
PARAMS = ("margin.maintenance=0.10:0.15:2", "penalty.fixed=0.02,0.03")
TIES = ("margin.initial=margin.maintenance+0.1", "margin.close_out=margin.maintenance*0.9")
SEEDS = 40


def asked(home: Path, **changes: object) -> Plan:
    found, _ = points(space(source(home), (), PARAMS, TIES))
    return replace(plan(home, seeds=SEEDS), params=PARAMS, ties=TIES, points=found, **changes)


def study(
    home: Path, what: Plan, loss: Loss, name: str = "out", numbers: Sequence[int] = (0, 1, 2, 3)
) -> Path:
    """A folder as a study leaves it; point p borrows 0.8 - p / 10."""
    folder = home / name
    kept = Dataset(folder)
    kept.begin(what.record())
    for point in numbers:
        for seed in range(1, SEEDS + 1):
            row = dict.fromkeys(["engine", "fingerprint"], "x") | {"seed": seed, "weight": 1.0}
            row |= {"tilted": False, "transactions": 1} | dict.fromkeys(COLUMNS.values(), 0.0)
            row |= {
                "solvency.loss_usd": loss(point, seed),
                "solvency.bad_debt_usd": loss(point, seed) / 2,
                "solvency.debt_start_usd": 1e6,
                "solvency.debt_highest_usd": 1e6,
                "efficiency.capital_efficiency": 0.8 - point / 10,
            }
            kept.add(Done(point, seed, row))
        kept.gather(point)
    kept.write_tails(figures.estimate(dataset.runs(folder), REPORTED, 24.0))
    return folder


def page(folder: Path) -> str:
    (path,) = html([collect(folder)], folder)
    return path.read_text()


def fall(point: int, seed: int) -> float:
    """Less at every higher point, and nothing at the last two, but for one run of point 2."""
    return max(0.0, 1e5 * (seed % 4) * (2 - point)) + 10.0 * (point == 2 and seed == 3)


# --------------------------------------------------------------------------- sweeps


def test_sweep__points_with_a_tie__are_named_by_what_was_varied(tmp_path: Path) -> None:
    document = collect(study(tmp_path, asked(tmp_path), fall))
    assert document.question == "Which margin.maintenance and penalty.fixed in small?"
    names = [grid.frame.columns.tolist() for grid in document.grids()]
    assert all("margin.initial" not in columns for columns in names)
    assert ("tied to them", "; ".join(TIES)) in document.facts
    drawn = next(f for f in document.figures() if f.name == "across").chart.to_json()
    assert '"type": "rect"' in drawn, "two parameters on a grid are a heat map"


def test_sweep__answer__least_loss_then_what_cannot_be_told_from_it(tmp_path: Path) -> None:
    first, told, most = collect(study(tmp_path, asked(tmp_path), fall)).answer
    assert first.startswith("Nothing is lost at margin.maintenance=0.15, penalty.fixed=0.03 in any")
    assert "fewer than 8.8 % of runs" in first, "Clopper and Pearson: 1 - 0.025^(1/40)"
    assert "more is lost in the worst 5 % at 2 of the 3 others, by more than chance" in told
    assert "the rest cannot be told from it" in told
    assert "margin.maintenance=0.15, penalty.fixed=0.02 lets most be borrowed: 0.600" in most


def test_sweep__as_little_is_lost_at_two_points__the_one_that_lets_borrow_more(
    tmp_path: Path,
) -> None:
    """Points 1 and 3 lose nothing at all."""
    document = collect(study(tmp_path, asked(tmp_path), lambda p, s: 1e5 * (s % 4) * (p in (0, 2))))
    assert document.answer[0].startswith(
        "Nothing is lost at margin.maintenance=0.1, penalty.fixed=0.03"
    )
    assert len(document.answer) == 2, "and nothing that cannot be told from it lets borrow more"


def test_sweep__nothing_is_lost_anywhere__is_the_whole_answer(tmp_path: Path) -> None:
    document = collect(study(tmp_path, asked(tmp_path), lambda *_: 0.0))
    assert document.answer == [
        "Lenders lose nothing at any of 4 points: no shortfall and no bad debt at the end of "
        "160 runs."
    ]
    assert "What lenders lose" not in [section.title for section in document.sections]


def test_sweep__front__is_numbered_and_listed_from_most_to_least_borrowed(tmp_path: Path) -> None:
    grid = next(g for g in collect(study(tmp_path, asked(tmp_path), fall)).grids())
    assert grid.frame["number"].tolist() == [1, 2, 3, 4]
    assert grid.frame["margin.maintenance"].tolist() == [0.1, 0.1, 0.15, 0.15]
    assert grid.frame["penalty.fixed"].tolist() == [0.02, 0.03, 0.02, 0.03]


def test_sweep__not_ended__is_a_sentence(tmp_path: Path) -> None:
    folder = study(tmp_path, asked(tmp_path), fall)
    (folder / "tails.parquet").unlink()
    with pytest.raises(UsageError, match="has not ended"):
        collect(folder)


def test_beyond__weighted_losses__shares_by_hand() -> None:
    """Of four runs weights 2, 1, 0.5 and 0.5; losses 0, 0, 7 and 9."""
    found = _beyond("loss", [9.0, 0.0, 7.0, 0.0], [0.5, 2.0, 0.5, 1.0])
    assert found["amount"].tolist() == [0.0, 7.0, 9.0]
    assert found["share"].tolist() == [25.0, 12.5, 12.5]


# -------------------------------------------------------------------- optimisations


def optimum(home: Path, loss: Loss, fresh: Loss, bound: float) -> Path:
    """Of the four points; on fresh seeds point 0 is the recommended, 1 the scenario as it is."""
    what = asked(home, kind="optimize", design="optimize")
    aim = Aim(
        figures.figures("capital_efficiency,loss_es99"),
        (constraint(f"loss_es99<={bound}"),), 4, SEEDS,
    )  # fmt: skip
    folder = study(home, what, loss)
    result = choose(aim, what.points, dataset.tails(folder))
    confirmed = study(folder, what, fresh, f"confirm-{result['recommended']}", (0, 1))
    result["verdicts"] = verdicts(
        aim, dataset.tails(folder), dataset.tails(confirmed), result["recommended"]
    )
    store.write_json(folder / "optimize.json", result)
    return folder


def some(amount: float) -> Loss:
    return lambda point, seed: amount * (1 + seed % 5) / (1 + point)


def test_optimum__confirmation__is_beside_the_claim_and_first(tmp_path: Path) -> None:
    folder = optimum(tmp_path, some(1_000.0), some(1_000.0), 1e6)
    document = collect(folder)
    assert document.answer[0].startswith("Recommended: margin.maintenance=0.1")
    assert document.sections[0].title == "The recommendation on fresh seeds"
    table = document.sections[0].parts[0].frame
    assert table.columns[1:3].tolist() == [
        f"on the {SEEDS} seeds it was chosen on", f"on {SEEDS} fresh seeds",
    ]  # fmt: skip
    loss = table[table["figure"] == "loss, ES99, USD"].iloc[0]
    assert loss["scenario as it is, fresh seeds"].startswith("2.5k")
    listed = document.sections[1].parts[1].frame
    assert listed[""].tolist().count("recommended") == 1
    text = page(folder)
    order = ["Recommended:", "The recommendation on fresh seeds", "The front", "Every figure"]
    assert [text.index(part) for part in order] == sorted(text.index(part) for part in order)


def test_optimum__limit_that_breaks_on_fresh_seeds__is_said(tmp_path: Path) -> None:
    document = collect(optimum(tmp_path, some(1_000.0), some(90_000.0), 6_000))
    (loss,) = (sentence for sentence in document.answer if sentence.startswith("Loss, ES99"))
    assert loss.endswith("Limit broken.")
    assert "had no upper end" in loss, "40 runs do not bound the worst 1 %"


def test_optimum__claim_that_fails__does_not_hold(tmp_path: Path) -> None:
    """Capital efficiency: 0.8 of point 0 when chosen; the claims of 40 equal runs are sharp."""
    aim = Aim(figures.figures("capital_efficiency"), (), 4, SEEDS)
    what = asked(tmp_path, kind="optimize")
    folder = study(tmp_path, what, some(1.0))
    result = choose(aim, what.points, dataset.tails(folder))
    tails = dataset.tails(folder).replace({"point": {0: 1, 1: 0}})
    (row,) = verdicts(aim, dataset.tails(folder), tails, result["recommended"])
    assert (row["claimed"]["value"], row["confirmed"]["value"]) == pytest.approx((0.8, 0.7))
    assert row["holds"] is False


def test_optimum__not_confirmed_yet__is_said(tmp_path: Path) -> None:
    folder = optimum(tmp_path, some(1_000.0), some(1_000.0), 1e6)
    (folder / "optimize.json").unlink()
    assert "Nothing is recommended yet" in collect(folder).answer[-1]


def test_weighing__runs_of_two_weights__says_what_they_are_worth() -> None:
    """90 runs of weight 1 lose nothing; ten of 0.2 and ten of 0.5 lose, of which the worst 5 % of
    the 110 are all but what the quantile leaves out."""
    losses = [0.0] * 90 + [1.0] * 10 + [2.0] * 10
    weights = [1.0] * 90 + [0.2] * 10 + [0.5] * 10
    runs = pd.DataFrame({"point": 0, "weight": weights, COLUMNS["loss"]: losses})
    whole, beyond = 97**2 / (90 + 0.4 + 2.5), 7**2 / (0.4 + 2.5)
    said = weighing(runs)
    assert f"110 runs of a point count as {whole:,.0f} in a mean" in said
    assert f"rests on {beyond:,.1f} runs where 110 plain ones have 5.5" in said
    lucky = pd.concat([runs, runs.assign(point=1, weight=1.01)])
    assert weighing(lucky) == said, "the point where it is least is what is said"
    assert weighing(runs.assign(weight=1.0)) == ""


@needs_chromium
@pytest.mark.parametrize("name", ["optimum", "sweep"])
def test_page__of_a_study_in_a_browser__says_nothing_and_asks_for_nothing(
    tmp_path: Path, name: str
) -> None:
    if name == "optimum":
        folder = optimum(tmp_path, some(1_000.0), some(1_000.0), 1e6)
    else:
        folder = study(tmp_path, asked(tmp_path), fall)
    page(folder)
    seen = visit(folder / "report.html", tmp_path)
    assert seen.console == seen.hosts == []
    assert "How this was made" in seen.dom
