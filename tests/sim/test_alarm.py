"""Who is woken, when, and why."""

from __future__ import annotations

from collections.abc import Sequence

import mesa
import numpy as np
import pytest

from agents.base import Participant
from agents.intent import Intent
from agents.trader import Habits, Trader
from agents.view import Occasion, View
from sim.model.alarm import Alarm

ALERT = 1.10


class Waking(Participant):
    def __init__(self, name: str, times: Sequence[float] = (), always: bool = False) -> None:
        super().__init__(mesa.Model(rng=1), name, name.encode().ljust(20))
        self.every_block = always
        self._times = times

    def decide(self, view: View) -> Sequence[Intent]:
        return ()

    def wake_times(self) -> Sequence[float]:
        return self._times


def trader(delays: tuple[float, ...] = (100.0, 10.0)) -> Trader:
    habits = Habits(
        asset=0,
        leverage=2.0,
        funds=0,
        arrival=0.0,
        alarm=ALERT,
        stop_loss=0.0,
        delays=delays,
        adjustments=(),
        tip=1,
        headroom=2.0,
    )
    return Trader(mesa.Model(rng=1), "trader-0", b"\x01" * 20, habits)


def watching(*agents: Participant | None) -> Alarm:
    """One account each, in that order."""
    alarm = Alarm([agent for agent in agents if agent])
    for agent in agents:
        alarm.watch(agent)
    return alarm


def names(woken: Sequence[tuple[Participant, Occasion]]) -> list[tuple[str, Occasion]]:
    return [(agent.name, occasion) for agent, occasion in woken]


# ----------------------------------------------------------------------- by the clock


def test_due__scheduled__woken_once_in_the_first_block_at_or_after() -> None:
    alarm = Alarm([Waking("a", times=(24.0, 30.0)), Waking("b", times=(12.0,))])
    assert not alarm.due(11.9)
    assert names(alarm.due(12.0)) == [("b", Occasion.SCHEDULE)]
    assert names(alarm.due(24.0)) == [("a", Occasion.SCHEDULE)]
    assert names(alarm.due(36.0)) == [("a", Occasion.SCHEDULE)]
    assert not alarm.due(1e9)


def test_due__same_time__in_the_order_they_were_asked_for() -> None:
    alarm = Alarm([Waking(name, times=(12.0,)) for name in "dacb"])
    assert [name for name, _ in names(alarm.due(12.0))] == list("dacb")


def test_due__several_reasons__woken_once_with_the_first() -> None:
    late = Waking("a", times=(30.0,))
    alarm = Alarm([late])
    alarm.at(20.0, late, Occasion.SETTLED)
    assert names(alarm.due(48.0)) == [("a", Occasion.SETTLED)]
    assert not alarm.due(1e9)


def test_due__every_block_agents__come_last_and_always() -> None:
    alarm = Alarm([Waking("keeper", always=True), Waking("a", times=(12.0,))])
    assert names(alarm.due(12.0)) == [("a", Occasion.SCHEDULE), ("keeper", Occasion.BLOCK)]
    assert names(alarm.due(24.0)) == [("keeper", Occasion.BLOCK)]


def test_due__nobody_with_anything_to_do__nobody_is_woken() -> None:
    assert not Alarm([Waking(name) for name in "abc"]).due(1e9)


# --------------------------------------------------------------------- by its account


def test_look__below_its_alert__rings_after_the_agents_delay() -> None:
    alarm = watching(trader())
    alarm.look(np.array([ALERT - 0.01]), time=50.0)
    assert not alarm.due(149.9)
    assert names(alarm.due(150.0)) == [("trader-0", Occasion.ALERT)]


def test_look__above_its_alert__is_quiet() -> None:
    alarm = watching(trader())
    alarm.look(np.array([ALERT]), time=50.0)
    alarm.look(np.array([np.inf]), time=60.0)
    assert not alarm.due(1e9)


def test_look__still_below__does_not_ring_again_by_itself() -> None:
    alarm = watching(trader())
    for time in range(0, 600, 12):
        alarm.look(np.array([ALERT - 0.01]), time=float(time))
    assert len(alarm.due(1e9)) == 1
    assert not alarm.due(1e9)


def test_look__recovered_and_fallen_again__rings_with_the_next_delay() -> None:
    alarm = watching(trader(delays=(100.0, 10.0)))
    alarm.look(np.array([ALERT - 0.01]), time=0.0)
    assert alarm.due(100.0)
    alarm.look(np.array([ALERT * 1.03]), time=200.0)
    alarm.look(np.array([ALERT - 0.01]), time=300.0)
    assert not alarm.due(309.9)
    assert names(alarm.due(310.0)) == [("trader-0", Occasion.ALERT)]


def test_look__hovering_at_the_alert__is_one_alarm() -> None:
    """Only a health 2 % above arms it again, so that noise does not wake it each block."""
    alarm = watching(trader(delays=(0.0,)))
    rung = 0
    for block in range(100):
        health = ALERT * (1.01 if block % 2 else 0.99)
        alarm.look(np.array([health]), time=12.0 * block)
        rung += len(alarm.due(12.0 * block + 1))
    assert rung == 1


def test_rearm__answered_and_still_below__hears_of_it_again() -> None:
    alarm = watching(trader(delays=(0.0,)))
    alarm.look(np.array([1.0]), time=0.0)
    assert alarm.due(0.0)
    alarm.look(np.array([1.0]), time=12.0)
    assert not alarm.due(12.0)
    alarm.rearm(1)
    alarm.look(np.array([1.0]), time=24.0)
    assert alarm.due(24.0)


@pytest.mark.parametrize("owner", [None, Waking("keeper")])
def test_look__account_of_someone_without_an_alert__is_passed_over(
    owner: Participant | None,
) -> None:
    """A stranger's account stands between two watched ones; rows are not confused."""
    last = trader(delays=(0.0,))
    alarm = watching(owner, last)
    alarm.look(np.array([0.5, 5.0]), time=0.0)
    assert not alarm.due(0.0)
    alarm.look(np.array([0.5, 1.0]), time=12.0)
    assert [agent for agent, _ in alarm.due(12.0)] == [last]
