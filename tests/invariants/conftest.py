"""Says how far the state machines went; `make fuzz` is told a number and should say one."""

from __future__ import annotations

from typing import Any

from .agreement import COUNTED


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if COUNTED["steps"]:
        terminalreporter.write_line(
            f"state machines: {COUNTED['runs']:,} runs, {COUNTED['steps']:,} steps, "
            f"{COUNTED['done']:,} transactions that succeeded, {COUNTED['refused']:,} refused"
        )
