# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Flash liquidator
@license Apache-2.0
"""

from ethereum.ercs import IERC20

from .interfaces import IAmmPool
from .interfaces import ICollateralizedDebt
from .interfaces import IFlashBorrower
from .interfaces import IFlashLender
from .interfaces import IFlashLiquidator

implements: IFlashBorrower
implements: IFlashLiquidator

FLASH_SUCCESS: constant(bytes32) = keccak256("ERC3156FlashBorrower.onFlashLoan")

core: public(immutable(address))
stable: public(immutable(address))


@deploy
def __init__(core_: address):
    core = core_
    stable = staticcall ICollateralizedDebt(core_).stable()
    extcall IERC20(stable).approve(core, max_value(uint256))
    extcall IERC20(stable).approve(stable, max_value(uint256))  # the lender takes it back


@external
def liquidate(
    account: uint256, asset: address, max_repay: uint256, pool: address, min_profit: uint256
) -> uint256:
    amount: uint256 = min(max_repay, staticcall IFlashLender(stable).maxFlashLoan(stable))
    extcall IFlashLender(stable).flashLoan(
        self, stable, amount, abi_encode(account, asset, pool)
    )
    profit: uint256 = staticcall IERC20(stable).balanceOf(self)
    assert profit >= min_profit, "flash: less than min_profit"
    log IFlashLiquidator.FlashLiquidated(
        caller=msg.sender, account=account, asset=asset, profit=profit
    )
    extcall IERC20(stable).transfer(msg.sender, profit)
    return profit


@external
@reentrant
def onFlashLoan(
    initiator: address, token: address, amount: uint256, fee: uint256, data: Bytes[1024]
) -> bytes32:
    """
    @dev Reentrant, because `liquidate` holds the lock; only a loan it asked for gets in.
    """
    assert msg.sender == stable, "flash: caller is not the lender"
    assert initiator == self, "flash: not asked for"
    account: uint256 = 0
    asset: address = empty(address)
    pool: address = empty(address)
    account, asset, pool = abi_decode(data, (uint256, address, address))

    extcall ICollateralizedDebt(core).liquidate(account, asset, amount, 0, self)
    seized: uint256 = staticcall IERC20(asset).balanceOf(self)
    assert extcall IERC20(asset).approve(
        pool, seized, default_return_value=True
    ), "flash: approve failed"
    extcall IAmmPool(pool).swap(asset, seized, 0, self)
    return FLASH_SUCCESS
