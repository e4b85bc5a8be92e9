"""What kind of folder it is that a report is asked of."""

from __future__ import annotations

from pathlib import Path

from sim.errors import UsageError
from sim.experiments.compared import KIND
from sim.experiments.dataset import STUDY, study
from sim.experiments.store import RUN_FILE, read, read_against
from sim.report.document import Document
from sim.report.of_comparison import of_comparison
from sim.report.of_run import of_run
from sim.report.of_study import of_study
from sim.report.write import FORMATS, Writer


def collect(folder: Path) -> Document:
    """The report of a run, a comparison or a sweep. Raises UsageError for anything else."""
    if not folder.is_dir():
        raise UsageError(f"{folder} is not a folder that run, compare, sweep or optimize wrote")
    if (folder / RUN_FILE).exists():
        record, tables = read(folder)
        if not record["summary"]:
            raise UsageError(f"{folder} holds a run of no block: there is nothing to report")
        return of_run(record, tables, read_against(folder), folder)
    if (folder / STUDY).exists():
        return (of_comparison if study(folder)["kind"] == KIND else of_study)(folder)
    raise UsageError(f"{folder} holds no run, comparison or sweep")


def writers(formats: str) -> list[Writer]:
    """Raises UsageError for a format that is none."""
    unknown = [name for name in formats.split(",") if name not in FORMATS]
    if unknown:
        raise UsageError(f"--format {unknown[0]} is none of {', '.join(FORMATS)}")
    return [FORMATS[name] for name in formats.split(",")]
