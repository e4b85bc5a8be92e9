"""guards.toml is up to date: `python -m tests.attacks` takes what it names out of the contracts."""

from __future__ import annotations

import pytest

from .__main__ import HERE, Guard, guards


@pytest.mark.parametrize("guard", guards(), ids=lambda guard: guard.name)
def test_guard__is_found_once_and_its_attack_exists(guard: Guard) -> None:
    module, _, part = guard.tests.partition("::")
    assert guard.found() == 1
    assert part in (HERE / module).read_text(encoding="utf-8")
