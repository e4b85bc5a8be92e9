"""The command line as people meet it: what it prints, what it keeps, how it says no."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from sim.chain import available_engines
from sim.chain.engine import Block, BlockRequest
from sim.chain.pyevm import PyEvmEngine
from sim.cli import main
from sim.experiments import store
from sim.scenario import load, names
from sim.tables import TABLES
from tests.sim.runs import IN_PROCESS

ROOT = Path(__file__).resolve().parents[2]
SMALL = """
question = "Does the command line work?"

[run]
blocks = 12

[price]
model = "anchored"
anchors = [[0, 200], [0.03, 150], [48, 150]]

[traders]
count = 8

[liquidators]
count = 1
"""
NODE = pytest.mark.skipif("anvil" not in available_engines(), reason="needs anvil")


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A scenario of one's own; the command is called in its folder."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "small.toml"
    path.write_text(SMALL)
    return path


def plimsoll(*arguments: object) -> Result:
    """Any exception but the exit itself is a traceback in front of a user."""
    result = CliRunner(mix_stderr=False).invoke(main, [str(a) for a in arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def runs(*arguments: object, engine: str = IN_PROCESS) -> Result:
    result = plimsoll("run", *arguments, "--engine", engine)
    assert result.exit_code == 0, result.output
    return result


def refuses(*arguments: object) -> str:
    """The one sentence said to someone who asked for something wrong."""
    result = plimsoll(*arguments)
    assert result.exit_code == 2, result.output
    assert not result.stdout
    (line,) = result.stderr.strip().splitlines()
    assert line.startswith("plimsoll: ")
    return line.removeprefix("plimsoll: ")


# ------------------------------------------------------------------ what a run leaves


def test_run__prints_the_answer_and_keeps_tables_record_and_chart(small: Path) -> None:
    result = runs(small, "--out", "day")
    assert "Are lenders whole?" in result.stdout
    assert "12 blocks" in result.stdout
    assert "ledger equal to the chain" in result.stdout
    kept = {path.name for path in Path("day").iterdir()}
    charts = {"chart.png", "proximity.png"}
    assert kept == {"run.json", *charts, *(f"{name}.parquet" for name in TABLES)}
    run, tables = store.read(Path("day"))
    assert (run["ended"], run["blocks"], run["engine"]) == ("complete", 12, IN_PROCESS)
    assert set(tables) == set(TABLES)
    assert run["scenario"]["traders"]["count"] == 8


def test_run__without_out__is_kept_under_its_name(small: Path) -> None:
    runs(small)
    assert Path("out/small/run.json").is_file()


def test_run__without_out__a_run_of_something_else_is_kept(small: Path) -> None:
    for seed in (1, 2, 1):
        runs(small, "--seed", seed, "--protocol", "vault")
    assert {path.name for path in Path("out").iterdir()} == {"small", "small-2"}
    assert store.read(Path("out/small"))[0]["seed"] == 1
    assert store.read(Path("out/small-2"))[0]["seed"] == 2


def test_run__without_out__what_is_no_run_is_kept(small: Path) -> None:
    for taken, content in (("small", "letters"), ("small-2", "run.json")):
        Path("out", taken).mkdir(parents=True)
        Path("out", taken, content).write_text("{")
    Path("out/small-3").mkdir()
    runs(small)
    assert [path.name for path in Path("out/small").iterdir()] == ["letters"]
    assert Path("out/small-2/run.json").read_text() == "{"
    assert Path("out/small-3/run.json").is_file()


def test_run__against__is_kept_beside_the_run_and_reported(small: Path) -> None:
    runs(small, "--against", "penalty.fixed=0.05")
    kept = store.read_against(Path("out/small"))["penalty.fixed=0.05"]
    assert kept["scenario"]["penalty"]["fixed"] == 0.05
    plimsoll("report", "out/small", "--format", "md,csv")
    (said,) = Path("out/small").glob("*.md")
    assert "under other rules" in said.read_text()
    assert "--against penalty.fixed=0.05" in said.read_text()
    runs(small)
    assert store.read_against(Path("out/small")) == {}


def test_run__into_a_folder_of_an_earlier_run__replaces_it(small: Path) -> None:
    runs(small, "--out", "day", "--seed", 1)
    runs(small, "--out", "day", "--seed", 2)
    assert store.read(Path("day"))[0]["seed"] == 2


def test_run__seed_blocks_and_overrides__are_those_given(small: Path) -> None:
    runs(small, "--out", "day", "--seed", 5, "--blocks", 3, "--set", "penalty.fixed=0.05")
    run, tables = store.read(Path("day"))
    assert (run["seed"], run["blocks"]) == (5, 3)
    assert run["scenario"]["penalty"]["fixed"] == 0.05
    assert tables["blocks"]["block"].tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    "override",
    [
        "traders.count=0",
        "liquidators.count=0",
        "arbitrageurs.count=0",
        "traders.late_share=0.9",
        "assets=[{symbol='BTC', decimals=8, pool_depth=0}]",
        "protocol.grace=600",
        "run.blocks=1",
        "price={model='gbm', sigma=0}",
    ],
)
def test_run__hardly_anything_happens__is_still_told_and_drawn(small: Path, override: str) -> None:
    runs(small, "--out", "day", "--set", override)
    assert Path("day/chart.png").stat().st_size > 1_000
    strict(Path("day/run.json").read_text())


@pytest.mark.parametrize("name", names())
def test_run__shipped_scenario__runs_by_name(small: Path, tmp_path: Path, name: str) -> None:
    prices = tmp_path / "prices.csv"
    prices.write_text("time,price\n0,200\n3600,190\n7200,195\n")
    extra = ("--set", f"price.file={prices}") if name == "replay" else ()
    runs(name, "--blocks", 2, "--set", "traders.count=5", *extra, "--json")


# ----------------------------------------------------------------------------- --json


def strict(text: str) -> dict[str, Any]:
    """JSON as everyone reads it: NaN and Infinity are not in it."""

    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} is not JSON")

    found: dict[str, Any] = json.loads(text, parse_constant=refuse)
    return found


def test_json__prints_run_json_and_nothing_else(small: Path) -> None:
    result = runs(small, "--out", "day", "--json")
    assert strict(result.stdout) == strict(Path("day/run.json").read_text())


def test_json__without_out__leaves_nothing_behind(small: Path) -> None:
    assert strict(runs(small, "--json").stdout)["blocks"] == 12
    assert [path.name for path in Path().iterdir()] == ["small.toml"]


def test_json__with_crosscheck__still_is_json_alone(small: Path) -> None:
    if len(available_engines()) < 2:
        pytest.skip("needs two engines")
    result = runs(small, "--json", "--blocks", 2, "--crosscheck", 1)
    strict(result.stdout)
    assert "identical" in result.stderr


def test_json__every_engine__prints_the_same_run(small: Path) -> None:
    """Fingerprint, summary and all; only the name of the engine differs."""
    records = {}
    for engine in available_engines():
        record = strict(runs(small, "--json", engine=engine).stdout)
        assert record.pop("engine") == engine
        records[engine] = record
    first, *others = records.values()
    assert len(first["fingerprint"]) == 64
    assert all(other == first for other in others)


def test_json__another_seed__another_fingerprint(small: Path) -> None:
    prints = {strict(runs(small, "--json", "--seed", s).stdout)["fingerprint"] for s in (1, 2)}
    assert len(prints) == 2


def test_json__hash_seed_and_time_zone_of_the_machine__change_nothing(small: Path) -> None:
    """A start without a zone, a set's order, a local clock: none may reach the result."""
    small.write_text(SMALL.replace("blocks = 12", 'blocks = 12\nstart = "2020-03-12"'))
    printed = set()
    for hash_seed, zone in (("1", "Asia/Tokyo"), ("2", "America/New_York")):
        command = [sys.executable, "-m", "sim.cli", "run", str(small), "--json", "--engine"]
        done = subprocess.run(
            [*command, IN_PROCESS],
            env={**os.environ, "PYTHONHASHSEED": hash_seed, "TZ": zone, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            check=True,
        )
        printed.add(done.stdout)
    (output,) = printed
    strict(output.decode())


# ---------------------------------------------------------------- what is wrong, and where


def test_refuses__unknown_scenario__names_the_shipped_ones(small: Path) -> None:
    said = refuses("run", "tulips")
    assert "tulips" in said
    assert all(name in said for name in names())


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "no scenario file"),
        (b"[run\nblocks = 1", "not valid TOML"),
        (b"\xff\xfe\x00", "cannot be read"),
        (b"run = 5", "run is 5"),
        (b'name = ""', "name"),
        (b"[price]\nsigma = 1.0", "price.model"),
    ],
)
def test_refuses__file_that_is_no_scenario(small: Path, content: bytes | None, says: str) -> None:
    if content is None:
        small.unlink()
    else:
        small.write_bytes(content)
    assert says in refuses("run", small)


