"""What people do to a lending contract, told short: where a search begins.

Each is a sequence that a contract meets in life or under attack. The search takes them apart
and puts them together again; a contract that is not able to do something leaves it out.
"""

from __future__ import annotations

from agents.market import Terms
from sim.check.action import WHOLE, Action, Amount, Of
from sim.check.stories import life, threshold
from sim.check.stories.hostile import of_a_hostile_token
from sim.check.stories.moves import enter


def stories(terms: Terms, hostile: bool) -> list[list[Action]]:
    """Those that are tried first."""
    told = [
        life.come_and_go(),
        threshold.over_the_edge(terms),
        threshold.at_the_edge(enter(room=0), Amount(plus=500 * 10**18)),
        threshold.at_the_edge(enter(tokens=1, asset=1, room=0), Amount(Of.ROOM, WHOLE, -2)),
        threshold.far_gone(),
        threshold.insolvent(),
        threshold.toxic(),
        threshold.ruinous(),
        threshold.two_collaterals(),
        life.stale(),
        life.month_by_month(),
        threshold.oneself(),
        life.ceilings(),
        life.strangers(),
        life.dust(),
        threshold.clock(terms),
        life.lenders(),
        life.lenders_lose(),
        life.redeem(),
        life.guardian(),
    ]
    return told + of_a_hostile_token() if hostile else told
