"""Sweeps on clusters: whoever makes the runs, and whoever dies, the bytes are the same."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from sim.chain.artifacts import CONTRACTS
from sim.errors import ClusterError, UsageError
from sim.experiments import dataset, workers
from sim.experiments.outcome import Failed
from sim.experiments.sweep import Plan, Progress, sweep
from sim.experiments.work import Job
from tests.sim.studies import content, plan

ROOT = Path(__file__).resolve().parents[2]
SOON = 240
"""Seconds within which anything must have happened, also on a busy machine."""


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Plan, dict[str, bytes]]:
    """What is asked, and what comes of it in one process."""
    home = tmp_path_factory.mktemp("alone")
    asked = plan(home, seeds=12)
    sweep(asked, home / "out")
    return asked, dict(content(home / "out"))


def once(after: int, do: Callable[[], object]) -> Progress:
    """Does something, once, when so many runs are there."""
    done = []

    def watch(there: int, _: int) -> None:
        if there >= after and not done:
            done.append(do())

    return watch


def kill_a_worker_of_ours() -> None:
    """The process that makes runs, not the one that watches it."""
    ours = psutil.Process().children(recursive=True)
    next(child for child in ours if "spawn_main" in " ".join(child.cmdline())).kill()


def test_sweep__a_worker_is_killed__its_runs_are_made_again_and_it_is_said(
    undisturbed: tuple[Plan, dict[str, bytes]], tmp_path: Path
) -> None:
    asked, expected = undisturbed
    found = sweep(asked, tmp_path / "out", workers=2, progress=once(3, kill_a_worker_of_ours))
    assert content(tmp_path / "out") == expected
    assert found.failures.empty
    assert any("a worker is gone" in note for note in found.notes)


def test_sweep__runs_are_cancelled_by_a_scheduler_that_is_there__are_made_again(
    undisturbed: tuple[Plan, dict[str, bytes]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a moment without a connection to it."""
    asked, expected = undisturbed
    sent: list[Any] = []
    submit = workers.Cluster._submit

    def noted(self: workers.Cluster, job: Job) -> Any:
        sent.append(submit(self, job))
        return sent[-1]

    monkeypatch.setattr(workers.Cluster, "_submit", noted)
    cancel = once(4, lambda: [future.cancel(force=True) for future in sent[-3:]])
    found = sweep(asked, tmp_path / "out", workers=2, progress=cancel)
    assert len(sent) > 24
    assert content(tmp_path / "out") == expected
    assert found.failures.empty


def test_cluster__after_many_runs__holds_on_to_few(tmp_path: Path) -> None:
    """A night of runs must not be remembered, whose starts alone would be gigabytes."""
    (point, *_) = plan(tmp_path).points
    asked = (Job(0, seed, point.scenario, "no such engine", start=bytes(9)) for seed in range(300))
    with workers.open_workers(1, cluster=True) as who:
        assert sum(isinstance(found, Failed) for found in who.run(asked)) == 300
        assert sum(isinstance(each, Job) for each in gc.get_objects()) < 60
        assert who._client.profile()["count"] == 0, "workers are profiled"


def test_sweep__killed_as_a_whole__resumed_it_ends_at_the_same_bytes(
    undisturbed: tuple[Plan, dict[str, bytes]], tmp_path: Path
) -> None:
    asked, expected = undisturbed
    out = tmp_path / "out"
    command = [sys.executable, "-m", "sim.cli", "sweep", asked.source, "--param", asked.params[0],
               "--seeds", str(asked.seeds), "--workers", "2", "--out", str(out)]  # fmt: skip
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL) as whole:
        until(lambda: len(dataset.runs(out)) >= 3)
        family = psutil.Process(whole.pid).children(recursive=True)
        whole.send_signal(signal.SIGKILL)
    _, alive = psutil.wait_procs(family, timeout=SOON)
    assert not alive, "workers end with the sweep"
    kept = len(dataset.runs(out))
    assert 3 <= kept < 24
    seen: list[int] = []
    sweep(asked, out, resume=True, progress=lambda there, _: seen.append(there))
    assert seen[0] == kept, "nothing that was finished is made again"
    assert content(out) == expected


