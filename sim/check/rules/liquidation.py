"""When an account may be liquidated, how much of it, and who may gain by it."""

from __future__ import annotations

from sim.check.rules.declared import Declared
from sim.check.rules.rule import ROUNDING, rule
from sim.check.rules.steps import liquidation_of
from sim.check.state import Account, wealth
from sim.check.world import Step
from sim.protocol.amounts import usd
from sim.units import RAY, WAD, to_wad


@rule("Only who is below maintenance, after its grace, is liquidated, at a price that is valid.")
def due(step: Step, declared: Declared) -> str | None:
    found = liquidation_of(step)
    if found is None:
        return None
    was, done = found
    if not step.before.prices[done.asset][1]:
        return "liquidated at a price that is not valid"
    if not was.valid:
        return None
    p = was.position
    if p.collateral >= p.debt + p.maintenance:
        equity, required = usd(p.equity, p.maintenance)
        return f"health was kept: equity {equity}, required {required}"
    grace, called_at = declared.terms.grace, p.called_at
    in_grace = grace and not (called_at and called_at + grace <= step.before.time)
    if in_grace and was.value - ROUNDING >= was.debt + was.close_out:
        return f"still in its grace: called at {called_at}, it is {step.before.time}"
    return ""


@rule("A liquidation repays and seizes no more than close factor and penalty allow.")
def liquidation(step: Step, declared: Declared) -> str | None:
    found = liquidation_of(step)
    if found is None or not found[0].valid:
        return None
    was, done = found
    price, unit = step.before.prices[done.asset][0], declared.units[done.asset]
    taken = done.seized + done.reserve_cut
    if done.repaid > was.debt or taken > was.amounts[done.asset]:
        paid, debt = usd(done.repaid, was.debt)
        out, held = declared.tokens(done.asset, taken, was.amounts[done.asset])
        return f"repaid {paid} of {debt}, took {out} of {held}"
    worth = (taken * price - price) // unit - ROUNDING
    most = done.repaid * (WAD + to_wad(declared.terms.max_penalty)) // WAD
    if worth > most:
        out, paid, allowed = usd(worth, done.repaid, most)
        return f"collateral worth {out} is taken for {paid}; allowed is {allowed}"
    limit = _repay_limit(was, declared)
    if done.repaid > limit:
        paid, allowed = usd(done.repaid, limit)
        return f"{paid} is repaid at once; the close factor allows {allowed}"
    if done.reserve_cut and was.value + ROUNDING < was.debt:
        cut = declared.tokens(done.asset, done.reserve_cut)[0]
        return f"the protocol takes {cut} from an account that cannot pay its debt"
    return ""


@rule("A liquidation never makes it worse: the buffer E − M does not fall while V ≥ D.")
def improvement(step: Step, declared: Declared) -> str | None:
    found = liquidation_of(step)
    if found is None or not found[0].valid:
        return None
    was, done = found
    now = step.after.accounts[done.account - 1]
    if was.value < was.debt + was.close_out or not any(now.amounts) or not now.debt:
        return None
    share = step.after.prices[done.asset][0] // declared.units[done.asset] + 1
    slack = ROUNDING + share + was.debt // RAY
    if now.buffer + slack < was.buffer:
        old, new = usd(was.buffer, now.buffer)
        return f"the buffer falls from {old} to {new}"
    return ""


@rule("Nobody gains by liquidating an account of their own that covers its debt and penalty.")
def self_liquidation(step: Step, declared: Declared) -> str | None:
    found = liquidation_of(step)
    if found is None or found[0].owner != step.sender:
        return None
    if found[0].value * WAD < found[0].debt * (WAD + to_wad(declared.terms.max_penalty)):
        return None  # what it does not cover is left to others, whoever liquidates
    after = wealth(step.after, step.sender, declared.units)
    gain = after - wealth(step.before, step.sender, declared.units)
    asset = found[1].asset
    rounding = ROUNDING + step.before.prices[asset][0] // declared.units[asset]
    if gain <= rounding * WAD:
        return ""
    return f"a gain of {usd(gain // WAD)[0]} by liquidating oneself"


def _repay_limit(account: Account, declared: Declared) -> int:
    """The close factor's share of a debt; all of it when the account is far gone, or when that
    share would leave too little debt or collateral behind."""
    terms, p = declared.terms, account.position
    limit = -(-p.debt * to_wad(terms.close_factor) // WAD)
    taken = -(-limit * (WAD + to_wad(terms.max_penalty)) // WAD)
    far_gone = p.health <= terms.full_liquidation_health
    small = p.debt < limit + terms.min_debt or p.collateral < taken + declared.min_left
    return p.debt if far_gone or small else limit
