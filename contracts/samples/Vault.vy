# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Isolated vault
@license Apache-2.0
@notice A sample for other people's designs: one collateral, one position an owner, a fixed
        ratio of value to debt, no interest, no margin call.

        A position opens and draws at `OPEN_RATIO` or more. Below `MIN_RATIO` anyone may
        liquidate it, whole: who does burns the debt and takes collateral for it at a bonus;
        what is left stays the owner's. Where the collateral does not cover debt and bonus,
        the bonus gives way first, down to `LEAST_BONUS`; debt that is left when the
        collateral is gone is bad. Between the two ratios anyone may redeem: burn debt of the
        position for collateral at face value, less a fee that stays with the owner.

        Deposit and repay ask for no price. Ratios, prices and values are WAD, amounts native;
        the stable counts as 1 USD. Rounding is against who acts.
"""

from ethereum.ercs import IERC20
from ethereum.ercs import IERC20Detailed

from ..interfaces import IOracle
from ..interfaces import IStableToken
from ..modules import fixed_point


struct Position:
    collateral: uint256
    debt: uint256


event Deposited:
    owner: indexed(address)
    payer: indexed(address)
    amount: uint256


event Withdrawn:
    owner: indexed(address)
    to: indexed(address)
    amount: uint256


event Borrowed:
    owner: indexed(address)
    to: indexed(address)
    amount: uint256


event Repaid:
    owner: indexed(address)
    payer: indexed(address)
    amount: uint256


event Liquidated:
    owner: indexed(address)
    liquidator: indexed(address)
    debt: uint256          # of the position: all of it is gone
    repaid: uint256        # burned by the liquidator; the rest is bad debt
    seized: uint256
    bonus: uint256         # WAD share of what was repaid


event Redeemed:
    owner: indexed(address)
    redeemer: indexed(address)
    amount: uint256
    collateral: uint256


WAD: constant(uint256) = fixed_point.WAD
MAX_AMOUNT: constant(uint256) = 2**127

stable: public(immutable(address))
collateral_token: public(immutable(address))
oracle: public(immutable(address))
OPEN_RATIO: public(immutable(uint256))
MIN_RATIO: public(immutable(uint256))
BONUS: public(immutable(uint256))
LEAST_BONUS: public(immutable(uint256))
REDEMPTION_FEE: public(immutable(uint256))
MIN_DEBT: public(immutable(uint256))
DEBT_CEILING: public(immutable(uint256))
UNIT: immutable(uint256)

_positions: HashMap[address, Position]
total_collateral: public(uint256)
total_debt: public(uint256)
bad_debt: public(uint256)


@deploy
def __init__(
    stable_: address,
    collateral_token_: address,
    oracle_: address,
    ratios: uint256[2],
    bonuses: uint256[2],
    redemption_fee: uint256,
    min_debt: uint256,
    debt_ceiling: uint256,
):
    """
    @param ratios To open and to keep a position, WAD.
    @param bonuses Of a liquidation, and what is left of it at the worst, WAD.
    """
    open_ratio: uint256 = ratios[0]
    min_ratio: uint256 = ratios[1]
    assert open_ratio > min_ratio and min_ratio > WAD + bonuses[0], "vault: ratios"
    assert bonuses[1] <= bonuses[0], "vault: bonuses"
    assert redemption_fee < WAD, "vault: redemption fee"
    assert debt_ceiling < MAX_AMOUNT, "vault: debt ceiling"
    stable = stable_
    collateral_token = collateral_token_
    oracle = oracle_
    OPEN_RATIO = open_ratio
    MIN_RATIO = min_ratio
    BONUS = bonuses[0]
    LEAST_BONUS = bonuses[1]
    REDEMPTION_FEE = redemption_fee
    MIN_DEBT = min_debt
    DEBT_CEILING = debt_ceiling
    decimals: uint8 = staticcall IERC20Detailed(collateral_token_).decimals()
    assert decimals <= 18, "vault: more than 18 decimals"
    UNIT = 10**convert(decimals, uint256)


@external
def deposit(owner: address, amount: uint256):
    """
    @notice Anyone: add collateral to a position; the first deposit opens it.
    """
    assert owner != empty(address), "vault: no owner"
    received: uint256 = self._receive(amount)
    self._positions[owner].collateral += received
    assert self._positions[owner].collateral <= MAX_AMOUNT, "vault: too much collateral"
    self.total_collateral += received
    log Deposited(owner=owner, payer=msg.sender, amount=received)


@external
def withdraw(amount: uint256, to: address):
    """
    @notice Take out collateral of one's own; with debt, down to `OPEN_RATIO`.
    """
    position: Position = self._positions[msg.sender]
    assert 0 < amount and amount <= position.collateral, "vault: amount"
    position.collateral -= amount
    if position.debt != 0:
        assert self._covers(position, self._price(), OPEN_RATIO), "vault: below the open ratio"
    self._positions[msg.sender] = position
    self.total_collateral -= amount
    log Withdrawn(owner=msg.sender, to=to, amount=amount)
    self._send(to, amount)


@external
def borrow(amount: uint256, to: address):
    """
    @notice Draw stable against one's own position, down to `OPEN_RATIO`.
    """
    position: Position = self._positions[msg.sender]
    assert amount != 0, "vault: amount"
    position.debt += amount
    assert position.debt >= MIN_DEBT, "vault: below minimum debt"
    assert self._covers(position, self._price(), OPEN_RATIO), "vault: below the open ratio"
    self._positions[msg.sender] = position
    self.total_debt += amount
    assert self.total_debt <= DEBT_CEILING, "vault: debt ceiling"
    log Borrowed(owner=msg.sender, to=to, amount=amount)
    extcall IStableToken(stable).mint(to, amount)


@external
def repay(owner: address, amount: uint256) -> uint256:
    """
    @notice Anyone: burn stable against a position's debt, at most all of it.
    @return What was repaid.
    """
    repaid: uint256 = min(amount, self._positions[owner].debt)
    assert repaid != 0, "vault: amount"
    self._positions[owner].debt -= repaid
    self.total_debt -= repaid
    log Repaid(owner=owner, payer=msg.sender, amount=repaid)
    extcall IStableToken(stable).burn_from(msg.sender, repaid)
    return repaid


@external
def liquidate(owner: address, min_seize: uint256, to: address) -> (uint256, uint256):
    """
    @notice Anyone: end the debt of a position below `MIN_RATIO`, whole.
    @param min_seize Revert for less collateral than this.
    @return (stable burned, collateral taken)
    """
    position: Position = self._positions[owner]
    price: uint256 = self._price()
    assert self._is_below(position, price), "vault: not liquidatable"
    repaid: uint256 = 0
    seized: uint256 = 0
    bonus: uint256 = 0
    repaid, seized, bonus = self._plan(position, price)
    assert seized >= min_seize, "vault: below min_seize"
    self._positions[owner] = Position(collateral=position.collateral - seized, debt=0)
    self.total_collateral -= seized
    self.total_debt -= position.debt
    self.bad_debt += position.debt - repaid
    log Liquidated(
        owner=owner,
        liquidator=msg.sender,
        debt=position.debt,
        repaid=repaid,
        seized=seized,
        bonus=bonus,
    )
    extcall IStableToken(stable).burn_from(msg.sender, repaid)
    self._send(to, seized)
    return repaid, seized


@external
def redeem(owner: address, amount: uint256, min_out: uint256, to: address) -> uint256:
    """
    @notice Anyone: burn stable against a position between `MIN_RATIO` and `OPEN_RATIO` for
            its collateral at face value less the fee. It leaves no debt, or `MIN_DEBT`.
    @return Collateral taken.
    """
    position: Position = self._positions[owner]
    price: uint256 = self._price()
    assert position.debt != 0 and not self._covers(position, price, OPEN_RATIO), "vault: safe"
    assert self._covers(position, price, MIN_RATIO), "vault: liquidatable"
    redeemed: uint256 = min(amount, position.debt)
    assert redeemed != 0, "vault: amount"
    taken: uint256 = fixed_point._mul_div_down(
        redeemed * (WAD - REDEMPTION_FEE), UNIT, price * WAD
    )
    assert taken >= min_out, "vault: below min_out"
    position.debt -= redeemed
    position.collateral -= taken
    assert position.debt == 0 or position.debt >= MIN_DEBT, "vault: below minimum debt"
    self._positions[owner] = position
    self.total_debt -= redeemed
    self.total_collateral -= taken
    log Redeemed(owner=owner, redeemer=msg.sender, amount=redeemed, collateral=taken)
    extcall IStableToken(stable).burn_from(msg.sender, redeemed)
    self._send(to, taken)
    return taken


@view
@external
def position_of(owner: address) -> (uint256, uint256, uint256, bool):
    """
    @return (collateral, debt, value rounded down, whether the price is valid)
    """
    position: Position = self._positions[owner]
    price: uint256 = 0
    valid: bool = False
    price, valid = staticcall IOracle(oracle).price(collateral_token)
    return position.collateral, position.debt, self._value(position, price), valid


@view
@external
def preview_liquidate(owner: address) -> (bool, uint256, uint256, uint256):
    """
    @return (allowed, stable burned, collateral taken, bonus); zeros where it would revert.
    """
    position: Position = self._positions[owner]
    price: uint256 = 0
    valid: bool = False
    price, valid = staticcall IOracle(oracle).price(collateral_token)
    if not valid or price == 0 or not self._is_below(position, price):
        return False, 0, 0, 0
    repaid: uint256 = 0
    seized: uint256 = 0
    bonus: uint256 = 0
    repaid, seized, bonus = self._plan(position, price)
    return True, repaid, seized, bonus


@view
@internal
def _plan(position: Position, price: uint256) -> (uint256, uint256, uint256):
    """
    @return (repaid, seized, bonus) of ending a position.
    """
    value: uint256 = self._value(position, price)
    bonus: uint256 = BONUS
    if value * WAD < position.debt * (WAD + BONUS):
        spare: uint256 = max(value, position.debt) - position.debt
        bonus = max(LEAST_BONUS, fixed_point._mul_div_down(spare, WAD, position.debt))
    seized: uint256 = fixed_point._mul_div_down(
        position.debt * (WAD + bonus), UNIT, price * WAD
    )
    if seized < position.collateral:
        return position.debt, seized, bonus
    worth: uint256 = fixed_point._mul_div_up(position.collateral, price, UNIT)
    repaid: uint256 = fixed_point._mul_div_up(worth, WAD, WAD + bonus)
    return min(repaid, position.debt), position.collateral, bonus


@view
@internal
def _price() -> uint256:
    price: uint256 = 0
    valid: bool = False
    price, valid = staticcall IOracle(oracle).price(collateral_token)
    assert valid and price != 0, "vault: price not valid"
    return price


@view
@internal
def _value(position: Position, price: uint256) -> uint256:
    return fixed_point._mul_div_down(position.collateral, price, UNIT)


@view
@internal
def _covers(position: Position, price: uint256, ratio: uint256) -> bool:
    return self._value(position, price) * WAD >= position.debt * ratio


@view
@internal
def _is_below(position: Position, price: uint256) -> bool:
    return position.debt != 0 and not self._covers(position, price, MIN_RATIO)


@internal
def _receive(amount: uint256) -> uint256:
    """
    @return What arrived, which for some tokens is less than `amount`.
    """
    before: uint256 = staticcall IERC20(collateral_token).balanceOf(self)
    done: bool = extcall IERC20(collateral_token).transferFrom(
        msg.sender, self, amount, default_return_value=True
    )
    assert done, "vault: transfer failed"
    received: uint256 = staticcall IERC20(collateral_token).balanceOf(self) - before
    assert received != 0, "vault: amount"
    return received


@internal
def _send(to: address, amount: uint256):
    assert to != empty(address) and to != self, "vault: recipient"
    if amount != 0:
        done: bool = extcall IERC20(collateral_token).transfer(
            to, amount, default_return_value=True
        )
        assert done, "vault: transfer failed"
