# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title The sums of a liquidation
@license Apache-2.0
@notice What an account that is liquidatable repays and loses. No storage, no calls: the core
        says what is held, owed and charged.
"""

from ..interfaces import ICollateralizedDebt
from . import account_word
from . import fixed_point
from . import settings


# A liquidation worked out.
struct Plan:
    repaid: uint256
    shares: uint256
    taken: uint256          # collateral that leaves the account
    reserve_cut: uint256    # of it, to the Reserve
    penalty: uint256
    worth: uint256          # of what is left, at valid prices
    cures: bool             # E >= M after it, at valid prices, or no debt
    doubtful: bool          # some price of the account is not valid
    ruins: bool             # debt left, and no collateral that counts


WAD: constant(uint256) = fixed_point.WAD


@pure
@internal
def _health(p: ICollateralizedDebt.Position) -> uint256:
    if p.debt == 0:
        return max_value(uint256)
    if p.collateral < p.maintenance:
        return 0
    return fixed_point._mul_div_down(p.collateral - p.maintenance, WAD, p.debt)


@view
@internal
def _elapsed(state: account_word.Account) -> uint256:
    """
    @return Seconds since the account was liquidatable on record.
    """
    since: uint256 = block.timestamp
    if state.called_at != 0:
        since = min(since, state.deadline)
    if state.recorded_at != 0:
        since = min(since, state.recorded_at)
    return block.timestamp - since


@pure
@internal
def _seizure(
    p: ICollateralizedDebt.Position,
    terms: settings.Terms,
    full: uint256,
    amount: uint256,
    price: uint256,
    unit: uint256,
    max_repay: uint256,
) -> Plan:
    """
    @notice Repay up to the limit; if the asset is worth less, all of it for what it is worth.
    @param full The penalty before any cap.
    @param amount Held of the asset, `unit` of which are worth `price`.
    """
    plan: Plan = empty(Plan)
    reserve_part: uint256 = 0
    plan.penalty, reserve_part = self._penalty(p, terms, full)
    with_penalty: uint256 = WAD + plan.penalty

    plan.repaid = min(max_repay, self._repay_limit(p, terms, plan.penalty))
    plan.taken = fixed_point._mul_div_down(plan.repaid * with_penalty, unit, price * WAD)
    if plan.taken >= amount:
        plan.taken = amount
        worth: uint256 = fixed_point._mul_div_up(amount, price, unit)
        plan.repaid = min(plan.repaid, fixed_point._mul_div_up(worth, WAD, with_penalty))
    plan.reserve_cut = fixed_point._mul_div_up(plan.taken, reserve_part, with_penalty)
    return plan


@pure
@internal
def _penalty(
    p: ICollateralizedDebt.Position, terms: settings.Terms, full: uint256
) -> (uint256, uint256):
    """
    @return (penalty, the Reserve's part of it), WAD shares of the debt repaid.
    """
    charged: uint256 = full
    spare: uint256 = full if p.collateral >= p.debt else 0   # at most for the Reserve
    if terms.cap_toxic:
        equity: uint256 = p.collateral - min(p.collateral, p.debt)
        most: uint256 = fixed_point._mul_div_down(equity, WAD, p.debt)
        if full > most:
            kept: uint256 = min(terms.liquidator_floor, full)
            charged = max(most, kept)
            spare = charged - kept
    return charged, min(fixed_point._mul_div_up(charged, terms.reserve_share, WAD), spare)


@pure
@internal
def _repay_limit(
    p: ICollateralizedDebt.Position, terms: settings.Terms, penalty: uint256
) -> uint256:
    """
    @notice The close factor's share of the debt; all of it when the account is far gone,
            or when that share would leave too little debt or collateral behind.
    """
    limit: uint256 = fixed_point._mul_div_up(p.debt, terms.close_factor, WAD)
    taken: uint256 = fixed_point._mul_div_up(limit, WAD + penalty, WAD)
    if (
        self._health(p) <= terms.full_liquidation_health
        or p.debt < limit + terms.min_debt
        or p.collateral < taken + terms.min_left
    ):
        return p.debt
    return limit
