"""What was earned, to the last unit: the books against the chain, and liquidations against both."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.chain import open_engine
from sim.chain.engine import Block, BlockRequest, Call, Engine, Status
from sim.chain.tape import Tape
from sim.model import StressModel
from sim.model.books import MONEY, Books, of_stable
from sim.protocol.abi import words
from sim.units import WAD, Address, to_wad
from tests.sim.runs import CRASH, IN_PROCESS, finish, scenario

EVERYONE: dict[str, Any] = {
    "liquidators": {
        "count": 7,
        "capital": 100_000,
        "strategies": ["keeper", "auctioneer", "private", "flash", "sniper", "split"],
        "max_tip_gwei": 1e6,
    },
    "searchers": {"copycats": 1, "sandwichers": 1, "capital": 1e6},
    "attackers": {"griefers": 1, "budget_eth": 1.0, "manipulators": 1},
    "gas": {"rounds": 10, "level": [[0, 60]]},
    "guardian": {"enabled": True, "volatility_high": 1.0},
}
WORLDS: dict[str, dict[str, Any]] = {
    "pool": {},
    "spot price, attacked": {"oracle": {"source": "spot"}},
    "venue": {"venue": {"model": "depth"}, "run": {**CRASH["run"], "blocks": 40}},
    "dutch, with grace": {
        "penalty": {"model": "dutch", "dutch_seconds": 120},
        "protocol": {"grace": 60},
        "margin": {"close_out": 0.25},
    },
}


class Kept(Tape):
    """Keeps the blocks that stand: not those that were only rehearsed."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self.kept: list[tuple[BlockRequest, Block]] = []
        self._lengths: dict[int, int] = {}

    def mine(self, request: BlockRequest) -> Block:
        block = super().mine(request)
        self.kept.append((request, block))
        return block

    def snapshot(self) -> int:
        taken = super().snapshot()
        self._lengths[taken] = len(self.kept)
        return taken

    def restore(self, snapshot: int) -> None:
        super().restore(snapshot)
        del self.kept[self._lengths[snapshot] :]


class Purse:
    """What someone has on chain: wei apart, the rest as money at the prices given."""

    def __init__(self, model: StressModel, address: Address, prices: list[float]) -> None:
        adapter = model.system.adapter
        (self.wei,) = model.engine.balances([address])
        tokens = (adapter.stable, *adapter.tokens)
        calls = [Call(token.address, token.balanceOf(address)) for token in tokens]
        stable, *held = (words(result.output)[0] for result in model.engine.call(calls))
        ledger = model.system.ledger
        accounts = [i for i, owner in enumerate(ledger.owners, start=1) if owner == address]
        for account in accounts:
            core = adapter.core
            asked = [Call(core.address, core.debt(account))]
            asked += [
                Call(core.address, core.collateral_of(account, token.address))
                for token in adapter.tokens
            ]
            debt, *locked = (words(answer.output)[0] for answer in model.engine.call(asked))
            stable -= debt
            held = [sum(pair) for pair in zip(held, locked, strict=True)]
        self.money = stable * WAD
        for amount, price, asset in zip(held, prices, model.scenario.assets, strict=True):
            self.money += amount * to_wad(price) * WAD // 10**asset.decimals


@pytest.mark.parametrize("world", WORLDS)
def test_profit__everyone__is_the_change_of_balances_on_chain_to_the_last_unit(world: str) -> None:
    terms = scenario(**{**EVERYONE, **WORLDS[world]})
    with open_engine(IN_PROCESS) as opened:
        kept = Kept(opened)
        model = StressModel(terms, rng=5, engine=kept)
        people = {agent.name: agent.address for agent in model.agents if agent.role != "venue"}
        prices = model.outside.prices(0).tolist()
        before = {name: Purse(model, at, prices) for name, at in people.items()}
        first = len(kept.kept)
        finish(model).audit()
        prices = model.outside.prices(model.steps).tolist()
        after = {name: Purse(model, at, prices) for name, at in people.items()}
        paid, gas = _paid(model, kept, first)
    for name, address in people.items():
        assert before[name].wei - after[name].wei == paid[address]
        earned = after[name].money + _coming(model, address) - before[name].money - gas[address]
        assert model.profits()[name] == earned, name


def _coming(model: StressModel, address: Address) -> int:
    """Money that the venue still owes someone, at the prices of the end."""
    if not model.floor:
        return 0
    stable, tokens = model.floor.owed_to(address)
    prices = model.outside.prices(model.steps).tolist()
    worth = (amount * to_wad(price) for amount, price in zip(tokens, prices, strict=True))
    return stable * WAD + sum(worth)