def until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SOON
    while not happened():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)


# ------------------------------------------------------------------- a cluster elsewhere


class Elsewhere:
    """A scheduler and workers as processes of their own, as on other machines: each with a
    folder of its own, the contracts copied there, nothing compiled."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.address = f"tcp://127.0.0.1:{free_port()}"
        self.processes: list[subprocess.Popen[bytes]] = []
        host, port = self.address.removeprefix("tcp://").split(":")
        self._start("scheduler", "dask_scheduler", "--host", host, "--port", port)

    def worker(self) -> Path:
        home = self.folder / f"worker-{len(self.processes)}"
        options = ["--nthreads", "1", "--no-nanny", "--local-directory", str(home)]
        self._start(home.name, "dask_worker", self.address, *options)
        return home

    def _start(self, name: str, module: str, *arguments: str) -> None:
        home = self.folder / name
        home.mkdir()
        shutil.copytree(CONTRACTS, home / "contracts")
        where = {"PLIMSOLL_CONTRACTS": str(home / "contracts"), "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-m", f"distributed.cli.{module}", "--no-dashboard"]
        with (home / "log").open("wb") as log:
            self.processes.append(
                subprocess.Popen(
                    [*command, *arguments],
                    cwd=home,
                    env={**os.environ, **where},
                    stdout=log,
                    stderr=log,
                )
            )

    def kill(self, number: int) -> None:
        self.processes[number].kill()
        self.processes[number].wait()


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Elsewhere]:
    there = Elsewhere(tmp_path)
    yield there
    for number in range(len(there.processes)):
        there.kill(number)


def test_sweep__two_workers_elsewhere_and_one_dies__same_bytes_and_nothing_compiled(
    undisturbed: tuple[Plan, dict[str, bytes]], elsewhere: Elsewhere, tmp_path: Path
) -> None:
    asked, expected = undisturbed
    homes = [elsewhere.worker(), elsewhere.worker()]
    found = sweep(
        asked,
        tmp_path / "out",
        scheduler=elsewhere.address,
        progress=once(4, lambda: elsewhere.kill(1)),
    )
    assert content(tmp_path / "out") == expected
    assert found.failures.empty
    for home in homes:
        assert not (home / ".build").exists(), "contracts come compiled"


def test_sweep__scheduler_dies__what_was_run_is_kept_and_said(
    undisturbed: tuple[Plan, dict[str, bytes]], elsewhere: Elsewhere, tmp_path: Path
) -> None:
    asked, expected = undisturbed
    elsewhere.worker()
    with pytest.raises(ClusterError, match=r"scheduler at .* is gone"):
        sweep(
            asked,
            tmp_path / "out",
            scheduler=elsewhere.address,
            progress=once(3, lambda: elsewhere.kill(0)),
        )
    assert 3 <= len(dataset.runs(tmp_path / "out")) < 24
    sweep(asked, tmp_path / "out", resume=True)
    assert content(tmp_path / "out") == expected


def test_sweep__nobody_at_the_address__is_a_sentence_and_leaves_no_study(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "ANSWER_SECONDS", 1)
    with pytest.raises(UsageError, match="cannot be reached"):
        sweep(plan(tmp_path), tmp_path / "out", scheduler=f"tcp://127.0.0.1:{free_port()}")
    assert not (tmp_path / "out/study.json").exists()


def test_sweep__scheduler_without_workers__is_a_sentence(
    elsewhere: Elsewhere, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "WORKER_SECONDS", 1)
    with pytest.raises(UsageError, match=r"has no workers; start some with `dask worker"):
        sweep(plan(tmp_path), tmp_path / "out", scheduler=elsewhere.address)
