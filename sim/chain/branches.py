"""Which way the code goes, on py-evm: a computation whose conditional jumps say where they go."""

from __future__ import annotations

from typing import Any

from eth.vm import opcode_values
from eth.vm.forks.prague.computation import PragueComputation
from eth.vm.forks.prague.opcodes import PRAGUE_OPCODES

from sim.chain.engine import Branch

_JUMPI = PRAGUE_OPCODES[opcode_values.JUMPI]


class Branches:
    """The branches gone so far, each news once; `computation` is what records them."""

    def __init__(self) -> None:
        self._seen: set[Branch] = set()
        self._news: list[Branch] = []
        self.computation = type(
            "WatchedComputation",
            (PragueComputation,),
            {"opcodes": {**PRAGUE_OPCODES, opcode_values.JUMPI: self._jumpi}},
        )

    def take_news(self) -> list[Branch]:
        news, self._news = self._news, []
        return news

    def _jumpi(self, computation: Any) -> None:
        message, stack = computation.msg, computation._stack.values
        if not message.is_create and len(stack) > 1:
            condition = stack[-2]
            taken = any(condition) if isinstance(condition, bytes) else condition != 0
            at = computation.code.program_counter - 1
            self._record((message.code_address, at, taken))
        _JUMPI(computation=computation)

    def _record(self, branch: Branch) -> None:
        if branch not in self._seen:
            self._seen.add(branch)
            self._news.append(branch)
