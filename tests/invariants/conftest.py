"""Says how far the state machines went; `make fuzz` is told a number and should say one.

Where several processes run them each hands its count over as it ends, and they are added up.
"""

from __future__ import annotations

from typing import Any

import pytest

from .agreement import COUNTED


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    handed_over = getattr(session.config, "workeroutput", None)
    if handed_over is not None:
        handed_over["counted"] = dict(COUNTED)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    COUNTED.update(getattr(node, "workeroutput", {}).get("counted", {}))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if COUNTED["steps"]:
        terminalreporter.write_line(
            f"state machines: {COUNTED['runs']:,} runs, {COUNTED['steps']:,} steps, "
            f"{COUNTED['done']:,} transactions that succeeded, {COUNTED['refused']:,} refused"
        )
