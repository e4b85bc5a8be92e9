"""Whatever people, prices, time and the owner do: the actions of the state machine."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from sim.units import MAX_UINT256, RAY, WAD, Address

from .agreement import Agreement
from .core_books import Refused
from .core_world import DAY, Config, actor
from .scenes import ACCOUNTS, CONFIGS, LIQUIDATOR, PEOPLE, STRANGER

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


class Machine(Agreement):
    """Amounts are drawn as shares of what is natural, so that most steps do something."""

    @initialize(values=st.tuples(*[st.integers(5, 60)] * ACCOUNTS))
    def start_leveraged(self, values: tuple[int, ...]) -> None:
        """The first account in the first asset, the second in the second, the third in both."""
        for account, value in enumerate(values):
            owner = self.ref.accounts[account].owner
            assets = ((0,), (1,), (0, 1))[account]
            for asset in assets:
                worth = value * 1_000 * WAD // len(assets)
                unit = 10 ** self.world.assets[asset].decimals
                self._deposit(owner, account, asset, worth * unit // self.scene.prices[asset])
            self._borrow(owner, account, value * 10 * self.scene.drawn * WAD)

    # ------------------------------------------------------------------- rules

    @rule(payer=people, account=accounts, asset=assets, share=shares)
    def deposit(self, payer: Address, account: int, asset: int, share: int) -> None:
        self._deposit(payer, account, asset, self.scene.tokens[asset] // 50 * share // WAD)

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
        try:
            plan = self.ref.seizure(account, asset, amount)
            least = max(plan.taken - plan.cut + greed, 0)
        except Refused:
            pass
        self._untick()
        self._liquidate(account, asset, amount, least, to)

    def _liquidate(
        self, account: int, asset: int, amount: int, least: int = 0, to: Address = LIQUIDATOR
    ) -> None:
        self._tick()
        before = self.ref.position(account)
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
            # Whatever is seized of a portfolio may lower it; below close-out it must be possible.
            line = before.debt + (before.close_out if self.scene.margin else 0)
            assert before.value < line or emptied or after.buffer + slack >= before.buffer

    @rule(account=accounts, asset=assets)
    def liquidate_most(self, account: int, asset: int) -> None:
        self.liquidate(account, asset, WAD, 0, LIQUIDATOR)

    @rule(first=accounts)
    def sweep(self, first: int) -> None:
        """A keeper takes what it can pay for, until there is nothing left to liquidate."""
        pairs = [((first + n) % ACCOUNTS, asset) for n in range(ACCOUNTS) for asset in (0, 1)]
        for _ in range(4):
            for account, asset in pairs:
                if self._would_take(account, asset):
                    self._liquidate(account, asset, self.ref.stable[LIQUIDATOR])
        assert not any(self._would_take(account, asset) for account, asset in pairs)

    def _would_take(self, account: int, asset: int) -> bool:
        self._tick()
        try:
            self.ref.seizure(account, asset, max(self.ref.stable[LIQUIDATOR], 1))
        except Refused:
            return False
        finally:
            self._untick()
        return self.ref.stable[LIQUIDATOR] > 0

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
        cover=st.sampled_from([45, 54, 70, 99, 100, 101, 104, 109, 115, 118, 121, 125])
        | st.integers(110, 170),
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
        for asset, price in enumerate(self.scene.prices):
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
            lambda: self.ref.set_config(config), (sender, method, config.values()), moved=True
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
        cap = self.scene.tokens[asset] // 20 * share // WAD
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
