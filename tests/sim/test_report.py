"""The table in the terminal and the chart: that they say what the tables hold."""

from __future__ import annotations

import struct

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from sim.metrics.summary import summarise
from sim.report import chart
from sim.report.summary import render, render_comparison
from sim.report.words import money
from tests.sim import tables


def printed(renderable, width=200):
    console = Console(width=width, no_color=True)
    with console.capture() as capture:
        console.print(renderable)
    return capture.get()


def line(text, start):
    return next(each for each in text.splitlines() if each.strip().startswith(start))


def words(text):
    return " ".join(text.split())


# ---------------------------------------------------------------- the summary


def test_render__run__every_figure_with_its_unit():
    text = printed(render(summarise(tables.run())))
    assert "bad debt 250 USD" in words(line(text, "bad debt"))
    assert "shortfall 40 USD" in words(line(text, "shortfall"))
    assert "at worst 900 in block 5" in line(text, "shortfall")
    assert "margin calls 3 1 cured" in words(line(text, "margin calls"))
    assert "liquidations 3 of 2 accounts; 21.1%" in words(line(text, "liquidations"))
    assert "lowest maintenance buffer -700 USD" in words(line(text, "lowest"))
    profit = words(line(text, "liquidators' net profit"))
    assert "82 USD after 38 of gas and 6 of slippage; 2 of 3 took part" in profit
    assert "10.0% of their gain went to builders" in profit
    assert "ETH 200.00 to 120.00 USD; lowest 110.00, deepest fall 45.0%" in words(line(text, "ETH"))


def test_render__nothing_happened__none_and_no_invented_figure():
    text = printed(render(summarise(tables.quiet())))
    assert "blocks to liquidation" not in text
    assert "builders" not in text
    assert "nan" not in text.lower().split()


def test_render__no_shortfall__names_no_block():
    data = tables.run()
    data["blocks"]["shortfall_usd"] = 0.0
    assert "none in any block" in line(printed(render(summarise(data))), "shortfall")


def test_render__nothing_was_run__says_so():
    assert printed(render(summarise(tables.empty()))).strip() == "Nothing was run."


def test_render_comparison__a_column_for_each_run():
    ours = {"summary": summarise(tables.run())}
    data = tables.run()
    data["blocks"]["bad_debt_usd"] = 9_999.0
    text = printed(render_comparison(ours, {"grace": {"summary": summarise(data)}}))
    assert words(line(text, "bad debt")) == "bad debt 250 9,999"
    assert words(line(text, "USD")) == "USD as it is grace"


# ------------------------------------------------------------------ the chart


def titles(data):
    return [panel["title"] for panel in chart.chart(data).to_dict()["vconcat"]]


def test_chart__titles__say_what_is_seen():
    assert titles(tables.run()) == [
        "ETH falls 45% from its high; 3 liquidations (triangles)",
        "Debt goes from 19 thousand USD to 10 thousand USD; at worst 700 USD of it is below "
        "maintenance",
        "Liquidation repays 4 thousand USD (bars) while the base fee is between 11 and 20 gwei "
        "(line)",
        "Lenders end with 250 USD of bad debt; shortfall is 900 USD at worst and 40 USD at the end",
    ]


def test_chart__time__is_named_from_the_first_block():
    panels = chart.chart(tables.run()).to_dict()["vconcat"]
    axis = panels[-1]["encoding"]["x"]
    assert axis["axis"]["title"] == "hours since 2020-03-12 00:00 UTC"
    assert axis["scale"]["domain"] == [0, pytest.approx(120 / 3_600)]


def test_chart__several_assets__the_most_liquidated_one_is_drawn():
    data = tables.run()
    data["prices"] = pd.concat([data["prices"].assign(asset="BTC"), data["prices"]])
    assert titles(data)[0].startswith("ETH falls")
    assert titles(data | {"liquidations": tables.table("liquidations", [])})[0] == (
        "BTC falls 45% from its high; 0 liquidations (triangles)"
    )


def test_chart__thousands_of_blocks__drawn_with_hundreds_of_points_and_every_extreme():
    """A spike of one block must not fall between the points."""
    blocks = 20_000
    data = tables.quiet(blocks)
    data["blocks"].loc[12_345, "shortfall_usd"] = 77_000.0
    data["prices"]["outside"] = 200.0 + np.sin(np.arange(blocks) / 3_000)
    data["prices"].loc[4_321, "outside"] = 55.0
    drawn = chart.chart(data).to_dict()["datasets"].values()
    assert max(len(rows) for rows in drawn) < 2_500
    values = [row["usd"] for rows in drawn for row in rows if "usd" in row]
    assert min(value for value in values if value > 50) == 55.0
    assert 77.0 in values


def test_chart__liquidations__bars_hold_all_that_was_repaid():
    datasets = chart.chart(tables.run()).to_dict()["datasets"].values()
    bars = next(rows for rows in datasets if "repaid" in rows[0])
    assert sum(bar["repaid"] for bar in bars) * 1_000 == pytest.approx(4_000)
    assert bars[0]["hours"] == 0
    assert bars[-1]["to"] == pytest.approx(120 / 3_600)


@pytest.mark.parametrize("data", [tables.run(), tables.quiet(), tables.quiet(1)])
def test_draw__any_run__a_picture_of_readable_size(tmp_path, data):
    chart.draw(data, tmp_path / "chart.png", "What happens?")
    head = (tmp_path / "chart.png").read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", head[16:24])
    assert 1_800 < width < 2_600
    assert 1_400 < height < 2_000


def test_draw__svg__has_the_words_in_it(tmp_path):
    chart.draw(tables.run(), tmp_path / "chart.svg", "What happens?")
    text = (tmp_path / "chart.svg").read_text(encoding="utf-8")
    for words in ("What happens?", "3 liquidations", "base fee, gwei", "below 1", "bad debt"):
        assert words in text


def test_draw__twice__the_same_bytes(tmp_path):
    for name in ("a.png", "b.png"):
        chart.draw(tables.run(), tmp_path / name)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_draw__no_block__no_file(tmp_path):
    chart.draw(tables.empty(), tmp_path / "chart.png")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        (0.0, "0 USD"),
        (12.34, "12.3 USD"),
        (999.6, "1 thousand USD"),
        (999_999.0, "1 million USD"),
        (7_105_095.0, "7.11 million USD"),
        (250_000.0, "250 thousand USD"),
        (1_250_000.0, "1.25 million USD"),
        (123_456_789.0, "123 million USD"),
        (1_234_567_890.0, "1.23 billion USD"),
    ],
)
def test_money__three_digits_in_words(amount, expected):
    assert money(amount) == expected
