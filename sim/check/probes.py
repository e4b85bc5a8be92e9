"""What must be possible in whatever state: tried from it, and undone."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from sim.check.action import WHOLE, Action, Amount, Do, Of
from sim.check.rules import ROUNDING, Declared
from sim.check.state import Account
from sim.check.world import KEEPER, STRANGER, Step, World
from sim.protocol.abi import text
from sim.protocol.adapter import Ability

ROUNDS = 24
"""Liquidations of one account after which it is given up."""
ALL_DEBT, ALL_HELD = Amount(Of.DEBT, WHOLE), Amount(Of.HELD, WHOLE)


class Probe(NamedTuple):
    name: str
    says: str
    of: Callable[[World, Declared], str | None]


def repayable(world: World, declared: Declared) -> str | None:
    """Every debt is repaid, whole, in the open; then the collateral is taken out."""
    owing = [row for row, account in enumerate(world.state.accounts) if account.debt]
    for row in owing:
        account = world.state.accounts[row]
        if account.owner not in world.names.values():
            continue
        payer = STRANGER if Ability.ON_BEHALF in declared.abilities else ""
        if not payer:
            world.give_stable(account.owner, account.debt + account.debt // 100 + 1)
        done = _do(world, Action(Do.REPAY, payer, row, amount=ALL_DEBT))
        if not done.ok or world.state.accounts[row].debt:
            return f"account {row + 1} cannot be repaid: {_why(done)}"
        broken = "" if world.is_hostile else _take_out(world, row)
        if broken:
            return broken
    return "" if owing else None


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
    grace = declared.terms.grace
    if grace:
        for row, account in enumerate(world.state.accounts):
            if _is_below(account) and not account.position.called_at:
                _do(world, Action(Do.CALL, KEEPER, row))
        _do(world, Action(Do.PRICE, amount=Amount(Of.LAST, WHOLE), after=grace + 1))
    below = [row for row, account in enumerate(world.state.accounts) if _is_below(account)]
    for row in below:
        broken = _liquidate_all(world, row)
        if broken:
            return broken
    return "" if below else None


def _liquidate_all(world: World, row: int) -> str:
    why = "nothing can be seized"
    for _ in range(ROUNDS):
        account = world.state.accounts[row]
        if not _is_below(account):
            return ""
        progress = False
        for asset, amount in enumerate(account.amounts):
            if amount and _is_below(world.state.accounts[row]):
                done = _do(world, Action(Do.LIQUIDATE, KEEPER, row, asset, ALL_DEBT))
                progress |= done.ok
                why = why if done.ok else _why(done)
        if not progress:
            break
    account = world.state.accounts[row]
    return (
        f"account {row + 1} stays below maintenance, worth {account.value} against "
        f"{account.debt}: {why}"
    )


PROBES = (
    Probe("repayable", "A debt can always be repaid, and the collateral taken out.", repayable),
    Probe("sweep", "After a keeper's sweep nothing is left below maintenance.", sweep),
)


def _is_below(account: Account) -> bool:
    return bool(account.debt) and account.valid and account.buffer < -ROUNDING


def _do(world: World, action: Action) -> Step:
    """In a block of its own; the last step, which is the transaction."""
    *_, last = world.block([action])
    return last


def _why(step: Step) -> str:
    if step.receipt is None:
        return "there is no transaction for it"
    return text(step.receipt.output)
