"""Under pytest a law is measured with few paths."""

from __future__ import annotations

import pytest

from tests.validation.law import Effort


@pytest.fixture
def effort() -> Effort:
    return Effort.QUICK
