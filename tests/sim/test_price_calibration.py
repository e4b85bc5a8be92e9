"""Fitting price models: known parameters are found again, errors are honest, doubt is said."""

from __future__ import annotations

import math
import tomllib

import numpy as np
import pytest
from click.testing import CliRunner
from pydantic import TypeAdapter

from sim.cli import main
from sim.errors import DataError
from sim.price import simulate
from sim.price.calibration import FITS, Fit, Sample, Unidentified, best, fit, fit_all, read_sample
from sim.price.calibration.block import block
from sim.scenario import Garch, Gbm, Hawkes, Kou, Merton, OrnsteinUhlenbeck, PriceModel
from sim.units import YEAR

HOUR = 3_600.0
TRUE = {
    "gbm": (Gbm(sigma=0.9, drift=0.5), HOUR, 4_000),
    "ou": (OrnsteinUhlenbeck(model="ou", half_life_hours=12, sigma=0.1, level=1.02), HOUR, 4_000),
    "merton": (Merton(model="merton", sigma=0.6, jumps=1_000, jump_mean=-0.01, jump_sd=0.03), HOUR,
               4_000),
    "kou": (Kou(model="kou", sigma=0.6, jumps=1_000, up_share=0.3, up_mean=0.02, down_mean=0.04),
            HOUR, 4_000),
    "garch": (Garch(model="garch", sigma=0.8, alpha=0.1, beta=0.85), HOUR, 4_000),
    "hawkes": (Hawkes(model="hawkes", sigma=0.5, jumps=1_500, branching=0.6, decay=1_800,
                      jump_mean=-0.005, jump_sd=0.03), 60.0, 80_000),
}  # fmt: skip


def sample(spec, step, count, seed=11):
    times = np.arange(count + 1) * step
    return Sample(simulate(spec, times, np.random.default_rng(seed))[0], step, 0.0)


@pytest.mark.parametrize("model", TRUE)
def test_fit__simulated_prices__known_parameters_within_their_errors(model):
    spec, step, count = TRUE[model]
    found = fit(model, sample(spec, step, count))
    for name, estimate in found.estimates.items():
        assert estimate.value == pytest.approx(getattr(spec, name), abs=4 * estimate.error), name
        informative = name in ("drift", "jump_mean") or estimate.error < estimate.value / 2
        assert informative, f"{name}: {estimate} says nothing"


@pytest.mark.parametrize(("model", "samples"), [("gbm", 60), ("ou", 60), ("garch", 30)])
def test_fit__errors__are_the_spread_over_samples(model, samples):
    """The standardised misses have a standard deviation near 1."""
    spec, step, _ = TRUE[model]
    misses = []
    for seed in range(samples):
        found = FITS[model](sample(spec, step, 4_000, seed))
        misses.append([(e.value - getattr(spec, k)) / e.error for k, e in found.estimates.items()])
    spread = np.array(misses).std(axis=0)
    assert np.all((spread > 0.65) & (spread < 1.5)), dict(zip(found.estimates, spread, strict=True))


def test_gbm__by_hand():
    """Two moves up, one down: mean and variance of the log returns, over a day each."""
    closes = np.exp(np.cumsum([0.0, 0.02, 0.01, -0.03] * 10))
    data = Sample(closes, 86_400.0, 0.0)
    moves = np.diff(np.log(closes))
    sigma = math.sqrt(moves.var() * 365)
    found = FITS["gbm"](data).estimates
    assert found["sigma"].value == pytest.approx(sigma)
    assert found["sigma"].error == pytest.approx(sigma / math.sqrt(2 * len(moves)))
    assert found["drift"].value == pytest.approx(moves.mean() * 365 + sigma**2 / 2)


