"""The stress model: one step is one block.

price moves -> oracle and agents see a view -> intents -> transactions -> mempool ->
the builder orders them -> the engine executes -> receipts and events -> ledger -> tables
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import mesa
import numpy as np
import pandas as pd

from agents.base import Participant
from agents.liquidator import Liquidator
from agents.view import Occasion, View
from sim.chain import open_engine
from sim.chain.engine import Engine
from sim.errors import LedgerMismatch, UsageError
from sim.model.alarm import Alarm
from sim.model.blockspace import Blockspace, Filled
from sim.model.ceiling import within_ceiling
from sim.model.desk import Desk, Outcome
from sim.model.figures import of_assets, of_block, of_standing
from sim.model.floor import Floor
from sim.model.hindrance import Hindrance, hindrances
from sim.model.inquest import Inquest
from sim.model.outside import Outside
from sim.model.population import draw
from sim.model.scene import Scene
from sim.model.sight import Look, Sight
from sim.model.tally import Tally
from sim.model.worth import Worth
from sim.protocol.ability import Ability
from sim.protocol.adapter import Adapter
from sim.protocol.adapters import adapter_of
from sim.protocol.columns import Floats
from sim.protocol.effects import Opened
from sim.protocol.establish import establish
from sim.protocol.happening import Happening
from sim.protocol.names import VENUE
from sim.protocol.standing import Standing
from sim.scenario import Scenario
from sim.tables import BLOCK_COLUMNS, TABLES, typed
from sim.units import Address, to_gwei

MAPS = 48
"""Maps of debt by its distance to liquidation in the course of a run, and one before it."""
RUNNING = ("prices", "transactions", "events", "venue", "proximity")
"""Tables whose rows are written as things happen."""
QUIET_BLOCKS = 10
"""Blocks in which nothing happens to an account or a price and no call runs need no new look at
all accounts: only interest moves them, by less than 1e-6."""


class StressModel(mesa.Model):  # type: ignore[misc]
    """Agents against the protocol on an engine, block by block.

    ``StressModel(load("black-thursday"), rng=7)``. Set-up (deployment, endowments, accounts)
    happens at construction. `rng` is a seed or a generator; default the scenario's seed.
    `engine` is one that nothing was run on yet; default the fastest that is here. The model
    does not close an engine it was given. `adapter` is a fresh one of the contract to be run;
    default the one that the scenario names.
    """

    def __init__(
        self,
        scenario: Scenario,
        rng: int | np.random.Generator | None = None,
        engine: Engine | None = None,
        adapter: Adapter | None = None,
    ) -> None:
        seed = _seed(scenario.run.seed if rng is None else rng)
        super().__init__(rng=np.random.default_rng(seed.spawn(1)[0]))
        adapter = adapter or adapter_of(scenario)
        scenario = self.scenario = adapter.scenario
        self.seed = int(seed.entropy)  # type: ignore[arg-type]
        self.engine = engine or open_engine("auto")
        path_seed, people_seed, background_seed, order_seed = seed.spawn(4)
        if scenario.run.people_seed is not None:
            people_seed = _people_seed(scenario.run.people_seed)
        self.outside = Outside(scenario, path_seed)
        self.floor = Floor(scenario, self.outside) if scenario.venue.model != "none" else None
        self.starts_at = int(datetime.fromisoformat(scenario.run.start).timestamp())
        prices = self.outside.prices(0).tolist()
        asked = people = draw(self, scenario, prices, people_seed)
        if Ability.CEILINGS in adapter.abilities:
            people = within_ceiling(asked, scenario, prices)
        self.turned_away = sum(
            a.debt < b.debt for (_, a), (_, b) in zip(people, asked, strict=True)
        )
        """Accounts for which the debt ceiling had no room, or not all they wanted, at block 0."""
        self._participants = {agent.address: agent for agent, _ in people}
        self.tally = Tally(
            [asset.symbol for asset in scenario.assets],
            [10**asset.decimals for asset in scenario.assets],
        )
        self.system = establish(
            self.engine,
            scenario,
            prices,
            [endowment for _, endowment in people],
            self.starts_at,
            adapter,
        )
        self.desk = Desk(self.system, scenario.gas.lifetime_blocks)
        self._admit_everyone()

        self.blockspace = Blockspace(
            self.engine,
            scenario.gas,
            np.random.default_rng(background_seed),
            np.random.default_rng(order_seed),
            self.starts_at,
        )
        self._standing = self._stand(self.system.ledger.oracle_prices())
        self._by_standing = of_standing(self._standing)
        self.figures: dict[str, float] = dict.fromkeys(BLOCK_COLUMNS, 0.0)
        """The last block's row of the table `blocks`."""
        self.datacollector = mesa.DataCollector(
            {name: [self.figures.__getitem__, [name]] for name in BLOCK_COLUMNS}
        )
        self._start = self._worths()
        self._hindrances: dict[int, Hindrance] = {}
        self.map_debt()

    # --------------------------------------------------------------------- set-up

    def _admit_everyone(self) -> None:
        addresses = list(self._participants)
        balances = self.engine.balances(addresses)
        nonces = self.engine.nonces(addresses)
        for address, wei, nonce in zip(addresses, balances, nonces, strict=True):
            self.desk.admit(address, wei, nonce)
        self._alarm = Alarm(list(self._participants.values()))
        self._sight = Sight(self.system, self.desk, self.outside, self.starts_at, self.floor)
        books, accounts = self.tally.liquidations.books, self._sight.accounts
        self._worth = Worth(self.system, self.outside, books, accounts, self.floor)
        self._inquest = Inquest(
            self.system.ledger,
            self.desk,
            self._participants,
            self._alarm.rings,
            self.scenario.run.block_seconds,
        )
        for owner in self.system.ledger.owners:
            self._open_account(owner)

    def _open_account(self, owner: Address) -> None:
        agent = self._participants.get(owner)
        accounts = self._sight.accounts.setdefault(owner, [])
        accounts.append(len(self.tally.accounts) + 1)
        self.tally.opened(agent.name if agent else "")
        self._alarm.watch(agent)

    # ----------------------------------------------------------------------- step

    def step(self) -> None:
        """One block. Raises UsageError past the last one, after which `running` is False."""
        block = self.steps
        if block > self.scenario.run.blocks:
            raise UsageError(f"the run has {self.scenario.run.blocks} blocks and is at its end")
        if self.floor:
            self.floor.open(block)
        scene = self._scene(block)
        late = self.desk.open_block(block)
        self._decide(scene)
        filled = self.blockspace.fill(self.desk, scene)
        executed = filled.executed
        happened = self.system.follow(executed.receipts, executed.timestamp)
        if executed.receipts:
            self._sight.changed()
        outcomes = late + self.desk.settle(filled.sent, executed.receipts, scene.base_fee)
        self._account_for(scene, outcomes, happened)
        self._close(scene, filled, outcomes)
        self.running = block < self.scenario.run.blocks
        if not self.running or block % max(1, self.scenario.run.blocks // MAPS) == 0:
            self.map_debt()
        if not self.running:
            self._hindrances = self._left(scene)

    def _scene(self, block: int) -> Scene:
        outside, base_fee = self.outside, self.blockspace.base_fee
        time = float(block * self.scenario.run.block_seconds)
        return Scene(block, time, outside.prices(block), outside.eth_usd(block), base_fee)

    def _decide(self, scene: Scene) -> None:
        """Ask everyone who is awake, in random order; the later ones see the earlier bids."""
        awake = self._alarm.due(scene.time)
        look = self._look(scene, [agent for agent, _ in awake])
        awake = [(agent, occasion) for agent, occasion in awake if look.stirs(agent)]
        order = [awake[i] for i in self.rng.permutation(len(awake))]
        for agent, occasion in order:
            self._ask(agent, occasion, look)
            if occasion is Occasion.ALERT:
                for account in self._sight.accounts.get(agent.address, ()):
                    self._alarm.rearm(account)
        self._auction([(agent, why) for agent, why in order if agent.answers_bids], look)

    def _ask(self, agent: Participant, occasion: Occasion, look: Look) -> None:
        shown = self.desk.shown
        self.desk.submit(agent, agent.decide(look.view(agent, occasion)), look.market.block)
        if self.desk.shown != shown:
            look.bids_changed()

    def _auction(self, bidders: Sequence[tuple[Participant, Occasion]], look: Look) -> None:
        """Those who answer bids are asked again, until nothing new comes or the block is due."""
        for _ in range(self.scenario.gas.rounds - 1):
            shown = self.desk.shown
            for agent, occasion in bidders:
                self._ask(agent, occasion, look)
            if self.desk.shown == shown:
                return

    def sees(self, agent: Participant) -> View:
        """What an agent would see in the next block, were it asked first."""
        return self._look(self._scene(self.steps + 1), [agent]).view(agent, Occasion.BLOCK)

    def _look(self, scene: Scene, awake: Sequence[Participant]) -> Look:
        tip_needed = self.blockspace.tip_needed
        return self._sight.of_block(self.engine, scene, self._standing, awake, tip_needed)

    # ------------------------------------------------------------------ afterwards

    def _account_for(
        self, scene: Scene, outcomes: Sequence[Outcome], happened: Sequence[Happening]
    ) -> None:
        for h in happened:
            for effect in h.effects:
                if isinstance(effect, Opened):
                    self._open_account(effect.owner)
        if self.floor:
            self.floor.settle(outcomes, self.system.wallet(VENUE, 0))
        self.tally.outcomes(scene, outcomes)
        why = self._inquest.of_block(scene, outcomes, self._standing)
        self.tally.events(scene, happened, outcomes, self._standing, self.desk.offers, why)
        for outcome, order, taken, paid in self.floor.fills if self.floor else ():
            if not order.sell_stable:
                self.tally.sold(scene, outcome, order.asset, taken, paid)
        settled = dict.fromkeys(outcome.ticket.agent for outcome in outcomes)
        for agent in settled:
            if not agent.every_block:
                self._alarm.at(scene.time, agent, Occasion.SETTLED)
        oracle = self.system.adapter.oracle.address
        moved = any(h.effects or h.source == oracle for h in happened)
        news = self.system.look_at_prices(self.engine) or moved
        if news or self._standing.called.any() or scene.block % QUIET_BLOCKS == 0:
            self._restand(scene)

    def _close(self, scene: Scene, filled: Filled, outcomes: Sequence[Outcome]) -> None:
        """The block's rows."""
        executed = filled.executed
        for row in of_assets(self.system, self.tally.symbols, scene, executed.timestamp):
            self.tally.records.write("prices", *row)
        if self.floor:
            self.floor.write(scene.block, self.tally.records)
        self.figures.update(
            block=scene.block,
            time_s=scene.time,
            timestamp=executed.timestamp,
            base_fee_gwei=to_gwei(scene.base_fee),
            gas_used=executed.gas_used,
            background_gas=filled.background_gas,
            transactions=sum(outcome.position >= 0 for outcome in outcomes),
            reverted=sum(outcome.status == "reverted" for outcome in outcomes),
            refused=sum(outcome.status == "refused" for outcome in outcomes),
            pending=len(self.desk.pool),
        )
        coin_usd = self.outside.coin_usd(scene.block)
        self.figures.update(self._by_standing)
        self.figures.update(of_block(self.system, self._standing, scene.prices, coin_usd))
        # As `collect` would, which copies every figure deeply.
        for name, column in self.datacollector.model_vars.items():
            column.append(self.figures[name])

    def _restand(self, scene: Scene) -> None:
        """Look at all accounts anew, and keep what follows from that alone."""
        standing = self._standing = self._stand(self.system.ledger.oracle_prices())
        self.tally.standing(scene.block, standing)
        self._alarm.look(standing.health, scene.time)
        self._by_standing = of_standing(standing)

    def _left(self, scene: Scene) -> dict[int, Hindrance]:
        """What keeps liquidators from the accounts that may be liquidated."""
        accounts = (np.flatnonzero(self._standing.liquidatable) + 1).tolist()
        everyone = self._participants.values() if accounts else ()
        # Searchers take only what liquidators have found.
        liquidators = [
            agent
            for agent in everyone
            if isinstance(agent, Liquidator) and agent.role == Liquidator.role
        ]
        look = self._look(scene, liquidators)
        views = [(agent, look.view(agent, Occasion.BLOCK)) for agent in liquidators]
        return hindrances(accounts, views)

    # --------------------------------------------------------------------- figures

    def _stand(self, prices: Floats) -> Standing:
        return Standing.of(self.system.ledger, prices, self.system.ledger.timestamp)

    def _worths(self) -> dict[str, int]:
        """Of everyone; see `sim.model.worth`."""
        return {
            agent.name: self._worth.of(address, self.steps)
            for address, agent in self._participants.items()
        }

    def profits(self) -> dict[str, int]:
        """Money that everyone has earned: worth now less worth at first, less gas and payments
        to builders at the price of their blocks."""
        return {
            name: worth - self._start[name] - self.tally.paid(name)
            for name, worth in self._worths().items()
        }

    def tables(self) -> dict[str, pd.DataFrame]:
        """Every table of the run so far, by name; see `sim.model.records`."""
        records = self.tally.records
        tables = {"blocks": typed(self.datacollector.get_model_vars_dataframe())}
        for name in RUNNING:
            tables[name] = records.table(name)
        prices = self.outside.prices(self.steps).tolist()
        tables["liquidations"] = self.tally.liquidations.table(prices)
        tables["accounts"] = self.tally.accounts_table(self._standing, self._hindrances)
        tables["agents"] = self.tally.agents_table(
            list(self._participants.values()), self._start, self._worths()
        )
        return {name: tables[name] for name in TABLES}

    def map_debt(self) -> None:
        """Adds how near every account is to liquidation now to the table `proximity`."""
        self.tally.proximity(self.steps, self._standing)

    def audit(self) -> int:
        """Hold the ledger, and the wei of the agents and the builder, against the chain;
        figures compared. Raises LedgerMismatch.
        """
        addresses = list(self.desk.wei)
        for address, wei in zip(addresses, self.engine.balances(addresses), strict=True):
            if wei != self.desk.wei[address]:
                agent = self._participants.get(address)
                raise LedgerMismatch(
                    f"{agent.name if agent else 'the builder'} has {wei} wei on chain and "
                    f"{self.desk.wei[address]} in the books"
                )
        return self.system.audit(self.engine) + len(addresses)


def _seed(rng: int | np.random.Generator) -> np.random.SeedSequence:
    if isinstance(rng, np.random.Generator):
        rng = int(rng.integers(2**63))
    return np.random.SeedSequence(rng)


def _people_seed(seed: int) -> np.random.SeedSequence:
    """That of the people in a run of this seed."""
    whole = _seed(seed)
    whole.spawn(1)
    return whole.spawn(4)[1]
