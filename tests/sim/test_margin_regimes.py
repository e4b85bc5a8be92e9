"""Isolated, cross and portfolio margin: requirements to the unit, the same people, real runs."""

from __future__ import annotations

import random
from typing import Any

import mesa
import numpy as np
import pytest

from sim.errors import LedgerMismatch, ScenarioError, UsageError
from sim.experiments.compare import points
from sim.experiments.compared import label
from sim.model.population import draw
from sim.protocol.audit import audit
from sim.protocol.margin import LinearBook, margin_book
from sim.scenario import Scenario
from sim.units import WAD
from tests.sim.runs import CRASH, finish, model, scenario
from tests.vectors.system import ETHER, System

FALLS = {"model": "anchored", "sigma": 0.5}
ASSETS: list[dict[str, Any]] = [
    {"symbol": "ETH", "factor": 0.8},
    {
        "symbol": "BTC",
        "decimals": 8,
        "factor": 0.6,
        "price": {**FALLS, "anchors": [[0, 5_000], [0.15, 4_200], [1, 4_200]]},
    },
    {
        "symbol": "INV",
        "factor": -0.3,
        "price": {**FALLS, "anchors": [[0, 20], [0.15, 19], [1, 19]]},
    },
]
RATIOS = {"initial": 0.30, "maintenance": 0.25, "close_out": 0.20, "floor_share": 0.4}
PRICES = (200.0, 5_000.0, 20.0)
PORTFOLIO = {"margin": {"model": "scenario", **RATIOS}}


def regime(accounts: str = "cross", margin: str = "linear", **sections: Any) -> Scenario:
    people = {"collaterals": 3, "accounts": accounts, "power_used": 0.8, "late_share": 0.2}
    return scenario(
        CRASH,
        assets=ASSETS,
        margin={"model": margin, **RATIOS},
        traders={**people, **sections.pop("traders", {})},
        **sections,
    )


# ------------------------------------------------------------------ requirements


@pytest.mark.parametrize(("margin", "contract"), [("linear", "Linear"), ("scenario", "Scenario")])
def test_book__any_portfolio__as_the_contract_answers(margin: str, contract: str) -> None:
    terms = regime(margin=margin)
    scan = terms.scan_terms()
    columns = [[int(r * WAD)] * 3 for r in (0.30, 0.25, 0.20)]
    made: tuple[Any, ...] = ("LinearMargin", *columns)
    if scan:
        scales = scan.floor_share, scan.initial_scale, scan.close_out_scale
        made = ("ScenarioMargin", scan.ranges, scan.factors, *scales)
    chain = System(margin=made, assets=(ETHER,) * 3, prices=(WAD,) * 3)
    assert chain.margin.name == f"{contract}Margin"
    book, dice = margin_book(terms), random.Random(1)
    for _ in range(30):
        values = [dice.choice([0, 1, int(10 ** dice.uniform(0, 30))]) for _ in ASSETS]
        told = tuple(chain.read(chain.margin.requirements, values))
        assert book.of_one(values) == told
        vector = book.of_all(np.array([values]) / WAD)
        assert [x[0] for x in vector] == pytest.approx(
            [t / WAD for t in told], rel=1e-12, abs=3e-18
        )


def test_book__one_collateral_alone__the_same_in_both_models() -> None:
    linear, scan = (margin_book(regime(margin=m)) for m in ("linear", "scenario"))
    for asset in range(3):
        for value in (1, 7, 10**18 + 1, 3 * 10**25 + 7):
            values = [value if i == asset else 0 for i in range(3)]
            for mine, other in zip(scan.of_one(values), linear.of_one(values), strict=True):
                assert 0 <= mine - other <= 2  # requirements are rounded up twice


def test_book__accounts_together__one_expression_for_all() -> None:
    """Each row of the columns as if it were asked alone; `apart` is the linear sum."""
    values = np.random.default_rng(1).lognormal(8, 2, (50, 3)) * (
        np.arange(150).reshape(50, 3) % 4 > 0
    )
    book = margin_book(regime(margin="scenario"))
    together = book.of_all(values)
    for row in range(50):
        alone = book.of_all(values[row : row + 1])
        assert [x[row] for x in together] == pytest.approx([x[0] for x in alone], rel=1e-12)
    linear = LinearBook.of([regime().margin] * 3)
    assert book.apart(values) == pytest.approx(linear.of_all(values)[1], rel=1e-12)
    assert np.all(together[1] <= book.apart(values) * (1 + 1e-12))


