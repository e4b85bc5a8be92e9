"""Moving the price that the oracle reads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil

import mesa

from agents.attacker.push import buy_back, push_size, round_trip_cost, seen_ratio
from agents.base import Participant
from agents.intent import Bid, Bundle, Intent, Liquidate, Swap
from agents.inventory import CAUTION, SWAP_GAS
from agents.market import Market, Pool, Terms
from agents.take import HEADROOM, LIQUIDATE_GAS
from agents.view import Position, View

WAD = 10**18
DEEPEST = 0.3
"""Price after the deepest push it considers, as a part of that before."""
DEPTHS = 24
"""Pushes it considers besides those that bring one account to a threshold."""
BEYOND = 0.999
"""How far past a threshold it pushes."""
OFFERED = 1 + 1 / HEADROOM
"""Stable offered over what it expects to repay; the core takes no more than is due."""
TARGETS = 16
"""Accounts it studies at most, the riskiest."""


@dataclass(frozen=True, slots=True)
class Target:
    """A liquidation that a push makes possible. Stable units."""

    account: int
    repaid: float
    seized: float
    """Worth of what it gets, at the price before the push."""


@dataclass(frozen=True, slots=True)
class Attack:
    """Money in USD."""

    asset: int
    ratio: float
    targets: tuple[Target, ...]
    gain: float
    """Of the liquidations."""
    cost: float
    """Of the push."""
    gas: float

    @property
    def profit(self) -> float:
        return self.gain - self.cost - self.gas


class OracleManipulator(Participant):
    """Sells into the pool that the oracle reads, liquidates at the false price, buys back.

    All in one bundle, so that no arbitrageur comes between. On x·y = k with fee f, a = 1 − f
    and u = q/x, selling q moves the spot price to ρ = 1/((1 + a·u)(1 + u)) of what it was, and
    selling and buying back q costs y·u·(1 − a²)/(a·(1 + a·u)). Liquidating with R at penalty b
    brings R·((1 + b)/ρ − 1). The gain does not depend on the pool and the cost is proportional
    to its depth y, so that there is a depth from which on the attack loses: `break_even_depth`
    (own derivation; the attack: Qin et al., Attacking the DeFi Ecosystem with Flash Loans,
    2021). It tries the pushes that bring an account to a threshold, and a ladder of others, and
    acts when the best profit, less the share of it bid to the builder, is `min_profit`.

    An oracle that averages over a window sees a push for as long as it stood, which in a bundle
    is not at all: the cost stays, the gain is none. `holding_cost` says what standing costs.
    Capital: tokens to sell, and stable for repayments and the cost. Aims at accounts of one
    collateral that are healthy as yet; the others are for liquidators.
    """

    role = "attacker"
    every_block = True
    watches_accounts = True

    def __init__(
        self, model: mesa.Model, name: str, address: bytes, *, min_profit: float, bid_share: float
    ) -> None:
        super().__init__(model, name, address)
        self.min_profit = min_profit
        self.bid_share = bid_share

    def decide(self, view: View) -> Sequence[Intent]:
        if view.pending or view.market.terms.oracle_window is None:
            return ()
        attacks = [a for asset in range(len(view.market.pools)) for a in self.attacks(asset, view)]
        best = max(attacks, key=lambda attack: attack.profit, default=None)
        if best is None or (1 - self.bid_share) * best.profit < self.min_profit:
            return ()
        return (self.bundle(best, view),)

    def attacks(self, asset: int, view: View) -> Iterable[Attack]:
        """One for each push that its tokens allow and that makes a target of someone."""
        pool = view.market.pools[asset]
        if pool is None or pool.collateral == 0:
            return
        victims = [p for p in view.watched if _only(p, asset)][:TARGETS]
        for ratio in pushes(victims, asset, view.market.terms):
            if push_size(ratio, pool.fee) * pool.collateral <= view.wallet.tokens[asset]:
                attack = self.weigh(asset, ratio, pool, victims, view)
                if attack.targets:
                    yield attack

    def weigh(
        self, asset: int, ratio: float, pool: Pool, victims: Sequence[Position], view: View
    ) -> Attack:
        market = view.market
        shown = seen_ratio(ratio, 0, market.terms.oracle_window or 0)
        cost = round_trip_cost(pool.stable, ratio, pool.fee)
        budget = view.wallet.stable - cost
        chosen: list[Target] = []
        for victim in victims:
            target = target_of(victim, asset, shown, market.terms)
            if target is not None and target.repaid * OFFERED <= budget:
                chosen.append(target)
                budget -= target.repaid * OFFERED
        outside = market.prices[asset] * WAD
        gain = sum(t.seized * outside / market.oracle[asset] - t.repaid for t in chosen)
        gas = market.gas_usd(2 * SWAP_GAS + len(chosen) * LIQUIDATE_GAS, 0)
        return Attack(asset, ratio, tuple(chosen), gain / WAD, cost / WAD, gas)

    def bundle(self, attack: Attack, view: View) -> Bundle:
        market, pool = view.market, view.market.pools[attack.asset]
        if pool is None:
            raise ValueError(f"asset {attack.asset} has no pool")
        offer = Bid(tip=0, max_fee=2 * market.base_fee)
        sold = ceil(push_size(attack.ratio, pool.fee) * pool.collateral)
        bought = pool.quote(False, sold)
        back = ceil(buy_back(pool, sold))
        liquidations = (_liquidation(t, attack, market, offer) for t in attack.targets)
        payment = int(self.bid_share * attack.profit / market.eth_usd * 1e18)
        return Bundle(
            bid=offer,
            parts=(
                _swap(offer, attack.asset, False, sold, int(bought * CAUTION)),
                *liquidations,
                _swap(offer, attack.asset, True, back, int(sold * CAUTION)),
            ),
            payment=min(payment, view.wallet.wei // 2),
        )


def pushes(victims: Sequence[Position], asset: int, terms: Terms) -> list[float]:
    """Ratios worth a try: a ladder, and just past each account's thresholds."""
    ladder = [DEEPEST ** (step / DEPTHS) for step in range(1, DEPTHS + 1)]
    for victim in victims:
        whole = terms.full_liquidation_health / victim.health
        ladder += [threshold(victim, asset, terms) * BEYOND, whole * BEYOND]
    return [ratio for ratio in ladder if DEEPEST <= ratio < 1]


