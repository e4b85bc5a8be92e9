"""Everything that can go wrong for a user, in one tree.

    PlimsollError
    ├── ScenarioError        the scenario file or an override is wrong
    ├── DataError            a price file is wrong
    ├── UsageError           a command's argument is wrong
    ├── EngineError          an engine is unknown, missing, busy or died
    │   └── EngineLost       it died in the middle of a run; what was run is kept
    ├── ClusterError         a scheduler or its workers are gone or do not fit; what was run is kept
    ├── RunsFailed           no run of a study came through
    ├── ContractError        a contract does not compile or deploy, or does not do as it says
    │   └── AdapterError     an adapter does not fit its contract, or has a fault of its own
    ├── LedgerMismatch       the ledger and the chain disagree: a fault of Plimsoll
    └── EnginesDiffer        two engines disagree on the same blocks

The message of each is one sentence: what was wrong, where, what is allowed. The command
line prints it and exits with code 2.
"""

from __future__ import annotations


class PlimsollError(Exception):
    """Base of the tree; its text is for people."""


class ScenarioError(PlimsollError):
    pass


class DataError(PlimsollError):
    pass


class UsageError(PlimsollError):
    pass


class EngineError(PlimsollError):
    pass


class EngineLost(EngineError):
    pass


class ClusterError(PlimsollError):
    pass


class RunsFailed(PlimsollError):
    pass


class ContractError(PlimsollError):
    pass


class AdapterError(ContractError):
    pass


class LedgerMismatch(PlimsollError):
    pass


class EnginesDiffer(PlimsollError):
    pass
