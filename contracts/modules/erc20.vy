# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title ERC-20
@license Apache-2.0
@notice Balances, allowances and the steps that move them. The importer decides who may
        mint and burn. An allowance of max_value(uint256) is never used up.
"""

from ethereum.ercs import IERC20
from ethereum.ercs import IERC20Detailed

implements: IERC20
implements: IERC20Detailed

name: public(immutable(String[64]))
symbol: public(immutable(String[16]))
decimals: public(immutable(uint8))

totalSupply: public(reentrant(uint256))
balanceOf: public(reentrant(HashMap[address, uint256]))
allowance: public(reentrant(HashMap[address, HashMap[address, uint256]]))


@deploy
def __init__(name_: String[64], symbol_: String[16], decimals_: uint8):
    name = name_
    symbol = symbol_
    decimals = decimals_


# Reentrant: each is checks and effects only, and a flash borrower must be able to
# spend while the token waits for its money back.
@external
@reentrant
def transfer(to: address, amount: uint256) -> bool:
    self._move(msg.sender, to, amount)
    return True


@external
@reentrant
def transferFrom(owner: address, to: address, amount: uint256) -> bool:
    self._spend_allowance(owner, msg.sender, amount)
    self._move(owner, to, amount)
    return True


@external
@reentrant
def approve(spender: address, amount: uint256) -> bool:
    self._approve(msg.sender, spender, amount)
    return True


@internal
def _move(owner: address, to: address, amount: uint256):
    assert to != empty(address) and to != self, "erc20: cannot receive"
    held: uint256 = self.balanceOf[owner]
    assert held >= amount, "erc20: insufficient balance"
    self.balanceOf[owner] = unsafe_sub(held, amount)
    self.balanceOf[to] = unsafe_add(self.balanceOf[to], amount)  # at most the supply
    log IERC20.Transfer(sender=owner, receiver=to, value=amount)


@internal
def _approve(owner: address, spender: address, amount: uint256):
    self.allowance[owner][spender] = amount
    log IERC20.Approval(owner=owner, spender=spender, value=amount)


@internal
def _spend_allowance(owner: address, spender: address, amount: uint256):
    allowed: uint256 = self.allowance[owner][spender]
    if allowed == max_value(uint256):
        return
    assert allowed >= amount, "erc20: insufficient allowance"
    self.allowance[owner][spender] = unsafe_sub(allowed, amount)


@internal
def _mint(to: address, amount: uint256):
    assert to != empty(address) and to != self, "erc20: cannot receive"
    self.totalSupply += amount
    self.balanceOf[to] = unsafe_add(self.balanceOf[to], amount)  # at most the supply
    log IERC20.Transfer(sender=empty(address), receiver=to, value=amount)


@internal
def _burn(owner: address, amount: uint256):
    held: uint256 = self.balanceOf[owner]
    assert held >= amount, "erc20: insufficient balance"
    self.balanceOf[owner] = unsafe_sub(held, amount)
    self.totalSupply = unsafe_sub(self.totalSupply, amount)
    log IERC20.Transfer(sender=owner, receiver=empty(address), value=amount)
