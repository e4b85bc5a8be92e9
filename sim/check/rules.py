"""What must be true of any lending contract, transaction by transaction.

A rule looks at one `Step` and answers None where it says nothing about it, "" where it holds,
or one sentence that says what is broken. Prices fed and the scenario's terms are what is held
against the contract; its own figures are used only where `valuation` has compared them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from agents.view import Terms
from sim.check.action import Do
from sim.check.state import Account, State, wealth
from sim.check.world import Step
from sim.protocol.adapter import Ability, Adapter
from sim.protocol.effects import Liquidated, Redeemed, WrittenOff
from sim.protocol.terms import terms_of
from sim.units import RAY, WAD, YEAR, Address, to_wad

ROUNDING = 16
"""WAD USD units that a liquidation may cost the buffer, besides the value of one debt share."""
FINE = 10**12
"""Of a value: a share that ratios given in WAD may differ by."""
DUST = WAD // 10**9
"""Share of what is moved that rounding may cost."""
LEAST_PENALTY = WAD // 100
STRUCK = "Struck"
"""Event of a hostile token that let its accomplice act."""
OWN_ACTIONS = (Do.DEPOSIT, Do.WITHDRAW, Do.BORROW, Do.REPAY, Do.LEND, Do.RECALL)


@dataclass(frozen=True)
class Declared:
    """What the contract is said to do."""

    terms: Terms
    abilities: Ability
    units: tuple[int, ...]
    largest_rate: int
    """WAD a year."""
    min_left: int
    least_penalty: int
    """WAD: what is left of a penalty that an account cannot pay."""
    debt_ceiling: int
    account_ceiling: int
    fee: int
    """WAD share of what it moves that an action may cost."""
    hostile: bool
    """Whether tokens may keep a part of what they transfer."""

    @classmethod
    def of(cls, adapter: Adapter, hostile: bool = False) -> Declared:
        scenario = adapter.scenario
        rate, protocol = scenario.rate, scenario.protocol
        return cls(
            terms_of(adapter),
            adapter.abilities,
            tuple(10**asset.decimals for asset in scenario.assets),
            to_wad(rate.base + rate.at_kink + rate.above),
            to_wad(protocol.min_left),
            max(to_wad(scenario.penalty.liquidator_floor), LEAST_PENALTY),
            to_wad(protocol.debt_ceiling),
            to_wad(protocol.account_ceiling),
            to_wad(adapter.fee),
            hostile,
        )


class Rule(NamedTuple):
    name: str
    says: str
    of: Callable[[Step, Declared], str | None]


RULES: list[Rule] = []


def rule(says: str) -> Callable[[Callable[[Step, Declared], str | None]], Rule]:
    """Add a rule by the name of its function."""

    def add(check: Callable[[Step, Declared], str | None]) -> Rule:
        RULES.append(Rule(check.__name__.replace("_", "-"), says, check))
        return RULES[-1]

    return add


# ------------------------------------------------------------------ every state


@rule("Contracts hold the collateral of all accounts, and lenders' claims are there or owed.")
def solvency(step: Step, declared: Declared) -> str | None:
    state = step.after
    for asset, kept in enumerate(state.kept):
        owned = sum(account.amounts[asset] for account in state.accounts)
        if kept < owned:
            return f"accounts hold {owned} of asset {asset}, and the contracts {kept}"
    claims, debts = sum(state.claims.values()), sum(a.debt for a in state.accounts)
    if claims > state.cash + debts:
        return f"lenders may claim {claims}; there are {state.cash} and {debts} owed"
    return ""


@rule("What an account is worth, owes and must keep is what prices and terms say.")
def valuation(step: Step, declared: Declared) -> str | None:
    valid = [(n, a) for n, a in enumerate(step.after.accounts, 1) if a.valid]
    for number, account in valid:
        position = account.position
        pairs = (
            ("is worth", account.value, position.collateral),
            ("must keep", account.maintenance, position.maintenance),
            ("must keep at first", account.initial, position.initial),
        )
        for what, right, said in pairs:
            if abs(right - said) > ROUNDING + account.value // FINE:
                return f"account {number} {what} {right}, and the contract says {said}"
    return "" if valid else None


# ------------------------------------------------------------------ time alone


@rule("Time changes debts by interest alone, upward and within the declared rates.")
def interest(step: Step, declared: Declared) -> str | None:
    if step.receipt is not None:
        return None
    seconds = step.after.time - step.before.time
    for number, was, now in _pairs(step):
        grown = was.debt + was.debt * declared.largest_rate * seconds // (WAD * YEAR) + 2
        if not was.debt <= now.debt <= grown:
            return (
                f"debt of account {number} goes from {was.debt} to {now.debt} in {seconds} s; "
                f"allowed is up to {grown}"
            )
        if was.amounts != now.amounts:
            return f"collateral of account {number} changes with time"
    return ""


# ------------------------------------------------------------ every transaction


@rule("A transaction moves nobody's debt or collateral but what it is about; the index stands.")
def health(step: Step, declared: Declared) -> str | None:
    if step.receipt is None:
        return None
    touched = _touched(step)
    for number, was, now in _pairs(step):
        mine = was.owner == step.sender or _acts_for(step, was)
        worse = now.debt > was.debt or any(
            y < x for x, y in zip(was.amounts, now.amounts, strict=True)
        )
        if worse and not mine and number not in touched:
            return (
                f"account {number} goes from {_sheet(was)} to {_sheet(now)} by another's "
                f"{step.action.do}"
            )
    return ""


@rule("Nobody gains by a transaction but what somebody else gives: rounding is against who acts.")
def conservation(step: Step, declared: Declared) -> str | None:
    if step.receipt is None:
        return None
    before, after = step.before, step.after
    for asset in range(len(before.tokens)):
        gain = _everybodys(after, asset) - _everybodys(before, asset)
        if gain > 0:
            return f"everybody together gains {gain} of asset {asset}"
        received = after.kept[asset] - before.kept[asset]
        if step.action.do is Do.DONATE and not _has_struck(step):
            received = min(received, 0)
        credited = _owned(after, asset) - _owned(before, asset)
        if credited > received:
            return f"accounts are credited {credited} of asset {asset}; received are {received}"
    own = _own_stable(after, step.sender) - _own_stable(before, step.sender)
    if step.action.do in OWN_ACTIONS and own > (step.action.do in (Do.DEPOSIT, Do.REPAY)):
        return f"who acts gains {own} of the stable"
    forgiven = {e.account for e in step.effects(WrittenOff)}
    bound = sum(a.debt for n, a in enumerate(before.accounts, 1) if n in forgiven)
    gain = _everybodys_stable(after) - _everybodys_stable(before)
    if gain > bound + _claims_rounding(before):
        return f"everybody together gains {gain} of the stable, and {bound} is written off"
    return ""


@rule("A transaction takes nothing out of another's wallet or claim.")
def wallets(step: Step, declared: Declared) -> str | None:
    if step.receipt is None:
        return None
    before, after = step.before, step.after
    acting = {step.sender} | {h.address("by") for h in step.happened if h.name == STRUCK}
    for who, had in before.stable.items():
        if who not in acting and after.stable[who] < had:
            return f"0x{who.hex()} loses {had - after.stable[who]} of the stable"
    for asset, held in enumerate(before.tokens):
        for who, had in held.items():
            if who not in acting and after.tokens[asset][who] < had:
                return f"0x{who.hex()} loses {had - after.tokens[asset][who]} of asset {asset}"
    if not step.effects(WrittenOff):
        for who, had in before.claims.items():
            if who not in acting and after.claims.get(who, 0) + 1 < had:
                return f"0x{who.hex()} may claim {after.claims.get(who, 0)}; it was {had}"
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
            name = "the stable" if asset == len(before.tokens) else f"asset {asset}"
            return f"{-change} of {name} is lost in moving {paid}"
    return ""


# ------------------------------------------------------------- drawing, taking out


@rule("Who draws or takes out with debt keeps initial margin, at prices that are valid.")
def margin(step: Step, declared: Declared) -> str | None:
    weaker = [(number, now) for number, was, now in _weaker(step) if now.debt]
    for number, account in weaker:
        p, fine = account.position, ROUNDING + account.value // FINE
        if not account.valid:
            return f"account {number} is drawn from at a price that is not valid"
        if p.collateral < p.debt + p.initial:
            return f"equity {p.equity} is left to account {number}, and {p.initial} is required"
        if account.value + fine < account.debt + account.initial:
            left = account.value - account.debt
            return f"equity {left} is left to account {number}; the terms say {account.initial}"
    return "" if weaker else None


@rule("A debt is not below the least, nor drawn above an account's or everybody's ceiling.")
def caps(step: Step, declared: Declared) -> str | None:
    drawn = [(number, now) for number, was, now in _weaker(step) if now.debt > was.debt]
    total = sum(each.debt for each in step.after.accounts)
    ceilings = Ability.CEILINGS in declared.abilities
    for number, account in drawn:
        if account.debt < declared.terms.min_debt:
            return f"a debt of {account.debt} is below the least, {declared.terms.min_debt}"
        if ceilings and account.debt > declared.account_ceiling:
            return f"account {number} owes {account.debt}; allowed is {declared.account_ceiling}"
        if ceilings and total > declared.debt_ceiling + len(step.after.accounts):
            return f"all debts, {total}, are above the ceiling {declared.debt_ceiling}"
    return "" if drawn else None


@rule("What is stopped, by the guardian or a breaker, is stopped.")
def stopped(step: Step, declared: Declared) -> str | None:
    flags = step.before.stopped
    if not flags or step.receipt is None:
        return None
    for number, was, now in _weaker(step):
        if now.debt > was.debt and flags & 1:
            return f"account {number} draws while that is stopped"
        if was.debt and now.debt <= was.debt and flags & 2:
            return f"account {number} takes collateral out, with debt, while that is stopped"
    return ""


# ------------------------------------------------------------------- liquidation


@rule("Only who is below maintenance, after its grace, is liquidated, at a price that is valid.")
def due(step: Step, declared: Declared) -> str | None:
    found = _liquidation(step)
    if found is None:
        return None
    was, done = found
    if not step.before.prices[done.asset][1]:
        return "liquidated at a price that is not valid"
    if not was.valid:
        return None
    p = was.position
    if p.collateral >= p.debt + p.maintenance:
        return f"health was kept: equity {p.equity}, required {p.maintenance}"
    grace, called_at = declared.terms.grace, p.called_at
    in_grace = grace and not (called_at and called_at + grace <= step.before.time)
    if in_grace and was.value - ROUNDING >= was.debt + was.close_out:
        return f"still in its grace: called at {called_at}, it is {step.before.time}"
    return ""


@rule("A liquidation repays and seizes no more than close factor and penalty allow.")
def liquidation(step: Step, declared: Declared) -> str | None:
    found = _liquidation(step)
    if found is None or not found[0].valid:
        return None
    was, done = found
    price, unit = step.before.prices[done.asset][0], declared.units[done.asset]
    taken = done.seized + done.reserve_cut
    if done.repaid > was.debt or taken > was.amounts[done.asset]:
        return f"repaid {done.repaid} of {was.debt}, took {taken} of {was.amounts[done.asset]}"
    worth = (taken * price - price) // unit - ROUNDING
    most = done.repaid * (WAD + to_wad(declared.terms.max_penalty)) // WAD
    if worth > most:
        return f"collateral worth {worth} is taken for {done.repaid}; allowed is {most}"
    limit = _repay_limit(was, declared)
    if done.repaid > limit:
        return f"{done.repaid} is repaid at once; the close factor allows {limit}"
    if done.reserve_cut and was.value + ROUNDING < was.debt:
        return f"the protocol takes {done.reserve_cut} from an account that cannot pay its debt"
    return ""


@rule("A liquidation never makes it worse: the buffer E − M does not fall while V ≥ D.")
def improvement(step: Step, declared: Declared) -> str | None:
    found = _liquidation(step)
    if found is None or not found[0].valid:
        return None
    was, done = found
    now = step.after.accounts[done.account - 1]
    if was.value < was.debt + was.close_out or not any(now.amounts) or not now.debt:
        return None
    share = step.after.prices[done.asset][0] // declared.units[done.asset] + 1
    slack = ROUNDING + share + was.debt // RAY
    if now.buffer + slack < was.buffer:
        return f"the buffer falls from {was.buffer} to {now.buffer}"
    return ""


@rule("No debt is left without collateral: it is written off.")
def leftovers(step: Step, declared: Declared) -> str | None:
    touched = [e.account for e in _liquidations(step)]
    for number in touched:
        account = step.after.accounts[number - 1]
        if account.debt and not any(account.amounts):
            return f"account {number} owes {account.debt} and has nothing"
    return "" if touched else None


@rule("What a liquidation forgives is not more than the collateral could not pay.")
def losses(step: Step, declared: Declared) -> str | None:
    found = _liquidation(step)
    if found is None or not found[0].valid:
        return None
    was, done = found
    forgiven = was.debt - step.after.accounts[done.account - 1].debt - done.repaid
    covered = was.value * WAD // (WAD + declared.least_penalty)
    if forgiven > max(was.debt - covered, 0) + declared.min_left + ROUNDING:
        return f"{forgiven} is forgiven of {was.debt} with {was.value} behind it"
    return ""


@rule("Who redeems takes at most what was paid is worth, and makes nobody poorer.")
def redemption(step: Step, declared: Declared) -> str | None:
    done = step.effects(Redeemed)
    for effect in done:
        price, unit = step.before.prices[effect.asset][0], declared.units[effect.asset]
        if not step.before.prices[effect.asset][1]:
            return "redeemed at a price that is not valid"
        worth = effect.seized * price // unit
        if worth > effect.repaid:
            return f"collateral worth {worth} is taken for {effect.repaid}"
        was = step.before.accounts[effect.account - 1]
        now = step.after.accounts[effect.account - 1]
        if now.value - now.debt + ROUNDING < was.value - was.debt:
            return f"equity falls from {was.value - was.debt} to {now.value - now.debt}"
    return "" if done else None


@rule("Nobody gains by liquidating an account of their own that covers its debt and penalty.")
def self_liquidation(step: Step, declared: Declared) -> str | None:
    found = _liquidation(step)
    if found is None or found[0].owner != step.sender:
        return None
    if found[0].value * WAD < found[0].debt * (WAD + to_wad(declared.terms.max_penalty)):
        return None  # what it does not cover is left to others, whoever liquidates
    after = wealth(step.after, step.sender, declared.units)
    gain = after - wealth(step.before, step.sender, declared.units)
    asset = found[1].asset
    rounding = ROUNDING + step.before.prices[asset][0] // declared.units[asset]
    return f"a gain of {gain // WAD} by liquidating oneself" if gain > rounding * WAD else ""


@rule("A margin call stands, and its clock runs on, until the account is cured or it lapses.")
def margin_calls(step: Step, declared: Declared) -> str | None:
    if step.receipt is None or Ability.MARGIN_CALLS not in declared.abilities:
        return None
    called = False
    for number, was, now in _pairs(step):
        if not was.position.called_at or not was.valid:
            continue
        called = True
        same = now.position.called_at == was.position.called_at
        if not same and now.debt and now.valid and now.buffer < -ROUNDING:
            return (
                f"account {number}, still below maintenance, was called at "
                f"{was.position.called_at} and now is at {now.position.called_at}"
            )
    return "" if called else None


# ----------------------------------------------------------------------- helpers


def _pairs(step: Step) -> Iterator[tuple[int, Account, Account]]:
    """(number, before, after) of accounts that were there."""
    pairs = zip(step.before.accounts, step.after.accounts, strict=False)
    return ((number, was, now) for number, (was, now) in enumerate(pairs, 1))


def _sheet(account: Account) -> str:
    return f"{list(account.amounts)} against {account.debt}"


def _liquidations(step: Step) -> list[Liquidated]:
    return step.effects(Liquidated)


def _liquidation(step: Step) -> tuple[Account, Liquidated] | None:
    """The one liquidation of a transaction, and the account as it was."""
    done = _liquidations(step)
    if len(done) != 1 or done[0].account > len(step.before.accounts):
        return None
    return step.before.accounts[done[0].account - 1], done[0]


def _touched(step: Step) -> set[int]:
    """Accounts that the transaction liquidated, redeemed from or wrote off."""
    kinds = (Liquidated, Redeemed, WrittenOff)
    return {e.account for h in step.happened for e in h.effects if isinstance(e, kinds)}


def _has_struck(step: Step) -> bool:
    """A hostile token let its accomplice act."""
    return any(h.name == STRUCK for h in step.happened)


def _acts_for(step: Step, account: Account) -> bool:
    """Owned by the accomplice of a hostile token, who acted in the middle of the transaction."""
    return any(h.name == STRUCK and h.address("by") == account.owner for h in step.happened)


def _weaker(step: Step) -> Iterator[tuple[int, Account, Account]]:
    """(number, before, after) of accounts that owe more or hold less, and by their owner's will."""
    if not step.ok:
        return
    touched = _touched(step)
    for number, was, now in _pairs(step):
        less = any(y < x for x, y in zip(was.amounts, now.amounts, strict=True))
        if (less or now.debt > was.debt) and number not in touched:
            yield number, was, now


def _repay_limit(account: Account, declared: Declared) -> int:
    """The close factor's share of a debt; all of it when the account is far gone, or when that
    share would leave too little debt or collateral behind."""
    terms, p = declared.terms, account.position
    limit = -(-p.debt * to_wad(terms.close_factor) // WAD)
    taken = -(-limit * (WAD + to_wad(terms.max_penalty)) // WAD)
    far_gone = p.health <= terms.full_liquidation_health
    small = p.debt < limit + terms.min_debt or p.collateral < taken + declared.min_left
    return p.debt if far_gone or small else limit


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


def _claims_rounding(state: State) -> int:
    """What claims, each rounded down, may rise by when a debt, rounded up, is paid."""
    return len(state.claims) + 2 if state.claims else 0
