# pragma version 0.4.3
"""
@title Mock flash borrower
@license Apache-2.0
@notice Makes one armed call while it holds the loan, then gives back what it is told to,
        and answers as it is told. Not locked, on purpose.
"""

from ethereum.ercs import IERC20
from ..interfaces import IFlashBorrower
from ..interfaces import IFlashLender

implements: IFlashBorrower

FLASH_SUCCESS: constant(bytes32) = keccak256("ERC3156FlashBorrower.onFlashLoan")

target: public(address)
payload: public(Bytes[1024])
allowance: public(uint256)  # given to the lender; by default all
answer: public(bytes32)

initiator: public(address)  # of the last loan
held: public(uint256)  # most tokens held inside a loan
succeeded: public(bool)  # the armed call


@deploy
def __init__():
    self.allowance = max_value(uint256)
    self.answer = FLASH_SUCCESS


@external
def arm(target: address, payload: Bytes[1024]):
    self.target = target
    self.payload = payload


@external
def misbehave(allowance: uint256, answer: bytes32):
    self.allowance = allowance
    self.answer = answer


@external
def borrow_twice(lender: address, amount: uint256):
    """
    @notice Two loans in one transaction, one after the other.
    """
    for _: uint256 in range(2):
        extcall IFlashLender(lender).flashLoan(self, lender, amount, b"")


@external
def onFlashLoan(
    initiator: address, token: address, amount: uint256, fee: uint256, data: Bytes[1024]
) -> bytes32:
    self.initiator = initiator
    self.held = max(self.held, staticcall IERC20(token).balanceOf(self))
    target: address = self.target
    if target != empty(address):
        self.target = empty(address)  # once: what it calls may lend again
        self.succeeded = raw_call(target, self.payload, revert_on_failure=False)
    extcall IERC20(token).approve(msg.sender, self.allowance)
    return self.answer
