"""What a run's figures depend on besides scenario and seed: the code that makes them.

A study is made by one code: workers elsewhere say what they run, and a study that is taken up
again says what it was begun with. The same code is the same text and the same versions of what
computes, whatever the machine, the folder and the operating system.
"""

from __future__ import annotations

import platform
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from sim.chain.artifacts import CONTRACTS

PACKAGES = ("mesa", "numpy", "pandas", "scipy", "vyper")
_PYTHON = Path(__file__).resolve().parents[2]


@cache
def identity() -> dict[str, str]:
    """Name -> version of everything that decides a figure; the same for the whole process."""
    return {
        "source": _digest(),
        "python": ".".join(platform.python_version_tuple()[:2]),
        **{name: version(name) for name in PACKAGES},
    }


def differences(ours: dict[str, str], theirs: dict[str, str]) -> str:
    """In words; empty where there are none."""
    names = sorted(ours.keys() | theirs.keys())
    return ", ".join(
        f"{name} {theirs.get(name, 'none')[:12]} and not {ours.get(name, 'none')[:12]}"
        for name in names
        if ours.get(name) != theirs.get(name)
    )


def _digest() -> str:
    """Of our own Python and of the contracts."""
    found = sha256()
    files = [(p, _PYTHON) for root in ("sim", "agents") for p in (_PYTHON / root).rglob("*.py")]
    files += [(p, CONTRACTS) for p in CONTRACTS.rglob("*.vy*")]
    for path, root in sorted(files, key=lambda pair: pair[0].relative_to(pair[1]).as_posix()):
        found.update(path.relative_to(root).as_posix().encode() + b"\0")
        found.update(sha256(path.read_bytes()).digest())
    return found.hexdigest()
