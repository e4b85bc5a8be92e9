"""Actions as transactions: who sends what where, with amounts worked out from the state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from eth_abi.abi import encode as abi_encode
from eth_utils.abi import function_signature_to_4byte_selector

from agents.intent import (
    Absorb,
    Bid,
    Borrow,
    Deposit,
    Intent,
    Lend,
    Liquidate,
    MarginCall,
    Open,
    Pause,
    Post,
    Recall,
    Redeem,
    Repay,
    Withdraw,
)
from sim.check.action import Action, Do, Of
from sim.check.edge import LEVELS, Edge
from sim.check.state import Account, State
from sim.protocol.abi import Contract
from sim.protocol.adapter import Ability, Adapter, Who
from sim.protocol.ledger import Ledger
from sim.protocol.margin import ratios_of
from sim.units import MAX_UINT256, WAD, Address, to_wad

NO_BID = Bid(0, 0)
LARGEST_PRICE = 2**88 - 1
ACCOMPLICE = "accomplice"
"""Acts in the middle of a hostile token's transfers, and owns accounts like anyone."""
ARM = function_signature_to_4byte_selector("arm(address,bytes)")
NEEDS = {
    Do.OPEN: Ability.OPENS,
    Do.CALL: Ability.MARGIN_CALLS,
    Do.ABSORB: Ability.RESERVE,
    Do.REDEEM: Ability.REDEMPTION,
    Do.LEND: Ability.LENDERS,
    Do.RECALL: Ability.LENDERS,
    Do.PAUSE: Ability.PAUSES,
    Do.BLOCK: Ability.ANY_TOKEN,
    Do.TAX: Ability.ANY_TOKEN,
}


@dataclass(frozen=True, slots=True)
class Target:
    """What is sent where, and by whom."""

    sender: Address
    to: Address
    data: bytes
    amount: int = 0
    """What the action's amount comes to."""
    account: int = 0
    """Number of the account it is about; 0 for none."""


