"""The example project is run as a project of its own."""

from __future__ import annotations

collect_ignore = ["pawnshop"]
