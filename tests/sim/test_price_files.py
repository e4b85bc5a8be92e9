"""Replayed price files: what is read, how it is walked through, what is refused and how."""

from __future__ import annotations

import numpy as np
import pytest

from sim.errors import DataError
from sim.price import simulate
from sim.price.bars import read
from sim.scenario import Replay

PLAIN = "time,price\n0,100\n60,110\n120,90\n"
BARS = "time,open,high,low,close\n0,100,120,95,110\n60,111,112,80,90\n"


@pytest.fixture
def replay(tmp_path):
    def run(text, times, **terms):
        path = tmp_path / "prices.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        spec = Replay(model="replay", file=str(path), **terms)
        return simulate(spec, np.array(times, dtype=float), np.random.default_rng(1), 2)

    return run


def test_replay__plain_prices__linear_in_log_and_the_same_on_every_path(replay):
    prices = replay(PLAIN, [0, 30, 60, 120])
    assert prices[0] == pytest.approx([100, (100 * 110) ** 0.5, 110, 90])
    assert np.array_equal(prices[0], prices[1])


def test_replay__bars__go_to_the_nearer_extreme_first(replay):
    """The first bar is nearer to its low, the second to its high; close and open may differ."""
    prices = replay(BARS, [0, 20, 40, 59.999, 60, 80, 100, 120])[0]
    assert prices == pytest.approx([100, 95, 120, 110, 111, 112, 80, 90], rel=1e-4)
    assert prices[4] == pytest.approx(111, rel=1e-12)


def test_replay__bars__last_one_lasts_as_long_as_the_others(replay):
    assert replay(BARS, [0, 120]).shape == (2, 2)
    with pytest.raises(DataError, match="holds 120 s"):
        replay(BARS, [0, 121])


def test_replay__speed__seconds_of_the_file_in_one_of_the_run(replay):
    assert replay(PLAIN, [0, 10, 20], speed=6)[0] == pytest.approx([100, 110, 90])


def test_replay__run_longer_than_the_file__says_how_many_blocks_fit(replay):
    with pytest.raises(DataError, match=r"holds 120 s.*speed 2.*for 5 blocks.*run has 6$"):
        replay(PLAIN, [0, 12, 24, 36, 48, 60, 72], speed=2)


def test_replay__no_file_named__one_sentence():
    with pytest.raises(DataError, match=r"^price\.file is empty; name the CSV"):
        simulate(Replay(model="replay", file=""), np.array([0.0]), np.random.default_rng(1))


@pytest.mark.parametrize(
    "header", ["time,price", "dt,close", "Date,C", "TIMESTAMP,Close", "unix,value", " time , price"]
)
def test_read__common_spellings_of_a_price__recognised(tmp_path, header):
    path = tmp_path / "p.csv"
    path.write_text(f"{header}\n0,100\n60,110\n")
    assert [bar.close for bar in read(path).bars] == [100, 110]


@pytest.mark.parametrize(
    "header", ["dt,o,h,l,c", "timestamp,Open,High,Low,Close", "date,open,high,low,close,Volume"]
)
def test_read__common_spellings_of_bars__recognised(tmp_path, header):
    path = tmp_path / "p.csv"
    path.write_text(f"{header}\n0,100,120,95,110,7\n60,110,112,80,90,7\n")
    data = read(path)
    assert data.are_ohlc
    first = data.bars[0]
    assert (first.open, first.high, first.low, first.close) == (100, 120, 95, 110)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("1583971200", "1583974800"),
        ("1583971200000", "1583974800000"),
        ("1583971200000000", "1583974800000000"),
        ("2020-03-12 00:00:00+00:00", "2020-03-12 01:00:00+00:00"),
        ("2020-03-12T00:00:00Z", "2020-03-12T01:00:00Z"),
        ("2020-03-12", "2020-03-12 01:00"),
        ("2020-03-12 01:00:00+01:00", "2020-03-12 02:00:00+01:00"),
    ],
)
def test_read__times__iso_or_unix_seconds_milli_or_microseconds(tmp_path, first, second):
    path = tmp_path / "p.csv"
    path.write_text(f"time,price\n{first},100\n{second},110\n")
    assert [bar.time for bar in read(path).bars] == [1583971200, 1583974800]


def test_read__file_of_a_spreadsheet__byte_order_mark_and_blank_lines_are_nothing(tmp_path):
    path = tmp_path / "p.csv"
    path.write_bytes(b"\xef\xbb\xbftime,price\r\n0,100\r\n\r\n60,110\r\n")
    assert len(read(path).bars) == 2


REFUSED = {
    "empty": ("", r"is empty; a header and two lines"),
    "no data": ("time,price\n", r"too little data \(0 lines\); two"),
    "one line": ("time,price\n0,100\n", r"too little data \(1 lines\); two"),
    "no header": ("0,100\n60,110\n", r"line 1: no recognisable header in '0,100'"),
    "no price": ("time,volume\n0,1\n1,1\n", r"line 1: no recognisable header"),
    "no time": ("id,price\n0,1\n1,1\n", r"line 1: no recognisable header"),
    "half the bars": ("time,open,close\n0,1,1\n1,1,1\n", r"line 1: no recognisable header"),
    "text": ("time,price\n0,100\n60,n/a\n", r"line 3: price 'n/a' is not a number above 0"),
    "nan": ("time,price\n0,100\n60,NaN\n", r"line 3: price 'NaN'"),
    "infinite": ("time,price\n0,100\n60,inf\n", r"line 3: price 'inf'"),
    "no value": ("time,price\n0,100\n60,\n", r"line 3: price ''"),
    "zero": ("time,price\n0,0\n60,1\n", r"line 2: price '0'"),
    "negative": ("time,price\n0,100\n60,-3\n", r"line 3: price '-3'"),
    "bad time": ("time,price\n0,100\nnoon,110\n", r"line 3: time 'noon' is neither ISO"),
    "time not finite": ("time,price\nnan,100\n60,110\n", r"line 2: time 'nan' is neither ISO"),
    "short line": ("time,price\n0,100\n60\n", r"line 3 ends after 1 columns"),
    "unsorted": ("time,price\n60,100\n0,110\n", r"line 3: the time is before"),
    "duplicate": ("time,price\n0,100\n60,110\n60,111\n", r"line 4: the time is there twice"),
    "gap": (
        "time,price\n0,100\n60,101\n120,102\n240,103\n",
        r"line 5: a gap of 120 s before it; at most 1\.5 times the usual 60 s",
    ),
    "high below low": (
        "time,open,high,low,close\n0,100,90,110,100\n60,1,1,1,1\n",
        r"line 2: low 110 and high 90 must enclose open 100 and close 100",
    ),
    "close outside": (
        "time,open,high,low,close\n0,100,110,90,120\n60,1,1,1,1\n",
        r"line 2: low 90 and high 110 must enclose",
    ),
    "not text": (b"time,price\n0,\xff\xfe\n", r"cannot be read"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_replay__wrong_file__one_sentence_with_file_and_line(replay, case):
    text, message = REFUSED[case]
    with pytest.raises(DataError, match=message) as refusal:
        replay(text, [0, 1])
    assert "prices.csv" in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_read__gap_within_the_tolerance__allowed(tmp_path):
    path = tmp_path / "p.csv"
    path.write_text("time,price\n0,100\n60,101\n120,102\n210,103\n")
    assert read(path).step == 60


def test_read__missing_file_or_folder__one_sentence(tmp_path):
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(DataError, match=f"price file {path} cannot be read"):
            read(path)
