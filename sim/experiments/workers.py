"""Who makes the runs: this process in a plain loop, or the workers of a Dask cluster.

Both have `run(jobs)`, which yields outcomes as they come and asks for jobs as it goes, so that
a study may add some while it learns. Leaving early leaves nothing running.
"""

from __future__ import annotations

import logging
import signal
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any, Protocol

from sim.chain import artifacts
from sim.errors import ClusterError, PlimsollError, UsageError
from sim.experiments.outcome import Failed, Outcome
from sim.experiments.work import Job, OtherCode, execute

ANSWER_SECONDS = WORKER_SECONDS = 20
"""Within which a scheduler must answer, and a first worker be there."""
PATIENCE_SECONDS = 60
"""Without any worker before a study gives up."""
LOOK_SECONDS = 2
LEAN = {
    "distributed.worker.profile.enabled": False,
    "distributed.admin.low-level-log-length": 10,
}
"""Dask remembers for its developers where a worker's time went and the last 1,000 messages, jobs
and all: 100 kB a run on either side."""


class Workers(Protocol):
    notes: list[str]
    """Sentences on what went wrong on the way and was mended."""

    @property
    def count(self) -> int:
        """Runs made at a time."""
        ...

    def run(self, jobs: Iterable[Job]) -> Iterator[Outcome]: ...


@contextmanager
def open_workers(
    workers: int, scheduler: str | None = None, cluster: bool = False
) -> Iterator[Workers]:
    """One is a plain loop, but where a `cluster` is wanted; more are a cluster of our own;
    `scheduler` is the address of another's.

    Raises ClusterError when that one cannot be reached.
    """
    if scheduler is None and workers == 1 and not cluster:
        yield Loop()
        return
    with _quiet(), _lean(), _cluster(workers, scheduler) as client:
        yield Cluster(client, scheduler or "the local cluster")


def checked(outcome: Outcome | OtherCode) -> Outcome:
    """Raises ClusterError where a worker could only give other figures than this process."""
    if isinstance(outcome, OtherCode):
        raise ClusterError(f"a worker runs other code than this: {outcome.differences}")
    return outcome


class Loop:
    """One run after another, here."""

    count = 1

    def __init__(self) -> None:
        self.notes: list[str] = []

    def run(self, jobs: Iterable[Job]) -> Iterator[Outcome]:
        return (checked(execute(job)) for job in jobs)


class Cluster:
    """Dask: each worker has a few runs waiting, no more, so that workers may come and go."""

    def __init__(self, client: Any, where: str) -> None:
        self.notes: list[str] = []
        self._client, self._where = client, where
        self._workers = self._there()
        self._threads = sum(self._workers.values())
        self._alone = self._sent = 0
        self._name = uuid.uuid4().hex[:8]

    @property
    def count(self) -> int:
        return max(1, self._threads)

    def run(self, jobs: Iterable[Job]) -> Iterator[Outcome]:
        waiting = iter(jobs)
        running: dict[Any, Job] = {}
        try:
            while True:
                for job in islice(waiting, max(0, 3 * self.count - len(running))):
                    running[self._submit(job)] = job
                if not running:
                    self._look()
                    return
                for future in self._some_done(list(running)):
                    job = running.pop(future)
                    if future.status in ("cancelled", "lost"):
                        # By who is still there, after a moment without a connection to it.
                        self._look()
                        running[self._submit(job)] = job
                        continue
                    yield self._outcome(future, job)
        finally:
            if running:
                self._client.cancel(list(running), force=True)

    def _submit(self, job: Job) -> Any:
        self._sent += 1
        key = f"plimsoll-{self._name}-{self._sent}-{job.point}-{job.seed}"
        return self._client.submit(execute, job, key=key, pure=False)

    def _some_done(self, futures: list[Any]) -> list[Any]:
        """Wait for one at least, and keep an eye on the workers meanwhile."""
        from distributed import wait
        from distributed.client import FuturesCancelledError

        while True:
            try:
                return list(wait(futures, timeout=LOOK_SECONDS, return_when="FIRST_COMPLETED").done)
            except TimeoutError:
                self._look()
            except FuturesCancelledError:
                return [future for future in futures if future.status == "cancelled"]

    def _gone(self) -> ClusterError:
        return ClusterError(
            f"the scheduler at {self._where} is gone; what was run is kept, and --resume goes on"
        )

    def _look(self) -> None:
        before, self._workers = self._workers, self._there()
        self._alone = 0 if self._workers else self._alone + LOOK_SECONDS
        if self._alone >= PATIENCE_SECONDS:
            raise ClusterError(
                f"{self._where} has had no worker for {PATIENCE_SECONDS} s; what was run is kept, "
                "and --resume goes on"
            )
        gone = before.keys() - self._workers.keys()
        if gone:
            said = "a worker is" if len(gone) == 1 else f"{len(gone)} workers are"
            self.notes.append(f"{said} gone ({', '.join(sorted(gone))}); its runs are made again")
        self._threads = max(self._threads, sum(self._workers.values()))

    def _there(self) -> dict[str, int]:
        """Address -> threads of each worker. Raises ClusterError."""
        if self._client.status != "running":
            raise self._gone()
        try:
            info = self._client.scheduler_info()
        except (OSError, TimeoutError):
            raise self._gone() from None
        return {address: worker["nthreads"] for address, worker in info["workers"].items()}

    def _outcome(self, future: Any, job: Job) -> Outcome:
        from distributed.scheduler import KilledWorker

        try:
            outcome = checked(future.result())
        except KilledWorker:
            return Failed(job.point, job.seed, "every worker that tried it died")
        except PlimsollError:
            raise
        except OSError:
            raise self._gone() from None
        except Exception as error:
            # The worker could not even read the job, or not send the answer.
            return Failed(job.point, job.seed, f"{type(error).__name__}: {error}")
        return outcome


