"""Thousands of opportunities: what is passed over unseen is what a closer look would leave."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import agents.view
from agents.inventory import Inventory
from agents.keepers import (
    DutchSniper,
    FlashKeeper,
    GasAuctioneer,
    Keeper,
    PrivateKeeper,
    SplitKeeper,
)
from agents.liquidator import Liquidator
from agents.market import Market, Pool
from agents.view import Opportunities, Opportunity, Wallet
from sim.market.venue import Venue
from sim.scenario import VenueTerms
from tests.agents.views import BTC, GWEI, POOL, TERMS, WAD, liquidator, market, opportunity, view

KINDS = (Liquidator, Keeper, GasAuctioneer, PrivateKeeper, FlashKeeper, DutchSniper, SplitKeeper)


def drawn(rng: np.random.Generator, count: int, assets: int) -> list[Opportunity]:
    """Around the point where they pay, some of them bid for, some to be called."""

    debts = 10 ** rng.uniform(2, 5, count)

    def one(account: int, asset: int) -> Opportunity:
        debt = float(debts[account - 1])
        repaid = debt * rng.choice([0.5, 1.0])
        to_call = bool(rng.random() < 0.1)
        bids = float(rng.choice([-1, 0.5, 1, 2, 20, 499, 500, 600]))
        return opportunity(
            account=account,
            asset=asset,
            callable=to_call,
            debt=int(debt * WAD),
            repaid=0 if to_call else int(repaid * WAD),
            seized=0 if to_call else int(repaid * rng.uniform(0.99, 1.1) / 200 * WAD),
            rival_tip=-1 if bids < 0 else int(bids * GWEI),
            health=float(rng.uniform(0.8, 1)),
        )

    found = [one(account, asset) for account in range(1, count + 1) for asset in range(assets)]
    return sorted(found, key=lambda o: o.debt, reverse=True)


def drawn_market(rng: np.random.Generator, assets: int) -> Market:
    depth = rng.choice([1e-4, 1e-2, 1.0])
    pool = Pool(int(POOL.collateral * depth), int(POOL.stable * depth), POOL.fee)
    pools = [pool, None] if rng.random() < 0.3 else [pool, pool]
    terms = replace(TERMS, assets=(*TERMS.assets, replace(BTC, decimals=18)), grace=3600)
    book = Venue(VenueTerms(model="depth"), 18, 200.0).book
    return market(
        terms=replace(terms, assets=terms.assets[:assets], partial=bool(rng.random() < 0.8)),
        prices=(200.0,) * assets,
        oracle=(200 * WAD,) * assets,
        oracle_valid=(True,) * assets,
        pools=tuple(pools[:assets]),
        venues=(book,) * assets if rng.random() < 0.3 else (),
        volatility=(1.0,) * assets if rng.random() < 0.5 else (),
        base_fee=int(rng.choice([1, 12, 200]) * GWEI),
    )


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from(KINDS), st.sampled_from(Inventory))
@pytest.mark.parametrize("assets", [1, 2])
def test_decide__with_or_without_the_first_look__is_the_same(
    assets: int, seed: int, kind: type[Liquidator], inventory: Inventory
) -> None:
    rng = np.random.default_rng(seed)
    max_tip = float(rng.choice([0.5, 20, 500]))
    agent = liquidator(kind, inventory=inventory, min_profit=5.0, max_tip_gwei=max_tip)
    capital = int(10 ** rng.uniform(0, 6)) * WAD
    seen = view(
        opportunities=drawn(rng, 40, assets),
        market=drawn_market(rng, assets),
        wallet=Wallet(wei=10 * WAD, stable=capital, tokens=(0,) * assets),
    )
    with pytest.MonkeyPatch.context() as patch:
        found = []
        for few in (0, 10**9):
            patch.setattr(agents.view, "FEW", few)
            found.append(agent.decide(seen))
    assert found[0] == found[1]


@given(st.integers(0, 2**32))
def test_told__new_bids__as_if_made_anew(seed: int) -> None:
    rng = np.random.default_rng(seed)
    before = Opportunities(drawn(rng, 20, 2))
    tips = {int(a): int(rng.integers(0, 9) * GWEI) for a in rng.integers(1, 30, 10)}
    told = before.told(tips.items())
    plain = [replace(o, rival_tip=tips.get(o.account, o.rival_tip)) for o in before]
    assert list(told) == plain
    asked = ((200.0, 190.0), 5.0 * WAD, 1e4 * WAD, 2.0 * GWEI)
    assert told.worth(*asked) == Opportunities(plain).worth(*asked)
    assert told.since(3).worth(*asked) == Opportunities(plain[3:]).worth(*asked)
    assert told.of([2, 5, 2, 99]) == [o for o in plain if o.account in (2, 5)]
