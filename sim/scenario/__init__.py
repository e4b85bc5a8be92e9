"""A scenario: everything a run depends on besides its seed, validated.

Shares and ratios are plain numbers (0.25 is 25 %), prices USD, volatilities a year,
times seconds unless the name says otherwise. Unknown keys are refused.
"""

from sim.scenario.changes import OF_FEW, changed
from sim.scenario.fields import LARGEST
from sim.scenario.load import load, names, validate
from sim.scenario.margin import Margin, Ratios, ScanTerms
from sim.scenario.market import Gas, VenueTerms
from sim.scenario.peg import PegTerms
from sim.scenario.people import (
    Arbitrageurs,
    Attackers,
    GuardianTerms,
    Lenders,
    Liquidators,
    Searchers,
    Traders,
)
from sim.scenario.prices import (
    Anchored,
    Correlation,
    Garch,
    Gbm,
    Hawkes,
    Kou,
    Merton,
    OrnsteinUhlenbeck,
    PriceModel,
    Replay,
)
from sim.scenario.protocol import Asset, Oracle, Penalty, ProtocolTerms, Rate
from sim.scenario.whole import Run, Scenario

__all__ = [
    "LARGEST",
    "OF_FEW",
    "Anchored",
    "Arbitrageurs",
    "Asset",
    "Attackers",
    "Correlation",
    "Garch",
    "Gas",
    "Gbm",
    "GuardianTerms",
    "Hawkes",
    "Kou",
    "Lenders",
    "Liquidators",
    "Margin",
    "Merton",
    "Oracle",
    "OrnsteinUhlenbeck",
    "PegTerms",
    "Penalty",
    "PriceModel",
    "ProtocolTerms",
    "Rate",
    "Ratios",
    "Replay",
    "Run",
    "ScanTerms",
    "Scenario",
    "Searchers",
    "Traders",
    "VenueTerms",
    "changed",
    "load",
    "names",
    "validate",
]
