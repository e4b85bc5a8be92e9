"""The stable's own market: its pool against the reserve coin, and the module that swaps them.

Reserves, cap and the last reading are followed from events, as figures of `Ledger.counts`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from agents.intent import Intent, PegMint, PegRedeem, PegSwap
from agents.market import Peg, Pool
from sim.chain.artifacts import Artifact
from sim.chain.engine import Engine
from sim.protocol.abi import Contract, Method, Word, read, signed
from sim.protocol.adapter import Figure, Handler
from sim.protocol.effects import Counted
from sim.protocol.happening import Happening
from sim.protocol.ledger import Ledger
from sim.protocol.names import DEPLOYER
from sim.protocol.script import Script
from sim.scenario import Scenario
from sim.units import MAX_UINT256, WAD, Address, to_wad

MINTED = "minted through the peg"
CAP, READ_AT = "cap of the peg", "reading of the peg's average"
PREMIUM = "premium on the rate"
COINS, STABLE = "coins in the peg's pool", "stable in the peg's pool"


@dataclass(frozen=True)
class PegMarket:
    """Contracts by role. The average is PegRate's; without it None."""

    scenario: Scenario
    stable: Contract
    coin: Contract
    coin_unit: int
    module: Contract
    pool: Contract
    average: Contract | None

    @classmethod
    def create(
        cls,
        script: Script,
        artifact: Callable[[str], Artifact],
        scenario: Scenario,
        stable: Contract,
        coin: Contract,
        coin_unit: int,
        module: Contract,
    ) -> PegMarket:
        fee = to_wad(scenario.peg.pool_fee)
        pool = script.create(DEPLOYER, artifact("AmmPool"), [coin.address, stable.address, fee])
        average = None
        if scenario.rate.model == "peg":
            arguments = [[pool.address], scenario.rate.peg_window]
            average = script.create(DEPLOYER, artifact("PoolOracle"), arguments)
        return cls(scenario, stable, coin, coin_unit, module, pool, average)

    def contracts(self) -> list[Contract]:
        return [self.pool, *([self.average] if self.average else [])]

    def seed(self, script: Script) -> None:
        """As much of each, with what the deployer has."""
        depth = self.scenario.peg.depth
        coins = int(depth * self.coin_unit)
        for token in (self.coin, self.stable):
            script.send(DEPLOYER, token.approve, self.pool.address, MAX_UINT256)
        script.send(DEPLOYER, self.pool.add_liquidity, coins, to_wad(depth), 0, DEPLOYER)

    def endow(self, script: Script, to: Address, coins: int) -> None:
        """`coins` in WAD."""
        script.send(DEPLOYER, self.coin.mint, to, coins * self.coin_unit // WAD)
        for token in (self.coin, self.stable):
            for spender in (self.pool, self.module):
                script.send(to, token.approve, spender.address, MAX_UINT256)

    def begin(self, script: Script) -> None:
        """Set-up minted free of charge and without limit; from here the scenario's terms hold."""
        terms = self.scenario.peg
        minted: int = read(script.engine, self.module.minted)
        script.send(DEPLOYER, self.module.set_fee, to_wad(terms.fee))
        script.send(DEPLOYER, self.module.set_cap, minted + to_wad(terms.room))
        if self.average:
            script.send(DEPLOYER, self.average.poke, self.coin.address)

    # ------------------------------------------------------------ intents, events

    def step(self, intent: Intent, to: Address) -> tuple[Method, tuple[Word, ...]]:
        """The method an intent calls, and with what."""
        match intent:
            case PegSwap(sell_stable=sell_stable, amount_in=amount, min_out=least):
                sold = self.stable if sell_stable else self.coin
                return self.pool.swap, (sold.address, amount, least, to)
            # No least: the owner, who could raise the fee meanwhile, is none of the agents.
            case PegMint(amount_in=amount):
                return self.module.mint, (amount, 0, to)
            case PegRedeem(amount_in=amount):
                return self.module.redeem, (amount, 0, to)
        raise TypeError(f"the peg has no transaction for {type(intent).__name__}")

    def handlers(self) -> Mapping[str, Handler]:
        def pooled(h: Happening, ledger: Ledger) -> list[Counted]:
            return [_now(ledger, COINS, h["reserve0"]), _now(ledger, STABLE, h["reserve1"])]

        handlers: dict[str, Handler] = {
            "Swapped": pooled,
            "LiquidityChanged": pooled,
            "CapSet": lambda h, ledger: [_now(ledger, CAP, h["cap"])],
        }
        if self.average:
            handlers["Checkpointed"] = lambda h, ledger: [_now(ledger, READ_AT, h["timestamp"])]
            handlers["PremiumSet"] = lambda h, ledger: [_now(ledger, PREMIUM, signed(h["premium"]))]
        return handlers

    # ----------------------------------------------------------------------- reads

    def view(self, ledger: Ledger, coin_usd: float) -> Peg:
        counts, terms = ledger.counts, self.scenario.peg
        return Peg(
            pool=Pool(counts[COINS], counts[STABLE], terms.pool_fee),
            coin_unit=self.coin_unit,
            coin_usd=coin_usd,
            fee=terms.fee,
            redeemable=counts[MINTED],
            mintable=max(0, counts[CAP] - counts[MINTED]),
            reserve=ledger.balances[self.coin.address][self.module.address],
            reading_due=counts[READ_AT] + self.scenario.rate.peg_window if self.average else None,
        )

    def figures(self, engine: Engine, ledger: Ledger) -> Iterator[Figure]:
        reserves = ledger.counts[COINS], ledger.counts[STABLE]
        yield Figure("pool of the peg", reserves, read(engine, self.pool.reserves))
        yield Figure("cap of the peg", ledger.counts[CAP], read(engine, self.module.cap))


def _now(ledger: Ledger, name: str, figure: int) -> Counted:
    """The figure is this from here on."""
    return Counted(name, figure - ledger.counts[name])
