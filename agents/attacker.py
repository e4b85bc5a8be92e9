"""Attackers: they make accounts fail, or liquidations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, sqrt

import mesa

from agents.base import GWEI, Participant, bid
from agents.intent import Bid, Bundle, Deposit, FlashLiquidate, Intent, Liquidate, Repay, Swap
from agents.liquidator import CAUTION, HEADROOM, LIQUIDATE_GAS, OUTBID, SWAP_GAS
from agents.view import Market, Pool, Position, Terms, View

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
    asset: int
    ratio: float
    targets: tuple[Target, ...]
    profit: float
    """USD, after gas."""


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
        return Attack(asset, ratio, tuple(chosen), (gain - cost) / WAD - gas)

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


class Griefer(Participant):
    """Spends a budget on making other people's liquidations fail; earns nothing.

    Before each liquidation that it sees in the public pool it puts a repayment of one unit for
    the same account, with a tip an eighth higher: where a liquidation must name the exact debt,
    that makes it fail. Into each account that can be liquidated it deposits dust of a collateral
    which the account does not hold, so that seizing the last of the others leaves one. It stops
    when its gas money is down to `least_wei`. Believes the pool: what is private it cannot stop.
    """

    role = "attacker"
    every_block = True
    watches_liquidations = True
    watches_mempool = True

    def __init__(
        self,
        model: mesa.Model,
        name: str,
        address: bytes,
        *,
        least_wei: int,
        dust: int = 1,
        max_tip_gwei: float = 500.0,
    ) -> None:
        """``dust``: native units."""
        super().__init__(model, name, address)
        self.least_wei = least_wei
        self.dust = dust
        self.max_tip = int(max_tip_gwei * GWEI)

    def decide(self, view: View) -> Sequence[Intent]:
        if view.wallet.wei <= self.least_wei:
            return ()
        return [*self.repayments(view), *self.deposits(view)]

    def repayments(self, view: View) -> list[Repay]:
        done = {i.account for i in view.waiting if isinstance(i, Repay)}
        tips: dict[int, int] = {}
        for seen in view.mempool:
            if isinstance(seen.intent, Liquidate | FlashLiquidate):
                account = seen.intent.account
                tips[account] = max(seen.tip, tips.get(account, 0))
        repayments = [
            Repay(bid=bid(view.market, int(tip * OUTBID) + 1), account=account, amount=1)
            for account, tip in tips.items()
            if account not in done and tip * OUTBID < self.max_tip
        ]
        return repayments[: view.wallet.stable]

    def deposits(self, view: View) -> list[Deposit]:
        """One for each account that has no dust of it yet, as far as the tokens go."""
        done = {i.account for i in view.waiting if isinstance(i, Deposit)}
        left = list(view.wallet.tokens)
        holdings: dict[int, set[int]] = {}
        for opportunity in view.opportunities:
            holdings.setdefault(opportunity.account, set()).add(opportunity.asset)
        found = []
        for account, assets in holdings.items():
            free = [i for i, held in enumerate(left) if i not in assets and held >= self.dust]
            if account in done or not free:
                continue
            left[free[0]] -= self.dust
            offer = bid(view.market, GWEI)
            found.append(Deposit(bid=offer, account=account, asset=free[0], amount=self.dust))
        return found


def push_size(ratio: float, fee: float) -> float:
    """u = q/x that moves the spot price to `ratio` of what it was, the fee staying in the pool:
    the positive root of a·u² + (1 + a)·u + 1 − 1/ρ = 0."""
    a = 1 - fee
    excess = 1 / ratio - 1
    return 2 * excess / (1 + a + sqrt((1 + a) ** 2 + 4 * a * excess))


def round_trip_cost(stable: float, ratio: float, fee: float) -> float:
    """What the push and buying back the same collateral cost, in the unit of `stable`, the
    pool's reserve of it: y·u·(1 − a²)/(a·(1 + a·u))."""
    a, u = 1 - fee, push_size(ratio, fee)
    return stable * u * (1 - a * a) / (a * (1 + a * u))


def buy_back(pool: Pool, sold: int) -> float:
    """Stable that buys back `sold` collateral just sold: q·y/(a·(x + a·q))."""
    a = 1 - pool.fee
    return sold * pool.stable / (a * (pool.collateral + a * sold))


def break_even_depth(gain: float, ratio: float, fee: float) -> float:
    """The pool's stable reserve at which the push costs all of `gain`; deeper pools are safe.
    Infinite without a fee."""
    cost = round_trip_cost(1.0, ratio, fee)
    return gain / cost if cost else float("inf")


def holding_cost(stable: float, ratio: float, fee: float, blocks: int) -> float:
    """What keeping the price there costs when arbitrageurs undo the push in every block: each
    time q is sold for less than its price before, a loss of y·u·(1 − a/(1 + a·u))."""
    a, u = 1 - fee, push_size(ratio, fee)
    return blocks * stable * u * (1 - a / (1 + a * u))


def seen_ratio(ratio: float, stood: float, window: float) -> float:
    """What an average over `window` seconds shows of a push that stood for `stood` of them; the
    spot price, a window of 0, shows all of it."""
    weight = min(1.0, stood / window) if window else 1.0
    return 1 - (1 - ratio) * weight


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
    repaid = min(victim.debt if whole else part, value / (1 + terms.max_penalty))
    net = terms.max_penalty * (1 - terms.reserve_share)
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
