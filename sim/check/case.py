"""A failure as a file: everything it takes to see it again, anywhere."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim import __version__
from sim.chain.engine import CHAIN_ID, HARDFORK
from sim.check.action import Action
from sim.check.sent import Sent
from sim.check.world import BLOCK_GAS, GAS
from sim.errors import DataError
from sim.scenario import Scenario, validate

RULES = {"hardfork": HARDFORK, "chain_id": CHAIN_ID, "gas": GAS, "block_gas": BLOCK_GAS}
"""What every engine executes it under."""


@dataclass(frozen=True)
class Case:
    """Actions from a world's beginning, or transactions of a run, after the last of which
    something is broken."""

    path: str
    """Of the contract, as it was given to the check."""
    scenario: Scenario
    hostile: bool
    seed: int
    engine: str
    bytecode: dict[str, str]
    """Contract -> sha256 of its runtime code before immutables."""
    invariant: str
    sentence: str
    actions: tuple[Action, ...] = ()
    sent: tuple[Sent, ...] = ()
    """Instead of actions: transactions after the set-up of a run of the scenario and seed."""
    until: int = 0
    """Timestamp at which that run is looked at; 0 for actions."""

    def save(self, file: Path) -> None:
        record = {
            "plimsoll": __version__,
            "path": self.path,
            "invariant": self.invariant,
            "sentence": self.sentence,
            **self._done(),
            "hostile": self.hostile,
            "seed": self.seed,
            "engine": self.engine,
            "rules": RULES,
            "bytecode": self.bytecode,
            "scenario": self.scenario.model_dump(mode="json"),
        }
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

    def _done(self) -> dict[str, Any]:
        if self.until:
            return {"transactions": [each.record() for each in self.sent], "until": self.until}
        return {"actions": [action.record() for action in self.actions]}

    @classmethod
    def load(cls, file: Path) -> Case:
        """Raises DataError when the file is not a case that this version can replay."""
        try:
            record = json.loads(file.read_text(encoding="utf-8"))
        except OSError as error:
            raise DataError(f"{file} cannot be read: {error.strerror}") from None
        except ValueError as error:
            raise DataError(f"{file} is not valid JSON: {error}") from None
        try:
            return cls._read(record, file)
        except (KeyError, TypeError) as error:
            raise DataError(f"{file} is not a case: {error} is missing or not as it was") from None

    @classmethod
    def _read(cls, record: dict[str, Any], file: Path) -> Case:
        for name, rule in RULES.items():
            if record["rules"][name] != rule:
                raise DataError(
                    f"{file} was found under {name} {record['rules'][name]}; engines have {rule}"
                )
        return cls(
            path=str(record["path"]),
            scenario=validate(record["scenario"], file.name),
            hostile=bool(record["hostile"]),
            seed=int(record["seed"]),
            engine=str(record["engine"]),
            bytecode=dict(record["bytecode"]),
            invariant=str(record["invariant"]),
            sentence=str(record["sentence"]),
            actions=tuple(map(Action.read, record.get("actions", ()))),
            sent=tuple(map(Sent.read, record.get("transactions", ()))),
            until=int(record.get("until", 0)),
        )
