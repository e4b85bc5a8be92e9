"""Who is woken, when and why: by its own schedule, by its account, by its transactions.

An agent that has nothing to do costs nothing.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence

import numpy as np

from agents.base import Participant
from agents.trader import Trader
from agents.view import Occasion
from sim.model.failure import Ring
from sim.protocol.columns import Floats


class Alarm:
    """Times to wake agents at, and the health below which their accounts alert them."""

    def __init__(self, agents: Sequence[Participant]) -> None:
        self._queue: list[tuple[float, int, Participant, Occasion]] = []
        self._count = 0
        self._always = [agent for agent in agents if agent.every_block]
        self._watched: list[Participant | None] = []
        self._alerts = np.zeros(0)
        self._armed = np.zeros(0, dtype=bool)
        self._rung: dict[Participant, int] = {}
        self.rings: dict[Participant, Ring] = {}
        """Each trader's last alarm."""
        for agent in agents:
            for time in agent.wake_times():
                self.at(time, agent, Occasion.SCHEDULE)

    def at(self, time: float, agent: Participant, occasion: Occasion) -> None:
        """Wake an agent in the first block at or after a time, seconds since block 0."""
        self._count += 1
        heapq.heappush(self._queue, (time, self._count, agent, occasion))

    def watch(self, agent: Participant | None) -> None:
        """The next account belongs to this agent."""
        self._watched.append(agent)
        self._alerts = np.append(self._alerts, agent.alert_health() if agent else 0.0)
        self._armed = np.append(self._armed, True)

    def due(self, time: float) -> list[tuple[Participant, Occasion]]:
        """Each agent to wake now, once, with its first reason; those of every block last."""
        woken: dict[Participant, Occasion] = {}
        while self._queue and self._queue[0][0] <= time:
            _, _, agent, occasion = heapq.heappop(self._queue)
            woken.setdefault(agent, occasion)
        for agent in self._always:
            woken.setdefault(agent, Occasion.BLOCK)
        return list(woken.items())

    def look(self, health: Floats, time: float) -> None:
        """Ring for accounts that have fallen below their alert; arm those that recovered."""
        ringing = self._armed & (health < self._alerts)
        for row in np.flatnonzero(ringing):
            agent = self._watched[row]
            if isinstance(agent, Trader):
                rung = self._rung.get(agent, 0)
                self._rung[agent] = rung + 1
                self.rings[agent] = Ring(time, time + agent.answer_delay(rung))
                self.at(self.rings[agent].answer_at, agent, Occasion.ALERT)
        self._armed[ringing] = False
        self._armed |= health >= self._alerts * 1.02

    def rearm(self, account: int) -> None:
        """Its agent has answered: if it is still below, it is to hear of it again."""
        self._armed[account - 1] = True
