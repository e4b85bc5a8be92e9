# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Stable token
@license Apache-2.0
@notice The stable accounts borrow: minted by the core and the PegModule, flash-minted by
        anyone under a cap.
"""

from .interfaces import IFlashBorrower
from .interfaces import IFlashLender
from .interfaces import IStableToken
from .modules import erc20
from .modules import ownable

implements: IStableToken
implements: IFlashLender

initializes: ownable
initializes: erc20
exports: (erc20.__interface__, ownable.__interface__)

FLASH_SUCCESS: constant(bytes32) = keccak256("ERC3156FlashBorrower.onFlashLoan")

is_minter: public(HashMap[address, bool])
may_burn: public(HashMap[address, bool])
flash_cap: public(uint256)

_flash_minted: transient(uint256)


@deploy
def __init__(owner: address):
    ownable.__init__(owner)
    erc20.__init__("Plimsoll Dollar", "PLD", 18)


@external
def mint(to: address, amount: uint256):
    assert self.is_minter[msg.sender], "stable: caller is not a minter"
    erc20._mint(to, amount)


@external
def burn_from(owner: address, amount: uint256):
    assert self.may_burn[msg.sender], "stable: caller was never a minter"
    erc20._spend_allowance(owner, msg.sender, amount)
    erc20._burn(owner, amount)


@external
@reentrant
def flashLoan(receiver: address, token: address, amount: uint256, data: Bytes[1024]) -> bool:
    """
    @dev Reentrant: a borrower may repay debt, redeem and even borrow again while it holds
         the tokens. Loans within loans count together against the cap.
    """
    assert token == self, "stable: token is not lent"
    assert amount <= self._lendable(token), "stable: above the flash cap"
    self._flash_minted += amount
    erc20._mint(receiver, amount)
    answer: bytes32 = extcall IFlashBorrower(receiver).onFlashLoan(
        msg.sender, token, amount, 0, data
    )
    assert answer == FLASH_SUCCESS, "stable: flash borrower refused"
    erc20._spend_allowance(receiver, self, amount)
    erc20._burn(receiver, amount)
    self._flash_minted -= amount
    return True


@external
def set_minter(minter: address, active: bool):
    ownable._only_owner()
    self.is_minter[minter] = active
    # For ever: an owner who could stop repayment could wait until a debt is liquidatable.
    if active:
        self.may_burn[minter] = True
    log IStableToken.MinterSet(minter=minter, active=active)


@external
def set_flash_cap(cap: uint256):
    ownable._only_owner()
    self.flash_cap = cap
    log IStableToken.FlashCapSet(cap=cap)


@view
@external
@reentrant
def maxFlashLoan(token: address) -> uint256:
    return self._lendable(token)


@view
@external
@reentrant
def flashFee(token: address, amount: uint256) -> uint256:
    assert token == self, "stable: token is not lent"
    return 0


@view
@internal
def _lendable(token: address) -> uint256:
    if token != self or self._flash_minted >= self.flash_cap:
        return 0
    return min(self.flash_cap - self._flash_minted, max_value(uint256) - erc20.totalSupply)
