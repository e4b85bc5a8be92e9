"""What holds after every step, and how a step is taken on the contract and its reference."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from typing import Any, ClassVar

from hypothesis.stateful import RuleBasedStateMachine, invariant

from sim.units import MAX_UINT256, RAY, Address

from .core_books import Position, Refused
from .core_world import Answer
from .scenes import ACCOUNTS, ENDOWMENT, LIQUIDATOR, PEOPLE, Scene, deployed

COUNTED: Counter[str] = Counter()
"""Runs, steps, and transactions of them that were done and refused."""


class Agreement(RuleBasedStateMachine):
    """The contract and the reference, side by side."""

    scene: ClassVar[Scene]

    def __init__(self) -> None:
        super().__init__()
        self.world, snapshot, reference = deployed(self.scene)
        self.world.restore(snapshot)
        self.core = self.world.core
        self.ref = deepcopy(reference)
        self.index = RAY
        self.donated = [0, 0]
        COUNTED["runs"] += 1

    @invariant()
    def views_agree_to_the_last_unit(self) -> None:
        answers = self._of_the_whole() + self._of_tokens()
        for account in range(ACCOUNTS):
            answers += self._of_an_account(account)
            for asset in (0, 1):
                answers.append(self._of_a_seizure(account, asset))
        self.world.expect(answers)

    def _of_the_whole(self) -> list[Answer]:
        """And the books balance: the supply is total debt + peg-minted + bad debt - unminted."""
        world, ref, core = self.world, self.ref, self.core
        index = ref.index_now()
        total, unminted = ref.total(index), ref.unminted_now()
        totals = (total, ref.shares, index, unminted, ref.bad_debt, ref.utilisation(index))
        minted = len(PEOPLE) * ENDOWMENT
        supply = total + minted + ref.bad_debt - unminted
        return [
            Answer(core.totals, (), (*totals, ref.rate(index), ref.now)),
            Answer(core.paused, (), (ref.paused,)),
            Answer(core.breaker_tripped, (), (ref.tripped,)),
            Answer(world.stable.totalSupply, (), (supply,)),
            Answer(world.peg.minted, (), (minted,)),
        ]

    def _of_tokens(self) -> list[Answer]:
        """What the core holds is its accounts' and what was given to it."""
        world, ref, core = self.world, self.ref, self.core
        holders = (*PEOPLE, ref.reserve)
        answers = [Answer(world.stable.balanceOf, (h,), (ref.stable[h],)) for h in holders]
        for i, token in enumerate(world.tokens):
            held = ref.deposited(i)
            answers.append(Answer(core.deposited, (token.address,), (held,)))
            answers.append(Answer(core.unpaid, (token.address,), (0,)))
            mine = (core.address,)
            answers.append(Answer(token.balanceOf, mine, (held + self.donated[i],)))
            answers += [Answer(token.balanceOf, (h,), (ref.tokens[i][h],)) for h in holders]
        return answers

    def _of_an_account(self, account: int) -> list[Answer]:
        ref, core = self.ref, self.core
        a, p, number = ref.accounts[account], ref.position(account), (account + 1,)
        requirements = (p.initial, p.maintenance, p.close_out)
        answers = [
            Answer(core.position, number, (p.value, p.debt, *requirements, p.valid)),
            Answer(core.status, number, (ref.status(account),)),
            Answer(core.health_factor, number, (p.health,)),
            Answer(core.maintenance_buffer, number, (p.buffer,)),
            Answer(core.margin_ratio, number, (p.ratio,)),
            Answer(core.equity, number, (p.value - p.debt,)),
            Answer(core.requirements, number, requirements),
            Answer(core.debt, number, (p.debt,)),
            Answer(core.shares_of, number, (a.shares,)),
            Answer(core.called_at, number, (ref.call_of(account)[0],)),
        ]
        for token, amount in zip(self.world.tokens, a.amounts, strict=True):
            answers.append(Answer(core.collateral_of, (*number, token.address), (amount,)))
        return answers

    def _of_a_seizure(self, account: int, asset: int) -> Answer:
        token = self.world.tokens[asset].address
        arguments = (account + 1, token, MAX_UINT256)
        words: tuple[int, ...] = (False,)
        try:
            p = self.ref.seizure(account, asset, MAX_UINT256)
        except Refused:
            pass
        else:
            words = (True, p.repaid, p.taken - p.cut, p.cut, p.penalty)
        return Answer(self.core.preview_liquidate, arguments, words)

    @invariant()
    def what_is_searched_is_the_last_unit(self) -> None:
        world, ref = self.world, self.ref
        pairs = [(account, asset) for account in range(ACCOUNTS) for asset in (0, 1)]
        named = [(account + 1, world.tokens[asset].address) for account, asset in pairs]
        most = world.ask([(self.core.max_borrow, (n + 1,)) for n in range(ACCOUNTS)])
        out = world.ask([(world.lens.max_withdraw, pair) for pair in named])
        least = world.ask([(world.lens.liquidation_price, pair) for pair in named])
        for account, amount in enumerate(most):
            assert amount == 0 or ref.borrowable(account, amount)
            assert not ref.borrowable(account, amount + 1)
        for (account, asset), amount, price in zip(pairs, out, least, strict=True):
            assert amount == 0 or ref.withdrawable(account, asset, amount)
            assert not self._is_exact(asset) or not ref.withdrawable(account, asset, amount + 1)
            assert price == MAX_UINT256 or ref.keeps_margin_at(account, asset, price)
            below = min(price - 1, 2**127)
            assert price == 0 or not ref.keeps_margin_at(account, asset, below)

    def _is_exact(self, asset: int) -> bool:
        unit = 10 ** self.scene.assets[asset].decimals
        return self.scene.exact or self.ref.prices[asset][0] >= 2 * unit

    @invariant()
    def the_index_never_falls(self) -> None:
        COUNTED["steps"] += 1
        assert self.ref.index >= self.index
        self.index = self.ref.index

    @invariant()
    def no_debt_without_collateral(self) -> None:
        for account in self.ref.accounts:
            assert account.shares == 0 or any(account.amounts)
        assert sum(account.shares for account in self.ref.accounts) == self.ref.shares

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
        COUNTED["done" if outcome.ok else "refused"] += 1
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