@contextmanager
def _cluster(workers: int, scheduler: str | None) -> Iterator[Any]:
    """A client with at least one worker, each told what we have compiled."""
    from distributed import Client, LocalCluster

    if scheduler:
        with _client(scheduler) as client:
            _wait(client, scheduler)
            client.register_plugin(_welcome(ours=False))
            yield client
        return
    with (
        LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            dashboard_address="127.0.0.1:0",
            memory_limit=0,
            silence_logs=logging.CRITICAL,
        ) as cluster,
        Client(cluster) as client,
    ):
        client.register_plugin(_welcome(ours=True))
        yield client


def _client(address: str) -> Any:
    from distributed import Client

    try:
        return Client(address, timeout=ANSWER_SECONDS)
    except (OSError, ValueError, TypeError) as error:
        raise UsageError(
            f"--scheduler {address} cannot be reached: {error}; start one with `dask scheduler` "
            "and give its address, such as tcp://host:8786"
        ) from None


def _wait(client: Any, address: str) -> None:
    try:
        client.wait_for_workers(1, timeout=WORKER_SECONDS)
    except TimeoutError:
        raise UsageError(
            f"--scheduler {address} has no workers; start some with "
            f"`dask worker {address} --nthreads 1`"
        ) from None


def _welcome(ours: bool) -> Any:
    """What every worker, also a later one, is told before its first run: what is compiled, and,
    if it is one of our own, that an interrupt is for us to deal with."""
    from distributed import WorkerPlugin

    class Welcome(WorkerPlugin):  # type: ignore[misc]
        name = "plimsoll"

        def __init__(self) -> None:
            self.compiled = artifacts.hand_over()

        def setup(self, worker: Any) -> None:
            artifacts.take_over(self.compiled)
            if ours:
                signal.signal(signal.SIGINT, signal.SIG_IGN)

    return Welcome()


@contextmanager
def _lean() -> Iterator[None]:
    """Memory that is the same after the first run and the last; workers of ours inherit it."""
    import dask

    with dask.config.set(LEAN):
        yield


@contextmanager
def _quiet() -> Iterator[None]:
    """Dask's own log is for its developers; what matters is said in `notes`."""
    import distributed  # noqa: F401, it sets up its log

    handlers = logging.getLogger("distributed").handlers
    levels = [handler.level for handler in handlers]
    for handler in handlers:
        handler.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for handler, level in zip(handlers, levels, strict=True):
            handler.setLevel(level)