@pytest.mark.parametrize(
    ("override", "says"),
    [
        ("margin.maintenence=0.2", "unknown key margin.maintenence"),
        ("margins.initial=0.2", "unknown key margins"),
        ("margin.initial=0.3", "initial (0.3) must be above maintenance (0.3)"),
        ("margin.close_out=0.35", "close_out (0.35) must be at most maintenance (0.3)"),
        ("penalty.fixed=0.25", "(1 - close_out)(1 + penalty) must be below 1 for ETH"),
        ("protocol.min_debt=-1", "protocol.min_debt is -1"),
        ("traders.equity_median=nan", "traders.equity_median is nan: a finite number is needed"),
        ("traders.leverage_high=inf", "traders.leverage_high is inf: a finite number is needed"),
        ("run.blocks=0", "run.blocks is 0"),
        ("run.blocks=2.5", "run.blocks is 2.5"),
        ("run.blocks=many", "run.blocks is 'many'"),
        ("run.start=yesterday", "run.start is 'yesterday'"),
        ("run.start=1999-12-31", "2011"),
        ("protocol.debt_ceiling=1e70", "protocol.debt_ceiling is 1e+70"),
        ("gas.level=[[0,10],[0,20]]", "level hours must rise"),
        ("oracle.quorum=9", "quorum (9) must be at most reporters (3)"),
        ("assets=5", "assets is 5"),
        ("assets=[]", "assets"),
        ("assets=[{symbol='A'},{symbol='A'}]", "symbols of assets must differ"),
        ("margin.maintenance", "not of the form key.path=value"),
        ("=0.2", "not of the form key.path=value"),
        ("question.first=x", "not a section"),
        ("price.model=tulips", "tulips"),
        ("price.anchors=[[0,200],[0.001,150]]", "enough for"),
        ("price.sigma=1000", "price.sigma is 1000"),
        ("protocol.full_liquidation_health=2", "full_liquidation_health"),
        ("liquidators.capital=1e14", "mint reverts"),
    ],
)
def test_refuses__override(small: Path, override: str, says: str) -> None:
    said = refuses("run", small, "--engine", IN_PROCESS, "--set", override)
    assert says in said
    assert not Path("out/small/run.json").exists()


