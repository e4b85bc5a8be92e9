# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Collateralized debt with a maintenance margin threshold
@license Apache-2.0
@notice Accounts hold collateral and owe stable. Below the maintenance requirement an
        account may be called, then liquidated; what collateral cannot pay is bad debt.
        The words, and what each function does, are in interfaces/ICollateralizedDebt.vyi.
@dev One order in every function: checks, accrue, effects, health, event, transfers.
     The exception is a deposit, which is measured as it comes in and so comes in first.
     What changes no debt takes the index as of now and does not store it.
     The sums of a liquidation, the brakes and how tokens move are modules; who may act, what
     is stored and in which order is here.
     While a function runs every view reverts too (but those of what never changes), so
     whatever it calls is given what it needs, and no token sees an account half changed.
"""

from ethereum.ercs import IERC20Detailed

from .interfaces import ICollateralizedDebt
from .interfaces import IMarginModel
from .interfaces import IOracle
from .interfaces import IPenaltyModel
from .interfaces import IRateModel
from .interfaces import IStableToken
from .modules import account_word
from .modules import brakes
from .modules import checks
from .modules import debt_ledger
from .modules import fixed_point
from .modules import liquidation
from .modules import ownable
from .modules import settings
from .modules import transfers

implements: ICollateralizedDebt

initializes: ownable
initializes: debt_ledger
initializes: settings
initializes: brakes[ownable := ownable]

exports: (
    ownable.owner,
    ownable.pending_owner,
    ownable.transfer_ownership,
    ownable.accept_ownership,
    brakes.paused,
    brakes.breaker_tripped,
    brakes.guardian,
    brakes.set_guardian,
    brakes.set_paused,
    brakes.reset_breaker,
)


# An account valued now, in asset order.
struct Book:
    prices: uint256[8]             # 0 where there is none that is valid
    values: uint256[8]             # at the last price, valid or not
    in_doubt: uint256              # part of V that has no valid price: at best it counts twice
    position: ICollateralizedDebt.Position


WAD: constant(uint256) = fixed_point.WAD
RAY: constant(uint256) = fixed_point.RAY
MAX_ASSETS: constant(uint256) = 8
MAX_AMOUNT: constant(uint256) = 2**128 - 1
# Rounding a liquidation may cost the buffer, besides the value of one share: a unit of
# value, one of debt and one of requirement for each asset and scenario.
BUFFER_ROUNDING: constant(uint256) = 16


stable: public(immutable(address))
oracle: public(immutable(address))
reserve: public(immutable(address))
margin_model: public(immutable(address))
penalty_model: public(immutable(address))
rate_model: public(immutable(address))
ASSETS: immutable(DynArray[address, MAX_ASSETS])
DECIMALS: immutable(uint256)   # a byte an asset

account_count: public(uint256)
owner_of: public(HashMap[uint256, address])
_accounts: HashMap[uint256, uint256]                   # packed, see account_word
_collateral: HashMap[uint256, uint256[MAX_ASSETS]]     # native units
_account_limits: HashMap[uint256, uint256]
_deposited: uint256[MAX_ASSETS]
_deposit_caps: uint256[MAX_ASSETS]
unpaid: public(HashMap[address, uint256])              # to the Reserve: its token refused
bad_debt: public(uint256)


@deploy
def __init__(
    stable_: address,
    oracle_: address,
    reserve_: address,
    margin: address,
    penalty: address,
    rate: address,
    assets_: DynArray[address, MAX_ASSETS],
    config_: ICollateralizedDebt.Config,
    owner_: address,
):
    """
    @notice The models and assets stay for good: a new set is a new deployment.
            Deposits have no cap until the owner sets one. The smallest unit of an asset is to
            be worth far less than the least debt: seizures are in whole units, the Reserve's
            part of one is rounded up.
    """
    ownable.__init__(owner_)
    debt_ledger.__init__()
    stable = stable_
    oracle = oracle_
    reserve = reserve_
    margin_model = margin
    penalty_model = penalty
    rate_model = rate
    ASSETS = assets_

    count: uint256 = len(assets_)
    assert count != 0, "asset: none"
    assert staticcall IMarginModel(margin).asset_count() == count, "model: asset count differs"
    most: uint256 = WAD + staticcall IPenaltyModel(penalty).max_penalty()
    packed: uint256 = 0
    for i: uint256 in range(count, bound=MAX_ASSETS):
        assert assets_[i] not in [empty(address), stable_], "asset: not allowed"
        for j: uint256 in range(i, bound=MAX_ASSETS):
            assert assets_[i] != assets_[j], "asset: listed twice"
        decimals: uint256 = convert(staticcall IERC20Detailed(assets_[i]).decimals(), uint256)
        assert decimals <= 18, "asset: more than 18 decimals"
        packed |= decimals << (8 * i)
        self._deposit_caps[i] = MAX_AMOUNT

        # The gate: a liquidation at close-out or above must raise the margin buffer.
        initial: uint256 = 0
        maintenance: uint256 = 0
        close_out: uint256 = 0
        initial, maintenance, close_out = staticcall IMarginModel(margin).ratios(i)
        least: uint256 = staticcall IMarginModel(margin).close_out_floor(i)
        assert (
            initial > maintenance and maintenance >= close_out and close_out >= least
        ), "model: requirements out of order"
        assert (WAD - least) * most < WAD * WAD, "model: penalty too large for close-out"
    DECIMALS = packed
    self._configure(config_)


# ---------------------------------------------------------------- accounts


@external
def open() -> uint256:
    account: uint256 = self.account_count + 1
    self.account_count = account
    self.owner_of[account] = msg.sender
    log ICollateralizedDebt.Opened(account=account, owner=msg.sender)
    return account


@external
def deposit(account: uint256, asset: address, amount: uint256):
    owner: address = self.owner_of[account]
    checks._require(owner != empty(address), "account: not opened")
    i: uint256 = self._asset_index(asset)
    received: uint256 = transfers._receive(asset, amount)
    state: account_word.Account = self._load(account)
    held: bool = state.held & (1 << i) != 0
    if msg.sender != owner or not held:
        self._check_worth(i, received, held, msg.sender == owner)

    total: uint256 = self._deposited[i] + received
    self._deposited[i] = total
    self._collateral[account][i] += received
    state.held |= 1 << i
    self._save(account, state)
    self._check_cap(account, state.called_at != 0, i, total)
    self._clear_if_cured(account)
    log ICollateralizedDebt.Deposited(
        account=account, asset=asset, payer=msg.sender, amount=received
    )


@external
def withdraw(account: uint256, asset: address, amount: uint256, to: address):
    self._only_account_owner(account)
    self._check_payout(amount, to)
    i: uint256 = self._asset_index(asset)
    checks._require(amount <= self._collateral[account][i], "amount: more than is held")

    state: account_word.Account = self._load(account)
    if state.shares != 0:
        brakes._check_open(brakes.PAUSE_WITHDRAW)
    state.held = self._take(account, state.held, i, amount)
    self._save(account, state)
    if state.shares != 0:
        self._check_initial(self._valid_position(account))
        self._clear(account)
    log ICollateralizedDebt.Withdrawn(account=account, asset=asset, to=to, amount=amount)
    transfers._send(asset, to, amount)


@external
def borrow(account: uint256, amount: uint256, to: address):
    self._only_account_owner(account)
    self._check_payout(amount, to)
    brakes._check_open(brakes.PAUSE_BORROW)

    self._accrue()
    state: account_word.Account = self._load(account)
    shares: uint256 = debt_ledger._lend(amount, settings._debt_ceiling())
    state.shares += shares
    self._save(account, state)

    p: ICollateralizedDebt.Position = self._valid_position(account)
    checks._require(p.debt >= settings._min_debt(), "limit: below minimum debt")
    checks._require(p.debt <= self._account_limit(account), "limit: account debt ceiling")
    self._check_initial(p)
    self._clear(account)
    log ICollateralizedDebt.Borrowed(account=account, to=to, amount=amount, shares=shares)
    self._mint(to, amount)


@external
def repay(account: uint256, amount: uint256) -> uint256:
    checks._nonzero(amount)
    state: account_word.Account = self._load(account)
    checks._require(state.shares != 0, "account: no debt")

    index: uint256 = self._accrue()
    paid: uint256 = 0
    shares: uint256 = 0
    paid, shares = debt_ledger._payment(state.shares, amount, index)
    debt_ledger._retire(shares, paid)
    state.shares -= shares
    self._save(account, state)
    self._clear_if_cured(account)
    log ICollateralizedDebt.Repaid(
        account=account, payer=msg.sender, amount=paid, shares=shares
    )
    self._burn(msg.sender, paid)
    return paid


@external
def accrue():
    self._accrue()
    self._mint_unminted()


# ------------------------------------------------------------- margin calls


@external
def margin_call(account: uint256):
    state: account_word.Account = self._load(account)
    book: Book = self._book_of(account)
    checks._require(self._is_below(book, book.position.maintenance), "margin: not below maintenance")

    grace: uint256 = settings._grace()
    news: bool = state.called_at == 0
    if news:
        state.called_at = block.timestamp
        state.deadline = block.timestamp + grace
    recorded_at: uint256 = self._recorded_at(state, self._is_due(state, book, grace))
    checks._require(news or recorded_at != state.recorded_at, "margin: already called")
    state.recorded_at = recorded_at
    self._save(account, state)
    if news:
        log ICollateralizedDebt.MarginCalled(
            account=account,
            caller=msg.sender,
            called_at=state.called_at,
            deadline=state.deadline,
        )


@external
def clear_margin_call(account: uint256):
    state: account_word.Account = self._load(account)
    if state.called_at != 0 or state.recorded_at != 0:
        checks._require(self._is_cured(account), "margin: below maintenance")
    checks._require(self._clear(account), "margin: not called")


# -------------------------------------------------------------- liquidation


@external
def liquidate(
    account: uint256, asset: address, max_repay: uint256, min_seize: uint256, to: address
) -> (uint256, uint256):
    self._check_payout(max_repay, to)
    i: uint256 = self._asset_index(asset)

    index: uint256 = self._accrue()
    state: account_word.Account = self._load(account)
    plan: liquidation.Plan = empty(liquidation.Plan)
    refusal: String[32] = ""
    plan, refusal = self._plan(account, state, index, i, max_repay)
    checks._require(len(refusal) == 0, refusal)
    seized: uint256 = plan.taken - plan.reserve_cut
    checks._require(seized >= min_seize, "liquidation: seizes too little")

    debt_ledger._retire(plan.shares, plan.repaid)
    state.shares -= plan.shares
    state.held = self._take(account, state.held, i, plan.taken)
    if not plan.cures:
        state.recorded_at = self._recorded_at(state, True)
    log ICollateralizedDebt.Liquidated(
        account=account,
        liquidator=msg.sender,
        asset=asset,
        repaid=plan.repaid,
        shares=plan.shares,
        seized=seized,
        reserve_cut=plan.reserve_cut,
        penalty=plan.penalty,
    )
    if plan.ruins:
        self._write_off(account, state, index, plan.worth)
    else:
        self._save(account, state)
        if plan.cures or (plan.doubtful and self._is_cured(account)):
            self._clear(account)
    self._burn(msg.sender, plan.repaid)
    transfers._send(asset, to, seized)
    self._pay_reserve(asset, plan.reserve_cut)
    return plan.repaid, seized


@external
def absorb(account: uint256):
    index: uint256 = self._accrue()
    state: account_word.Account = self._load(account)
    book: Book = self._book(account, state, index)
    # Negative equity is below any close-out requirement, so the account is liquidatable.
    checks._require(self._is_below(book, 0), "margin: not insolvent")
    log ICollateralizedDebt.Absorbed(account=account, caller=msg.sender)
    self._write_off(account, state, index, book.position.collateral - book.in_doubt)


@external
def pay_reserve(asset: address):
    # A token may have moved what it said it refused: no account pays for it twice.
    deposited: uint256 = self._deposited[self._asset_index(asset)]
    balance: uint256 = transfers._balance(asset, self)
    amount: uint256 = min(self.unpaid[asset], balance - min(balance, deposited))
    checks._nonzero(amount)
    self.unpaid[asset] -= amount
    transfers._send(asset, reserve, amount)


@external
def heal(amount: uint256) -> uint256:
    healed: uint256 = min(amount, self.bad_debt)
    checks._nonzero(healed)
    self.bad_debt -= healed
    log ICollateralizedDebt.Healed(payer=msg.sender, amount=healed)
    self._burn(msg.sender, healed)
    return healed


# ------------------------------------------------------- owner and guardian


@external
def set_config(config: ICollateralizedDebt.Config):
    ownable._only_owner()
    # The time before now is charged at the rate of the old ceiling.
    self._accrue()
    self._configure(config)


@external
def set_account_limit(account: uint256, limit: uint256):
    ownable._only_owner()
    self._account_limits[account] = limit
    log ICollateralizedDebt.AccountLimitSet(account=account, limit=limit)


@external
def set_deposit_cap(asset: address, cap: uint256):
    ownable._only_owner()
    checks._require(cap <= MAX_AMOUNT, "config: deposit cap")
    self._deposit_caps[self._asset_index(asset)] = cap
    log ICollateralizedDebt.DepositCapSet(asset=asset, cap=cap)


# -------------------------------------------------------------------- views


@view
@external
def position(account: uint256) -> ICollateralizedDebt.Position:
    return self._position(account)


@view
@external
def debt(account: uint256) -> uint256:
    return debt_ledger._debt_up(self._load(account).shares, self._accrued().index)


@view
@external
def equity(account: uint256) -> int256:
    p: ICollateralizedDebt.Position = self._position(account)
    return convert(p.collateral, int256) - convert(p.debt, int256)


@view
@external
def requirements(account: uint256) -> (uint256, uint256, uint256):
    p: ICollateralizedDebt.Position = self._position(account)
    return p.initial, p.maintenance, p.close_out


@view
@external
def health_factor(account: uint256) -> uint256:
    return liquidation._health(self._position(account))


@view
@external
def maintenance_buffer(account: uint256) -> int256:
    p: ICollateralizedDebt.Position = self._position(account)
    return convert(p.collateral, int256) - convert(p.debt + p.maintenance, int256)


@view
@external
def margin_ratio(account: uint256) -> int256:
    p: ICollateralizedDebt.Position = self._position(account)
    if p.collateral == 0:
        return 0
    # 1 - D/V; the part taken away is rounded up, so the ratio goes toward minus infinity.
    return convert(WAD, int256) - convert(
        fixed_point._mul_div_up(p.debt, WAD, p.collateral), int256
    )


@view
@external
def max_borrow(account: uint256) -> uint256:
    market: debt_ledger.Market = self._accrued()
    state: account_word.Account = self._load(account)
    p: ICollateralizedDebt.Position = self._position(account)
    if not p.valid or p.collateral < p.initial or not brakes._is_open(brakes.PAUSE_BORROW):
        return 0
    # ceil(shares * index) <= limit exactly when shares <= floor(limit / index).
    limit: uint256 = min(p.collateral - p.initial, self._account_limit(account))
    most: uint256 = limit * RAY // market.index
    most_of_all: uint256 = settings._debt_ceiling() * RAY // market.index
    if most <= state.shares or most_of_all <= market.shares:
        return 0
    shares: uint256 = min(most - state.shares, most_of_all - market.shares)
    # ceil(amount / index) <= shares exactly when amount <= floor(shares * index).
    amount: uint256 = fixed_point._mul_div_down(shares, market.index, RAY)
    shares = state.shares + fixed_point._mul_div_up(amount, RAY, market.index)
    too_small: bool = debt_ledger._debt_up(shares, market.index) < settings._min_debt()
    return 0 if too_small else amount


@view
@external
def status(account: uint256) -> uint256:
    if self.owner_of[account] == empty(address):
        return 0
    state: account_word.Account = self._load(account)
    if state.shares == 0:
        return 1
    book: Book = self._book_of(account)
    if not self._is_below(book, book.position.maintenance):
        return 1 if book.position.valid else 5
    if self._is_due(state, book, settings._grace()):
        return 4
    return 2 if state.called_at == 0 else 3


@view
@external
def preview_liquidate(
    account: uint256, asset: address, max_repay: uint256
) -> ICollateralizedDebt.Preview:
    i: uint256 = self._asset_index(asset)
    plan: liquidation.Plan = empty(liquidation.Plan)
    refusal: String[32] = ""
    plan, refusal = self._plan(
        account, self._load(account), self._accrued().index, i, max_repay
    )
    return ICollateralizedDebt.Preview(
        allowed=plan.repaid != 0 and len(refusal) == 0,
        repaid=plan.repaid,
        seized=plan.taken - plan.reserve_cut,
        reserve_cut=plan.reserve_cut,
        penalty=plan.penalty,
    )


@view
@external
def totals() -> ICollateralizedDebt.Totals:
    market: debt_ledger.Market = self._accrued()
    utilisation: uint256 = 0
    rate: uint256 = 0
    utilisation, rate = self._rate(market)
    return ICollateralizedDebt.Totals(
        debt=debt_ledger._debt_up(market.shares, market.index),
        shares=market.shares,
        index=market.index,
        unminted=market.unminted,
        bad_debt=self.bad_debt,
        utilisation=utilisation,
        rate=rate,
        timestamp=market.updated_at,
    )


@view
@external
def config() -> ICollateralizedDebt.Config:
    return settings._get()


@view
@external
def shares_of(account: uint256) -> uint256:
    return self._load(account).shares


@view
@external
def collateral_of(account: uint256, asset: address) -> uint256:
    return self._collateral[account][self._asset_index(asset)]


@view
@external
def called_at(account: uint256) -> uint256:
    return self._load(account).called_at


@view
@external
def deposited(asset: address) -> uint256:
    return self._deposited[self._asset_index(asset)]


@view
@external
def assets() -> DynArray[address, MAX_ASSETS]:
    return ASSETS


# ------------------------------------------------------------ what is stored


@view
@internal
def _load(account: uint256) -> account_word.Account:
    """
    @notice The account, without a call or a record that has lapsed.
    """
    state: account_word.Account = account_word._unpack(self._accounts[account])
    if state.called_at != 0 or state.recorded_at != 0:
        lapsed: uint256 = settings._lapsed_before()
        if state.deadline < lapsed:
            state.called_at = 0
            state.deadline = 0
        if state.recorded_at < lapsed:
            state.recorded_at = 0
    return state


@internal
def _save(account: uint256, state: account_word.Account):
    self._accounts[account] = account_word._pack(state)


@view
@internal
def _accrued() -> debt_ledger.Market:
    """
    @notice The debt of all accounts as of now; `_accrue` stores it.
    """
    market: debt_ledger.Market = debt_ledger._load()
    if block.timestamp > market.updated_at:
        market = debt_ledger._grow(market, self._rate(market)[1])
    return market


@view
@internal
def _rate(market: debt_ledger.Market) -> (uint256, uint256):
    """
    @return (utilisation, rate a year), WAD.
    """
    utilisation: uint256 = debt_ledger._utilisation(market, settings._debt_ceiling())
    return utilisation, staticcall IRateModel(rate_model).rate(utilisation)


@internal
def _accrue() -> uint256:
    """
    @return The index.
    """
    before: debt_ledger.Market = debt_ledger._load()
    market: debt_ledger.Market = self._accrued()
    if market.updated_at != before.updated_at:
        debt_ledger._store(market)
        log ICollateralizedDebt.Accrued(
            index=market.index, interest=market.unminted - before.unminted, minted=0
        )
    return market.index


@internal
def _configure(config: ICollateralizedDebt.Config):
    # A call that lapses first would start an auction anew that nobody took so far.
    rises_for: uint256 = staticcall IPenaltyModel(penalty_model).duration()
    checks._require(rises_for <= config.call_window, "config: call_window")
    settings._set(config)
    log ICollateralizedDebt.ConfigChanged(config=config)


@internal
def _take(account: uint256, held: uint256, i: uint256, amount: uint256) -> uint256:
    """
    @return `held` after `amount` of asset i has left the account.
    """
    left: uint256 = self._collateral[account][i] - amount
    self._collateral[account][i] = left
    self._deposited[i] -= amount
    return held if left != 0 else held & ~(1 << i)


# ---------------------------------------------------- what an account is worth


@view
@internal
def _book(account: uint256, state: account_word.Account, index: uint256) -> Book:
    """
    @notice Value the account; each value rounded down, debt and requirements up.
    """
    book: Book = empty(Book)
    book.position.valid = True
    for i: uint256 in range(MAX_ASSETS):
        if state.held >> i == 0:
            break
        price: uint256 = 0
        worth: uint256 = 0
        if (state.held >> i) & 1 == 1:
            valid: bool = False
            price, valid = self._price(i)
            worth = fixed_point._mul_div_down(self._collateral[account][i], price, self._unit(i))
            if not valid:
                # An asset without any price may be worth anything.
                book.in_doubt += worth if price != 0 else MAX_AMOUNT
                book.position.valid = False
                price = 0
        book.prices[i] = price
        book.values[i] = worth
        book.position.collateral += worth
    book.position.debt = debt_ledger._debt_up(state.shares, index)
    book.position.initial, book.position.maintenance, book.position.close_out = (
        self._requirements(book.values)
    )
    return book


@view
@internal
def _price(i: uint256) -> (uint256, bool):
    """
    @return (price, valid); no price at all is not valid, whatever the oracle says.
    """
    price: uint256 = 0
    valid: bool = False
    price, valid = staticcall IOracle(oracle).price(ASSETS[i])
    return price, valid and price != 0


@view
@internal
def _requirements(values: uint256[MAX_ASSETS]) -> (uint256, uint256, uint256):
    listed: DynArray[uint256, MAX_ASSETS] = []
    for i: uint256 in range(len(ASSETS), bound=MAX_ASSETS):
        listed.append(values[i])
    return staticcall IMarginModel(margin_model).requirements(listed)


@view
@internal
def _unit(i: uint256) -> uint256:
    """
    @return Native units in a whole token of asset i.
    """
    return 10 ** ((DECIMALS >> (8 * i)) & 255)


@view
@internal
def _book_of(account: uint256) -> Book:
    return self._book(account, self._load(account), self._accrued().index)


@view
@internal
def _position(account: uint256) -> ICollateralizedDebt.Position:
    return self._book_of(account).position


@view
@internal
def _valid_position(account: uint256) -> ICollateralizedDebt.Position:
    p: ICollateralizedDebt.Position = self._position(account)
    checks._require(p.valid, "price: not valid")
    return p


# ------------------------------------------------------- thresholds and calls


@pure
@internal
def _check_initial(p: ICollateralizedDebt.Position):
    checks._require(p.collateral >= p.debt + p.initial, "margin: below initial requirement")


@pure
@internal
def _is_below(book: Book, requirement: uint256) -> bool:
    """
    @notice Below a requirement for certain. A price that is not valid gets the benefit of
            the doubt, twice its last; if it simply stopped the matter, a borrower could
            stop liquidation by depositing one unit of whatever has a stale price.
    """
    return book.position.collateral + book.in_doubt < book.position.debt + requirement


@view
@internal
def _is_cured(account: uint256) -> bool:
    """
    @notice Not below maintenance for certain. What has no valid price counts as nothing, less
            than which no price can make of it: a margin model takes less than all of a value.
    """
    book: Book = self._book_of(account)
    worth: uint256 = book.position.collateral
    maintenance: uint256 = book.position.maintenance
    if not book.position.valid:
        worth = 0
        for i: uint256 in range(MAX_ASSETS):
            if book.prices[i] == 0:
                book.values[i] = 0
            worth += book.values[i]
        maintenance = self._requirements(book.values)[1]
    return worth >= book.position.debt + maintenance


@view
@internal
def _is_due(state: account_word.Account, book: Book, grace: uint256) -> bool:
    """
    @notice Liquidatable now: below close-out, below maintenance where there is no grace,
            or below maintenance with a call past its deadline.
    """
    if not self._is_below(book, book.position.maintenance):
        return False
    called: bool = state.called_at != 0 and block.timestamp >= state.deadline
    return called or grace == 0 or self._is_below(book, book.position.close_out)


@view
@internal
def _recorded_at(state: account_word.Account, due: bool) -> uint256:
    """
    @return Since when the account is on record as liquidatable without a due call.
    """
    called: bool = state.called_at != 0 and block.timestamp >= state.deadline
    if state.recorded_at != 0 or called or not due:
        return state.recorded_at
    return block.timestamp


@internal
def _clear(account: uint256) -> bool:
    """
    @notice End the call of an account, and what is on record of it.
    @return Whether there was one, lapsed or not.
    """
    state: account_word.Account = account_word._unpack(self._accounts[account])
    if state.called_at == 0 and state.recorded_at == 0:
        return False
    if state.called_at != 0:
        log ICollateralizedDebt.MarginCallCleared(account=account)
    state.called_at = 0
    state.deadline = 0
    state.recorded_at = 0
    self._save(account, state)
    return True


@internal
def _clear_if_cured(account: uint256):
    """
    @notice For deposit and repay: prices are looked at only when there is a call.
    """
    state: account_word.Account = self._load(account)
    if state.called_at == 0 and state.recorded_at == 0:
        return
    if state.shares == 0 or self._is_cured(account):
        self._clear(account)


# ----------------------------------------------------- liquidation worked out


@view
@internal
def _plan(
    account: uint256,
    state: account_word.Account,
    index: uint256,
    i: uint256,
    max_repay: uint256,
) -> (liquidation.Plan, String[32]):
    """
    @return What liquidate() does with asset i, and in words why it is refused, if it is.
    """
    plan: liquidation.Plan = empty(liquidation.Plan)
    refusal: String[32] = ""
    terms: settings.Terms = settings._terms()
    book: Book = self._book(account, state, index)
    p: ICollateralizedDebt.Position = book.position
    amount: uint256 = self._collateral[account][i]
    if not self._is_due(state, book, terms.grace):
        refusal = "margin: not liquidatable"
    elif amount == 0:
        refusal = "liquidation: asset is not held"
    elif book.prices[i] == 0:
        refusal = "price: not valid"
    if len(refusal) != 0:
        return plan, refusal

    full: uint256 = staticcall IPenaltyModel(penalty_model).penalty(
        liquidation._health(p), liquidation._elapsed(state)
    )
    plan = liquidation._seizure(
        p, terms, full, amount, book.prices[i], self._unit(i), max_repay
    )
    plan.repaid, plan.shares = debt_ledger._payment(state.shares, plan.repaid, index)

    values: uint256[MAX_ASSETS] = book.values
    values[i] = fixed_point._mul_div_down(amount - plan.taken, book.prices[i], self._unit(i))
    value_left: uint256 = p.collateral - book.values[i] + values[i]
    plan.worth = value_left - book.in_doubt
    plan.doubtful = not p.valid
    debt_left: uint256 = debt_ledger._debt_up(state.shares - plan.shares, index)
    initial: uint256 = 0
    maintenance: uint256 = 0
    close_out: uint256 = 0
    initial, maintenance, close_out = self._requirements(values)

    emptied: bool = plan.taken == amount and state.held == 1 << i
    plan.cures = debt_left == 0 or (
        p.valid and value_left >= debt_left + maintenance
    )
    # Less than `min_left` counts as nothing, unless it still covers the debt.
    plan.ruins = debt_left != 0 and (
        emptied or value_left < min(terms.min_left, debt_left)
    )
    if debt_left != 0 and debt_left < terms.min_debt and plan.taken < amount:
        refusal = "liquidation: below minimum debt"
    # Below close-out it must be possible: of a balanced portfolio whatever is seized may lower
    # the buffer, and who cannot be liquidated until V < D has a put on the protocol.
    if (
        not emptied
        and p.collateral >= p.debt + p.close_out
        and value_left + p.debt + p.maintenance + BUFFER_ROUNDING + index // RAY
        < p.collateral + debt_left + maintenance
    ):
        refusal = "liquidation: lowers the buffer"
    return plan, refusal


@internal
def _write_off(
    account: uint256, state: account_word.Account, index: uint256, worth: uint256
):
    """
    @notice What collateral is left goes to the Reserve, which burns what stable it has
            against the debt; the rest is bad debt.
    @param worth Value of that collateral at valid prices: it is no loss.
    """
    debt: uint256 = debt_ledger._debt_up(state.shares, index)
    debt_ledger._retire(state.shares, debt)
    swept: uint256[MAX_ASSETS] = empty(uint256[MAX_ASSETS])
    for i: uint256 in range(MAX_ASSETS):
        if (state.held >> i) & 1 == 1:
            swept[i] = self._collateral[account][i]
            self._take(account, state.held, i, swept[i])
            log ICollateralizedDebt.Swept(account=account, asset=ASSETS[i], amount=swept[i])
    self._clear(account)
    self._save(account, empty(account_word.Account))

    # The stable is ours, and what the Reserve has of it decides what is left to write.
    # Interest not yet minted is the Reserve's too, and pays with the rest.
    self._mint_unminted()
    covered: uint256 = min(debt, transfers._balance(stable, reserve))
    self.bad_debt += debt - covered
    log ICollateralizedDebt.BadDebtRealised(
        account=account, shares=state.shares, debt=debt, covered=covered
    )
    threshold: uint256 = 0
    window: uint256 = 0
    threshold, window = settings._loss_limit()
    brakes._count_loss(debt - min(worth, debt), threshold, window)
    self._burn(reserve, covered)
    for i: uint256 in range(MAX_ASSETS):
        if swept[i] != 0:
            self._pay_reserve(ASSETS[i], swept[i])


# --------------------------------------------------------- checks and tokens


@view
@internal
def _asset_index(asset: address) -> uint256:
    for i: uint256 in range(len(ASSETS), bound=MAX_ASSETS):
        if ASSETS[i] == asset:
            return i
    raise "asset: not listed"


@view
@internal
def _check_worth(i: uint256, received: uint256, held: bool, own: bool):
    """
    @notice The last price will do, valid or not: a stale one must not block a deposit. But
            what never had any may be worth anything, and a unit of it would stop a
            liquidation; and a stranger brings no dust, and no doubt where there was none.
    """
    price: uint256 = 0
    valid: bool = False
    price, valid = self._price(i)
    checks._require(price != 0, "price: none")
    worth: uint256 = fixed_point._mul_div_down(received, price, self._unit(i))
    checks._require(
        own or (worth >= settings._min_deposit() and (held or valid)),
        "limit: below minimum deposit",
    )


@view
@internal
def _check_cap(account: uint256, called: bool, i: uint256, total: uint256):
    """
    @notice A call may be answered past a cap that is not 0, but neither with what can be
            borrowed against nor in doubt.
    """
    cap: uint256 = self._deposit_caps[i]
    if total <= cap:
        return
    answers: bool = called and cap != 0 and total <= MAX_AMOUNT
    if answers:
        p: ICollateralizedDebt.Position = self._position(account)
        answers = p.valid and p.collateral < p.debt + p.initial
    checks._require(answers, "limit: deposit cap")


@view
@internal
def _account_limit(account: uint256) -> uint256:
    limit: uint256 = self._account_limits[account]
    return limit if limit != 0 else settings._account_ceiling()


@view
@internal
def _only_account_owner(account: uint256):
    checks._require(msg.sender == self.owner_of[account], "account: caller is not the owner")


@view
@internal
def _check_payout(amount: uint256, to: address):
    checks._nonzero(amount)
    checks._require(to != empty(address) and to != self, "recipient: not allowed")


@internal
def _pay_reserve(asset: address, amount: uint256):
    """
    @notice A token that refuses must not stop the liquidation or what becomes of the others.
    """
    if not transfers._try_to_send(asset, reserve, amount):
        self.unpaid[asset] += amount


@internal
def _mint(to: address, amount: uint256):
    extcall IStableToken(stable).mint(to, amount)


@internal
def _burn(owner: address, amount: uint256):
    if amount != 0:
        extcall IStableToken(stable).burn_from(owner, amount)


@internal
def _mint_unminted():
    amount: uint256 = debt_ledger._take_unminted()
    if amount != 0:
        log ICollateralizedDebt.Accrued(index=debt_ledger._load().index, interest=0, minted=amount)
        self._mint(reserve, amount)
