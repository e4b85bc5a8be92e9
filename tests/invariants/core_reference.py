"""The core once more: what each action does. The invariant tests hold it against the contract.

Every method either changes the books and returns what the contract returns, or raises
Refused with the contract's reason and changes nothing.
"""

from __future__ import annotations

from sim.units import RAY, Address

from .core_books import NO_CAP, Account, Books, need, up
from .core_world import Config


class Reference(Books):
    """Books that people act on."""

    def open(self, owner: Address) -> int:
        self.accounts.append(Account(owner, [0] * len(self.assets)))
        return len(self.accounts)

    def deposit(self, payer: Address, account: int, asset: int, amount: int) -> None:
        a, (price, valid) = self.accounts[account], self.prices[asset]
        held = self.tokens[asset]
        need(held[payer] >= amount, "erc20: insufficient balance")
        need(amount > 0, "amount: zero")
        first = a.amounts[asset] == 0
        if payer != a.owner or first:
            need(price != 0, "price: none")
        if payer != a.owner:
            worth = amount * price // 10 ** self.assets[asset].decimals
            enough = worth >= self.config.min_deposit and (valid or not first)
            need(enough, "limit: below minimum deposit")
        total = self.deposited(asset) + amount
        if total > self.caps[asset]:
            called = self.call_of(account)[0] != 0
            amounts = list(a.amounts)
            amounts[asset] += amount
            p = self.position(account, amounts)
            answers = called and self.caps[asset] and p.valid and p.value < p.debt + p.initial
            answers = answers and total <= NO_CAP
            need(answers, "limit: deposit cap")
        held[payer] -= amount
        a.amounts[asset] += amount
        self._lapse(account)
        self._clear_if_cured(account)

    def withdraw(self, caller: Address, account: int, asset: int, amount: int, to: Address) -> None:
        a = self.accounts[account]
        need(caller == a.owner, "account: caller is not the owner")
        need(amount > 0, "amount: zero")
        need(amount <= a.amounts[asset], "amount: more than is held")
        if a.shares:
            self._check_open(2)
            amounts = list(a.amounts)
            amounts[asset] -= amount
            p = self.position(account, amounts)
            need(p.valid, "price: not valid")
            need(p.value >= p.debt + p.initial, "margin: below initial requirement")
            self._clear(account)
        a.amounts[asset] -= amount
        self.tokens[asset][to] += amount

    def borrow(self, caller: Address, account: int, amount: int, to: Address) -> None:
        a = self.accounts[account]
        need(caller == a.owner, "account: caller is not the owner")
        need(amount > 0, "amount: zero")
        self._check_open(1)
        shares = up(amount * RAY, self.index_now())
        self._check_debt(account, shares)
        self._accrue()
        before = self.total()
        self.shares += shares
        a.shares += shares
        self.unminted += self.total() - before - amount
        self.stable[to] += amount
        self._clear(account)

    def repay(self, payer: Address, account: int, amount: int) -> int:
        a = self.accounts[account]
        need(amount > 0, "amount: zero")
        need(a.shares > 0, "account: no debt")
        paid = min(amount, self.debt(account))
        need(self.stable[payer] >= paid, "erc20: insufficient balance")
        shares = a.shares if paid == self.debt(account) else paid * RAY // self.index_now()
        self._accrue()
        self._retire(a, shares, paid)
        self.stable[payer] -= paid
        self._lapse(account)
        self._clear_if_cured(account)
        return paid

    def accrue(self) -> None:
        self._accrue()
        self._mint_unminted()

    def margin_call(self, account: int) -> None:
        a, p = self.accounts[account], self.position(account)
        need(p.at_best < p.debt + p.maintenance, "margin: not below maintenance")
        called_at, deadline, recorded_at = self.call_of(account)
        news = called_at == 0
        if news:
            called_at, deadline = self.now, self.now + self.config.grace
        due_by_call = self.now >= deadline
        below = p.at_best < p.debt + p.close_out
        records = recorded_at == 0 and not due_by_call and below
        # Without grace a standing call from a time with grace is due as well.
        records = records or (recorded_at == 0 and not due_by_call and self.config.grace == 0)
        need(news or records, "margin: already called")
        a.called_at, a.deadline = called_at, deadline
        a.recorded_at = self.now if records else recorded_at

    def clear_margin_call(self, account: int) -> None:
        a = self.accounts[account]
        called_at, _, recorded_at = self.call_of(account)
        if called_at or recorded_at:
            need(self.is_cured(account), "margin: below maintenance")
        need(a.called_at != 0 or a.recorded_at != 0, "margin: not called")
        self._clear(account)

    def liquidate(
        self,
        liquidator: Address,
        account: int,
        asset: int,
        max_repay: int,
        min_seize: int,
        to: Address,
    ) -> tuple[int, int]:
        need(max_repay > 0, "amount: zero")
        a, c = self.accounts[account], self.config
        plan = self.seizure(account, asset, max_repay)
        seized = plan.taken - plan.cut
        need(seized >= min_seize, "liquidation: seizes too little")
        need(self.stable[liquidator] >= plan.repaid, "erc20: insufficient balance")

        _, deadline, recorded_at = self.call_of(account)
        self._accrue()
        self._retire(a, plan.shares, plan.repaid)
        self.stable[liquidator] -= plan.repaid
        a.amounts[:] = plan.left
        self.tokens[asset][to] += seized
        self.tokens[asset][self.reserve] += plan.cut
        self._lapse(account)
        after = self.position(account)
        counts = after.value >= min(c.min_left, after.debt)
        if after.debt and not (any(a.amounts) and counts):
            self._write_off(account, after.sure)
        elif after.debt == 0 or self.is_cured(account):
            self._clear(account)
        elif not recorded_at and not (a.called_at and self.now >= deadline):
            a.recorded_at = self.now
        return plan.repaid, seized

    def absorb(self, account: int) -> None:
        p = self.position(account)
        need(p.at_best < p.debt, "margin: not insolvent")
        self._accrue()
        self._write_off(account, p.sure)

    def heal(self, payer: Address, amount: int) -> int:
        healed = min(amount, self.bad_debt)
        need(healed > 0, "amount: zero")
        need(self.stable[payer] >= healed, "erc20: insufficient balance")
        self.stable[payer] -= healed
        self.bad_debt -= healed
        return healed

    def set_config(self, config: Config) -> None:
        self._accrue()
        self.lapsed_before = self.oldest_call()
        self.config = config

    def set_paused(self, caller: Address, flags: int) -> None:
        need(caller in (self.owner, self.guardian), "guardian: not the guardian")
        resumes = self.paused & ~flags
        need(caller == self.owner or not resumes, "guardian: only the owner resumes")
        self.paused = flags

    def reset_breaker(self, caller: Address) -> None:
        need(caller in (self.owner, self.guardian), "guardian: not the guardian")
        self.tripped = False
        self.losses, self.bucket_start = [0, 0], 0

    # ------------------------------------------------------------------- steps

    def _check_open(self, flag: int) -> None:
        need(not self.paused & flag, "pause: paused")
        need(not self.tripped, "breaker: tripped")

    def _accrue(self) -> None:
        self.unminted = self.unminted_now()
        self.index, self.updated_at = self.index_now(), self.now

    def _retire(self, a: Account, shares: int, amount: int) -> None:
        before = self.total()
        a.shares -= shares
        self.shares -= shares
        self.unminted += amount - (before - self.total())

    def _mint_unminted(self) -> None:
        self.stable[self.reserve] += self.unminted
        self.unminted = 0

    def _write_off(self, account: int, value: int) -> None:
        a = self.accounts[account]
        debt = self.debt(account)
        for asset, amount in enumerate(a.amounts):
            self.tokens[asset][self.reserve] += amount
            a.amounts[asset] = 0
        self._retire(a, a.shares, debt)
        self._clear(account)
        self._mint_unminted()
        covered = min(debt, self.stable[self.reserve])
        self.stable[self.reserve] -= covered
        self.bad_debt += debt - covered
        self._count_loss(debt - min(value, debt))

    def _count_loss(self, loss: int) -> None:
        window = self.config.loss_window
        elapsed = self.now - self.bucket_start
        if elapsed >= 2 * window:
            self.losses, self.bucket_start = [0, 0], self.now
        elif elapsed >= window:
            self.losses, self.bucket_start = [0, self.losses[0]], self.bucket_start + window
        self.losses[0] += loss
        if sum(self.losses) > self.config.loss_threshold:
            self.tripped = True

    def _lapse(self, account: int) -> None:
        a = self.accounts[account]
        a.called_at, a.deadline, a.recorded_at = self.call_of(account)

    def _clear(self, account: int) -> None:
        a = self.accounts[account]
        a.called_at = a.deadline = a.recorded_at = 0

    def _clear_if_cured(self, account: int) -> None:
        if self.debt(account) == 0 or self.is_cured(account):
            self._clear(account)