def threshold(victim: Position, asset: int, terms: Terms) -> float:
    """Shown price, as a part of what it is, below which an account of that one collateral can be
    liquidated. Under grace it must be below close-out, for no call has been due."""
    share = terms.assets[asset].close_out if terms.grace else _share(victim)
    return victim.debt / (victim.collateral * (1 - share))


def target_of(victim: Position, asset: int, ratio: float, terms: Terms) -> Target | None:
    """What liquidating an account of one collateral brings when its price is shown at `ratio`
    of what it is; None when it cannot be, or could be anyway."""
    if not ratio < threshold(victim, asset, terms) <= 1:
        return None
    value = victim.collateral * ratio
    part = victim.debt * terms.close_factor
    small = victim.debt - part < terms.min_debt
    whole = small or victim.health * ratio <= terms.full_liquidation_health
    # What the account cannot pay is cut from the penalty, the Reserve's part of it first.
    penalty = min(terms.max_penalty, max(value / victim.debt - 1, terms.penalty_floor))
    spare = penalty if penalty == terms.max_penalty else penalty - terms.penalty_floor
    net = penalty - min(penalty * terms.reserve_share, spare)
    repaid = min(victim.debt if whole else part, value / (1 + penalty))
    return Target(victim.account, repaid, repaid * (1 + net) / ratio)


def _share(victim: Position) -> float:
    return victim.maintenance / victim.collateral


def _only(position: Position, asset: int) -> bool:
    """Owes, at a valid price, against that collateral alone."""
    others = any(amount for i, amount in enumerate(position.amounts) if i != asset)
    return position.valid and position.debt > 0 and position.collateral > 0 and not others


def _liquidation(target: Target, attack: Attack, market: Market, offer: Bid) -> Liquidate:
    unit = 10 ** market.terms.assets[attack.asset].decimals
    seized = target.seized / market.oracle[attack.asset] * unit
    return Liquidate(
        bid=offer,
        account=target.account,
        asset=attack.asset,
        max_repay=int(target.repaid * OFFERED),
        min_seize=int(seized * CAUTION),
    )


def _swap(offer: Bid, pool: int, sell_stable: bool, amount: int, least: int) -> Swap:
    return Swap(bid=offer, pool=pool, sell_stable=sell_stable, amount_in=amount, min_out=least)
