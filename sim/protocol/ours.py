"""Plimsoll's own contracts, deployed and wired as a scenario asks."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from agents.intent import Intent, PegMint, PegPoke, PegRedeem, PegSwap
from agents.market import Peg, Terms
from sim.protocol.abi import Contract
from sim.protocol.adapter import Adapter, Order, Who
from sim.protocol.interest import debt_up, grown, kinked_rate
from sim.protocol.ledger import Ledger
from sim.protocol.margin import MarginBook, margin_book, ratios_of
from sim.protocol.names import DEPLOYER, GUARDIAN, address_of
from sim.protocol.pegged import PREMIUM, PegMarket
from sim.protocol.script import Script
from sim.scenario import Penalty, Rate, Scenario
from sim.units import MAX_UINT256, WAD, Address, to_wad

COIN_DECIMALS = 6
FLOAT_USD = 10**12
"""Reserve coin the deployer holds, whole USD: more than anyone needs."""


class Deployed(Adapter):
    """The contracts by role."""

    core: Contract
    lens: Contract
    flash: Contract
    """The FlashLiquidator."""
    reserve: Contract
    peg: Contract
    coin: Contract
    """The reserve coin of the PegModule."""
    margin: Contract
    penalty: Contract
    rate: Contract
    """What the core charges: `curve`, or a PegRate over it."""
    curve: Contract
    market: PegMarket | None = None
    """Of the stable, if it has one."""

    def issue(self, script: Script) -> Contract:
        return self._create(script, "StableToken", DEPLOYER)

    def prepare(self, script: Script) -> None:
        self.reserve = self._create(script, "Reserve", DEPLOYER, self.stable.address)
        self.coin = self._create(script, "MockToken", "Reserve Coin", "USDR", COIN_DECIMALS)
        coins = self.stable.address, self.coin.address
        self.peg = self._create(script, "PegModule", DEPLOYER, *coins, 0, MAX_UINT256)

    def deploy(self, script: Script) -> None:
        scenario = self.scenario
        self.margin = self._margin(script)
        self.penalty = self._penalty(script, scenario.penalty)
        if scenario.peg.depth:
            coin = self.coin, 10**COIN_DECIMALS, self.peg
            self.market = PegMarket.create(script, self.artifact, scenario, self.stable, *coin)
        self.rate = self._rate(script, scenario.rate)
        models = self.margin, self.penalty, self.rate
        parts = [self.stable, self.feed, self.reserve, *models]
        self.core = self._create(
            script,
            "CollateralizedDebt",
            *(part.address for part in parts),
            [token.address for token in self.tokens],
            core_config(scenario),
            DEPLOYER,
        )
        self.lens = self._create(script, "Lens", self.core.address)
        self.flash = self._create(script, "FlashLiquidator", self.core.address)
        self._wire(script)

    def fund(self, script: Script, to: Address, amount: int) -> None:
        """Through the PegModule against reserve coin, so that the books balance; rounded up to
        a whole unit of the coin."""
        if amount:
            per_coin = WAD // 10**COIN_DECIMALS
            script.send(DEPLOYER, self.peg.mint, -(-amount // per_coin), 0, to)

    def endow(self, script: Script, seeded: int) -> None:
        reserve = to_wad(self.scenario.protocol.reserve)
        coins = FLOAT_USD * 10**COIN_DECIMALS
        script.send(DEPLOYER, self.coin.mint, DEPLOYER, coins)
        script.send(DEPLOYER, self.coin.approve, self.peg.address, MAX_UINT256)
        self.fund(script, DEPLOYER, seeded + reserve + to_wad(self.scenario.peg.depth))
        script.send(DEPLOYER, self.stable.transfer, self.reserve.address, reserve)
        if self.market:
            self.market.seed(script)

    def endow_coin(self, script: Script, to: Address, amount: int) -> None:
        if self.market:
            self.market.endow(script, to, amount)

    def begin(self, script: Script) -> None:
        if self.market:
            self.market.begin(script)

    def contracts(self) -> Sequence[Contract]:
        core = [self.core, self.lens, self.flash, self.reserve, self.peg, self.coin]
        market = self.market.contracts() if self.market else []
        rates = dict.fromkeys([self.rate, self.curve])
        return [*core, self.margin, self.penalty, *rates, *market]

    def spenders(self) -> Sequence[Contract]:
        return [self.core]

    def order(self, intent: Intent, who: Who) -> Order:
        if isinstance(intent, PegPoke):
            return self.call(intent, self.rate.poke, self.core.address)
        if self.market and isinstance(intent, PegSwap | PegMint | PegRedeem):
            method, arguments = self.market.step(intent, who.to)
            return self.call(intent, method, *arguments)
        return super().order(intent, who)

    def margin_book(self, terms: Terms) -> MarginBook:
        return margin_book(self.scenario)

    def index_at(self, ledger: Ledger, timestamp: int) -> int:
        return grown(ledger.index, self.interest(ledger), timestamp - ledger.accrued_at)

    def interest(self, ledger: Ledger) -> int:
        plain = kinked_rate(self.scenario.rate, self.utilisation(ledger))
        return max(0, plain + ledger.counts[PREMIUM])

    @cached_property
    def _ceiling(self) -> int:
        """Of all debt; asked for several times a block."""
        return to_wad(self.scenario.protocol.debt_ceiling)

    def utilisation(self, ledger: Ledger) -> int:
        total = debt_up(ledger.total_shares, ledger.index)
        return total * WAD // self._ceiling if total < self._ceiling else WAD

    def stable_market(self, ledger: Ledger, coin_usd: float) -> Peg | None:
        return self.market.view(ledger, coin_usd) if self.market else None

    def coin_of(self, ledger: Ledger, holder: Address) -> int:
        return ledger.balances[self.coin.address].get(holder, 0)

    def set_aside(self, ledger: Ledger) -> int:
        return ledger.balances[self.stable.address][self.reserve.address]

    def _create(self, script: Script, name: str, *arguments: object) -> Contract:
        return script.create(DEPLOYER, self.artifact(name), arguments)

    def _margin(self, script: Script) -> Contract:
        scan = self.scenario.scan_terms()
        if scan:
            scales = scan.floor_share, scan.initial_scale, scan.close_out_scale
            return self._create(script, "ScenarioMargin", scan.ranges, scan.factors, *scales)
        ratios = ratios_of(self.scenario)
        return self._create(
            script,
            "LinearMargin",
            [to_wad(r.initial) for r in ratios],
            [to_wad(r.maintenance) for r in ratios],
            [to_wad(r.close_out) for r in ratios],
        )

    def _rate(self, script: Script, terms: Rate) -> Contract:
        figures = (terms.base, terms.at_kink, terms.above, terms.kink)
        self.curve = self._create(script, "KinkedRate", *map(to_wad, figures))
        if self.market is None or self.market.average is None:
            return self.curve
        where = [each.address for each in (self.curve, self.market.average, self.coin)]
        bounds = to_wad(terms.peg_slope), to_wad(terms.peg_most)
        return self._create(script, "PegRate", *where, *bounds)

    def _penalty(self, script: Script, terms: Penalty) -> Contract:
        match terms.model:
            case "fixed":
                return self._create(script, "FixedPenalty", to_wad(terms.fixed))
            case "health":
                figures = (terms.health_base, terms.health_slope, terms.health_cap)
                return self._create(script, "HealthScaledPenalty", *map(to_wad, figures))
            case _:
                auction = (to_wad(terms.dutch_start), to_wad(terms.dutch_cap), terms.dutch_seconds)
                return self._create(script, "DutchPenalty", *auction)

    def _wire(self, script: Script) -> None:
        script.send(DEPLOYER, self.stable.set_minter, self.core.address, True)
        script.send(DEPLOYER, self.stable.set_minter, self.peg.address, True)
        script.send(DEPLOYER, self.stable.set_flash_cap, self._ceiling)
        script.send(DEPLOYER, self.reserve.set_core, self.core.address)
        script.send(DEPLOYER, self.core.set_guardian, address_of(GUARDIAN))


def core_config(scenario: Scenario) -> tuple[int | bool, ...]:
    """ICollateralizedDebt.Config, in field order."""
    terms = scenario.protocol
    return (
        to_wad(terms.debt_ceiling),
        to_wad(terms.account_ceiling),
        to_wad(terms.min_debt),
        to_wad(terms.min_left),
        to_wad(terms.min_left),
        to_wad(terms.close_factor),
        to_wad(terms.full_liquidation_health),
        to_wad(scenario.penalty.reserve_share),
        to_wad(scenario.penalty.liquidator_floor),
        terms.grace,
        terms.call_window,
        to_wad(terms.loss_threshold),
        terms.loss_window,
        terms.cap_toxic,
    )
