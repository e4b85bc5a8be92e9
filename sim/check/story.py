"""What happens in a case, transaction by transaction, for people to read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from eth_abi.abi import decode as abi_decode

from sim.chain.engine import Receipt, Status
from sim.check.action import Action, Do
from sim.check.rules.rule import ROUNDING
from sim.check.sent import Sent
from sim.check.state import Account, State
from sim.check.world import Step
from sim.protocol.abi import text
from sim.protocol.adapter import Adapter
from sim.protocol.amounts import exact
from sim.units import Address

VERBS = {
    Do.OPEN: "opens an account",
    Do.DEPOSIT: "deposits {amount} {asset} to account {account}",
    Do.WITHDRAW: "takes {amount} {asset} out of account {account}",
    Do.BORROW: "draws {amount} on account {account}",
    Do.REPAY: "repays {amount} of account {account}",
    Do.CALL: "calls account {account}",
    Do.LIQUIDATE: "liquidates account {account} for {asset}, repaying up to {amount}",
    Do.ABSORB: "has account {account} absorbed",
    Do.REDEEM: "redeems {amount} against account {account}",
    Do.LEND: "lends {amount}",
    Do.RECALL: "takes back {amount} that was lent",
    Do.PAUSE: "sets what is stopped",
    Do.PRICE: "posts a price of {amount} for {asset}",
    Do.DONATE: "sends {amount} {asset} to the contract, unasked",
    Do.ARM: "prepares the hostile {asset}: in the next transfer {then}",
    Do.BLOCK: "has the hostile {asset} block or free an address",
    Do.TAX: "has the hostile {asset} keep a share of transfers",
    Do.ELSE: "calls another function",
}


class Teller:
    """Tells steps of one deployment."""

    def __init__(self, adapter: Adapter, names: Mapping[str, Address]) -> None:
        self._assets = [asset.symbol for asset in adapter.scenario.assets]
        self._decimals = [asset.decimals for asset in adapter.scenario.assets]
        self._contracts = {each.address: each for each in adapter.everything()}
        self._names = {each.address: each.name for each in self._contracts.values()}
        self._names |= {address: name for name, address in names.items()}

    def tell(self, step: Step) -> Iterator[str]:
        """Lines: who does what and what becomes of it; then each account that changes."""
        if step.receipt is None:
            seconds = step.after.time - step.before.time
            yield f"  {_duration(seconds)} pass"
        else:
            done = step.receipt.status is Status.SUCCEEDED
            outcome = "" if done else f": refused, {text(step.receipt.output)}"
            yield f"  {self._who(step.sender)} {self._deed(step)}{outcome}"
        yield from self._changes(step.before, step.after)

    def tell_sent(self, sent: Sent, receipt: Receipt, before: State, after: State) -> Iterator[str]:
        """The same of a transaction of a run, where a price moves everybody: of accounts that
        it moves itself."""
        outcome = ""
        if receipt.status is not Status.SUCCEEDED:
            outcome = f": refused, {receipt.refusal or text(receipt.output)}"
        yield f"  {self._who(sent.sender)} calls {self._call(sent)}{outcome}"
        yield from self._changes(before, after, least=ROUNDING)

    def _call(self, sent: Sent) -> str:
        contract = self._contracts.get(sent.to or b"")
        method = contract.method_of(sent.data) if contract else None
        if contract is None or method is None:
            return f"{self._who(sent.to or bytes(20))} with 0x{sent.data[:4].hex()}"
        arguments = abi_decode(method.inputs or (), sent.data[4:])
        return f"{contract.name}.{method.name}({', '.join(map(self._argument, arguments))})"

    def _argument(self, argument: object) -> str:
        if isinstance(argument, list | tuple):
            return f"[{', '.join(map(self._argument, argument))}]"
        if isinstance(argument, str) and argument.startswith("0x"):
            return self._who(bytes.fromhex(argument[2:]))
        return f"{argument:,}" if type(argument) is int else str(argument)

    def _who(self, address: Address) -> str:
        return self._names.get(address, f"0x{address.hex()}")

    def _deed(self, step: Step) -> str:
        action = step.action
        return VERBS[action.do].format(
            amount=self._amount(action, step.amount),
            asset=self._asset(action),
            account=step.account or "to come",
            then=self._within(action.then) if action.then else "",
        )

    def _within(self, action: Action) -> str:
        return f"its accomplice does: {action.do} {self._asset(action)}"

    def _asset(self, action: Action) -> str:
        number = len(self._assets) + (action.do is Do.DONATE)
        return (*self._assets, "stable")[action.asset % number]

    def _amount(self, action: Action, amount: int) -> str:
        tokens = action.do in (Do.DEPOSIT, Do.WITHDRAW) or (
            action.do is Do.DONATE and self._asset(action) != "stable"
        )
        return exact(amount, self._decimals[action.asset % len(self._decimals)] if tokens else 18)

    def _changes(self, was_so: State, is_so: State, least: int = -1) -> Iterator[str]:
        """Prices, and accounts; with `least` those whose collateral changes, or debt by more."""
        prices = zip(self._assets, was_so.prices, is_so.prices, strict=True)
        for asset, old, new in prices:
            if old != new:
                yield f"      {asset} {_price(old)} -> {_price(new)}"
        before = was_so.accounts
        for number, now in enumerate(is_so.accounts, 1):
            was = before[number - 1] if number <= len(before) else None
            if was and was.amounts == now.amounts and abs(was.debt - now.debt) <= least:
                continue
            if was is None or self._sheet(was) != self._sheet(now):
                there = self._sheet(was) + "\n      -> " if was else ""
                yield f"      account {number} of {self._who(now.owner)}: {there}{self._sheet(now)}"

    def _sheet(self, account: Account) -> str:
        held = " + ".join(
            f"{exact(amount, decimals)} {asset}"
            for amount, decimals, asset in zip(
                account.amounts, self._decimals, self._assets, strict=True
            )
            if amount
        )
        p = account.position
        health = "" if not p.debt else f", health {p.health:.6f}"
        return (
            f"{held or 'nothing'} worth {exact(account.value)}, owes {exact(p.debt)}, equity "
            f"{exact(p.equity)} of {exact(p.maintenance)} required{health}"
        )


def _price(price: tuple[int, bool]) -> str:
    return exact(price[0]) + ("" if price[1] else " (not valid)")


def _duration(seconds: int) -> str:
    for unit, size in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * size and seconds % size == 0:
            return f"{seconds // size:,} {unit}"
    return f"{seconds:,} s"
