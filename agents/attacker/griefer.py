"""Spite."""

from __future__ import annotations

from collections.abc import Sequence

import mesa

from agents.base import GWEI, Participant, bid
from agents.intent import Deposit, FlashLiquidate, Intent, Liquidate, Repay
from agents.liquidator import OUTBID
from agents.view import View


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
    answers_bids = True

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