# -------------------------------------------------------------------- the scenario


@pytest.mark.parametrize(
    ("margin", "found"),
    [
        ({"floor_share": 0.2}, r"\(1 - close_out · floor_share\)\(1 \+ penalty\) must be below 1"),
        ({"close_out": 0.0}, "scenario margin needs a close_out above 0"),
        ({"floor_share": 0.0}, "margin.floor_share is 0.0"),
        ({"floor_share": 1.1}, "margin.floor_share is 1.1"),
    ],
)
def test_validate__what_the_contract_would_refuse__one_sentence(
    margin: dict[str, float], found: str
) -> None:
    with pytest.raises(ScenarioError, match=found):
        scenario(CRASH, margin={"model": "scenario", **RATIOS, **margin})


def test_validate__the_gate__exactly_the_contracts() -> None:
    """(1 - 0.2 · share)(1.08) against 1: refused and deployed on either side of the same unit."""
    least = (WAD - WAD * WAD // (WAD * 108 // 100)) / (WAD // 5)
    for share, allowed in ((least + 1e-15, True), (least - 1e-15, False)):
        terms = {"model": "scenario", **RATIOS, "floor_share": share}
        if not allowed:
            with pytest.raises(ScenarioError):
                scenario(CRASH, margin=terms)
            continue
        with model(scenario(CRASH, margin=terms)) as running:
            running.step()


def test_validate__assets_scaled_differently__one_sentence() -> None:
    own = {"initial": 0.4, "maintenance": 0.25, "close_out": 0.2}
    with pytest.raises(ScenarioError, match="scenario margin scales all assets alike"):
        scenario(CRASH, assets=[{"margin": own}], **PORTFOLIO)
    alike = {"initial": 0.36, "maintenance": 0.30, "close_out": 0.24}
    assert scenario(CRASH, assets=[{"margin": alike}], **PORTFOLIO).scan_terms()


def test_validate__more_collaterals_than_assets__one_sentence() -> None:
    with pytest.raises(ScenarioError, match=r"traders.collaterals \(2\) must be at most"):
        scenario(CRASH, traders={"collaterals": 2})


def test_compare__regime__stands_for_accounts_and_model() -> None:
    found = points("margin-regimes", (), ["regime=isolated,portfolio"])
    assert [(label(point.params), point.overrides) for point in found] == [
        ("regime=isolated", ("traders.accounts=isolated", "margin.model=linear")),
        ("regime=portfolio", ("traders.accounts=cross", "margin.model=scenario")),
    ]
    with pytest.raises(UsageError, match="'hedged' is not one of isolated, cross, portfolio"):
        points("margin-regimes", (), ["regime=hedged"])


# ---------------------------------------------------------------------- the people


def people(terms: Scenario) -> dict[str, list[Any]]:
    """Trader -> its endowments."""
    found: dict[str, list[Any]] = {}
    drawn = draw(mesa.Model(rng=1), terms, PRICES, np.random.SeedSequence(7))
    for agent, endowment in drawn:
        if agent.role == "trader":
            found.setdefault(agent.name, []).append(endowment)
    return found


def equity(endowments: list[Any]) -> float:
    units = [10**18, 10**8, 10**18]
    worth = sum(
        amount / units[asset] * PRICES[asset]
        for one in endowments
        for held in (one.tokens, one.collateral)
        for asset, amount in held.items()
    )
    return worth - sum(one.debt for one in endowments) / WAD


def test_draw__every_regime__the_same_people_and_wealth() -> None:
    isolated, cross, portfolio = (
        people(regime(*each))
        for each in (("isolated", "linear"), ("cross", "linear"), ("cross", "scenario"))
    )
    assert list(isolated) == list(cross) == list(portfolio) or set(isolated) == set(cross)
    for name, endowments in cross.items():
        assert equity(endowments) == pytest.approx(equity(isolated[name]), rel=1e-6)
        assert equity(endowments) == pytest.approx(equity(portfolio[name]), rel=1e-6)
        assert endowments[0].stable == isolated[name][0].stable
        early = bool(endowments[0].collateral)
        assert len(isolated[name]) == (3 if early else 1)
        debts = [sum(one.debt for one in each[name]) for each in (isolated, cross, portfolio)]
        assert debts[0] == pytest.approx(debts[1], rel=1e-6, abs=300 * WAD)
        assert debts[2] >= debts[1]


def test_draw__power_used__debt_is_that_part_of_what_is_allowed() -> None:
    book = margin_book(regime(margin="scenario"))
    used = []
    for endowments in people(regime(margin="scenario")).values():
        (one,) = endowments
        if one.debt:
            worth = [a / u * p for a, u, p in zip(
                [one.collateral[i] for i in range(3)], (10**18, 10**8, 10**18), PRICES, strict=True
            )]  # fmt: skip
            initial = book.of_all(np.array([worth]))[0][0]
            used.append(one.debt / WAD / (sum(worth) - initial))
    assert np.median(used) == pytest.approx(0.8, abs=0.04)
    assert max(used) <= 0.97 + 1e-6


# ------------------------------------------------------------------------- the runs


@pytest.fixture(scope="module")
def runs() -> dict[tuple[str, str], dict[str, Any]]:
    found = {}
    for each in (
        ("isolated", "linear"),
        ("isolated", "scenario"),
        ("cross", "linear"),
        ("cross", "scenario"),
    ):
        with model(regime(*each)) as running:
            finish(running)
            assert running.audit() > 0
            found[each] = running.tables()
    return found


def test_run__isolated__both_models_are_one(runs: Any) -> None:
    """An account of one collateral cannot be diversified: every liquidation is the same."""
    linear, scan = (runs["isolated", each] for each in ("linear", "scenario"))
    assert len(linear["liquidations"]) > 10
    columns = ["block", "account", "repaid_usd", "seized", "penalty"]
    left, right = linear["liquidations"][columns], scan["liquidations"][columns]
    assert np.allclose(left.astype(float), right.astype(float), rtol=1e-6)
    columns = ["debt_usd", "collateral_usd", "calls", "liquidations", "bad_debt_usd"]
    left, right = linear["accounts"][columns], scan["accounts"][columns]
    assert np.allclose(left.astype(float), right.astype(float), rtol=1e-6)


def test_run__portfolio__spares_requirement_and_allows_more_debt(runs: Any) -> None:
    isolated, cross, portfolio = (
        runs[each]["blocks"].iloc[0]
        for each in (("isolated", "linear"), ("cross", "linear"), ("cross", "scenario"))
    )
    assert isolated["maintenance_usd"] == pytest.approx(isolated["apart_usd"], rel=1e-12)
    assert cross["maintenance_usd"] == pytest.approx(cross["apart_usd"], rel=1e-12)
    saving = 1 - portfolio["maintenance_usd"] / portfolio["apart_usd"]
    assert 0.1 < saving < 1 - RATIOS["floor_share"] + 1e-9
    assert portfolio["debt_usd"] > 1.02 * cross["debt_usd"]
    assert portfolio["power_usd"] / portfolio["collateral_usd"] > 0.72
    assert cross["power_usd"] / cross["collateral_usd"] == pytest.approx(0.70, abs=5e-3)


def test_run__cross__fewer_accounts_liquidated_than_isolated(runs: Any) -> None:
    """What the one collateral lost the others still cover."""
    repaid = {each: runs[each]["liquidations"]["repaid_usd"].sum() for each in runs}
    assert repaid["cross", "linear"] < repaid["isolated", "linear"]
    assert len(runs["isolated", "linear"]["accounts"]) > 2 * len(
        runs["cross", "linear"]["accounts"]
    )


def test_audit__requirements_of_another_model__are_noticed() -> None:
    with model(regime(margin="scenario", run={"blocks": 3})) as running:
        finish(running)
        ledger = running.system.ledger
        ledger.margin = margin_book(regime())
        with pytest.raises(LedgerMismatch, match="account 1: requirements is"):
            audit(running.engine, running.system.adapter, ledger)
