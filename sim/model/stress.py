"""The stress model: one step is one block.

price moves -> oracle and agents see a view -> intents -> transactions -> mempool ->
the builder orders them -> the engine executes -> receipts and events -> ledger -> tables
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from math import nan

import mesa
import numpy as np
import pandas as pd

from agents.base import Participant
from agents.trader import Trader
from agents.view import Market, Occasion, Opportunity, Position, Report, View
from sim.chain import open_engine
from sim.chain.engine import Block, BlockRequest, Engine, Receipt, Transaction
from sim.errors import LedgerMismatch, ScenarioError, UsageError
from sim.mempool.builder import Built, build
from sim.mempool.bundle import Rehearse, select
from sim.mempool.fees import Background, next_base_fee
from sim.model.alarm import Alarm
from sim.model.desk import BUILDER, Desk, Outcome
from sim.model.failure import cause
from sim.model.population import draw
from sim.model.records import typed
from sim.model.tally import Scene, Tally
from sim.price import simulate
from sim.protocol.deploy import deploy
from sim.protocol.events import Happening
from sim.protocol.ledger import Floats, Ledger
from sim.protocol.populate import Endowment, populate
from sim.protocol.standing import Standing
from sim.protocol.system import System
from sim.scenario import LARGEST, Scenario
from sim.units import WAD, YEAR, Address, from_wad, to_gwei, to_wad

SETUP_SECONDS = 600
"""Set-up happens in so many seconds of chain time before block 0."""
WATCHED = 16
"""Accounts that an attacker studies, the riskiest."""
QUIET_BLOCKS = 10
"""Blocks in which nothing happens and no call runs need no new look at all accounts: only
interest moves them, by less than 1e-6."""
BANDS = np.array([1.0, 1.1, 1.25, 1.5, 2.0])
BAND_NAMES = (
    "band_below_1",
    "band_1_to_1_1",
    "band_1_1_to_1_25",
    "band_1_25_to_1_5",
    "band_1_5_to_2",
    "band_above_2",
)
BLOCK_COLUMNS = (
    "block", "time_s", "timestamp", "base_fee_gwei", "gas_used", "background_gas",
    "transactions", "reverted", "refused", "pending", "debt_usd", "collateral_usd",
    "shortfall_usd", "bad_debt_usd", "liquidatable_usd", "below", "called",
    "lowest_buffer_usd", "reserve_usd", *BAND_NAMES,
)  # fmt: skip
"""Of the table `blocks`; shortfall is at the outside price, health at the oracle's."""
GAS_COINS = ("ETH", "WETH")


