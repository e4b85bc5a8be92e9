# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Lens
@license Apache-2.0
@notice Batch reads of the core, and views that search against the margin model. Under
        any model E - M rises with a price and falls as collateral leaves, so bisection
        finds the last unit. (A model whose initial requirement is rounded in two steps can
        make that a unit of value or two when an asset's native unit is worth no more.)
"""

from ethereum.ercs import IERC20Detailed

from .interfaces import ICollateralizedDebt
from .interfaces import ILens
from .interfaces import IMarginModel
from .interfaces import IOracle

implements: ILens


# An account as a search sees it: all but the amount or the price that it varies.
struct Sheet:
    debt: uint256
    values: DynArray[uint256, 8]
    i: uint256        # the asset searched
    amount: uint256   # of it, native units
    price: uint256    # of it
    priced: bool      # it is valid
    others: bool      # the prices of the other assets held are valid


MAX_BATCH: constant(uint256) = 512
MAX_ASSETS: constant(uint256) = 8
MAX_VALUE: constant(uint256) = 2**127   # models are total up to twice that

core: public(immutable(address))
ORACLE: immutable(address)
MARGIN: immutable(address)
ASSETS: immutable(DynArray[address, MAX_ASSETS])
UNITS: immutable(DynArray[uint256, MAX_ASSETS])


@deploy
def __init__(core_: address):
    core = core_
    ORACLE = staticcall ICollateralizedDebt(core_).oracle()
    MARGIN = staticcall ICollateralizedDebt(core_).margin_model()
    assets: DynArray[address, MAX_ASSETS] = staticcall ICollateralizedDebt(core_).assets()
    units: DynArray[uint256, MAX_ASSETS] = []
    for asset: address in assets:
        units.append(10**convert(staticcall IERC20Detailed(asset).decimals(), uint256))
    ASSETS = assets
    UNITS = units


@view
@external
def accounts(start: uint256, count: uint256) -> DynArray[ILens.AccountState, MAX_BATCH]:
    states: DynArray[ILens.AccountState, MAX_BATCH] = []
    for account: uint256 in range(start, self._end(start, count), bound=MAX_BATCH):
        amounts: DynArray[uint256, MAX_ASSETS] = []
        for asset: address in ASSETS:
            amounts.append(staticcall ICollateralizedDebt(core).collateral_of(account, asset))
        states.append(ILens.AccountState(
            account=account,
            owner=staticcall ICollateralizedDebt(core).owner_of(account),
            shares=staticcall ICollateralizedDebt(core).shares_of(account),
            called_at=staticcall ICollateralizedDebt(core).called_at(account),
            amounts=amounts,
        ))
    return states


@view
@external
def positions(
    start: uint256, count: uint256
) -> DynArray[ICollateralizedDebt.Position, MAX_BATCH]:
    found: DynArray[ICollateralizedDebt.Position, MAX_BATCH] = []
    for account: uint256 in range(start, self._end(start, count), bound=MAX_BATCH):
        found.append(staticcall ICollateralizedDebt(core).position(account))
    return found


@view
@external
def liquidation_price(account: uint256, asset: address) -> uint256:
    sheet: Sheet = self._sheet(account, asset)
    if sheet.debt == 0 or self._keeps(sheet, sheet.amount, 0, False):
        return 0
    if sheet.amount == 0:
        return max_value(uint256)
    too_low: uint256 = 0
    enough: uint256 = min(MAX_VALUE, MAX_VALUE * UNITS[sheet.i] // sheet.amount)
    if not self._keeps(sheet, sheet.amount, enough, False):
        return max_value(uint256)
    for _: uint256 in range(128):
        if enough - too_low <= 1:
            break
        middle: uint256 = (too_low + enough) // 2
        if self._keeps(sheet, sheet.amount, middle, False):
            enough = middle
        else:
            too_low = middle
    return enough


@view
@external
def max_withdraw(account: uint256, asset: address) -> uint256:
    sheet: Sheet = self._sheet(account, asset)
    if sheet.debt == 0:
        return sheet.amount
    paused: bool = staticcall ICollateralizedDebt(core).paused() & 2 != 0
    tripped: bool = staticcall ICollateralizedDebt(core).breaker_tripped()
    if paused or tripped or not sheet.others:
        return 0
    if self._keeps(sheet, 0, sheet.price, True):
        return sheet.amount
    if not sheet.priced:
        return 0   # all of it or nothing: what is left would have no valid price
    fits: uint256 = 0
    too_much: uint256 = sheet.amount
    for _: uint256 in range(128):
        if too_much - fits <= 1:
            break
        middle: uint256 = (fits + too_much) // 2
        if self._keeps(sheet, sheet.amount - middle, sheet.price, True):
            fits = middle
        else:
            too_much = middle
    return fits


@view
@internal
def _end(start: uint256, count: uint256) -> uint256:
    last: uint256 = staticcall ICollateralizedDebt(core).account_count()
    if start > last:
        return start
    return min(last + 1, start + min(count, MAX_BATCH))


@view
@internal
def _sheet(account: uint256, asset: address) -> Sheet:
    sheet: Sheet = empty(Sheet)
    sheet.i = max_value(uint256)
    sheet.debt = staticcall ICollateralizedDebt(core).debt(account)
    sheet.others = True
    for i: uint256 in range(len(ASSETS), bound=MAX_ASSETS):
        amount: uint256 = staticcall ICollateralizedDebt(core).collateral_of(account, ASSETS[i])
        price: uint256 = 0
        valid: bool = False
        price, valid = staticcall IOracle(ORACLE).price(ASSETS[i])
        valid = valid and price != 0
        sheet.values.append(amount * price // UNITS[i])
        if ASSETS[i] == asset:
            sheet.i = i
            sheet.amount = amount
            sheet.price = price
            sheet.priced = valid
        elif amount != 0 and not valid:
            sheet.others = False
    assert sheet.i != max_value(uint256), "asset: not listed"
    return sheet


@view
@internal
def _keeps(sheet: Sheet, amount: uint256, price: uint256, initially: bool) -> bool:
    """
    @return Whether E >= M (or E >= I) with that amount and price of the asset searched.
    """
    values: DynArray[uint256, MAX_ASSETS] = sheet.values
    values[sheet.i] = amount * price // UNITS[sheet.i]
    total: uint256 = 0
    for worth: uint256 in values:
        total += worth
    initial: uint256 = 0
    maintenance: uint256 = 0
    close_out: uint256 = 0
    initial, maintenance, close_out = staticcall IMarginModel(MARGIN).requirements(values)
    return total >= sheet.debt + (initial if initially else maintenance)
