"""Whatever anyone does in whatever order: the core stays exact, solvent and open to repayment.

A Hypothesis state machine acts on the contract and on `core_reference.Reference` beside it.
The same runs every time; PLIMSOLL_FUZZ_STEPS, the length of a run, or PLIMSOLL_FUZZ_RUNS,
their number, makes it look elsewhere for longer.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from copy import deepcopy
from functools import cache
from typing import Any

from core_reference import Position, Reference, Refused
from core_world import DAY, Asset, Config, World, actor
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
)

from sim.chain import in_process
from sim.units import MAX_UINT256, RAY, WAD, Address

STEPS = int(os.environ.get("PLIMSOLL_FUZZ_STEPS", "40"))
RUNS = int(os.environ.get("PLIMSOLL_FUZZ_RUNS", "40" if in_process() == "revm" else "6"))

BORROWERS = (actor("borrower"), actor("trader"))
LIQUIDATOR = actor("liquidator")
STRANGER = actor("stranger")
PEOPLE = (*BORROWERS, LIQUIDATOR, STRANGER)
ACCOUNTS = 3
PRICES = (2_000 * WAD, 30_000 * WAD)
ENDOWMENT = 3_000_000 * WAD
TOKENS = (1_000 * 10**18, 70 * 10**8)

CONFIGS = (
    Config(),
    Config(grace=0, close_factor=WAD, reserve_share=WAD, cap_toxic=False),
    Config(grace=60, call_window=600, min_debt=0, min_left=0, min_deposit=0, loss_window=60),
    Config(debt_ceiling=20_000 * WAD, account_ceiling=10_000 * WAD, loss_threshold=1),
    Config(debt_ceiling=0, min_left=5_000 * WAD, min_debt=2_000 * WAD, liquidator_floor=WAD),
)

people = st.sampled_from(PEOPLE)
accounts = st.integers(0, ACCOUNTS - 1)
assets = st.integers(0, 1)
shares = st.sampled_from([1, 10**3, WAD // 1000, WAD // 10, WAD // 2, WAD, 2 * WAD]) | st.integers(
    0, 2 * WAD
)
"""WAD share of a natural amount, often its ends."""
moves = st.sampled_from([50, 80, 90, 97, 100, 103, 110, 125, 200]) | st.integers(1, 300)
"""Percent."""
seconds = st.sampled_from([1, 12, 60, 601, 3_600, DAY, DAY + 3_601]) | st.integers(1, 40 * DAY)


AUCTION = (2 * WAD // 100, 10 * WAD // 100, 7_200)
"""Of the DutchPenalty: start, cap, seconds. It shows since when an account is on record."""


def penalty(elapsed: int) -> int:
    start, cap, duration = AUCTION
    return start + (cap - start) * min(elapsed, duration) // duration


@cache
def base() -> tuple[World, Any, Reference]:
    """A deployed world with three funded accounts' worth of tokens, and its books."""
    world = World(config=CONFIGS[0], penalty=("DutchPenalty", *AUCTION))
    reference = _books(world, world.assets)
    for i, price in enumerate(PRICES):
        world.price(i, price)
        reference.prices[i] = (price, True)
    for person in PEOPLE:
        world.stables(person, ENDOWMENT)
        reference.stable[person] = ENDOWMENT
        for i, amount in enumerate(TOKENS):
            world.collateral(person, i, amount)
            reference.tokens[i][person] = amount
    for owner in (*BORROWERS, BORROWERS[0]):
        world.must(owner, world.core.open)
        reference.open(owner)
    return world, world.snapshot(), reference


