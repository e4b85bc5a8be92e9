"""Gas of whole transactions, each in a block of its own, on the real oracle and models.

Recipients are warm: whoever is paid holds some of the token already, as people who use the
protocol do. Everything else is as a first-time caller meets it: nothing in the access list.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sim.chain.engine import GENESIS_BASE_FEE, BlockRequest, Transaction
from sim.protocol.abi import Contract
from sim.units import MAX_UINT256, WAD, Address
from tests.invariants.core_world import actor
from tests.vectors.system import (
    BORROWER,
    ETHER,
    GUARDIAN,
    LIQUIDATOR,
    OWNER,
    PERCENT,
    STRANGER,
    System,
)

COUNTS = (1, 3, 8)
"""Collaterals of the account."""
REPORTERS = tuple(actor(f"reporter {i}") for i in range(3))
CURVE = (PERCENT, 4 * PERCENT, 75 * PERCENT, 80 * PERCENT)
DAY = 86_400
DEBT = 12_000 * WAD
DEPTH = 10**7 * WAD


class Protocol(System):
    """The real oracle in place of the feed; an account that holds `count` assets alike, worth
    20,000 together at 2,000 a token, and owes 12,000."""

    def __init__(self, count: int, token: str = "MockToken") -> None:
        super().__init__(
            assets=(ETHER,) * count,
            prices=(),
            rate=CURVE,
            grace=0,
            loss_threshold=10**24,
            token=token,
        )
        for reporter in REPORTERS:
            self.must(OWNER, self.feed.set_reporter, reporter, True)
        for token in self.tokens:
            self.must(OWNER, self.feed.set_asset, token.address, 365 * DAY, 0, 2)
        self.prices(2_000)
        self.count = count
        self.last = count - 1
        self.account(STRANGER, [WAD] * count, 500 * WAD)
        self.debtor = self.account(BORROWER, [10 * WAD // count] * count, DEBT)
        self.stables(LIQUIDATOR, 10**6 * WAD)
        self.stables(BORROWER, 10**5 * WAD)
        self.stables(OWNER, 2 * DEPTH)
        self.must(OWNER, self.stable.transfer, self.reserve.address, 10**4 * WAD)
        for i, token in enumerate(self.tokens):
            for holder in (LIQUIDATOR, BORROWER, OWNER):
                self.collateral(holder, i, 10**6 * WAD)
            self.must(OWNER, token.transfer, self.reserve.address, WAD)
        self.wait(60)

    def create(self, name: str, *arguments: Any) -> Contract:
        if name == "MockFeed":
            return super().create("PriceOracle", OWNER)
        return super().create(name, *arguments)

    def prices(self, usd: int) -> None:
        for reporter in REPORTERS:
            self.must(reporter, self.feed.post, *self.report(usd))

    def report(self, usd: int) -> tuple[list[Address], list[int]]:
        return [token.address for token in self.tokens], [usd * WAD] * len(self.tokens)

    def pool(self) -> Contract:
        pool = self.create("AmmPool", self.token(self.last), self.stable.address, 3 * WAD // 1_000)
        for token in (self.tokens[self.last], self.stable):
            for holder in (OWNER, LIQUIDATOR):
                self.must(holder, token.approve, pool.address, MAX_UINT256)
        self.must(OWNER, pool.add_liquidity, DEPTH // 2_000, DEPTH, 0, OWNER)
        return pool

    def code_size(self, contract: Contract) -> int:
        """Bytes of code at an address, told by a creation that reverts with EXTCODESIZE."""
        code = b"\x73" + contract.address + bytes.fromhex("3b5f5260205ffd")
        sender = actor("surveyor")
        self.engine.set_balance(sender, WAD)
        fee = 2 * GENESIS_BASE_FEE
        self.now += 1
        creation = Transaction(sender, None, code, 100_000, fee, 0, 0)
        block = self.engine.mine(BlockRequest([creation], self.now, GENESIS_BASE_FEE))
        return int.from_bytes(block.receipts[0].output, "big")


Row = Callable[[Protocol], int]
ROWS: dict[str, Row] = {}


def row(name: str) -> Callable[[Row], Row]:
    def add(measure: Row) -> Row:
        ROWS[name] = measure
        return measure

    return add


def measure(counts: tuple[int, ...] = COUNTS) -> dict[str, dict[str, int]]:
    """Row -> number of collaterals -> gas; and the code size of the core in bytes."""
    table: dict[str, dict[str, int]] = {name: {} for name in ROWS}
    for count in counts:
        protocol = Protocol(count)
        start = protocol.snapshot()
        for name, run in ROWS.items():
            protocol.restore(start)
            table[name][str(count)] = run(protocol)
        protocol.restore(start)
        size = protocol.code_size(protocol.core)
    return table | {"code size, bytes": {str(counts[-1]): size}}


# ------------------------------------------------------------------ what people do


@row("open")
def _(p: Protocol) -> int:
    return p.must(BORROWER, p.core.open).gas


@row("deposit, of what is not held yet")
def _(p: Protocol) -> int:
    p.must(BORROWER, p.core.open)
    account = p.read(p.core.account_count)
    return p.must(BORROWER, p.core.deposit, account, p.token(p.last), WAD).gas


@row("deposit, more")
def _(p: Protocol) -> int:
    return p.must(BORROWER, p.core.deposit, p.debtor, p.token(p.last), WAD).gas


@row("deposit, by a stranger")
def _(p: Protocol) -> int:
    return p.must(LIQUIDATOR, p.core.deposit, p.debtor, p.token(p.last), WAD).gas


@row("withdraw, with debt")
def _(p: Protocol) -> int:
    return p.must(BORROWER, p.core.withdraw, p.debtor, p.token(p.last), 10**15, BORROWER).gas


@row("borrow, first")
def _(p: Protocol) -> int:
    p.must(BORROWER, p.core.repay, p.debtor, MAX_UINT256)
    return p.must(BORROWER, p.core.borrow, p.debtor, DEBT, BORROWER).gas


@row("borrow, more")
def _(p: Protocol) -> int:
    return p.must(BORROWER, p.core.borrow, p.debtor, WAD, BORROWER).gas


@row("repay, part")
def _(p: Protocol) -> int:
    return p.must(BORROWER, p.core.repay, p.debtor, WAD).gas


@row("repay, all")
def _(p: Protocol) -> int:
    return p.must(BORROWER, p.core.repay, p.debtor, MAX_UINT256).gas


@row("repay, curing a call")
def _(p: Protocol) -> int:
    p.prices(1_450)
    p.must(STRANGER, p.core.margin_call, p.debtor)
    return p.must(BORROWER, p.core.repay, p.debtor, 5_000 * WAD).gas


@row("accrue")
def _(p: Protocol) -> int:
    return p.must(STRANGER, p.core.accrue).gas


@row("margin_call")
def _(p: Protocol) -> int:
    p.prices(1_450)
    return p.must(STRANGER, p.core.margin_call, p.debtor).gas


@row("clear_margin_call")
def _(p: Protocol) -> int:
    p.prices(1_450)
    p.must(STRANGER, p.core.margin_call, p.debtor)
    p.prices(2_000)
    return p.must(STRANGER, p.core.clear_margin_call, p.debtor).gas


@row("liquidate")
def _(p: Protocol) -> int:
    p.prices(1_450)
    return _liquidate(p, 1_000 * WAD)


@row("liquidate, again and curing")
def _(p: Protocol) -> int:
    p.prices(1_490)
    _liquidate(p, 100 * WAD)
    return _liquidate(p, 1_000 * WAD)


@row("liquidate, bad debt")
def _(p: Protocol) -> int:
    p.must(BORROWER, p.core.open)
    account = p.read(p.core.account_count)
    p.must(BORROWER, p.core.deposit, account, p.token(p.last), WAD)
    p.must(BORROWER, p.core.borrow, account, 1_200 * WAD, BORROWER)
    p.prices(1_000)
    return _liquidate(p, 1_200 * WAD, account)


@row("liquidate, bad debt and dust of the rest")
def _(p: Protocol) -> int:
    p.must(BORROWER, p.core.open)
    account = p.read(p.core.account_count)
    for i in range(p.count):
        amount = WAD if i == p.last else WAD // 1_000
        p.must(BORROWER, p.core.deposit, account, p.token(i), amount)
    p.must(BORROWER, p.core.borrow, account, 1_200 * WAD, BORROWER)
    p.prices(1_000)
    return _liquidate(p, 1_200 * WAD, account)


@row("absorb")
def _(p: Protocol) -> int:
    p.prices(1_000)
    return p.must(STRANGER, p.core.absorb, p.debtor).gas


@row("heal")
def _(p: Protocol) -> int:
    p.must(OWNER, p.reserve.spend, p.stable.address, OWNER, 10**4 * WAD)
    p.prices(1_000)
    p.must(STRANGER, p.core.absorb, p.debtor)
    return p.must(LIQUIDATOR, p.core.heal, WAD).gas


@row("pay_reserve")
def _(p: Protocol) -> int:
    """Of what the Reserve was refused."""
    p = Protocol(p.count, token="BlockingToken")
    p.must(OWNER, p.tokens[p.last].block, p.reserve.address, True)
    p.prices(1_000)
    p.must(STRANGER, p.core.absorb, p.debtor)
    p.must(OWNER, p.tokens[p.last].block, p.reserve.address, False)
    return p.must(STRANGER, p.core.pay_reserve, p.token(p.last)).gas


# ------------------------------------------------------------------ owner and guardian


@row("set_config")
def _(p: Protocol) -> int:
    return p.must(OWNER, p.core.set_config, p.config.values()).gas


@row("set_account_limit")
def _(p: Protocol) -> int:
    return p.must(OWNER, p.core.set_account_limit, p.debtor, WAD).gas


@row("set_deposit_cap")
def _(p: Protocol) -> int:
    return p.must(OWNER, p.core.set_deposit_cap, p.token(p.last), WAD).gas


@row("set_guardian")
def _(p: Protocol) -> int:
    return p.must(OWNER, p.core.set_guardian, STRANGER).gas


@row("set_paused")
def _(p: Protocol) -> int:
    return p.must(GUARDIAN, p.core.set_paused, 3).gas


@row("reset_breaker")
def _(p: Protocol) -> int:
    p.configure(loss_threshold=1)
    p.must(OWNER, p.reserve.spend, p.stable.address, OWNER, 10**4 * WAD)
    p.prices(1_000)
    p.must(STRANGER, p.core.absorb, p.debtor)
    return p.must(GUARDIAN, p.core.reset_breaker).gas


@row("transfer_ownership")
def _(p: Protocol) -> int:
    return p.must(OWNER, p.core.transfer_ownership, STRANGER).gas


@row("accept_ownership")
def _(p: Protocol) -> int:
    p.must(OWNER, p.core.transfer_ownership, STRANGER)
    return p.must(STRANGER, p.core.accept_ownership).gas


# ------------------------------------------------------------------ around the core


@row("oracle: post, third of three reporters")
def _(p: Protocol) -> int:
    for reporter in REPORTERS[:2]:
        p.must(reporter, p.feed.post, *p.report(1_990))
    return p.must(REPORTERS[2], p.feed.post, *p.report(1_980)).gas


@row("pool: swap")
def _(p: Protocol) -> int:
    pool = p.pool()
    return p.must(LIQUIDATOR, pool.swap, p.token(p.last), WAD, 0, LIQUIDATOR).gas


@row("oracle of the pool: poke")
def _(p: Protocol) -> int:
    oracle = p.create("PoolOracle", [p.pool().address], 600)
    p.must(STRANGER, oracle.poke, p.token(p.last))
    p.wait(600)
    return p.must(STRANGER, oracle.poke, p.token(p.last)).gas


@row("peg module: mint")
def _(p: Protocol) -> int:
    p.must(LIQUIDATOR, p.coin.mint, LIQUIDATOR, 2)
    p.must(LIQUIDATOR, p.coin.approve, p.peg.address, MAX_UINT256)
    return p.must(LIQUIDATOR, p.peg.mint, 1, 0, LIQUIDATOR).gas


@row("peg module: redeem")
def _(p: Protocol) -> int:
    p.must(LIQUIDATOR, p.stable.approve, p.peg.address, MAX_UINT256)
    return p.must(LIQUIDATOR, p.peg.redeem, WAD, 0, LIQUIDATOR).gas


@row("flash liquidator: liquidate")
def _(p: Protocol) -> int:
    flash, pool = p.create("FlashLiquidator", p.core.address), p.pool()
    p.must(OWNER, p.stable.set_flash_cap, 10**9 * WAD)
    p.prices(1_450)
    token = p.token(p.last)
    return p.must(
        LIQUIDATOR, flash.liquidate, p.debtor, token, 100 * WAD, pool.address, 0
    ).gas  # fmt: skip


def _liquidate(p: Protocol, repay: int, account: int | None = None) -> int:
    outcome = p.liquidate(account or p.debtor, repay, asset=p.last)
    if not outcome.ok:
        raise AssertionError(outcome.reason)
    return outcome.gas