class Orders:
    """Encodes the actions of one deployment."""

    def __init__(self, adapter: Adapter, names: Mapping[str, Address], edge: Edge) -> None:
        self._adapter = adapter
        self._edge = edge
        self._names = names
        self._initial = [to_wad(ratios.initial) for ratios in ratios_of(adapter.scenario)]
        self._units = [10**asset.decimals for asset in adapter.scenario.assets]
        self._functions = [
            (spender.address, signature)
            for spender in adapter.spenders()
            for signature in spender.transactions
            if "[" not in signature and "bytes" not in signature and "string" not in signature
        ]

    def target(self, action: Action, state: State, ledger: Ledger) -> Target | None:
        """None where the action makes no transaction: there is no account yet, nobody like
        that, nothing to be sent."""
        adapter, tokens = self._adapter, self._adapter.tokens
        asset = action.asset % len(tokens)
        match action.do:
            case Do.WAIT:
                return None
            case _ if NEEDS.get(action.do, Ability(0)) not in adapter.abilities:
                return None
            case Do.PRICE:
                return self._post(action, state, asset)
            case Do.DONATE:
                return self._donate(action, state)
            case Do.ELSE:
                return self._else(action, state)
            case Do.ARM | Do.BLOCK | Do.TAX:
                return self._hostile(action, state, ledger, tokens[asset])
            case _:
                return self._intent(action, state, ledger, asset)

    def _intent(self, action: Action, state: State, ledger: Ledger, asset: int) -> Target | None:
        number = self._account(action, ledger, asset)
        if number is None:
            return None
        account = state.accounts[number - 1] if number else None
        sender = self._names.get(action.who) or (account.owner if account else None)
        if sender is None:
            return None
        amount = self._amount(action, state, account, sender, asset)
        intent = _intent(action, number, asset, amount)
        owner, market = (account.owner, ledger.markets[number - 1]) if account else (sender, asset)
        order = self._adapter.order(intent, Who(sender, sender, owner, market))
        return Target(sender, order.to, order.data, amount, number)

    def _account(self, action: Action, ledger: Ledger, asset: int) -> int | None:
        """Number of the account an action is about: 0 is one to come, or none."""
        if action.do in (Do.OPEN, Do.LEND, Do.RECALL, Do.PAUSE):
            return 0
        if action.do is Do.DEPOSIT and Ability.OPENS not in self._adapter.abilities:
            who = self._names.get(action.who)
            if who is not None:
                return _own(ledger, who, asset, self._adapter.abilities)
        if not len(ledger):
            return None
        return action.account % len(ledger) + 1

    def _amount(
        self, action: Action, state: State, account: Account | None, sender: Address, asset: int
    ) -> int:
        match action.amount.of:
            case Of.WALLET:
                held = state.tokens[asset] if action.do is Do.DEPOSIT else state.stable
                basis = held.get(sender, 0)
            case Of.HELD:
                basis = account.amounts[asset] if account else 0
            case Of.DEBT:
                basis = account.debt if account else 0
            case Of.CLAIM:
                basis = state.claims.get(sender, 0)
            case Of.ROOM if account:
                basis = self._room(action.do, state, account, asset)
            case Of.CEILING if account:
                basis = self._below_ceilings(state, account)
            case level if account and level in LEVELS:
                basis = self._edge.payment(account, level)
            case _:
                basis = 0
        return action.amount.of_basis(basis)

    def _room(self, do: Do, state: State, account: Account, asset: int) -> int:
        """What initial margin still allows: stable to draw, or collateral to take out."""
        free = max(account.position.equity - account.position.initial, 0)
        if do is Do.BORROW:
            return free
        price = state.prices[asset][0] * (WAD - self._initial[asset]) // WAD
        held = account.amounts[asset]
        return min(free * self._units[asset] // price, held) if price and account.debt else held

    def _below_ceilings(self, state: State, account: Account) -> int:
        """Stable that an account may draw by its ceiling and by everybody's."""
        limits, total = self._adapter.scenario.protocol, sum(a.debt for a in state.accounts)
        own = to_wad(limits.account_ceiling) - account.debt
        return max(min(own, to_wad(limits.debt_ceiling) - total), 0)

    def _post(self, action: Action, state: State, asset: int) -> Target:
        """One price as a part of the present one, or all where they bring an account to a
        threshold."""
        prices = [price for price, _ in state.prices]
        there = self._threshold(action, state, prices)
        for i, price in enumerate(there or prices):
            if there or i == asset:
                prices[i] = action.amount.of_basis(price)
        bounded = tuple(min(price, LARGEST_PRICE) for price in prices)
        order = self._adapter.post(Post(prices=bounded, bid=NO_BID))
        reporter = self._adapter.reporters[action.account % len(self._adapter.reporters)]
        return Target(reporter, order.to, order.data, bounded[asset])

    def _threshold(
        self, action: Action, state: State, prices: Sequence[int]
    ) -> Sequence[int] | None:
        """The prices at which the equity of an account is what is asked for."""
        owing = [account for account in state.accounts if account.debt and account.value]
        if action.amount.of not in LEVELS or not owing:
            return None
        account = owing[action.account % len(owing)]
        return self._edge.prices(account, action.amount.of, prices)

    def _donate(self, action: Action, state: State) -> Target | None:
        adapter = self._adapter
        coins = (*adapter.tokens, adapter.stable)
        coin = coins[action.asset % len(coins)]
        who = self._names.get(action.who)
        if who is None:
            return None
        held = (*state.tokens, state.stable)[action.asset % len(coins)].get(who, 0)
        basis = held if action.amount.of is Of.WALLET else 0
        spenders = adapter.spenders()
        vault = spenders[action.asset % len(spenders)].address
        amount = action.amount.of_basis(basis)
        return Target(who, coin.address, coin.transfer(vault, amount), amount)

    def _else(self, action: Action, state: State) -> Target | None:
        """Arguments are what is lying about: accounts, amounts, people, tokens."""
        who, people = self._names.get(action.who), list(self._names.values())
        if who is None or not self._functions:
            return None
        to, signature = self._functions[action.amount.plus % len(self._functions)]
        dice = Random(action.amount.ppm)
        numbers = (0, 1, 2, 3, WAD, 1_000 * WAD, 2**128, MAX_UINT256, dice.getrandbits(70))
        addresses = (*people, *(coin.address for coin in self._adapter.tokens))

        def word(kind: str) -> bytes:
            if kind == "address":
                return dice.choice(addresses).rjust(32, b"\0")
            return (dice.randrange(2) if kind == "bool" else dice.choice(numbers)).to_bytes(
                32, "big"
            )

        kinds = signature.partition("(")[2].replace("(", "").replace(")", "").split(",")
        data = b"".join(word(kind) for kind in kinds if kind)
        return Target(who, to, function_signature_to_4byte_selector(signature) + data)

    def _hostile(
        self, action: Action, state: State, ledger: Ledger, token: Contract
    ) -> Target | None:
        accomplice = self._names.get(ACCOMPLICE)
        if accomplice is None:
            return None
        sender = self._names["stranger"]
        if action.do is Do.BLOCK:
            data = token.block(self._names.get(action.who, sender), bool(action.amount.plus))
            return Target(sender, token.address, data)
        if action.do is Do.TAX:
            return Target(sender, token.address, token.set_fee(action.amount.ppm // 10))
        inner = self.target(action.then, state, ledger) if action.then else None
        if inner is None:
            return None
        data = ARM + abi_encode(["address", "bytes"], [inner.to, inner.data])
        return Target(sender, accomplice, data)


def _intent(action: Action, account: int, asset: int, amount: int) -> Intent:
    match action.do:
        case Do.OPEN:
            return Open(bid=NO_BID)
        case Do.DEPOSIT:
            return Deposit(account=account, asset=asset, amount=amount, bid=NO_BID)
        case Do.WITHDRAW:
            return Withdraw(account=account, asset=asset, amount=amount, bid=NO_BID)
        case Do.BORROW:
            return Borrow(account=account, amount=amount, bid=NO_BID)
        case Do.REPAY:
            return Repay(account=account, amount=amount, bid=NO_BID)
        case Do.CALL:
            return MarginCall(account=account, bid=NO_BID)
        case Do.LIQUIDATE:
            return Liquidate(
                account=account, asset=asset, max_repay=amount, min_seize=0, bid=NO_BID
            )
        case Do.ABSORB:
            return Absorb(account=account, bid=NO_BID)
        case Do.REDEEM:
            return Redeem(account=account, asset=asset, amount=amount, min_out=0, bid=NO_BID)
        case Do.LEND:
            return Lend(amount=amount, bid=NO_BID)
        case Do.RECALL:
            return Recall(amount=amount, bid=NO_BID)
        case Do.PAUSE:
            flags = action.amount.plus
            return Pause(borrow=bool(flags & 1), withdraw=bool(flags & 2), bid=NO_BID)
        case _:
            raise TypeError(f"no intent for {action.do}")


def _own(ledger: Ledger, who: Address, asset: int, abilities: Ability) -> int:
    """The account someone has, that of the asset where it can have but one; 0 when none."""
    several = Ability.CROSS_COLLATERAL in abilities
    for row, (owner, market) in enumerate(zip(ledger.owners, ledger.markets, strict=True)):
        if owner == who and (several or market == asset):
            return row + 1
    return 0
