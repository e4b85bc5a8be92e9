"""What must be possible in whatever state: tried from it, and undone."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from sim.check.action import WHOLE, Action, Amount, Do, Of
from sim.check.rules.declared import Declared
from sim.check.rules.rule import ROUNDING
from sim.check.state import Account
from sim.check.world import BANKER, Step, World
from sim.protocol.abi import text
from sim.protocol.adapter import Ability
from sim.protocol.amounts import usd

ROUNDS = 24
"""Liquidations of one account after which it is given up."""
HALF_DEBT = Amount(Of.DEBT, WHOLE // 2)
ALL_DEBT, ALL_HELD = Amount(Of.DEBT, WHOLE), Amount(Of.HELD, WHOLE)


class Probe(NamedTuple):
    name: str
    says: str
    of: Callable[[World, Declared], str | None]


def repayable(world: World, declared: Declared) -> str | None:
    """Half of every debt is repaid, where that leaves enough, then all of it; then the collateral
    is taken out. Before that some is put in."""
    owing = [row for row, account in enumerate(world.state.accounts) if account.debt]
    for row in owing:
        account = world.state.accounts[row]
        if account.owner not in world.names.values():
            continue
        payer = BANKER if Ability.ON_BEHALF in declared.abilities else ""
        if not payer:
            world.give_stable(account.owner, account.debt + account.debt // 100 + 1)
        broken = "" if world.is_hostile else _put_in(world, row)
        if broken:
            return broken
        if account.debt >= 2 * declared.terms.min_debt:
            done = _do(world, Action(Do.REPAY, payer, row, amount=HALF_DEBT))
            if not done.ok:
                return f"half of account {row + 1} cannot be repaid: {_why(done)}"
        done = _do(world, Action(Do.REPAY, payer, row, amount=ALL_DEBT))
        if not done.ok or world.state.accounts[row].debt:
            return f"account {row + 1} cannot be repaid: {_why(done)}"
        broken = "" if world.is_hostile else _take_out(world, row)
        if broken:
            return broken
    return "" if owing else None


def _put_in(world: World, row: int) -> str:
    """A thousandth of a token, by its owner, of what is held or else of the first collateral."""
    account = world.state.accounts[row]
    asset = next((i for i, amount in enumerate(account.amounts) if amount), 0)
    who = next(name for name, address in world.names.items() if address == account.owner)
    if world.state.tokens[asset].get(account.owner, 0) < world.units[asset]:
        return ""
    amount = Amount(plus=max(world.units[asset] // 1000, 1))
    done = _do(world, Action(Do.DEPOSIT, who, row, asset, amount))
    return "" if done.ok else f"nothing can be put into account {row + 1}: {_why(done)}"


def _take_out(world: World, row: int) -> str:
    for asset, amount in enumerate(world.state.accounts[row].amounts):
        if amount:
            done = _do(world, Action(Do.WITHDRAW, account=row, asset=asset, amount=ALL_HELD))
            if not done.ok:
                return f"account {row + 1} is repaid and cannot be emptied: {_why(done)}"
    return ""


def sweep(world: World, declared: Declared) -> str | None:
    """A keeper with capital, at prices that are valid, liquidates all there is."""
    if not any(account.debt for account in world.state.accounts):
        return None
    _do(world, Action(Do.PRICE, amount=Amount(Of.LAST, WHOLE)))
    below = [row for row, account in enumerate(world.state.accounts) if _is_below(account)]
    broken = [(row, _liquidate_all(world, row)) for row in below]
    late = [row for row, why in broken if why]
    if late and declared.terms.grace:
        for row in late:
            _do(world, Action(Do.CALL, BANKER, row))
        again = Amount(Of.LAST, WHOLE)
        _do(world, Action(Do.PRICE, amount=again, after=declared.terms.grace + 1))
        broken = [(row, _liquidate_all(world, row)) for row in late]
    return next((why for _, why in broken if why), "" if below else None)


def _liquidate_all(world: World, row: int) -> str:
    why = "nothing can be seized"
    for _ in range(ROUNDS):
        account = world.state.accounts[row]
        if not _is_below(account):
            return ""
        progress = False
        for asset, amount in enumerate(account.amounts):
            if amount and _is_below(world.state.accounts[row]):
                done = _do(world, Action(Do.LIQUIDATE, BANKER, row, asset, ALL_DEBT))
                progress |= done.ok
                why = why if done.ok else _why(done)
        if not progress:
            break
    account = world.state.accounts[row]
    worth, debt = usd(account.value, account.debt)
    return f"account {row + 1} stays below maintenance, worth {worth} against {debt}: {why}"


def absorbed(world: World, declared: Declared) -> str | None:
    """Anyone, at prices that are valid, has the reserve take each that owes more than it holds."""
    if Ability.RESERVE not in declared.abilities:
        return None
    _do(world, Action(Do.PRICE, amount=Amount(Of.LAST, WHOLE)))
    insolvent = [row for row, account in enumerate(world.state.accounts) if _is_insolvent(account)]
    for row in insolvent:
        done = _do(world, Action(Do.ABSORB, BANKER, row))
        if not done.ok:
            return f"account {row + 1} owes more than it holds and stays: {_why(done)}"
    return "" if insolvent else None


PROBES = (
    Probe(
        "repayable",
        "Collateral can be added, debt repaid, and what was put in taken out.",
        repayable,
    ),
    Probe("sweep", "After a keeper's sweep nothing is left below maintenance.", sweep),
    Probe("absorbed", "A reserve takes whoever owes more than they hold.", absorbed),
)


def _is_below(account: Account) -> bool:
    return bool(account.debt) and account.valid and account.buffer < -ROUNDING


def _is_insolvent(account: Account) -> bool:
    return account.valid and account.position.equity < -ROUNDING


def _do(world: World, action: Action) -> Step:
    """In a block of its own; the last step, which is the transaction."""
    *_, last = world.block([action])
    return last


def _why(step: Step) -> str:
    if step.receipt is None:
        return "there is no transaction for it"
    return text(step.receipt.output)