def _paid(
    model: StressModel, kept: Kept, first: int
) -> tuple[dict[Address, int], dict[Address, int]]:
    """Of each sender: wei, and the money that they were in their blocks."""
    wei: dict[Address, int] = defaultdict(int)
    money: dict[Address, int] = defaultdict(int)
    for number, (request, block) in enumerate(kept.kept[first:], start=1):
        for transaction, receipt in zip(request.transactions, block.receipts, strict=True):
            cost = receipt.gas_used * receipt.effective_gas_price
            cost += transaction.value if receipt.status is Status.SUCCEEDED else 0
            wei[transaction.sender] += cost
            money[transaction.sender] += cost * to_wad(model.outside.eth_usd(number))
    return wei, money


@pytest.mark.parametrize("world", WORLDS)
def test_liquidations__of_each_liquidator__sum_up_to_its_profit(world: str) -> None:
    """What its liquidations earned, less gas that belongs to none of them."""
    terms = scenario(**{**EVERYONE, **WORLDS[world]})
    with open_engine(IN_PROCESS) as opened:
        model = finish(StressModel(terms, rng=5, engine=opened))
        prices = model.outside.prices(model.steps).tolist()
        done, profits = model.tally.liquidations, model.profits()
    won = 0
    for agent in model.agents:
        if agent.role != "liquidator":
            continue
        deals = done.of(agent.name)
        costs = sum(each.deal.spent - of_stable(each.done.repaid) for each in deals)
        others = model.tally.paid(agent.name) - costs
        assert others >= 0
        assert done.profit(agent.name, prices) - others == profits[agent.name]
        won += len(deals)
    assert won > 5 or "attacked" in world  # the manipulator is first there


# ------------------------------------------------------------------------------ the books

PIECES = st.lists(st.integers(1, 10**24), min_size=1, max_size=6)


@given(seized=PIECES, sold=PIECES, out=st.integers(0, 10**26), gas=st.integers(0, 10**40))
def test_sold__any_pieces__nothing_is_lost_between_deals(
    seized: list[int], sold: list[int], out: int, gas: int
) -> None:
    """As long as there is something left, proceeds and gas go to some deal, to the last unit."""
    books = Books([WAD])
    deals = [books.seized("a", 0, amount, 7, 3) for amount in seized]
    told = 0
    for amount in sold:
        amount = min(amount, sum(deal.left for deal in deals))
        if amount:
            books.sold("a", 0, amount, out, 200.0, gas)
            told += 1
    assert sum(deal.brought for deal in deals) == told * of_stable(out)
    assert sum(deal.spent for deal in deals) == len(deals) * (of_stable(7) + 3) + told * gas
    unsold = [deal.left > 0 for deal in deals]
    assert unsold == sorted(unsold)  # the oldest are sold first


def test_sold__first_in_first_out__and_slippage_is_against_the_price_then() -> None:
    books = Books([10**8])
    early, late = (books.seized("a", 0, 10**8, 190 * WAD, 0) for _ in range(2))
    books.sold("a", 0, 15 * 10**7, 285 * WAD, 200.0, 9)
    assert (early.left, late.left) == (0, 5 * 10**7)
    assert (early.brought, late.brought) == (190 * MONEY, 95 * MONEY)
    assert (early.slippage, late.slippage) == (10 * MONEY, 5 * MONEY)
    assert (early.spent, late.spent) == (190 * MONEY + 6, 190 * MONEY + 3)
    assert books.profit(late, [100.0]) == (95 + 50 - 190) * MONEY - 3


def test_sold__what_was_never_seized__is_nobodys_deal() -> None:
    books = Books([WAD])
    deal = books.seized("a", 0, WAD, 100 * WAD, 0)
    books.sold("b", 0, WAD, 200 * WAD, 200.0, 1)
    assert (deal.left, deal.brought) == (WAD, 0)


def test_capital__is_the_most_ever_at_work() -> None:
    books = Books([WAD])
    books.seized("a", 0, WAD, 100 * WAD, 0)
    books.sold("a", 0, WAD, 110 * WAD, 200.0, 0)
    books.seized("a", 0, WAD, 60 * WAD, 0)
    assert books.capital("a") == 100 * MONEY
    books.seized("a", 0, WAD, 60 * WAD, 0)
    assert books.capital("a") == 110 * MONEY
    assert books.capital("nobody") == 0


def test_flashed__is_over_at_once_and_needs_no_capital() -> None:
    books = Books([WAD])
    deal = books.flashed("a", 0, 105 * MONEY, 100 * WAD, 2 * WAD, 7)
    assert books.profit(deal, [1.0]) == 2 * MONEY - 7
    assert deal.slippage == 3 * MONEY
    assert books.capital("a") == 0
