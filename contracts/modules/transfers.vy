# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Tokens in and out
@license Apache-2.0
@notice For tokens that keep a fee, answer nothing or refuse: what comes in is measured, and
        whether something went out is told.
"""

from ethereum.ercs import IERC20

from . import checks

REFUSED: constant(String[32]) = "token: transfer failed"


@view
@internal
def _balance(token: address, holder: address) -> uint256:
    return staticcall IERC20(token).balanceOf(holder)


@internal
def _receive(token: address, amount: uint256) -> uint256:
    """
    @return What arrived from the caller, which for some tokens is less than `amount`.
    """
    before: uint256 = self._balance(token, self)
    sent: bool = extcall IERC20(token).transferFrom(
        msg.sender, self, amount, default_return_value=True
    )
    checks._require(sent, REFUSED)
    received: uint256 = self._balance(token, self) - before
    checks._nonzero(received)
    return received


@internal
def _send(token: address, to: address, amount: uint256):
    checks._require(self._try_to_send(token, to, amount), REFUSED)


@internal
def _try_to_send(token: address, to: address, amount: uint256) -> bool:
    """
    @return Whether it went; some tokens answer nothing.
    """
    done: bool = True
    answer: Bytes[32] = b""
    if amount != 0:
        done, answer = raw_call(
            token,
            abi_encode(to, amount, method_id=method_id("transfer(address,uint256)")),
            max_outsize=32,
            revert_on_failure=False,
        )
    return done and (len(answer) == 0 or convert(answer, uint256) == 1)
