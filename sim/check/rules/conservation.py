"""Who gains and who loses by a transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sim.check.action import Do
from sim.check.rules.declared import Declared
from sim.check.rules.rule import DUST, ROUNDING, rule
from sim.check.rules.steps import acting, pairs, struck, touched
from sim.check.state import Account, State
from sim.check.world import Step
from sim.protocol.amounts import usd
from sim.protocol.effects import WrittenOff
from sim.units import WAD, Address

OWN_ACTIONS = (Do.DEPOSIT, Do.WITHDRAW, Do.BORROW, Do.REPAY, Do.LEND, Do.RECALL)


@rule("A transaction moves nobody's debt or collateral but what it is about; the index stands.")
def health(step: Step, declared: Declared) -> str | None:
    if step.receipt is None:
        return None
    done_to, actors = touched(step), acting(step)
    for number, was, now in pairs(step):
        worse = now.debt > was.debt or any(
            y < x for x, y in zip(was.amounts, now.amounts, strict=True)
        )
        if worse and was.owner not in actors and number not in done_to:
            old, new = _sheets(declared, was, now)
            return f"account {number} goes from {old} to {new} by another's {step.action.do}"
    return ""


@rule("Nobody gains by a transaction but what somebody else gives: rounding is against who acts.")
def conservation(step: Step, declared: Declared) -> str | None:
    if step.receipt is None:
        return None
    before, after = step.before, step.after
    for asset in range(len(before.tokens)):
        gain = _everybodys(after, asset) - _everybodys(before, asset)
        if gain > 0:
            return f"everybody together gains {declared.tokens(asset, gain)[0]}"
        received = after.kept[asset] - before.kept[asset]
        if step.action.do is Do.DONATE and not struck(step):
            received = min(received, 0)
        credited = _owned(after, asset) - _owned(before, asset)
        if credited > received:
            more, less = declared.tokens(asset, credited, received)
            return f"accounts are credited {more}; received are {less}"
    own = _own_stable(after, step.sender) - _own_stable(before, step.sender)
    # What an accomplice did in the middle may have paid whoever acts.
    alone = step.action.do in OWN_ACTIONS and not struck(step)
    if alone and own > _rounding(before.claims.keys() & {step.sender}):
        return f"who acts gains {usd(own)[0]}"
    forgiven = {e.account for e in step.effects(WrittenOff)}
    bound = sum(a.debt for n, a in enumerate(before.accounts, 1) if n in forgiven)
    gain = _everybodys_stable(after) - _everybodys_stable(before)
    if gain > bound + _rounding(before.claims):
        more, less = usd(gain, bound)
        return f"everybody together gains {more}, and {less} is written off"
    return ""


@rule("A transaction takes nothing out of another's wallet or claim.")
def wallets(step: Step, declared: Declared) -> str | None:
    if step.receipt is None:
        return None
    before, after = step.before, step.after
    actors = acting(step)
    for who, had in before.stable.items():
        if who not in actors and after.stable[who] < had:
            return f"0x{who.hex()} loses {usd(had - after.stable[who])[0]}"
    for asset, held in enumerate(before.tokens):
        for who, had in held.items():
            if who not in actors and after.tokens[asset][who] < had:
                lost = had - after.tokens[asset][who]
                return f"0x{who.hex()} loses {declared.tokens(asset, lost)[0]}"
    if not step.effects(WrittenOff):
        for who, had in before.claims.items():
            if who not in actors and after.claims.get(who, 0) + 1 < had:
                now, was = usd(after.claims.get(who, 0), had)
                return f"0x{who.hex()} may claim {now}; it was {was}"
    return ""


@rule("An action of one's own costs what it pays, and no more than rounding and fees besides.")
def fairness(step: Step, declared: Declared) -> str | None:
    if not step.ok or step.action.do not in OWN_ACTIONS or declared.hostile:
        return None
    before, after = step.before, step.after
    changes = [
        _of_all(after.tokens[asset]) + _owned(after, asset)
        - _of_all(before.tokens[asset]) - _owned(before, asset)
        for asset in range(len(before.tokens))
    ]  # fmt: skip
    changes.append(_everybodys_stable(after) - _everybodys_stable(before))
    moved = [
        abs(after.tokens[asset].get(step.sender, 0) - held.get(step.sender, 0))
        for asset, held in enumerate(before.tokens)
    ]
    moved.append(abs(after.stable.get(step.sender, 0) - before.stable.get(step.sender, 0)))
    for asset, (change, paid) in enumerate(zip(changes, moved, strict=True)):
        if -change > paid * (declared.fee + DUST) // WAD + ROUNDING:
            stable = asset == len(before.tokens)
            lost, all_of_it = (
                usd(-change, paid) if stable else declared.tokens(asset, -change, paid)
            )
            return f"{lost} is lost in moving {all_of_it}"
    return ""


def _sheets(declared: Declared, *accounts: Account) -> list[str]:
    """Collateral against debt, of the same account at several times."""
    columns = [
        declared.tokens(asset, *amounts)
        for asset, amounts in enumerate(zip(*(a.amounts for a in accounts), strict=True))
    ]
    debts = usd(*(account.debt for account in accounts))
    held = zip(*columns, strict=True)
    return [f"{' + '.join(row)} against {debt}" for row, debt in zip(held, debts, strict=True)]


def _of_all(held: Mapping[Address, int]) -> int:
    return sum(held.values())


def _owned(state: State, asset: int) -> int:
    return sum(account.amounts[asset] for account in state.accounts)


def _everybodys(state: State, asset: int) -> int:
    """Of an asset, in wallets and accounts."""
    return sum(state.tokens[asset].values()) + _owned(state, asset)


def _everybodys_stable(state: State) -> int:
    """In wallets and claims, less what is owed."""
    owed = sum(account.debt for account in state.accounts)
    return sum(state.stable.values()) + sum(state.claims.values()) - owed


def _own_stable(state: State, who: Address) -> int:
    """The same of one person."""
    owed = sum(account.debt for account in state.owned_by(who))
    return state.stable.get(who, 0) + state.claims.get(who, 0) - owed


def _rounding(claims: Collection[Address]) -> int:
    """What claims, each rounded down, may rise by when a debt, rounded up, is drawn or paid."""
    return len(claims) + 2 if claims else 0
