"""Why an account that may be liquidated is not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from enum import StrEnum

from agents.liquidator import Liquidator
from agents.take import Means
from agents.view import Opportunity, View
from sim.units import WAD

PLENTY = 2**127
"""Stable units: more than any debt."""


class Hindrance(StrEnum):
    """Of several liquidators', and several collaterals', the first that holds is an account's."""

    COMING = "on its way"
    """A transaction waits for its block, or would be sent in the next."""
    CAPITAL = "no capital"
    """It would pay one who had the capital."""
    RISING = "penalty still rising"
    """What it brings grows with time, and is not enough yet."""
    MARKET = "no market"
    """It would pay if what is seized sold at the outside price."""
    GAIN = "no gain"
    """What the liquidator is left of the penalty does not pay for gas and risk, or the collateral
    does not cover what is repaid."""
    PRICE = "no valid price"
    """The protocol does not let it be liquidated."""
    NOBODY = "no liquidators"


RANK = {hindrance: rank for rank, hindrance in enumerate(Hindrance)}


def hindrances(
    accounts: Sequence[int], views: Iterable[tuple[Liquidator, View]]
) -> dict[int, Hindrance]:
    """Of accounts that may be liquidated, as every liquidator sees them."""
    found = dict.fromkeys(accounts, Hindrance.NOBODY)
    for liquidator, view in views:
        priced = all(view.market.oracle_valid)
        # Nothing is previewed of one that is not worth any gas.
        seen = dict.fromkeys(accounts, Hindrance.GAIN if priced else Hindrance.PRICE)
        means, busy = liquidator.means(view), liquidator.busy(view)
        rich = replace(means, budget=PLENTY)
        hopeful = {o.account for o in liquidator.hopeful(view.opportunities, rich)}
        for o in view.opportunities.of(accounts):
            if o.account in busy or o.rival_tip >= 0:
                hindrance = Hindrance.COMING
            elif o.account in hopeful and o.repaid:
                hindrance = _closer(liquidator, o, means, rich)
            else:
                hindrance = _hopeless(liquidator, o, rich) if o.repaid else seen[o.account]
            seen[o.account] = _first(seen[o.account], hindrance)
        for account, hindrance in seen.items():
            found[account] = _first(found[account], hindrance)
    return found


def _closer(liquidator: Liquidator, o: Opportunity, means: Means, rich: Means) -> Hindrance:
    if liquidator.act_on(o, means):
        return Hindrance.COMING
    if _pays(liquidator, o, means):
        return Hindrance.RISING
    return Hindrance.CAPITAL if _pays(liquidator, o, rich) else _hopeless(liquidator, o, rich)


def _pays(liquidator: Liquidator, o: Opportunity, means: Means) -> bool:
    take = liquidator.size(o, means)
    return take is not None and liquidator.pays(take, liquidator.offer(take, means).tip, means)


def _hopeless(liquidator: Liquidator, o: Opportunity, means: Means) -> Hindrance:
    """At the prices where it sells."""
    terms = means.market.terms
    if terms.penalty_rise > 0 and o.penalty < terms.max_penalty:
        return Hindrance.RISING
    unit = 10 ** terms.assets[o.asset].decimals
    outside = o.seized / unit * means.market.prices[o.asset] - o.repaid / WAD
    return Hindrance.MARKET if outside >= liquidator.least(means) else Hindrance.GAIN


def _first(one: Hindrance, other: Hindrance) -> Hindrance:
    return min(one, other, key=RANK.__getitem__)
