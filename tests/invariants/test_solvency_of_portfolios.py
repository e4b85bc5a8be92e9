"""As test_solvency, with two assets of opposite direction under ScenarioMargin."""

from __future__ import annotations

from .machine import Machine
from .scenes import PORTFOLIO
from .settings import SETTINGS


class SolvencyOfPortfolios(Machine):
    scene = PORTFOLIO


TestSolvencyOfPortfolios = SolvencyOfPortfolios.TestCase
TestSolvencyOfPortfolios.settings = SETTINGS
