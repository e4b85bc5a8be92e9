"""What model and agents know of the protocol: intents in, positions and events out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf

import numpy as np

from agents.intent import (
    Absorb,
    Borrow,
    Deposit,
    FlashLiquidate,
    Intent,
    Liquidate,
    MarginCall,
    Open,
    Pause,
    PayOut,
    Poke,
    Post,
    Repay,
    Swap,
    VenueOrder,
    Withdraw,
)
from agents.view import AssetTerms, Opportunity, Pool, Position, Terms, Wallet
from sim.chain.engine import Call, CallResult, Engine, Receipt
from sim.errors import ContractError
from sim.protocol.abi import Contract, text, words
from sim.protocol.audit import audit
from sim.protocol.deploy import POOL_FEE, Deployment, ratios_of
from sim.protocol.events import Happening
from sim.protocol.ledger import Ledger, debt_up
from sim.protocol.transfers import transfer
from sim.scenario import Scenario
from sim.units import MAX_UINT256, WAD, Address, from_wad, to_wad

GAS = {
    Open: 120_000,
    Deposit: 200_000,
    Withdraw: 260_000,
    Borrow: 320_000,
    Repay: 220_000,
    MarginCall: 180_000,
    Liquidate: 420_000,
    Absorb: 400_000,
    FlashLiquidate: 700_000,
    Pause: 80_000,
    Poke: 150_000,
    Swap: 160_000,
}
"""Gas limit an agent sets for each kind of intent, one collateral."""
POST_GAS, POST_GAS_PER_ASSET = 60_000, 60_000
GAS_PER_FURTHER_ASSET = 40_000

STATUS_CALLABLE = 2
PAUSE_BORROW, PAUSE_WITHDRAW = 1, 2
KNOWN_BLOCKS = 10
"""Blocks for which a read is good while a penalty does not grow with time: interest moves what
it says by less than 1e-6."""


@dataclass(frozen=True, slots=True)
class Order:
    """An intent as a transaction: where to, what, and how much gas."""

    to: Address
    data: bytes
    gas: int


@dataclass(frozen=True, slots=True)
class Known:
    """What was last read of a candidate."""

    state: tuple[object, ...]
    block: int
    can_call: bool
    opportunities: list[Opportunity]


class System:
    """Plimsoll's own contracts behind the names the model uses."""

    def __init__(self, deployment: Deployment, scenario: Scenario, ledger: Ledger) -> None:
        self.deployment = deployment
        self.ledger = ledger
        self.grace = scenario.protocol.grace
        self._known: dict[int, Known] = {}
        self._known_blocks = 0 if scenario.penalty.model == "dutch" else KNOWN_BLOCKS
        self.terms = Terms(
            assets=tuple(
                AssetTerms(
                    symbol=asset.symbol,
                    decimals=asset.decimals,
                    initial=ratios.initial,
                    maintenance=ratios.maintenance,
                    close_out=ratios.close_out,
                    pool_fee=POOL_FEE if asset.pool_depth else None,
                )
                for asset, ratios in zip(scenario.assets, ratios_of(scenario), strict=True)
            ),
            min_debt=to_wad(scenario.protocol.min_debt),
            max_penalty=scenario.penalty.largest,
            grace=scenario.protocol.grace,
            block_seconds=scenario.run.block_seconds,
            close_factor=scenario.protocol.close_factor,
            full_liquidation_health=scenario.protocol.full_liquidation_health,
            reserve_share=scenario.penalty.reserve_share,
            penalty_rise=scenario.penalty.rise,
            oracle_window={"spot": 0, "twap": scenario.oracle.period}.get(scenario.oracle.source),
            oracle_period=deployment.period,
        )

    def follow(self, receipts: Iterable[Receipt], timestamp: int) -> list[Happening]:
        return self.ledger.apply(receipts, timestamp)

    def look_at_prices(self, engine: Engine) -> bool:
        """Ask the core's oracle, where its prices do not follow from events; whether they are
        news."""
        book = self.ledger.oracle
        if book.follows:
            return False
        feed = self.deployment.feed
        asked = engine.call(
            [Call(feed.address, feed.price(token.address)) for token in self.deployment.tokens]
        )
        told = [words(answer.output) for answer in asked]
        news = [book.tell(i, price, bool(valid)) for i, (price, valid) in enumerate(told)]
        return any(news)

    def audit(self, engine: Engine) -> int:
        """See `sim.protocol.audit.audit`."""
        return audit(engine, self.deployment, self.ledger)

    def bytecode_hashes(self) -> dict[str, str]:
        """Contract name -> sha256 of its runtime code before immutables."""
        return {c.name: c.runtime_hash for c in self.deployment.contracts()}

    # --------------------------------------------------------------- transactions

    def order(self, intent: Intent, sender: Address) -> Order:
        """The transaction of an intent; proceeds go to the sender."""
        core, tokens = self.deployment.core, self.deployment.tokens
        match intent:
            case Open():
                data = core.open()
            case Deposit():
                data = core.deposit(intent.account, tokens[intent.asset].address, intent.amount)
            case Withdraw():
                token = tokens[intent.asset].address
                data = core.withdraw(intent.account, token, intent.amount, sender)
            case Borrow():
                data = core.borrow(intent.account, intent.amount, sender)
            case Repay():
                data = core.repay(intent.account, intent.amount)
            case MarginCall():
                data = core.margin_call(intent.account)
            case Liquidate():
                token = tokens[intent.asset].address
                data = core.liquidate(
                    intent.account, token, intent.max_repay, intent.min_seize, sender
                )
            case Absorb():
                data = core.absorb(intent.account)
            case Pause():
                data = core.set_paused(
                    intent.borrow * PAUSE_BORROW + intent.withdraw * PAUSE_WITHDRAW
                )
            case FlashLiquidate():
                return self._flash(intent)
            case Poke():
                feed = self.deployment.feed
                data = feed.poke(tokens[intent.asset].address)
                return Order(feed.address, data, GAS[Poke])
            case Post():
                return self._post(intent)
            case Swap():
                return self._swap(intent, sender)
            case VenueOrder() | PayOut():
                return transfer(self.deployment.stable, tokens, intent)
            case _:
                raise TypeError(f"no transaction for {type(intent).__name__}")
        further = GAS_PER_FURTHER_ASSET * (len(tokens) - 1)
        return Order(core.address, data, GAS[type(intent)] + further)

    def _post(self, intent: Post) -> Order:
        oracle, tokens = self.deployment.oracle, self.deployment.tokens
        data = oracle.post([token.address for token in tokens], list(intent.prices))
        return Order(oracle.address, data, POST_GAS + POST_GAS_PER_ASSET * len(tokens))

    def _flash(self, intent: FlashLiquidate) -> Order:
        flash, token = self.deployment.flash, self.deployment.tokens[intent.asset]
        pool = self._pool(intent.asset)
        data = flash.liquidate(
            intent.account, token.address, intent.max_repay, pool.address, intent.min_profit
        )
        further = GAS_PER_FURTHER_ASSET * (len(self.deployment.tokens) - 1)
        return Order(flash.address, data, GAS[FlashLiquidate] + further)

    def _pool(self, asset: int) -> Contract:
        pool = self.deployment.pools[asset]
        if pool is None:
            raise ValueError(f"asset {asset} has no pool")
        return pool

    def _swap(self, intent: Swap, sender: Address) -> Order:
        pool = self._pool(intent.pool)
        token = self.deployment.tokens[intent.pool]
        sold = self.deployment.stable if intent.sell_stable else token
        data = pool.swap(sold.address, intent.amount_in, intent.min_out, sender)
        return Order(pool.address, data, GAS[Swap])

    # ---------------------------------------------------------------------- reads

    def wallet(self, holder: Address, wei: int) -> Wallet:
        held = self.ledger.balances
        return Wallet(
            wei=wei,
            stable=held[self.deployment.stable.address][holder],
            tokens=tuple(held[token.address][holder] for token in self.deployment.tokens),
        )

    def holds_tokens(self, holder: Address) -> bool:
        """Any collateral in its wallet."""
        held = self.ledger.balances
        return any(held[token.address].get(holder) for token in self.deployment.tokens)

    def pools(self) -> tuple[Pool | None, ...]:
        return tuple(
            Pool(*reserves, POOL_FEE) if pool else None
            for pool, reserves in zip(self.deployment.pools, self.ledger.pools, strict=True)
        )

    def paused(self) -> int:
        """Flags of what is stopped, by the guardian or the breaker: 1 borrowing, 2 withdrawing
        with debt."""
        everything = PAUSE_BORROW | PAUSE_WITHDRAW
        return everything if self.ledger.breaker_tripped else self.ledger.paused

    def utilisation(self) -> float:
        """Total debt over its ceiling."""
        return self.ledger.utilisation() / WAD

    def reserve_stable(self) -> int:
        """Stable the Reserve holds to cover bad debt, minted so far."""
        held = self.ledger.balances[self.deployment.stable.address]
        return held[self.deployment.reserve.address]

    def reported(self, reporter: Address) -> tuple[int, tuple[int, ...]] | None:
        """(timestamp, WAD prices) of a reporter's last report of all assets."""
        reports = self.ledger.oracle.reports.get(reporter)
        if reports is None or len(reports) < len(self.deployment.tokens):
            return None
        ordered = [reports[asset] for asset in range(len(reports))]
        return min(at for at, _ in ordered), tuple(price for _, price in ordered)

    def read(
        self, engine: Engine, accounts: Sequence[int], candidates: Sequence[int]
    ) -> tuple[dict[int, Position], list[Opportunity]]:
        """Exact positions of accounts, and what can be done to candidates: one batch of reads.

        A candidate that can be neither called nor liquidated gives no opportunity; one with
        several collaterals gives one each. What was read of a candidate in the last blocks
        is not read again while neither the account nor a price has changed. Raises
        ContractError when a view reverts.
        """
        core = self.deployment.core
        stale = [account for account in candidates if not self._is_known(account, engine)]
        looks = [
            (account, asset)
            for account in stale
            for asset, amount in enumerate(self.ledger.amounts[account - 1])
            if amount
        ]
        calls = [Call(core.address, core.position(account)) for account in accounts]
        if self.grace:
            calls += [Call(core.address, core.status(account)) for account in stale]
        calls += [self._preview(account, asset) for account, asset in looks]
        results = map(_words, engine.call(calls) if calls else ())
        positions = {
            account: self._position(account, next(results), engine) for account in accounts
        }
        for account in stale:
            status = next(results)[0] if self.grace else 0
            can_call = status == STATUS_CALLABLE
            self._known[account] = Known(self._state(account), engine.block_number, can_call, [])
        for account, asset in looks:
            self._learn(account, asset, next(results))
        return positions, [o for account in candidates for o in self._known[account].opportunities]

    def _preview(self, account: int, asset: int) -> Call:
        core, token = self.deployment.core, self.deployment.tokens[asset]
        return Call(core.address, core.preview_liquidate(account, token.address, MAX_UINT256))

    def _learn(self, account: int, asset: int, preview: Sequence[int]) -> None:
        allowed, repaid, seized, _, penalty = preview
        known = self._known[account]
        if not (allowed or known.can_call):
            return
        index = self.ledger.index_at(self.ledger.timestamp)
        known.opportunities.append(
            Opportunity(
                account=account,
                asset=asset,
                callable=known.can_call and not allowed,
                debt=debt_up(self.ledger.shares[account - 1], index),
                repaid=repaid if allowed else 0,
                seized=seized if allowed else 0,
                rival_tip=-1,
                health=self._health(account),
                penalty=from_wad(penalty),
                held=self.ledger.amounts[account - 1][asset],
                called_at=self.ledger.standing_call(account - 1, self.ledger.timestamp),
            )
        )

    def _health(self, account: int) -> float:
        """Of one account with debt, at the prices on chain."""
        row, ledger = account - 1, self.ledger
        worth = np.array(ledger.amounts[row]) / np.array(ledger.units) * ledger.oracle_prices()
        debt = from_wad(debt_up(ledger.shares[row], ledger.index_at(ledger.timestamp)))
        return float(worth @ (1 - ledger.ratios[:, 1]) / debt) if debt else inf

    def _state(self, account: int) -> tuple[object, ...]:
        """What an account's opportunities depend on, but for interest."""
        row = account - 1
        ledger = self.ledger
        validity = tuple(t >= ledger.timestamp for t in ledger.oracle.good_until)
        return (
            ledger.shares[row],
            tuple(ledger.amounts[row]),
            ledger.phase(row),
            tuple(ledger.oracle.prices),
            validity,
        )

    def _is_known(self, account: int, engine: Engine) -> bool:
        known = self._known.get(account)
        return (
            known is not None
            and engine.block_number - known.block <= self._known_blocks
            and known.state == self._state(account)
        )

    def _position(self, account: int, fields: Sequence[int], engine: Engine) -> Position:
        collateral, debt, initial, maintenance, _, valid = fields
        return Position(
            account=account,
            amounts=tuple(self.ledger.amounts[account - 1]),
            collateral=collateral,
            debt=debt,
            initial=initial,
            maintenance=maintenance,
            valid=bool(valid),
            called_at=self.ledger.standing_call(account - 1, engine.timestamp),
        )


def _words(result: CallResult) -> list[int]:
    if not result.ok:
        raise ContractError(f"a view of the core reverts: {text(result.output)}")
    return words(result.output)
