"""Laws 5 and 8 on the contract: how far a fall runs that liquidations feed, and the spiral that
a penalty feeds."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import pandas as pd

from sim.market.venue import Venue
from sim.metrics.cascade import cascade
from sim.scenario import VenueTerms
from sim.units import WAD, from_wad, to_wad
from tests.invariants.core_world import Asset
from tests.validation.law import Check, Effort, exact, law
from tests.validation.test_liquidation import DEBT, at_health, health, margined
from tests.vectors.system import BORROWER, LIQUIDATOR, PERCENT, System

START, THRESHOLD, PENALTY = 1_000.0, 80, 5
GAP, LADDER = 0.05, 0.45
"""Of the start: from it to the first rung, and from the first to the last."""
SHOCK = 0.10
COLLATERAL = 10
SOLD = 0.8
"""Of each account's collateral; the liquidator gets at least .84 of it and keeps the rest."""


class Ladder:
    """Accounts of the same collateral whose liquidation prices are evenly apart, the liquidator
    of them all, and a venue on which the price falls by `ratio` rungs for every one sold."""

    def __init__(self, rungs: int, ratio: float) -> None:
        self.step = LADDER / rungs
        self.thresholds = [START * (1 - GAP - (k + 0.5) * self.step) for k in range(rungs)]
        maintenance = WAD - THRESHOLD * PERCENT
        self.system = System(
            assets=(Asset(18, maintenance + PERCENT, maintenance, maintenance),),
            prices=(to_wad(START),), penalty=("FixedPenalty", PENALTY * PERCENT),
            close_factor=WAD, grace=0, min_debt=0, min_left=0, reserve_share=0,
            debt_ceiling=10**9 * WAD, account_ceiling=10**9 * WAD, loss_threshold=10**9 * WAD,
        )  # fmt: skip
        for threshold in self.thresholds:
            debt = THRESHOLD / 100 * COLLATERAL * threshold
            self.system.account(BORROWER, [COLLATERAL * WAD], to_wad(debt))
        self.system.stables(LIQUIDATOR, 10**9 * WAD)
        # The price of a sale of n rungs falls by START · ratio · step · n from the shock on.
        self.shocked = START * (1 - SHOCK)
        slope = ratio * self.step / (SOLD * COLLATERAL * START) * (START / self.shocked) ** 2
        depth = [(0.5, 0.5 / slope)] if ratio else [(0.5, 1e14)]
        terms = VenueTerms(
            model="depth", depth=depth, fee=0, permanent=0, half_life=1e15, volatility_weight=0
        )
        self.venue = Venue(terms, 18, START)
        self.left = dict(enumerate(self.thresholds, start=1))
        self.rows: dict[str, list[dict[str, object]]] = {
            "venue": [], "prices": [], "liquidations": []
        }  # fmt: skip

    def run(self) -> None:
        """The shock, then what was liquidated is sold and the new price posted, to the end."""
        self._note(0, START, START)
        self.venue.advance(self.shocked, 0, 12)
        oracle, block = START, 1
        while self._liquidate_at(block, oracle):
            oracle, block = self.price, block + 1
            for _ in range(len(self.sold)):
                self.venue.fill(False, int(SOLD * COLLATERAL * WAD))

    def _liquidate_at(self, block: int, before: float) -> bool:
        self.price = self.venue.price
        self._note(block, self.shocked, self.price)
        self.system.price(0, to_wad(self.price))
        self.sold = [account for account in self.left if self._health(account) < WAD]
        for account in self.sold:
            event = self.system.liquidate(account, 10**9 * WAD).event("Liquidated")
            threshold = self.left.pop(account)
            self.rows["liquidations"].append(
                {
                    "block": block,
                    "asset": "ETH",
                    "health_before": before / threshold,
                    "repaid_usd": from_wad(event["repaid"]) / threshold,
                }
            )
        return bool(self.sold)

    def _health(self, account: int) -> int:
        return int(self.system.read(self.system.core.health_factor, account))

    def _note(self, block: int, path: float, outside: float) -> None:
        common = {"block": block, "asset": "ETH", "outside": outside}
        traded = {"sold_usd": 0.0, "slippage_usd": 0.0, "depth_usd": 0.0}
        self.rows["venue"].append({**common, "path": path, **traded})
        self.rows["prices"].append({**common, "time_s": 12.0 * block, "oracle": outside})

    def tables(self) -> dict[str, pd.DataFrame]:
        return {name: pd.DataFrame(rows) for name, rows in self.rows.items()}


@law(8, "Cascade on a uniform ladder")
def test_cascade__on_a_ladder__the_drop_is_the_formula(effort: Effort) -> Iterator[Check]:
    """drop = (shock - R gap) / (1 - R) with R = impact · density · share sold; of what is
    liquidated the part R has been triggered by others. Found by the run's own metric."""
    rungs = effort.of(45, 360)
    for ratio in (0.0, 0.3, 0.6, 0.8):
        ladder = Ladder(rungs, ratio)
        ladder.run()
        found = cascade(**ladder.tables())
        assert found is not None
        drop = (SHOCK - ratio * GAP) / (1 - ratio)
        # Half a rung more or less of what was liquidated, amplified as all else.
        basis = f"half a rung of {rungs}, amplified"
        error = ladder.step / 2 * ratio / (1 - ratio) + 1e-8
        measured = SHOCK * found["amplification"]
        yield exact(f"R {ratio:g}: drop", drop, measured, error, basis)
        share = ladder.step / (drop - GAP)
        yield exact(f"R {ratio:g}: triggered", ratio, found["branching_ratio"], share, basis)
    for ratio, expected in ((0.85, 0), (1.0, 1), (1.5, 1)):
        ladder = Ladder(rungs, ratio)
        ladder.run()
        ran = not ladder.left
        name = f"R {ratio:g}: runs to the end (1) or not (0)"
        yield exact(name, expected, float(ran))


@law(5, "Toxic spiral")
def test_toxic_spiral__runs_to_its_end_without_the_cap_and_not_with_it(
    effort: Effort,
) -> Iterator[Check]:
    """V above D, but by less than the penalty: each liquidation lowers health, and the end is
    D - C / (1 + b) of bad debt. With the cap nothing is lost."""
    for above in (Fraction(2, 100), Fraction(3, 100), Fraction(45, 1000)):
        shown = (1 + above) * Fraction(90, 100)
        value = (1 + above) * DEBT
        for cap in (False, True):
            system = margined(90, 5, cap_toxic=cap)
            at_health(system, 90, shown)
            falls, before = 0, health(system)
            while system.collateral_of(1) and system.debt_of(1):
                assert system.liquidate(1, DEBT * WAD // 10).ok
                now = health(system) if system.debt_of(1) else before
                falls += now < before
                before = now
            lost = float(Fraction(system.read(system.core.bad_debt), WAD))
            name = f"V / D {float(1 + above):g}, cap {'on' if cap else 'off'}"
            expected = 0.0 if cap else float(DEBT - value / Fraction(105, 100))
            yield exact(f"{name}: bad debt", expected, lost, 1e-9, "rounding of ten steps")
            if not cap:
                yield exact(f"{name}: steps that raise health", 0, float(falls == 0))