class StressModel(mesa.Model):  # type: ignore[misc]
    """Agents against the protocol on an engine, block by block.

    ``StressModel(load("black-thursday"), rng=7)``. Set-up (deployment, endowments, accounts)
    happens at construction. `rng` is a seed or a generator; default the scenario's seed.
    `engine` is one that nothing was run on yet; default the fastest that is here. The model
    does not close an engine it was given.
    """

    def __init__(
        self,
        scenario: Scenario,
        rng: int | np.random.Generator | None = None,
        engine: Engine | None = None,
    ) -> None:
        seed = _seed(scenario.run.seed if rng is None else rng)
        super().__init__(rng=np.random.default_rng(seed.spawn(1)[0]))
        self.scenario = scenario
        self.seed = int(seed.entropy)  # type: ignore[arg-type]
        self.engine = engine or open_engine("auto")
        path_seed, people_seed, background_seed, order_seed = seed.spawn(4)
        self._order_rng = np.random.default_rng(order_seed)
        self.paths = price_paths(scenario, path_seed)
        """USD outside, shape (assets, blocks + 1); column 0 is block 0."""
        self.starts_at = int(datetime.fromisoformat(scenario.run.start).timestamp())
        self._gas_coin = next(
            (i for i, a in enumerate(scenario.assets) if a.symbol.upper() in GAS_COINS), None
        )
        people = draw(self, scenario, self.paths[:, 0].tolist(), people_seed)
        self._participants = {agent.address: agent for agent, _ in people}
        self.tally = Tally(
            [asset.symbol for asset in scenario.assets],
            [10**asset.decimals for asset in scenario.assets],
        )
        self.system = self._set_up([endowment for _, endowment in people])
        self.desk = Desk(self.system, scenario.gas.lifetime_blocks)
        self._admit_everyone()

        self._background = Background(scenario.gas, np.random.default_rng(background_seed))
        self.base_fee = self._background.base_fee_start()
        """Wei, of the next block."""
        self._tip_needed = 0
        self._standing = self._stand(self.system.ledger.oracle_prices())
        self._by_standing = _figures(self._standing)
        self.figures: dict[str, float] = dict.fromkeys(BLOCK_COLUMNS, 0.0)
        """The last block's row of the table `blocks`."""
        self.datacollector = mesa.DataCollector(
            {name: [self.figures.__getitem__, [name]] for name in BLOCK_COLUMNS}
        )
        self._start_usd = self._worths()

    # --------------------------------------------------------------------- set-up

    def _set_up(self, endowments: Sequence[Endowment]) -> System:
        prices = self.paths[:, 0].tolist()
        oracle = self.scenario.oracle
        readings = 2 * oracle.period if oracle.source in ("delayed", "twap") else 0
        not_before = self.starts_at - SETUP_SECONDS - readings
        system, script = deploy(self.engine, self.scenario, prices, not_before)
        populate(script, system, endowments, [to_wad(p) for p in prices], self.starts_at)
        ledger = Ledger(system, self.scenario, script.blocks[0].timestamp)
        for block in script.blocks:
            ledger.apply(block.receipts, block.timestamp)
        protocol = System(system, self.scenario, ledger)
        protocol.look_at_prices(self.engine)
        return protocol

    def _admit_everyone(self) -> None:
        addresses = list(self._participants)
        balances = self.engine.balances(addresses)
        nonces = self.engine.nonces(addresses)
        for address, wei, nonce in zip(addresses, balances, nonces, strict=True):
            self.desk.admit(address, wei, nonce)
        self._alarm = Alarm(list(self._participants.values()))
        self._accounts: dict[Address, list[int]] = {}
        for owner in self.system.ledger.owners:
            self._open_account(owner)

    def _open_account(self, owner: Address) -> None:
        agent = self._participants.get(owner)
        accounts = self._accounts.setdefault(owner, [])
        accounts.append(len(self.tally.accounts) + 1)
        self.tally.opened(agent.name if agent else "")
        self._alarm.watch(agent)

    # ----------------------------------------------------------------------- step

    def step(self) -> None:
        """One block. Raises UsageError past the last one, after which `running` is False."""
        block = self.steps
        if block > self.scenario.run.blocks:
            raise UsageError(f"the run has {self.scenario.run.blocks} blocks and is at its end")
        time = float(block * self.scenario.run.block_seconds)
        scene = self._scene(block, time)
        late = self.desk.open_block(block)
        self._decide(scene)
        bids = self._background.bids(time, self.base_fee)
        built = self._build(scene, bids)
        request = self._request(scene, [p.transaction for p in built.transactions])
        executed = self.engine.mine(request)
        happened = self.system.follow(executed.receipts, request.timestamp)
        settled = self.desk.settle(built.transactions, executed.receipts, self.base_fee)
        outcomes = late + settled
        self._account_for(scene, outcomes, happened)
        self._close(scene, built, executed, outcomes, bids)
        self.running = block < self.scenario.run.blocks

    def _build(self, scene: Scene, bids: Sequence[tuple[int, int]]) -> Built:
        """Bundles that succeed as a whole, then the pool against the background."""
        limit = self.scenario.gas.block_gas_limit
        bundles = select(self.desk.bundles, self._rehearse(scene), self.base_fee, limit)
        return build(
            self.desk.pool,
            scene.block,
            self.base_fee,
            limit,
            bids,
            bundles,
            self.scenario.gas.order,
            self._order_rng,
        )

    def _rehearse(self, scene: Scene) -> Rehearse:
        def rehearse(transactions: Sequence[Transaction]) -> Sequence[Receipt]:
            before = self.engine.snapshot()
            try:
                return self.engine.mine(self._request(scene, transactions)).receipts
            finally:
                self.engine.restore(before)

        return rehearse

    def _request(self, scene: Scene, transactions: Sequence[Transaction]) -> BlockRequest:
        return BlockRequest(
            transactions,
            self.starts_at + int(scene.time),
            self.base_fee,
            self.scenario.gas.block_gas_limit,
            BUILDER,
        )

    def _scene(self, block: int, time: float) -> Scene:
        prices = self.paths[:, block]
        return Scene(block, time, prices, self._eth_usd(prices), self.base_fee)

    def _decide(self, scene: Scene) -> None:
        """Ask everyone who is awake, in random order; the later ones see the earlier bids."""
        awake = self._alarm.due(scene.time)
        market = self._market(scene)
        own = {account for agent, _ in awake for account in self._accounts.get(agent.address, ())}
        if any(agent.watches_accounts for agent, _ in awake):
            own.update(self._riskiest())
        candidates = self._candidates() if any(a.watches_liquidations for a, _ in awake) else []
        positions, opportunities = self.system.read(self.engine, sorted(own), candidates)
        opportunities = self._with_rivals(opportunities)
        awake = [pair for pair in awake if self._stirs(pair[0], market, bool(opportunities))]
        for i in self.rng.permutation(len(awake)):
            agent, occasion = awake[i]
            view = self._view(agent, occasion, market, positions, opportunities)
            self.desk.submit(agent, agent.decide(view), scene.block)
            if agent.watches_liquidations and opportunities:
                opportunities = self._with_rivals(opportunities)
            if occasion is Occasion.ALERT:
                for account in self._accounts.get(agent.address, ()):
                    self._alarm.rearm(account)

    def _riskiest(self) -> list[int]:
        """Accounts with debt, the lowest health first."""
        rows = np.argsort(self._standing.health, kind="stable")[:WATCHED]
        return [int(row) + 1 for row in rows if self._standing.debt[row] > 0]

    def _stirs(self, agent: Participant, market: Market, opportunities: bool) -> bool:
        """Whether an agent that looks every block has anything to look at."""
        if not agent.every_block:
            return True
        if agent.watches_liquidations and not opportunities:
            return self.system.holds_tokens(agent.address)
        return agent.stirs(market, self._reported(agent))

    def _reported(self, agent: Participant) -> Report | None:
        reported = self.system.reported(agent.address)
        return reported and (reported[0] - self.starts_at, reported[1])

    def _with_rivals(self, opportunities: Sequence[Opportunity]) -> list[Opportunity]:
        """With the best tip now pending for each; only those that changed are made anew."""
        tips = [self.desk.rival_tip(o.account) for o in opportunities]
        return [
            o if o.rival_tip == tip else replace(o, rival_tip=tip)
            for o, tip in zip(opportunities, tips, strict=True)
        ]

    def _view(
        self,
        agent: Participant,
        occasion: Occasion,
        market: Market,
        positions: dict[int, Position],
        opportunities: Sequence[Opportunity],
    ) -> View:
        return View(
            market=market,
            occasion=occasion,
            wallet=self.system.wallet(agent.address, self.desk.wei[agent.address]),
            positions=tuple(positions[a] for a in self._accounts.get(agent.address, ())),
            opportunities=tuple(opportunities) if agent.watches_liquidations else (),
            pending=self.desk.pending(agent),
            mempool=self.desk.seen(agent) if agent.watches_mempool else (),
            watched=(
                tuple(positions[account] for account in self._riskiest())
                if agent.watches_accounts
                else ()
            ),
            reported=self._reported(agent),
        )

    def _market(self, scene: Scene) -> Market:
        oracle = self.system.ledger.oracle
        timestamp = self.starts_at + int(scene.time)
        return Market(
            block=scene.block,
            time=scene.time,
            timestamp=timestamp,
            terms=self.system.terms,
            prices=tuple(scene.prices.tolist()),
            oracle=tuple(oracle.prices),
            oracle_valid=tuple(
                oracle.is_valid(asset, timestamp) for asset in range(len(oracle.prices))
            ),
            pools=self.system.pools(),
            eth_usd=scene.eth_usd,
            base_fee=self.base_fee,
            tip_needed=self._tip_needed,
            poked_at=tuple(self.system.ledger.poked_at) if self.system.terms.oracle_period else (),
            utilisation=self.system.utilisation(),
            volatility=self._volatility(scene.block),
            paused=self.system.paused(),
        )

    def _volatility(self, block: int) -> tuple[float, ...]:
        """Realised outside over the last hour, annualised, one an asset; 0 at first."""
        seconds = self.scenario.run.block_seconds
        first = max(0, block - 3_600 // seconds)
        moves = np.diff(np.log(self.paths[:, first : block + 1]))
        return tuple((moves.std(axis=1) * np.sqrt(YEAR / seconds)).tolist())

    def _candidates(self) -> list[int]:
        """Accounts that look callable or liquidatable and are worth more than the gas of it."""
        standing = self._standing
        fee = 200_000 * self.base_fee / WAD * self._eth_usd(self.paths[:, self.steps])
        worth = standing.debt * self.system.terms.max_penalty > fee
        return [int(row) + 1 for row in np.flatnonzero(standing.actionable & worth)]

    # ------------------------------------------------------------------ afterwards

    def _account_for(
        self, scene: Scene, outcomes: Sequence[Outcome], happened: Sequence[Happening]
    ) -> None:
        for h in happened:
            if h.name == "Opened":
                self._open_account(h.fields["owner"].to_bytes(20, "big"))
        self.tally.outcomes(scene, outcomes)
        why = self._why(scene, outcomes)
        self.tally.events(scene, happened, outcomes, self._standing.health, why)
        settled = dict.fromkeys(outcome.ticket.agent for outcome in outcomes)
        for agent in settled:
            if not agent.every_block:
                self._alarm.at(scene.time, agent, Occasion.SETTLED)
        news = self.system.look_at_prices(self.engine) or bool(happened)
        if news or self._standing.called.any() or scene.block % QUIET_BLOCKS == 0:
            self._restand(scene)

    def _why(self, scene: Scene, outcomes: Sequence[Outcome]) -> Callable[[int], str]:
        """The cause of failure to save an account, by its number; "" where no trader owns it."""

        def why(account: int) -> str:
            owner = self._participants.get(self.system.ledger.owners[account - 1])
            if not isinstance(owner, Trader):
                return ""
            failed = (o.ticket.intent for o in outcomes if o.ticket.agent is owner)
            waiting = (sent.intent for sent in self.desk.pending(owner))
            return cause(
                scene.time,
                self.scenario.run.block_seconds,
                self._healthy_outside(account, scene.prices),
                (*failed, *waiting),
                self._alarm.rings.get(owner),
            )

        return why

    def _healthy_outside(self, account: int, prices: Floats) -> bool:
        """Whether the account, as it was before the block, met maintenance at outside prices."""
        if account > len(self._standing.debt):
            return False
        row, ledger = account - 1, self.system.ledger
        before = self._standing
        oracle = ledger.oracle_prices()
        # With one collateral value scales with its price; with several this is their average.
        scale = float(prices @ oracle / (oracle @ oracle))
        cushion = before.value[row] - before.maintenance[row]
        return bool(cushion * scale >= before.debt[row])

    def _close(
        self,
        scene: Scene,
        built: Built,
        executed: Block,
        outcomes: Sequence[Outcome],
        bids: Sequence[tuple[int, int]],
    ) -> None:
        """Fees of the next block, and this one's rows."""
        saved = sum(p.transaction.gas for p in built.transactions) - executed.gas_used
        background = built.background_used(saved)
        full = built.gas_unserved > 0
        self._tip_needed = _marginal_tip(bids, built.gas_background) if full else 0
        used = executed.gas_used + background
        limit = self.scenario.gas.block_gas_limit
        self.base_fee = next_base_fee(self.base_fee, min(used, limit), limit)
        self._write_prices(scene, executed.timestamp)
        self.figures.update(
            block=scene.block,
            time_s=scene.time,
            timestamp=executed.timestamp,
            base_fee_gwei=to_gwei(scene.base_fee),
            gas_used=executed.gas_used,
            background_gas=background,
            transactions=sum(outcome.position >= 0 for outcome in outcomes),
            reverted=sum(outcome.status == "reverted" for outcome in outcomes),
            refused=sum(outcome.status == "refused" for outcome in outcomes),
            pending=len(self.desk.pool),
        )
        self.figures.update(self._solvency(scene))
        self.datacollector.collect(self)

    def _solvency(self, scene: Scene) -> dict[str, float]:
        standing, ledger = self._standing, self.system.ledger
        outside = ledger.values(scene.prices).sum(axis=1)
        return {
            **self._by_standing,
            "collateral_usd": float(outside.sum()),
            "shortfall_usd": float(np.maximum(standing.debt - outside, 0.0).sum()),
            "bad_debt_usd": from_wad(ledger.bad_debt),
            "reserve_usd": from_wad(self.system.reserve_stable()),
        }

    def _restand(self, scene: Scene) -> None:
        """Look at all accounts anew, and keep what follows from that alone."""
        standing = self._standing = self._stand(self.system.ledger.oracle_prices())
        self.tally.standing(scene.block, standing)
        self._alarm.look(standing.health, scene.time)
        self._by_standing = _figures(standing)

    def _write_prices(self, scene: Scene, timestamp: int) -> None:
        oracle = self.system.ledger.oracle
        pools = self.system.pools()
        for i, asset in enumerate(self.scenario.assets):
            pool = pools[i]
            price = nan
            if pool and pool.collateral:
                price = pool.stable / pool.collateral * 10 ** (asset.decimals - 18)
            self.tally.records.write(
                "prices",
                scene.block,
                scene.time,
                asset.symbol,
                float(scene.prices[i]),
                from_wad(oracle.prices[i]),
                oracle.is_valid(i, timestamp),
                price,
            )

    # --------------------------------------------------------------------- figures

    def _stand(self, prices: Floats) -> Standing:
        return Standing.of(self.system.ledger, prices, self.system.ledger.timestamp)

    def _eth_usd(self, prices: Floats) -> float:
        if self._gas_coin is None:
            return self.scenario.gas.eth_usd
        return float(prices[self._gas_coin])

    def _worths(self) -> dict[str, float]:
        """USD of everyone's wallet and accounts but the gas money, at the outside prices."""
        prices = self.paths[:, self.steps]
        standing = self._stand(prices)
        equity = standing.value - standing.debt
        worths = {}
        for address, agent in self._participants.items():
            wallet = self.system.wallet(address, 0)
            tokens = np.array(wallet.tokens) / np.array(self.tally.units) @ prices
            owned = sum(equity[account - 1] for account in self._accounts.get(address, ()))
            worths[agent.name] = float(from_wad(wallet.stable) + tokens + owned)
        return worths

    def tables(self) -> dict[str, pd.DataFrame]:
        """Every table of the run so far, by name; see `sim.model.records`."""
        records = self.tally.records
        tables = {"blocks": typed(self.datacollector.get_model_vars_dataframe())}
        for name in ("prices", "transactions", "events", "liquidations"):
            tables[name] = records.table(name)
        tables["accounts"] = self.tally.accounts_table(self._standing)
        tables["agents"] = self.tally.agents_table(
            list(self._participants.values()), self._start_usd, self._worths()
        )
        return tables

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


def price_paths(scenario: Scenario, seed: np.random.SeedSequence) -> Floats:
    """USD outside, shape (assets, blocks + 1); each asset has its own stream.

    Raises ScenarioError when a price leaves what can be posted on chain.
    """
    run = scenario.run
    times = np.arange(run.blocks + 1, dtype=np.float64) * run.block_seconds
    streams = seed.spawn(len(scenario.assets))
    with np.errstate(over="ignore"):
        paths = np.array(
            [
                simulate(asset.price or scenario.price, times, np.random.default_rng(stream))[0]
                for asset, stream in zip(scenario.assets, streams, strict=True)
            ]
        )
    for asset, path in zip(scenario.assets, paths, strict=True):
        if not (path.min() >= 1 / LARGEST and path.max() <= LARGEST):
            raise ScenarioError(
                f"the price of {asset.symbol} runs from {path.min():g} to {path.max():g} USD; "
                f"{1 / LARGEST:g} to {LARGEST:g} is allowed"
            )
    return paths


def _figures(standing: Standing) -> dict[str, float]:
    """Columns of the table `blocks` that follow from the accounts at the prices on chain."""
    by_band = np.bincount(
        np.searchsorted(BANDS, standing.health, side="right"),
        weights=standing.debt,
        minlength=len(BAND_NAMES),
    )
    return {
        "debt_usd": float(standing.debt.sum()),
        "liquidatable_usd": float(standing.debt[standing.liquidatable].sum()),
        "below": int(standing.below.sum()),
        "called": int(standing.called.sum()),
        "lowest_buffer_usd": _lowest(standing.buffer[standing.debt > 0]),
        **dict(zip(BAND_NAMES, by_band.tolist(), strict=True)),
    }


def _lowest(figures: Floats) -> float:
    return float(figures.min()) if len(figures) else 0.0


def _marginal_tip(bids: Sequence[tuple[int, int]], served: int) -> int:
    """The lowest background tip that got in, wei."""
    for tip, gas in bids:
        served -= gas
        if served <= 0:
            return tip
    return 0