def test_run__ceiling_below_what_people_want__says_how_many_found_no_room(small: Path) -> None:
    result = plimsoll("run", small, "--set", "protocol.debt_ceiling=1", "--blocks", 2)
    assert result.exit_code == 0, result.stderr
    accounts = json.loads(Path("out/small/run.json").read_text())["turned_away"]
    assert accounts > 1
    assert f"debt_ceiling (1 USD) had no room for {accounts} accounts" in result.stdout


# --------------------------------------------------------------------------- engines


@pytest.mark.parametrize(
    ("engine", "says"),
    [
        ("geth", "There is no engine 'geth': expected auto, revm, anvil, py-evm"),
        ("", "There is no engine ''"),
        ("ethereum:atlantis:foundry", "atlantis"),
        ("http://127.0.0.1:1", "127.0.0.1:1"),
    ],
)
def test_refuses__engine(small: Path, engine: str, says: str) -> None:
    assert says in refuses("run", small, "--engine", engine)


def test_refuses__anvil_not_installed(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("sim.chain.anvil._ROOT", tmp_path)
    assert "anvil is not installed" in refuses("run", small, "--engine", "anvil")


def test_refuses__anvil_that_does_not_start__says_why(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "anvil"
    broken.write_text("#!/bin/sh\necho 'no such host function' >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    said = refuses("run", small, "--engine", "anvil")
    assert "anvil did not start" in said
    assert "no such host function" in said


@pytest.mark.parametrize("pair", ["revm", "py-evm,revm,anvil", "py-evm,geth"])
def test_refuses__pair_of_engines_that_is_none(small: Path, pair: str) -> None:
    assert refuses("crosscheck", small, "--engines", pair)


def watching(do: Callable[[Any], None]) -> Callable[..., Any]:
    """In place of the progress bar: called with the model after every block."""

    @contextmanager
    def watch(*_: object, **__: object) -> Iterator[Callable[[Any], None]]:
        yield do

    return watch


@NODE
def test_run__node_dies__what_was_run_is_kept(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pids = []

    def kill(model: Any) -> None:
        if model.steps == 5:
            pids.append(model.engine.engine.pid)
            os.kill(pids[0], signal.SIGKILL)

    monkeypatch.setattr("sim.cli.run.watch", watching(kill))
    said = refuses("run", small, "--engine", "anvil", "--out", "day")
    assert "does not answer any more" in said
    assert said.endswith("blocks 1 to 5 are in day")
    assert pids
    run, tables = store.read(Path("day"))
    assert (run["ended"], run["blocks"]) == ("engine lost", 5)
    assert tables["blocks"]["block"].tolist() == [1, 2, 3, 4, 5]
    assert (tables["transactions"]["block"] <= 5).all()


@NODE
def test_run__node_dies_after_the_last_block__what_was_run_is_kept(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Too late for the audit; the tables are whole all the same."""

    def kill(model: Any) -> None:
        if model.steps == 12:
            os.kill(model.engine.engine.pid, signal.SIGKILL)

    monkeypatch.setattr("sim.cli.run.watch", watching(kill))
    assert "blocks 1 to 12 are in day" in refuses("run", small, "--engine", "anvil", "--out", "day")
    assert store.read(Path("day"))[0]["ended"] == "engine lost"


# -------------------------------------------------------------------------- interrupts


def test_run__interrupt__keeps_what_was_run_and_exits_130(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(model: Any) -> None:
        if model.steps == 7:
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr("sim.cli.run.watch", watching(interrupt))
    before = signal.getsignal(signal.SIGINT)
    result = plimsoll("run", small, "--engine", IN_PROCESS, "--out", "day")
    assert result.exit_code == 130
    assert signal.getsignal(signal.SIGINT) is before
    run, tables = store.read(Path("day"))
    assert (run["ended"], run["blocks"]) == ("interrupted", 7)
    assert tables["blocks"]["block"].tolist() == list(range(1, 8))
    assert Path("day/chart.png").is_file()


def test_run__interrupt_in_set_up__exits_130_with_a_sentence(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("sim.experiments.run.StressModel", interrupt)
    result = plimsoll("run", small, "--engine", IN_PROCESS)
    assert result.exit_code == 130
    assert len(result.stderr.strip().splitlines()) == 1


def test_run__ctrl_c_at_a_terminal__keeps_what_was_run_and_exits_130(small: Path) -> None:
    """A process of its own with a terminal, interrupted once its progress bar counts."""
    terminal, end = pty.openpty()
    running = subprocess.Popen(
        [
            *(sys.executable, "-m", "sim.cli", "run", str(small), "--blocks", "14000"),
            *("--engine", IN_PROCESS, "--out", "day"),
        ],
        env={**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "120"},
        stdout=subprocess.PIPE,
        stderr=end,
    )
    os.close(end)
    seen = b""
    while b" blocks/s" not in seen or b"block 0 of" in seen[-200:]:
        seen += os.read(terminal, 4_096)
    running.send_signal(signal.SIGINT)
    output, _ = running.communicate(timeout=60)
    os.close(terminal)
    assert running.returncode == 130, output
    run, tables = store.read(Path("day"))
    assert run["ended"] == "interrupted"
    assert 0 < run["blocks"] < 14_000
    assert len(tables["blocks"]) == run["blocks"]


# ------------------------------------------------------------------------ price files


def replayed(small: Path, content: str | bytes | None) -> tuple[object, ...]:
    """Arguments of a run on a price file with that content."""
    path = small.with_name("prices.csv")
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    small.write_text(SMALL[: SMALL.index("[price]")])
    return ("run", small, "--engine", IN_PROCESS, "--set", "price.model=replay",
            "--set", "price.file=prices.csv")  # fmt: skip


GOOD = "time,price\n0,200\n60,190\n120,180\n180,185\n"


def test_replay__price_file__is_what_is_run(small: Path) -> None:
    result = plimsoll(*replayed(small, GOOD), "--out", "day")
    assert result.exit_code == 0, result.stderr
    prices = store.read(Path("day"))[1]["prices"]
    assert prices.set_index("time_s")["outside"].loc[[60.0, 120.0]].tolist() == pytest.approx(
        [190.0, 180.0]
    )


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "cannot be read"),
        ("", "is empty"),
        ("time,price\n", "0 lines"),
        ("when,how much\n0,200\n60,190\n", "no recognisable header"),
        (GOOD.replace("120,180\n", "").replace("180,185", "240,185\n300,180"), "gap"),
        (GOOD.replace("120,180", "60,180"), "line 4: the time is there twice"),
        (GOOD.replace("120,180", "30,180"), "line 4: the time is before"),
        (GOOD.replace("180\n", "dear\n"), "line 4: price 'dear'"),
        (GOOD.replace("180\n", "0\n"), "line 4: price '0' is not a number above 0"),
        (GOOD.replace("180\n", "-5\n"), "line 4: price '-5'"),
        (GOOD.replace("180\n", "nan\n"), "line 4: price 'nan'"),
        (GOOD.replace("120,180", "120"), "line 4 ends after 1 columns"),
        (GOOD.replace("120,", "noon,"), "line 4: time 'noon'"),
        ("time,price\n0,200\n60,190\n", "enough for 5 blocks"),
        (b"\xff\xfe\x00\x01", "cannot be read"),
    ],
)
def test_refuses__price_file(small: Path, content: str | bytes | None, says: str) -> None:
    said = refuses(*replayed(small, content))
    assert "prices.csv" in said
    assert says in said


# ------------------------------------------------------------------------------- --out


def test_refuses__out_that_is_a_file(small: Path) -> None:
    assert "small.toml is a file" in refuses("run", small, "--out", small)
    assert small.read_text() == SMALL


def test_refuses__out_below_a_file(small: Path) -> None:
    assert "cannot be made" in refuses("run", small, "--out", small / "day")


def test_refuses__out_with_something_else_in_it(small: Path, tmp_path: Path) -> None:
    letters = tmp_path / "letters"
    letters.mkdir()
    (letters / "dear.txt").write_text("Dear")
    assert "holds something that is not a run" in refuses("run", small, "--out", letters)
    assert [path.name for path in letters.iterdir()] == ["dear.txt"]


def test_run__out_that_is_an_empty_folder__is_used(small: Path, tmp_path: Path) -> None:
    (tmp_path / "day").mkdir()
    runs(small, "--out", "day", "--blocks", 1)
    assert pd.read_parquet("day/blocks.parquet")["block"].tolist() == [1]


# ------------------------------------------------------------- the other commands


def test_scenarios__lists_each_with_what_it_asks() -> None:
    listed = " ".join(plimsoll("scenarios").stdout.split())
    for name in names():
        found = load(name, ("price.file=any.csv",) if name == "replay" else ())
        assert name in listed
        assert f"{found.run.blocks:,}" in listed
        assert found.question


@pytest.mark.parametrize("name", names())
def test_show__every_field_with_its_value_and_meaning(name: str) -> None:
    shown = plimsoll("show", name)
    assert shown.exit_code == 0
    rows = [line.split() for line in shown.stdout.splitlines()]
    fields = {row[0] for row in rows if row}
    assert {"run.blocks", "margin.maintenance", "protocol.grace", "oracle.heartbeat"} <= fields
    meanings = {row[0]: row[1:] for row in rows if row}
    file = ("price.file=prices.csv",) if name == "replay" else ()
    assert meanings["run.block_seconds"][0] == str(load(name, file).run.block_seconds)
    assert len(meanings["run.block_seconds"]) > 2


def test_show__override__shows_the_value_overridden(small: Path) -> None:
    shown = plimsoll("show", small, "--set", "protocol.grace=321").stdout
    assert any(line.split()[:2] == ["protocol.grace", "321"] for line in shown.splitlines())


def test_show__unknown_scenario__is_refused() -> None:
    assert "tulips" in refuses("show", "tulips")


def test_crosscheck__two_engines__says_they_are_identical(small: Path) -> None:
    if len(available_engines()) < 2:
        pytest.skip("needs two engines")
    pair = f"{IN_PROCESS},py-evm"
    result = plimsoll("crosscheck", small, "--blocks", 3, "--engines", pair)
    assert result.exit_code == 0, result.output
    assert f"{IN_PROCESS} and py-evm are identical" in result.stdout


def test_crosscheck__an_engine_that_differs__says_where_and_exits_1(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One unit of gas too much, in the first transaction of block 3."""
    honest = PyEvmEngine.mine

    def mine(self: PyEvmEngine, request: BlockRequest) -> Block:
        block = honest(self, request)
        if block.number != 3:
            return block
        first, *others = block.receipts
        return block._replace(receipts=(first._replace(gas_used=first.gas_used + 1), *others))

    if IN_PROCESS == "py-evm":
        pytest.skip("needs two engines in process")
    monkeypatch.setattr(PyEvmEngine, "mine", mine)
    result = plimsoll("crosscheck", small, "--blocks", 2, "--engines", f"{IN_PROCESS},py-evm")
    assert result.exit_code == 1
    assert "different: block 3, transaction 0: gas_used is" in result.stdout


def test_version_and_help__need_no_scenario() -> None:
    assert plimsoll("--version").stdout.startswith("plimsoll, version ")
    for command in ("run", "crosscheck", "scenarios", "show"):
        assert command in plimsoll("--help").stdout
        assert plimsoll(command, "--help").exit_code == 0
