# pragma version 0.4.3
"""
@title Reentrant token
@license Apache-2.0
@notice A hostile ERC-20: every transfer makes the call it was armed with, and remembers
        what came of it. Not locked itself, on purpose.
"""

from ethereum.ercs import IERC20
from ..modules import erc20

initializes: erc20
exports: (
    erc20.approve,
    erc20.allowance,
    erc20.balanceOf,
    erc20.totalSupply,
    erc20.name,
    erc20.symbol,
    erc20.decimals,
)

implements: IERC20

target: public(address)
payload: public(Bytes[1024])
calls: public(uint256)
succeeded: public(bool)  # the last call
answer: public(Bytes[256])  # its return or revert data


@deploy
def __init__(name: String[64], symbol: String[16], decimals: uint8):
    erc20.__init__(name, symbol, decimals)


@external
def mint(to: address, amount: uint256):
    erc20._mint(to, amount)


@external
def arm(target: address, payload: Bytes[1024]):
    self.target = target
    self.payload = payload


@view
@external
def was_locked_out() -> bool:
    """
    @notice Whether the last call ran into a lock, which unlike every refusal gives no reason.
    """
    return self.calls != 0 and not self.succeeded and len(self.answer) == 0


@external
def transfer(to: address, amount: uint256) -> bool:
    self._strike()
    erc20._move(msg.sender, to, amount)
    return True


@external
def transferFrom(owner: address, to: address, amount: uint256) -> bool:
    erc20._spend_allowance(owner, msg.sender, amount)
    self._strike()
    erc20._move(owner, to, amount)
    return True


@internal
def _strike():
    if self.target == empty(address):
        return
    self.calls += 1
    self.succeeded, self.answer = raw_call(
        self.target, self.payload, max_outsize=256, revert_on_failure=False
    )
