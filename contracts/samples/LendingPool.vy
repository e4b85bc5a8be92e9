# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Lending pool
@license Apache-2.0
@notice A sample for other people's designs: lenders supply one asset, borrowers draw it
        against several collaterals, one position an owner.

        Interest runs at a rate that depends on utilisation, debt over cash and debt, and all
        of it is the lenders': a supply share is a part of cash and debt. A liquidation repays
        up to `CLOSE_FACTOR` of a debt, all of it when health is at or below `WHOLE_HEALTH` or
        little would be left, for collateral at a bonus. Where the collateral does not cover
        debt and bonus, the bonus gives way first, down to `LEAST_BONUS`. Debt that is left
        when less than `MIN_LEFT` of collateral is gone: it leaves the books at once, and every
        supply share is worth that much less.

        Supply and repay ask for no price, nor a deposit unless the collateral is new to a
        position with debt. What a liquidation takes needs a valid price; other collateral
        without one gets the benefit of the doubt, twice its last. Ratios, prices and values
        are WAD, amounts native; the asset has 18 decimals and counts as 1 USD. Rounding is
        against who acts.
"""

from ethereum.ercs import IERC20
from ethereum.ercs import IERC20Detailed

from ..interfaces import IOracle
from ..interfaces import IRateModel
from ..modules import fixed_point


struct Terms:
    close_factor: uint256
    whole_health: uint256
    bonus: uint256
    least_bonus: uint256
    min_debt: uint256
    min_left: uint256


struct Book:
    value: uint256         # of all collateral, each rounded down
    debt: uint256
    initial: uint256       # equity to draw and to withdraw, rounded up
    maintenance: uint256   # equity to keep, rounded up
    valid: bool            # every price used is valid


struct Plan:
    repaid: uint256
    shares: uint256
    seized: uint256
    bonus: uint256


event Supplied:
    lender: indexed(address)
    amount: uint256
    shares: uint256


event Recalled:
    lender: indexed(address)
    to: indexed(address)
    amount: uint256
    shares: uint256


event Deposited:
    owner: indexed(address)
    asset: indexed(address)
    payer: indexed(address)
    amount: uint256


event Withdrawn:
    owner: indexed(address)
    asset: indexed(address)
    to: indexed(address)
    amount: uint256


event Borrowed:
    owner: indexed(address)
    to: indexed(address)
    amount: uint256
    shares: uint256


event Repaid:
    owner: indexed(address)
    payer: indexed(address)
    amount: uint256
    shares: uint256


event Liquidated:
    owner: indexed(address)
    liquidator: indexed(address)
    asset: indexed(address)
    repaid: uint256
    shares: uint256
    seized: uint256
    bonus: uint256


event Lost:
    owner: indexed(address)
    amount: uint256        # borne by the lenders
    shares: uint256


event Accrued:
    index: uint256


WAD: constant(uint256) = fixed_point.WAD
RAY: constant(uint256) = fixed_point.RAY
YEAR: constant(uint256) = 365 * 86_400
MAX_ASSETS: constant(uint256) = 8
MAX_AMOUNT: constant(uint256) = 2**127
MAX_SHARES: constant(uint256) = 2**128
MAX_INDEX: constant(uint256) = 2**128 - 1
VIRTUAL_SHARES: constant(uint256) = 10**6   # with one unit behind them: no first lender can
                                            # make the shares of the next round to nothing

asset: public(immutable(address))
oracle: public(immutable(address))
rate_model: public(immutable(address))
CLOSE_FACTOR: public(immutable(uint256))
WHOLE_HEALTH: public(immutable(uint256))
BONUS: public(immutable(uint256))
LEAST_BONUS: public(immutable(uint256))
MIN_DEBT: public(immutable(uint256))
MIN_LEFT: public(immutable(uint256))
COLLATERALS: immutable(DynArray[address, MAX_ASSETS])
UNITS: immutable(DynArray[uint256, MAX_ASSETS])
INITIAL: immutable(DynArray[uint256, MAX_ASSETS])
MAINTENANCE: immutable(DynArray[uint256, MAX_ASSETS])

collateral_of: public(HashMap[address, uint256[MAX_ASSETS]])   # in the order of `collaterals`
debt_shares_of: public(HashMap[address, uint256])
supply_shares_of: public(HashMap[address, uint256])
debt_shares: public(uint256)
supply_shares: public(uint256)
cash: public(uint256)          # of the asset, lent and not drawn; what is sent here unasked is not
lost: public(uint256)          # all that lenders have borne
_index: uint256                # RAY
_accrued_at: uint256


@deploy
def __init__(
    asset_: address,
    oracle_: address,
    rate_model_: address,
    collaterals_: DynArray[address, MAX_ASSETS],
    initial: DynArray[uint256, MAX_ASSETS],
    maintenance: DynArray[uint256, MAX_ASSETS],
    terms: Terms,
):
    """
    @param initial Of each collateral: share of its value that must be equity to draw, WAD.
    @param maintenance The same to keep what was drawn.
    """
    assert terms.close_factor > 0 and terms.close_factor <= WAD, "pool: close factor"
    assert terms.least_bonus <= terms.bonus, "pool: bonuses"
    assert staticcall IERC20Detailed(asset_).decimals() == 18, "pool: asset's decimals"
    units: DynArray[uint256, MAX_ASSETS] = []
    for i: uint256 in range(len(collaterals_), bound=MAX_ASSETS):
        assert initial[i] > maintenance[i] and initial[i] < WAD, "pool: margins"
        assert (WAD - maintenance[i]) * (WAD + terms.bonus) < WAD * WAD, "pool: bonus"
        decimals: uint8 = staticcall IERC20Detailed(collaterals_[i]).decimals()
        assert decimals <= 18, "pool: more than 18 decimals"
        units.append(10**convert(decimals, uint256))
    asset = asset_
    oracle = oracle_
    rate_model = rate_model_
    CLOSE_FACTOR = terms.close_factor
    WHOLE_HEALTH = terms.whole_health
    BONUS = terms.bonus
    LEAST_BONUS = terms.least_bonus
    MIN_DEBT = terms.min_debt
    MIN_LEFT = terms.min_left
    COLLATERALS = collaterals_
    UNITS = units
    INITIAL = initial
    MAINTENANCE = maintenance
    self._index = RAY
    self._accrued_at = block.timestamp


# ------------------------------------------------------------------- lenders


@external
def supply(amount: uint256) -> uint256:
    """
    @notice Lend the asset.
    @return Supply shares.
    """
    self._accrue()
    received: uint256 = self._receive(asset, amount)
    shares: uint256 = fixed_point._mul_div_down(
        received, self.supply_shares + VIRTUAL_SHARES, self._supplied() + 1
    )
    assert shares != 0, "pool: amount"
    self.supply_shares_of[msg.sender] += shares
    self.supply_shares += shares
    self.cash += received
    assert self.cash <= MAX_AMOUNT, "pool: too much"
    # Where lenders have lost everything shares are worth so little that the next one would get
    # more of them than can be multiplied, and could not take his money out.
    assert self.supply_shares <= MAX_SHARES, "pool: too much"
    log Supplied(lender=msg.sender, amount=received, shares=shares)
    return shares


@external
def recall(amount: uint256, to: address) -> uint256:
    """
    @notice Take back what one lent, as far as there is cash.
    @return Supply shares given up, rounded up.
    """
    self._accrue()
    shares: uint256 = fixed_point._mul_div_up(
        amount, self.supply_shares + VIRTUAL_SHARES, self._supplied() + 1
    )
    assert amount != 0 and shares <= self.supply_shares_of[msg.sender], "pool: amount"
    assert amount <= self.cash, "pool: not enough cash"
    self.supply_shares_of[msg.sender] -= shares
    self.supply_shares -= shares
    self.cash -= amount
    log Recalled(lender=msg.sender, to=to, amount=amount, shares=shares)
    self._send(asset, to, amount)
    return shares


# ----------------------------------------------------------------- borrowers


@external
def deposit(owner: address, collateral: address, amount: uint256):
    """
    @notice Anyone: add collateral to a position; the first deposit opens it.
    """
    assert owner != empty(address), "pool: no owner"
    i: uint256 = self._asset_index(collateral)
    if self.collateral_of[owner][i] == 0 and self.debt_shares_of[owner] != 0:
        # Or a grain of what never had a price would put the position out of liquidators' reach.
        assert self._price(i)[1], "pool: price not valid"
    received: uint256 = self._receive(collateral, amount)
    self.collateral_of[owner][i] += received
    assert self.collateral_of[owner][i] <= MAX_AMOUNT, "pool: too much"
    log Deposited(owner=owner, asset=collateral, payer=msg.sender, amount=received)


@external
def withdraw(collateral: address, amount: uint256, to: address):
    """
    @notice Take out collateral of one's own, down to the initial requirement.
    """
    i: uint256 = self._asset_index(collateral)
    self._accrue()
    held: uint256 = self.collateral_of[msg.sender][i]
    assert 0 < amount and amount <= held, "pool: amount"
    self.collateral_of[msg.sender][i] = held - amount
    if self.debt_shares_of[msg.sender] != 0:
        self._check_initial(msg.sender)
    log Withdrawn(owner=msg.sender, asset=collateral, to=to, amount=amount)
    self._send(collateral, to, amount)


@external
def borrow(amount: uint256, to: address):
    """
    @notice Draw the asset against one's own position, down to the initial requirement.
    """
    self._accrue()
    assert amount != 0, "pool: amount"
    assert amount <= self.cash, "pool: not enough cash"
    shares: uint256 = fixed_point._mul_div_up(amount, RAY, self._index)
    self.debt_shares_of[msg.sender] += shares
    self.debt_shares += shares
    self.cash -= amount
    assert self._debt(self.debt_shares_of[msg.sender]) >= MIN_DEBT, "pool: below minimum debt"
    self._check_initial(msg.sender)
    log Borrowed(owner=msg.sender, to=to, amount=amount, shares=shares)
    self._send(asset, to, amount)


@external
def repay(owner: address, amount: uint256) -> uint256:
    """
    @notice Anyone: pay a position's debt, at most all of it.
    @return What was repaid.
    """
    self._accrue()
    repaid: uint256 = 0
    shares: uint256 = 0
    repaid, shares = self._payment(owner, amount)
    assert repaid != 0, "pool: amount"
    self._retire(owner, shares)
    self.cash += repaid
    log Repaid(owner=owner, payer=msg.sender, amount=repaid, shares=shares)
    assert self._receive(asset, repaid) == repaid, "pool: transfer fell short"
    return repaid


@external
def liquidate(
    owner: address, collateral: address, max_repay: uint256, min_seize: uint256, to: address
) -> (uint256, uint256):
    """
    @notice Anyone: pay debt of a position below its maintenance requirement for collateral.
    @param min_seize Revert for less collateral than this.
    @return (asset paid, collateral taken)
    """
    i: uint256 = self._asset_index(collateral)
    self._accrue()
    book: Book = self._book(owner)
    assert self._is_liquidatable(owner, book), "pool: not liquidatable"
    plan: Plan = self._plan(owner, book, i, max_repay)
    left: uint256 = book.debt - plan.repaid
    assert plan.repaid != 0, "pool: amount"
    assert plan.seized >= min_seize, "pool: below min_seize"
    assert (
        left == 0 or left >= MIN_DEBT or plan.seized == self.collateral_of[owner][i]
    ), "pool: below minimum debt"
    self._retire(owner, plan.shares)
    self.cash += plan.repaid
    self.collateral_of[owner][i] -= plan.seized
    log Liquidated(
        owner=owner,
        liquidator=msg.sender,
        asset=collateral,
        repaid=plan.repaid,
        shares=plan.shares,
        seized=plan.seized,
        bonus=plan.bonus,
    )
    self._write_off(owner)
    assert self._receive(asset, plan.repaid) == plan.repaid, "pool: transfer fell short"
    self._send(collateral, to, plan.seized)
    return plan.repaid, plan.seized


# --------------------------------------------------------------------- views


@view
@external
def collaterals() -> DynArray[address, MAX_ASSETS]:
    return COLLATERALS


@view
@external
def position_of(owner: address) -> Book:
    return self._book(owner)


@view
@external
def preview_liquidate(
    owner: address, collateral: address, max_repay: uint256
) -> (bool, uint256, uint256, uint256):
    """
    @return (allowed, asset paid, collateral taken, bonus); zeros where it would revert.
    """
    book: Book = self._book(owner)
    if not self._is_liquidatable(owner, book):
        return False, 0, 0, 0
    plan: Plan = self._plan(owner, book, self._asset_index(collateral), max_repay)
    return plan.repaid != 0, plan.repaid, plan.seized, plan.bonus


@view
@external
def totals() -> (uint256, uint256, uint256, uint256, uint256):
    """
    @return (debt, index, cash, supply shares, what lenders have borne) at this moment.
    """
    index: uint256 = self._index_now()
    debt: uint256 = fixed_point._mul_div_up(self.debt_shares, index, RAY)
    return debt, index, self.cash, self.supply_shares, self.lost


@view
@external
def supplied_by(lender: address) -> uint256:
    """
    @return What the lender's shares are worth, whether it is there or lent out.
    """
    return self._worth(self.supply_shares_of[lender])


# ------------------------------------------------------------------ interest


@internal
def _accrue():
    if self._accrued_at == block.timestamp:
        return
    self._index = self._index_now()
    self._accrued_at = block.timestamp
    log Accrued(index=self._index)


@view
@internal
def _index_now() -> uint256:
    """
    @return The index with simple interest since the last accrual, rounded up. It stops at its
            largest value rather than revert: debt stays repayable.
    """
    rate: uint256 = staticcall IRateModel(rate_model).rate(self._utilisation())
    elapsed: uint256 = block.timestamp - self._accrued_at
    growth: uint256 = fixed_point._mul_div_up(self._index, rate * elapsed, WAD * YEAR)
    return min(self._index + growth, MAX_INDEX)


@view
@internal
def _utilisation() -> uint256:
    debt: uint256 = fixed_point._mul_div_up(self.debt_shares, self._index, RAY)
    if debt == 0:
        return 0
    return debt * WAD // (self.cash + debt)


@view
@internal
def _supplied() -> uint256:
    """
    @return Cash and debt: what all supply shares stand for.
    """
    return self.cash + fixed_point._mul_div_down(self.debt_shares, self._index_now(), RAY)


@view
@internal
def _worth(shares: uint256) -> uint256:
    return fixed_point._mul_div_down(
        shares, self._supplied() + 1, self.supply_shares + VIRTUAL_SHARES
    )


# ----------------------------------------------------------------- positions


@view
@internal
def _debt(shares: uint256) -> uint256:
    return fixed_point._mul_div_up(shares, self._index_now(), RAY)


@view
@internal
def _payment(owner: address, amount: uint256) -> (uint256, uint256):
    """
    @return (paid, shares): all of the debt for all of its shares, else rounded down.
    """
    owed: uint256 = self.debt_shares_of[owner]
    debt: uint256 = self._debt(owed)
    if amount >= debt:
        return debt, owed
    return amount, fixed_point._mul_div_down(amount, RAY, self._index_now())


@internal
def _retire(owner: address, shares: uint256):
    self.debt_shares_of[owner] -= shares
    self.debt_shares -= shares


@view
@internal
def _book(owner: address) -> Book:
    book: Book = empty(Book)
    book.valid = True
    for i: uint256 in range(len(COLLATERALS), bound=MAX_ASSETS):
        held: uint256 = self.collateral_of[owner][i]
        if held == 0:
            continue
        price: uint256 = 0
        valid: bool = False
        price, valid = self._price(i)
        value: uint256 = fixed_point._mul_div_down(held, price, UNITS[i])
        book.value += value
        book.initial += fixed_point._mul_div_up(value, INITIAL[i], WAD)
        book.maintenance += fixed_point._mul_div_up(value, MAINTENANCE[i], WAD)
        book.valid = book.valid and valid
    book.debt = self._debt(self.debt_shares_of[owner])
    return book


@view
@internal
def _check_initial(owner: address):
    book: Book = self._book(owner)
    assert book.valid, "pool: price not valid"
    assert book.value >= book.debt + book.initial, "pool: below initial requirement"


@view
@internal
def _is_liquidatable(owner: address, book: Book) -> bool:
    """
    @notice Below maintenance for certain: what has no valid price counts twice its last, and
            what has none may be worth anything.
    """
    if book.debt == 0:
        return False
    value: uint256 = book.value
    if not book.valid:
        value += self._in_doubt(owner)
    return value < book.debt + book.maintenance


@view
@internal
def _in_doubt(owner: address) -> uint256:
    doubt: uint256 = 0
    for i: uint256 in range(len(COLLATERALS), bound=MAX_ASSETS):
        held: uint256 = self.collateral_of[owner][i]
        price: uint256 = 0
        valid: bool = False
        price, valid = self._price(i)
        if held == 0 or valid:
            continue
        if price == 0:
            return MAX_AMOUNT
        doubt += fixed_point._mul_div_down(held, price, UNITS[i])
    return doubt


@view
@internal
def _price(i: uint256) -> (uint256, bool):
    """
    @return (price, valid); no price at all is not valid, whatever the oracle says.
    """
    price: uint256 = 0
    valid: bool = False
    price, valid = staticcall IOracle(oracle).price(COLLATERALS[i])
    return price, valid and price != 0


@view
@internal
def _plan(owner: address, book: Book, i: uint256, max_repay: uint256) -> Plan:
    """
    @notice What liquidating with collateral i does.
    """
    plan: Plan = empty(Plan)
    held: uint256 = self.collateral_of[owner][i]
    if held == 0:
        return plan
    price: uint256 = 0
    valid: bool = False
    price, valid = self._price(i)
    if not valid:
        return plan
    plan.bonus = self._bonus(book)
    plan.repaid = min(max_repay, self._repay_limit(book))
    plan.seized = fixed_point._mul_div_down(
        plan.repaid * (WAD + plan.bonus), UNITS[i], price * WAD
    )
    if plan.seized >= held:
        plan.seized = held
        worth: uint256 = fixed_point._mul_div_up(held, price, UNITS[i])
        plan.repaid = min(
            plan.repaid, fixed_point._mul_div_up(worth, WAD, WAD + plan.bonus)
        )
    plan.repaid, plan.shares = self._payment(owner, plan.repaid)
    return plan


@view
@internal
def _bonus(book: Book) -> uint256:
    if book.value * WAD >= book.debt * (WAD + BONUS):
        return BONUS
    spare: uint256 = max(book.value, book.debt) - book.debt
    return max(LEAST_BONUS, fixed_point._mul_div_down(spare, WAD, book.debt))


@view
@internal
def _repay_limit(book: Book) -> uint256:
    limit: uint256 = fixed_point._mul_div_up(book.debt, CLOSE_FACTOR, WAD)
    cover: uint256 = book.value - min(book.value, book.maintenance)
    taken: uint256 = fixed_point._mul_div_up(limit, WAD + BONUS, WAD)
    if (
        cover * WAD <= book.debt * WHOLE_HEALTH
        or book.debt < limit + MIN_DEBT
        or book.value < taken + MIN_LEFT
    ):
        return book.debt
    return limit


@internal
def _write_off(owner: address):
    """
    @notice Debt behind which there is nothing worth seizing is the lenders' loss. What covers
            the debt is worth seizing, as little as it may be; so may be what is in doubt, which
            counts twice.
    """
    shares: uint256 = self.debt_shares_of[owner]
    amount: uint256 = self._debt(shares)
    if shares == 0:
        return
    if self._book(owner).value + self._in_doubt(owner) >= min(MIN_LEFT, amount):
        return
    self._retire(owner, shares)
    self.lost += amount
    log Lost(owner=owner, amount=amount, shares=shares)


# -------------------------------------------------------------------- tokens


@view
@internal
def _asset_index(collateral: address) -> uint256:
    for i: uint256 in range(len(COLLATERALS), bound=MAX_ASSETS):
        if COLLATERALS[i] == collateral:
            return i
    raise "pool: not a collateral"


@internal
def _receive(token: address, amount: uint256) -> uint256:
    """
    @return What arrived, which for some tokens is less than `amount`.
    """
    before: uint256 = staticcall IERC20(token).balanceOf(self)
    done: bool = extcall IERC20(token).transferFrom(
        msg.sender, self, amount, default_return_value=True
    )
    assert done, "pool: transfer failed"
    received: uint256 = staticcall IERC20(token).balanceOf(self) - before
    assert received != 0, "pool: amount"
    return received


@internal
def _send(token: address, to: address, amount: uint256):
    assert to != empty(address) and to != self, "pool: recipient"
    if amount != 0:
        done: bool = extcall IERC20(token).transfer(to, amount, default_return_value=True)
        assert done, "pool: transfer failed"