def _books(world: World, assets: tuple[Asset, ...]) -> Reference:
    terms = (WAD // 100, 4 * WAD // 100, 60 * WAD // 100, 80 * WAD // 100)
    return Reference(
        world.owner,
        actor("guardian"),
        world.reserve.address,
        assets,
        world.config,
        penalty,
        *terms,
        now=world.now,
        updated_at=world.core_since,
    )


class Solvency(RuleBasedStateMachine):
    """Amounts are drawn as shares of what is natural, so that most steps do something."""

    def __init__(self) -> None:
        super().__init__()
        self.world, snapshot, reference = base()
        self.world.restore(snapshot)
        self.core = self.world.core
        self.ref = deepcopy(reference)
        self.index = RAY
        self.donated = [0, 0]

    @initialize(values=st.tuples(*[st.integers(5, 60)] * ACCOUNTS))
    def start_leveraged(self, values: tuple[int, ...]) -> None:
        for account, value in enumerate(values):
            owner = self.ref.accounts[account].owner
            asset = account % 2
            amount = value * 1_000 * WAD * 10 ** self.world.assets[asset].decimals
            self._deposit(owner, account, asset, amount // PRICES[asset])
            self._borrow(owner, account, value * 690 * WAD)

    # ------------------------------------------------------------------- rules

    @rule(payer=people, account=accounts, asset=assets, share=shares)
    def deposit(self, payer: Address, account: int, asset: int, share: int) -> None:
        self._deposit(payer, account, asset, TOKENS[asset] // 50 * share // WAD)

    @rule(account=accounts, asset=assets, share=shares, to=people, caller=st.none() | people)
    def withdraw(
        self, account: int, asset: int, share: int, to: Address, caller: Address | None
    ) -> None:
        a = self.ref.accounts[account]
        sender, amount = caller or a.owner, a.amounts[asset] * share // WAD
        token = self.world.tokens[asset].address
        self._step(
            lambda: self.ref.withdraw(sender, account, asset, amount, to),
            (sender, self.core.withdraw, account + 1, token, amount, to),
            touched=account,
        )

    @rule(account=accounts, asset=assets, beyond=st.integers(0, 1))
    def withdraw_most(self, account: int, asset: int, beyond: int) -> None:
        a = self.ref.accounts[account]
        self._tick()
        most = _largest(lambda x: self.ref.withdrawable(account, asset, x), a.amounts[asset])
        self._untick()
        token = self.world.tokens[asset].address
        self._step(
            lambda: self.ref.withdraw(a.owner, account, asset, most + beyond, a.owner),
            (a.owner, self.core.withdraw, account + 1, token, most + beyond, a.owner),
            touched=account,
        )

    @rule(account=accounts, share=shares, caller=st.none() | people)
    def borrow(self, account: int, share: int, caller: Address | None) -> None:
        sender = caller or self.ref.accounts[account].owner
        self._borrow(sender, account, 10_000 * WAD * share // WAD)

    @rule(account=accounts, beyond=st.integers(0, 1))
    def borrow_most(self, account: int, beyond: int) -> None:
        """To the unit: the most that passes, or one unit more."""
        self._tick()
        most = _largest(lambda x: self.ref.borrowable(account, x), 2**90)
        self._untick()
        self._borrow(self.ref.accounts[account].owner, account, most + beyond)

    @rule(account=accounts, bit=st.sampled_from([96, 127, 128, 129, 160]), share=shares)
    def borrow_the_absurd(self, account: int, bit: int, share: int) -> None:
        """Shares that do not fit the field they are packed into, but for a natural rest."""
        self._tick()
        amount = (2**bit + 10_000 * share) * self.ref.index_now() // RAY
        self._untick()
        self._borrow(self.ref.accounts[account].owner, account, amount)

    @rule(payer=people, account=accounts, share=shares)
    def repay(self, payer: Address, account: int, share: int) -> None:
        amount = self.ref.debt(account) * share // WAD
        self._step(
            lambda: self.ref.repay(payer, account, amount),
            (payer, self.core.repay, account + 1, amount),
            touched=account,
        )

    @rule()
    def accrue(self) -> None:
        self._step(self.ref.accrue, (STRANGER, self.core.accrue))

    @rule(account=accounts)
    def margin_call(self, account: int) -> None:
        account = self._one(account, lambda n: self.ref.position(n).buffer < 0)
        self._step(
            lambda: self.ref.margin_call(account),
            (STRANGER, self.core.margin_call, account + 1),
        )

    @rule(account=accounts)
    def clear_margin_call(self, account: int) -> None:
        account = self._one(account, lambda n: self.ref.accounts[n].called_at != 0)
        self._step(
            lambda: self.ref.clear_margin_call(account),
            (STRANGER, self.core.clear_margin_call, account + 1),
        )

    @rule(account=accounts, asset=assets, share=shares, greed=st.integers(-1, 1), to=people)
    def liquidate(self, account: int, asset: int, share: int, greed: int, to: Address) -> None:
        """Asks for what it would seize, one unit less, or one more."""
        account = self._one(account, self.ref.is_due)
        if self.ref.accounts[account].amounts[asset] == 0 and share % 3:
            asset = 1 - asset
        amount = self.ref.debt(account) * share // WAD
        least = 0
        self._tick()
        before = self.ref.position(account)
        try:
            plan = self.ref.seizure(account, asset, amount)
            least = max(plan.taken - plan.cut + greed, 0)
        except Refused:
            pass
        self._untick()
        token = self.world.tokens[asset].address
        done = self._step(
            lambda: self.ref.liquidate(LIQUIDATOR, account, asset, amount, least, to),
            (LIQUIDATOR, self.core.liquidate, account + 1, token, amount, least, to),
            touched=account,
        )
        if done:
            after = self.ref.position(account)
            emptied = not any(self.ref.accounts[account].amounts)
            slack = 16 + self.ref.index // RAY
            assert before.value < before.debt or emptied or after.buffer + slack >= before.buffer

    @rule(account=accounts, asset=assets)
    def liquidate_most(self, account: int, asset: int) -> None:
        self.liquidate(account, asset, WAD, 0, LIQUIDATOR)

    @rule(account=accounts)
    def absorb(self, account: int) -> None:
        account = self._one(account, lambda n: self.ref.status(n) == 4)
        self._step(
            lambda: self.ref.absorb(account),
            (STRANGER, self.core.absorb, account + 1),
            touched=account,
        )

    @rule(payer=people, share=shares)
    def heal(self, payer: Address, share: int) -> None:
        amount = self.ref.bad_debt * share // WAD
        self._step(lambda: self.ref.heal(payer, amount), (payer, self.core.heal, amount))

    @rule(asset=assets, amount=st.integers(1, 10**6), giver=people)
    def donate(self, asset: int, amount: int, giver: Address) -> None:
        """Tokens sent to the core by hand change nobody's account."""
        self.donated[asset] += amount

        def give() -> None:
            if self.ref.tokens[asset][giver] < amount:
                self.donated[asset] -= amount
                raise Refused("erc20: insufficient balance")
            self.ref.tokens[asset][giver] -= amount

        token = self.world.tokens[asset]
        self._step(give, (giver, token.transfer, self.core.address, amount))

    @rule(asset=assets, move=moves, valid=st.sampled_from([True, True, True, False]))
    def move_price(self, asset: int, move: int, valid: bool) -> None:
        price = max(self.ref.prices[asset][0] * move // 100, 10**12)
        self._set_price(asset, price, valid)

    @rule(
        account=accounts,
        cover=st.sampled_from([45, 54, 70, 99, 100, 101, 104, 109, 115, 118, 121]),
        valid=st.sampled_from([True, True, True, False]),
        late=st.booleans(),
        asset=assets,
        share=st.none() | shares,
    )
    def sink(
        self, account: int, cover: int, valid: bool, late: bool, asset: int, share: int | None
    ) -> None:
        """Both prices to where an account's collateral is that percentage of its debt; it is
        called and its grace runs out, perhaps; it is liquidated, perhaps."""
        account = self._one(account, lambda n: self.ref.accounts[n].shares > 0)
        p = self.ref.position(account)
        if p.value and p.debt:
            for i, (price, _) in enumerate(self.ref.prices):
                price = price * p.debt * cover // (100 * p.value)
                self._set_price(i, max(price, 10**12), valid or i == asset)
        if late:
            self.margin_call(account)
            self.wait(self.ref.config.grace or 1)
        if share is not None:
            self.liquidate(account, asset, share, 0, LIQUIDATOR)

    @rule()
    def recover(self) -> None:
        for asset, price in enumerate(PRICES):
            self._set_price(asset, price, True)

    @rule(duration=seconds)
    def wait(self, duration: int) -> None:
        self.world.wait(duration)
        self.ref.now = self.world.now

    @rule(account=accounts, edge=st.integers(0, 2), beside=st.integers(-1, 1))
    def wait_for_an_edge(self, account: int, edge: int, beside: int) -> None:
        """To the second before, of or after a deadline, the end of a call or of a record; then
        look, call and liquidate at that time."""
        account = self._one(account, lambda n: any(self.ref.call_of(n)))
        called_at, deadline, recorded_at = self.ref.call_of(account)
        window = self.ref.config.call_window
        starts = (called_at, called_at, recorded_at)
        edges = (deadline, deadline + window, recorded_at + window)
        if starts[edge] and edges[edge] + beside - 1 > self.world.now:
            self.wait(edges[edge] + beside - 1 - self.world.now)
            for asset in (0, 1):
                self.liquidate(account, asset, WAD // 1000, 0, LIQUIDATOR)
            self.margin_call(account)

    @rule(config=st.sampled_from(CONFIGS))
    def configure(self, config: Config) -> None:
        sender, method = self.world.owner, self.core.set_config
        self._step(
            lambda: self.ref.set_config(config), (sender, method, *config.values()), moved=True
        )

    @rule(caller=st.sampled_from(["owner", "guardian", "stranger"]), flags=st.integers(0, 3))
    def pause(self, caller: str, flags: int) -> None:
        sender = actor(caller)
        self._step(
            lambda: self.ref.set_paused(sender, flags), (sender, self.core.set_paused, flags)
        )

    @rule(caller=st.sampled_from(["owner", "guardian", "stranger"]))
    def reset_breaker(self, caller: str) -> None:
        sender = actor(caller)
        self._step(lambda: self.ref.reset_breaker(sender), (sender, self.core.reset_breaker))

    @rule(asset=assets, share=shares)
    def cap_deposits(self, asset: int, share: int) -> None:
        cap = TOKENS[asset] // 20 * share // WAD
        token = self.world.tokens[asset].address
        self._step(
            lambda: self.ref.caps.__setitem__(asset, cap),
            (self.world.owner, self.core.set_deposit_cap, token, cap),
        )

    @rule(account=accounts, limit=st.sampled_from([0, 1, 5_000 * WAD, MAX_UINT256]))
    def limit_account(self, account: int, limit: int) -> None:
        self._step(
            lambda: self.ref.limits.__setitem__(account, limit),
            (self.world.owner, self.core.set_account_limit, account + 1, limit),
        )

    # -------------------------------------------------------------- invariants

    @invariant()
    def views_agree_to_the_last_unit(self) -> None:
        world, ref, core = self.world, self.ref, self.core
        index = ref.index_now()
        total = ref.total(index)
        assert world.read(core.totals) == (
            total,
            ref.shares,
            index,
            ref.unminted_now(),
            ref.bad_debt,
            ref.utilisation(index),
            ref.rate(index),
            ref.now,
        )
        assert world.read(core.paused) == ref.paused
        assert world.read(core.breaker_tripped) == ref.tripped
        for i, token in enumerate(world.tokens):
            assert world.read(core.deposited, token.address) == ref.deposited(i)
            for holder in (*PEOPLE, ref.reserve):
                assert world.read(token.balanceOf, holder) == ref.tokens[i][holder]
        for holder in (*PEOPLE, ref.reserve):
            assert world.read(world.stable.balanceOf, holder) == ref.stable[holder]
        for account in range(ACCOUNTS):
            self._agree_on(account)

    def _agree_on(self, account: int) -> None:
        world, ref, core = self.world, self.ref, self.core
        a, p, number = ref.accounts[account], ref.position(account), account + 1
        position = (p.value, p.debt, p.initial, p.maintenance, p.close_out, p.valid)
        assert world.read(core.position, number) == position
        assert world.read(core.status, number) == ref.status(account)
        assert world.read(core.health_factor, number) == p.health
        assert world.read(core.maintenance_buffer, number) == p.buffer
        assert world.read(core.margin_ratio, number) == p.ratio
        assert world.read(core.equity, number) == p.value - p.debt
        assert world.read(core.requirements, number) == position[2:5]
        assert world.read(core.shares_of, number) == a.shares
        assert world.read(core.called_at, number) == ref.call_of(account)[0]
        most = world.read(core.max_borrow, number)
        assert most == 0 or ref.borrowable(account, most)
        assert not ref.borrowable(account, most + 1)
        for i, token in enumerate(world.tokens):
            assert world.read(core.collateral_of, number, token.address) == a.amounts[i]
            most = world.read(world.lens.max_withdraw, number, token.address)
            assert most == 0 or ref.withdrawable(account, i, most)
            assert not ref.withdrawable(account, i, most + 1)
            self._agree_on_seizure(account, i)
            least = world.read(world.lens.liquidation_price, number, token.address)
            if least != MAX_UINT256:
                assert ref.keeps_margin_at(account, i, least)
            if least:
                assert not ref.keeps_margin_at(account, i, min(least - 1, 2**127))

    def _agree_on_seizure(self, account: int, asset: int) -> None:
        token = self.world.tokens[asset].address
        preview = self.world.read(self.core.preview_liquidate, account + 1, token, MAX_UINT256)
        try:
            plan = self.ref.seizure(account, asset, MAX_UINT256)
        except Refused:
            assert not preview[0]
        else:
            seized = plan.taken - plan.cut
            assert preview == (True, plan.repaid, seized, plan.cut, plan.penalty)

    @invariant()
    def the_books_balance(self) -> None:
        """Supply + unminted = total debt + peg-minted + bad debt; Σ shares = total shares."""
        world = self.world
        debt, shares, _, unminted, bad_debt, *_ = world.read(self.core.totals)
        supply = world.read(world.stable.totalSupply)
        assert supply + unminted == debt + world.read(world.peg.minted) + bad_debt
        owed = [world.read(self.core.shares_of, i + 1) for i in range(ACCOUNTS)]
        assert sum(owed) == shares
        for i, token in enumerate(world.tokens):
            held = world.read(token.balanceOf, self.core.address)
            accounts = (
                world.read(self.core.collateral_of, n + 1, token.address) for n in range(ACCOUNTS)
            )
            assert held == sum(accounts) + self.donated[i]

    @invariant()
    def the_index_never_falls(self) -> None:
        index = self.world.read(self.core.totals)[2]
        assert index >= self.index
        self.index = index

    @invariant()
    def no_debt_without_collateral(self) -> None:
        for account in self.ref.accounts:
            assert account.shares == 0 or any(account.amounts)

    def teardown(self) -> None:
        """Paused, tripped or without a price: who repays gets everything out."""
        ref, core = self.ref, self.core
        self.world.must(self.world.owner, core.set_paused, 3)
        for asset in (0, 1):
            self._set_price(asset, 0, False)
        for account, a in enumerate(ref.accounts):
            if self.world.read(core.debt, account + 1):
                self.world.must(LIQUIDATOR, core.repay, account + 1, MAX_UINT256)
            for asset, amount in enumerate(a.amounts):
                if amount:
                    token = self.world.tokens[asset].address
                    self.world.must(a.owner, core.withdraw, account + 1, token, amount, a.owner)
        debt, shares, _, unminted, bad_debt, *_ = self.world.read(core.totals)
        supply = self.world.read(self.world.stable.totalSupply)
        assert debt == shares == 0
        assert supply + unminted == self.world.read(self.world.peg.minted) + bad_debt
        for asset, token in enumerate(self.world.tokens):
            held = self.world.read(token.balanceOf, core.address)
            assert held == self.donated[asset]

    # ----------------------------------------------------------------- helpers

    def _deposit(self, payer: Address, account: int, asset: int, amount: int) -> None:
        token = self.world.tokens[asset].address
        self._step(
            lambda: self.ref.deposit(payer, account, asset, amount),
            (payer, self.core.deposit, account + 1, token, amount),
            touched=account,
        )

    def _borrow(self, sender: Address, account: int, amount: int) -> None:
        self._step(
            lambda: self.ref.borrow(sender, account, amount, sender),
            (sender, self.core.borrow, account + 1, amount, sender),
            touched=account,
        )

    def _set_price(self, asset: int, price: int, valid: bool) -> None:
        self.world.price(asset, price, valid)
        self.ref.now = self.world.now
        self.ref.prices[asset] = (price, valid)

    def _step(
        self,
        expected: Callable[[], object],
        transaction: tuple[Any, ...],
        touched: int | None = None,
        moved: bool = False,
    ) -> bool:
        """Act on both a second later: the same outcome, and nobody else's health changed."""
        self._tick()
        before = [self.ref.position(account) for account in range(ACCOUNTS)]
        try:
            expected()
            reason = ""
        except Refused as refused:
            reason = str(refused)
        outcome = self.world.send(*transaction)
        assert outcome.reason == reason
        if not moved:
            self._health_is_kept(before, touched)
        return outcome.ok

    def _health_is_kept(self, before: list[Position], touched: int | None) -> None:
        for account, p in enumerate(before):
            now = self.ref.position(account)
            assert account == touched or now == p
            assert p.buffer < 0 or now.buffer >= 0

    def _one(self, account: int, wanted: Callable[[int], bool]) -> int:
        """One of the accounts that are wanted, if there are any."""
        found = [n for n in range(ACCOUNTS) if wanted(n)]
        return found[account % len(found)] if found else account

    def _tick(self) -> None:
        self.ref.now = self.world.now + 1

    def _untick(self) -> None:
        self.ref.now = self.world.now


def _largest(passes: Callable[[int], bool], top: int) -> int:
    """The largest amount up to `top` that passes; 0 when none does. Least amounts may fail."""
    if passes(top):
        return top
    low, high = 0, top
    while high - low > 1:
        middle = (low + high) // 2
        if passes(middle):
            low = middle
        else:
            high = middle
    return low


TestSolvency = Solvency.TestCase
TestSolvency.settings = settings(
    max_examples=RUNS,
    stateful_step_count=STEPS,
    deadline=None,
    derandomize=not {"PLIMSOLL_FUZZ_STEPS", "PLIMSOLL_FUZZ_RUNS"} & set(os.environ),
    suppress_health_check=list(HealthCheck),
)
