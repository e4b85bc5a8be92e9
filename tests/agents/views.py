"""Views made by hand: what an agent sees, without a chain, a model or a price path."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import mesa

from agents.intent import Intent
from agents.liquidator import Liquidator
from agents.market import AssetTerms, Market, Pool, Terms
from agents.view import Occasion, Opportunities, Opportunity, Position, Sent, View, Wallet

WAD = 10**18
GWEI = 10**9
ADDRESS = b"\x0a" * 20

ETH = AssetTerms(
    symbol="ETH", decimals=18, initial=0.4, maintenance=0.3, close_out=0.2, pool_fee=0.003
)
BTC = replace(ETH, symbol="BTC", decimals=8)
TERMS = Terms(assets=(ETH,), min_debt=100 * WAD, max_penalty=0.08, grace=0, block_seconds=12)
POOL = Pool(collateral=100_000 * WAD, stable=20_000_000 * WAD, fee=0.003)
"""At 200 USD, which is also the price outside."""
MARKET = Market(
    block=1,
    time=12.0,
    timestamp=1_583_971_212,
    terms=TERMS,
    prices=(200.0,),
    oracle=(200 * WAD,),
    oracle_valid=(True,),
    pools=(POOL,),
    eth_usd=200.0,
    base_fee=12 * GWEI,
    tip_needed=0,
)
DEEP = Pool(collateral=10**9 * WAD, stable=200 * 10**9 * WAD, fee=0.0)
"""Takes what anyone sells at the price outside."""
CHEAP_GAS = replace(MARKET, base_fee=1, eth_usd=1e-6)


def someone() -> mesa.Model:
    """A model to belong to; nothing of it is used."""
    return mesa.Model(rng=1)


def liquidator(kind: type[Liquidator] = Liquidator, **terms: Any) -> Any:
    """One of its kind."""
    usual: dict[str, Any] = {
        "min_profit": 20.0,
        "failure_rate": 0.1,
        "bid_share": 0.2,
        "max_tip_gwei": 500.0,
    }
    return kind(someone(), "liquidator-0", ADDRESS, **{**usual, **terms})


def market(**changes: Any) -> Market:
    return replace(MARKET, **changes)


def sent(*intents: Intent) -> tuple[Sent, ...]:
    """Own intents that wait in the pool."""
    return tuple(Sent(intent, nonce, since=0) for nonce, intent in enumerate(intents))


def wallet(stable: float = 0, tokens: tuple[float, ...] = (0,)) -> Wallet:
    """Whole units; gas money enough."""
    return Wallet(
        wei=10 * WAD, stable=int(stable * WAD), tokens=tuple(int(t * WAD) for t in tokens)
    )


def position(collateral: float, debt: float, **changes: Any) -> Position:
    """Account 1 with so much ETH at 200 USD, and requirements as `ETH` has them."""
    value = int(collateral * 200 * WAD)
    usual = Position(
        account=1,
        amounts=(int(collateral * WAD),),
        collateral=value,
        debt=int(debt * WAD),
        initial=value * 4 // 10,
        maintenance=value * 3 // 10,
        valid=True,
        called_at=0,
    )
    return replace(usual, **changes)


def opportunity(**changes: Any) -> Opportunity:
    """Account 1 may be liquidated for 5,000 of 10,000 USD, at a penalty of 8 %."""
    usual = Opportunity(
        account=1,
        asset=0,
        callable=False,
        debt=10_000 * WAD,
        repaid=5_000 * WAD,
        seized=27 * WAD,
        rival_tip=-1,
    )
    return replace(usual, **changes)


def view(**changes: Any) -> View:
    usual = View(market=MARKET, occasion=Occasion.BLOCK, wallet=wallet())
    if "opportunities" in changes:
        changes["opportunities"] = Opportunities(changes["opportunities"])
    return replace(usual, **changes)
