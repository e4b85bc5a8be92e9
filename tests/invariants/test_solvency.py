"""Whatever anyone does in whatever order: the core stays exact, solvent and open to repayment.

A Hypothesis state machine acts on the contract and on a reference in plain integers beside it;
here under LinearMargin, in test_solvency_of_portfolios under ScenarioMargin.
"""

from __future__ import annotations

from .machine import Machine
from .scenes import LINEAR
from .settings import SETTINGS


class Solvency(Machine):
    scene = LINEAR


TestSolvency = Solvency.TestCase
TestSolvency.settings = SETTINGS
