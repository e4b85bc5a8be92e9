"""One run of a study: the same function in a plain loop and on any worker of a cluster."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from sim.chain.revm import RevmEngine
from sim.errors import PlimsollError, UsageError
from sim.experiments.identity import differences, identity
from sim.experiments.outcome import Done, Failed, Outcome
from sim.experiments.run import run
from sim.experiments.start import StartedEngine
from sim.price.tilt import Tilt
from sim.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Job:
    """Everything a worker needs to make one run: it shares no disk with who asks."""

    point: int
    seed: int
    scenario: Scenario
    engine: str
    code: dict[str, str] = field(default_factory=identity)
    start: bytes | None = None
    """See `sim.experiments.start`."""
    tilt: Tilt | None = None
    """Importance sampling; half of the seeds are tilted."""
    tilted: bool = False
    files: Mapping[str, bytes] = field(default_factory=dict)
    """Price files that the scenario names, by name."""
    tables: Sequence[str] = ()
    """Those of the run to be kept."""


@dataclass(frozen=True, slots=True)
class OtherCode:
    """This process would make another figure of the same job than who asks for it."""

    differences: str


def execute(job: Job) -> Outcome | OtherCode:
    """Make the run. Raises KeyboardInterrupt when interrupted; whatever else goes wrong is an
    outcome too."""
    if differ := differences(job.code, identity()):
        return OtherCode(differ)
    try:
        return _execute(job)
    except PlimsollError as error:
        return Failed(job.point, job.seed, str(error))
    except Exception as error:
        # A fault of ours in one run must not take the others of a night along.
        return Failed(job.point, job.seed, f"{type(error).__name__}: {error}")


def _execute(job: Job) -> Done:
    with tempfile.TemporaryDirectory() as folder:
        scenario = _with_files(job, Path(folder))
        if job.tilt and job.tilted:
            scenario = job.tilt.tilted(scenario)
        named = job.engine != RevmEngine.name or job.start is None
        engine = job.engine if named else StartedEngine(job.start or b"")
        done = run(scenario, engine=engine, seed=job.seed)
    if done.interrupted:
        raise KeyboardInterrupt
    row = {
        "seed": job.seed,
        "weight": job.tilt.weight(done.drawn[0]) if job.tilt else 1.0,
        "tilted": job.tilted,
        "engine": done.record["engine"],
        "fingerprint": done.record["fingerprint"],
        "transactions": done.record["transactions"],
        **flat(done.record["summary"]),
    }
    return Done(job.point, job.seed, row, {name: done.tables[name] for name in job.tables})


def flat(summary: Mapping[str, Any], prefix: str = "") -> dict[str, float]:
    """Figures by their dotted names; those that a run does not have are left out."""
    found: dict[str, float] = {}
    for name, value in summary.items():
        if isinstance(value, Mapping):
            found |= flat(value, f"{prefix}{name}.")
        elif isinstance(value, int | float):
            found[f"{prefix}{name}"] = float(value)
    return found


def files_of(scenario: Scenario) -> dict[str, bytes]:
    """The price files a scenario names, to travel with its jobs."""
    specs = [scenario.price, *(asset.price for asset in scenario.assets)]
    named = [spec.file for spec in specs if spec is not None and spec.model == "replay"]
    try:
        return {name: Path(name).read_bytes() for name in named}
    except OSError as error:
        raise UsageError(f"{error.filename} cannot be read: {error.strerror}") from None


def _with_files(job: Job, folder: Path) -> Scenario:
    """The scenario with its price files where this worker has them now."""
    if not job.files:
        return job.scenario
    places = {}
    for name, content in job.files.items():
        places[name] = folder / sha256(name.encode()).hexdigest()[:8] / Path(name).name
        places[name].parent.mkdir()
        places[name].write_bytes(content)
    data = job.scenario.model_dump()
    for spec in (data["price"], *(asset["price"] or {} for asset in data["assets"])):
        if spec.get("file") in places:
            spec["file"] = str(places[spec["file"]])
    return Scenario.model_validate(data)