@pytest.mark.parametrize("model", ["gbm", "merton", "garch", "ou"])
def test_best__is_the_model_the_prices_come_from(model):
    spec, step, _ = TRUE[model]
    fits = fit_all(sample(spec, step, 1_200))
    del fits["kou"]  # beside merton a matter of taste
    assert best(fits).model == model


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        ("ou", "nothing shows that the price is drawn back"),
        ("hawkes", r"\d+ returns are beyond 4 standard deviations; 30 are the least"),
    ],
)
def test_fit__what_the_prices_do_not_say__one_sentence(model, reason):
    data = sample(Gbm(sigma=0.9), HOUR, 2_000)
    with pytest.raises(DataError, match=f"^{model} cannot be fitted to these prices: {reason}"):
        fit(model, data)


def test_hawkes__jumps_without_clusters__is_not_a_cluster_process():
    """No branching: either nothing is identified or the branching is none, within its error."""
    spec = Merton(model="merton", sigma=0.3, jumps=6_000, jump_mean=-0.02, jump_sd=0.01)
    try:
        found = FITS["hawkes"](sample(spec, 60.0, 40_000))
    except Unidentified:
        return
    assert found.estimates["branching"].value < 4 * found.estimates["branching"].error + 0.05


def write(path, data):
    lines = [f"{round(i * data.seconds)},{price!r}" for i, price in enumerate(data.closes.tolist())]
    path.write_text("\n".join(["time,price", *lines]) + "\n")
    return str(path)


@pytest.mark.parametrize("model", TRUE)
def test_block__any_model__is_a_price_section_that_simulates(model):
    spec, step, count = TRUE[model]
    data = sample(spec, step, count)
    section = tomllib.loads(block(fit(model, data)))["price"]
    again = TypeAdapter(PriceModel).validate_python(section)
    assert again.model == model
    assert again.start == pytest.approx(data.closes[-1], rel=1e-5)
    assert simulate(again, np.array([0.0, 60.0]), np.random.default_rng(1)).shape == (1, 2)


def test_calibrate__file__prints_toml_with_every_model_judged(tmp_path):
    path = write(tmp_path / "prices.csv", sample(TRUE["merton"][0], HOUR, 700))
    told = CliRunner().invoke(main, ["calibrate", path])
    assert told.exit_code == 0, told.output
    section = tomllib.loads(told.output)["price"]
    assert section["model"] in ("merton", "kou")
    assert "# prices.csv: 700 returns of 3,600 s, 1970-01-01 to 1970-01-30" in told.output
    assert all(f"# {model} " in told.output for model in FITS)
    assert "sigma = " in told.output
    assert "# ± " in told.output
    chosen = CliRunner().invoke(main, ["calibrate", path, "--model", "gbm"])
    assert tomllib.loads(chosen.output)["price"]["model"] == "gbm"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("time,price\n0,100\n60,n/a\n", "line 3: price 'n/a' is not a number above 0"),
        ("time,price\n0,100\n60,101\n", "too little data to fit (1 returns); 30 are the least"),
        ("time,price\n" + "".join(f"{60 * i},7\n" for i in range(99)), "a price that never moves"),
    ],
)
def test_calibrate__wrong_file__one_sentence_and_code_2(tmp_path, text, message):
    path = tmp_path / "prices.csv"
    path.write_text(text)
    told = CliRunner().invoke(main, ["calibrate", str(path)])
    assert told.exit_code == 2
    assert message in told.output
    assert "Traceback" not in told.output


def test_read_sample__bars__closes_and_the_step(tmp_path):
    path = tmp_path / "bars.csv"
    rows = [f"{300 * i},100,120,90,{100 + i % 3}" for i in range(40)]
    path.write_text("\n".join(["time,open,high,low,close", *rows]))
    data = read_sample(path)
    assert data.seconds == 300
    assert data.years == 300 / YEAR
    assert data.closes[:4].tolist() == [100, 101, 102, 100]


def test_fit_all__says_for_each_model_what_came_of_it():
    found = fit_all(sample(Gbm(sigma=0.9), HOUR, 300))
    assert list(found) == list(FITS)
    assert isinstance(found["gbm"], Fit)
    assert isinstance(found["ou"], Unidentified)
    assert isinstance(found["hawkes"], Unidentified)
