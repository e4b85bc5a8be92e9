"""The harness itself: what counts as a miss, and that a miss is said and ends with code 1."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from math import nan, sqrt
from pathlib import Path

import pytest

from tests.validation import __main__ as validate
from tests.validation.law import (
    ABOVE,
    AT_LEAST,
    AT_MOST,
    IS,
    IS_NOT,
    Check,
    Effort,
    Law,
    Z,
    exact,
    law,
    laws,
    mean,
    measured,
    share,
)

COMMAND = ["validation", "--law", "9", "--effort", "quick", "--workers", "1"]


@pytest.mark.parametrize(
    ("relation", "measured", "holds"),
    [
        (IS, 1.1, True), (IS, 1.3, False), (IS, 0.7, False), (IS, nan, False),
        (IS_NOT, 1.1, False), (IS_NOT, 1.3, True), (IS_NOT, nan, False),
        (AT_LEAST, 0.9, True), (AT_LEAST, 0.7, False), (AT_LEAST, nan, False),
        (AT_MOST, 1.1, True), (AT_MOST, 1.3, False), (AT_MOST, nan, False),
        (ABOVE, 1.3, True), (ABOVE, 1.1, False), (ABOVE, 0.7, False), (ABOVE, nan, False),
    ],
)  # fmt: skip
def test_check__relation__within_the_tolerance(relation, measured, holds) -> None:
    assert Check("", 1.0, measured, 0.2, relation).holds == holds


def test_share_and_mean__tolerance__is_z_standard_errors() -> None:
    assert share("", 0.2, 25, 100).tolerance == pytest.approx(Z * sqrt(0.2 * 0.8 / 100))
    many = [1.0, 2.0, 3.0] * 10_000
    assert mean("", 0.0, many).tolerance == pytest.approx(Z * sqrt(2 / 3 / 30_000), rel=1e-3)
    assert mean("", 0.0, many).measured == 2


def test_mean__few_samples__as_rare_as_students_tail() -> None:
    """3.5 normal errors are 1 in 4,300 either side; Student's with 2 degrees of freedom:
    t = (2p - 1) sqrt(2 / (4 p (1 - p))) for a chance of p."""
    p = 1 - 0.000232629
    t = (2 * p - 1) * sqrt(2 / (4 * p * (1 - p)))
    assert mean("", 0.0, [1.0, 2.0, 3.0]).tolerance == pytest.approx(t / sqrt(3), rel=1e-4)


def test_law__a_check_that_misses__fails_its_test(monkeypatch) -> None:
    monkeypatch.setattr("tests.validation.law._registry", {})

    @law(99, "Arithmetic")
    def adds(effort: Effort) -> Iterator[Check]:
        yield exact("good", 4, 2 + 2)
        yield exact("bad", 5, 2 + 2)

    @law(98, "Nothing")
    def nothing(effort: Effort) -> Iterator[Check]:
        yield from ()

    with pytest.raises(AssertionError, match=r"^bad: 4 is not = 5"):
        adds(Effort.QUICK)
    with pytest.raises(AssertionError, match="nothing was checked"):
        nothing(Effort.QUICK)


def test_validate__prints_and_writes_every_law_and_ends_with_1_on_a_miss(
    monkeypatch, tmp_path: Path, capsys
) -> None:
    monkeypatch.setattr(validate, "OUT", tmp_path / "page")
    monkeypatch.setattr(sys, "argv", COMMAND)
    assert validate.main() == 0
    assert "full blocks from 12.9 to 84.8 gwei" in capsys.readouterr().out
    with (tmp_path / "page/validation.csv").open() as file:
        assert {row["verdict"] for row in csv.DictReader(file)} == {"holds"}
    wrong = Law(1, "Wrong", lambda effort: [exact("<wrong>", 1, 2)])
    monkeypatch.setattr(validate, "laws", lambda: [wrong])
    monkeypatch.setattr(sys, "argv", [*COMMAND[:1], "--workers", "1"])
    assert validate.main() == 1
    assert "MISSED" in capsys.readouterr().out
    assert 'class="missed"' in (tmp_path / "page/index.html").read_text()


def test_measured__by_its_key__is_the_law_anew() -> None:
    found = laws()[0]
    assert measured(found.key, Effort.QUICK) == list(found.measure(Effort.QUICK))


def test_laws__each_number__once_at_least_and_in_order() -> None:
    found = laws()
    numbers = [each.number for each in found]
    assert numbers == sorted(numbers)
    assert all(isinstance(each, Law) for each in found)
    assert len({each.key for each in found}) == len(found)
