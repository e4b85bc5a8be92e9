# pragma version 0.4.3
interface Feed:
    def price(asset: address) -> (uint256, bool): view

interface Token:
    def transfer(to: address, amount: uint256) -> bool: nonpayable
    def transferFrom(owner: address, to: address, amount: uint256) -> bool: nonpayable

event Pledged:
    owner: indexed(address)
    amount: uint256

event Redeemed:
    owner: indexed(address)
    amount: uint256

event Drawn:
    owner: indexed(address)
    amount: uint256

event Paid:
    owner: indexed(address)
    amount: uint256

event Sold:
    owner: indexed(address)
    buyer: indexed(address)
    debt: uint256
    pledge: uint256

WAD: constant(uint256) = 10**18
money: immutable(address)
token: immutable(address)
feed: immutable(address)
open_at: immutable(uint256)
keep_at: immutable(uint256)
pledge_of: public(HashMap[address, uint256])
debt_of: public(HashMap[address, uint256])
total_debt: public(uint256)

@deploy
def __init__(money_: address, token_: address, feed_: address, open_: uint256, keep_: uint256):
    money = money_
    token = token_
    feed = feed_
    open_at = open_
    keep_at = keep_

@external
@nonreentrant
def pledge(owner: address, amount: uint256):
    self.pledge_of[owner] += amount
    log Pledged(owner=owner, amount=amount)
    extcall Token(token).transferFrom(msg.sender, self, amount)

@external
@nonreentrant
def take_back(amount: uint256):
    self.pledge_of[msg.sender] -= amount
    assert self._covers(msg.sender, open_at), "pawnshop: below the open ratio"
    log Redeemed(owner=msg.sender, amount=amount)
    extcall Token(token).transfer(msg.sender, amount)

@external
@nonreentrant
def draw(amount: uint256):
    self.debt_of[msg.sender] += amount
    self.total_debt += amount
    assert self._covers(msg.sender, open_at), "pawnshop: below the open ratio"
    log Drawn(owner=msg.sender, amount=amount)
    extcall Token(money).transfer(msg.sender, amount)

@external
@nonreentrant
def pay(owner: address, amount: uint256):
    paid: uint256 = min(amount, self.debt_of[owner])
    self.debt_of[owner] -= paid
    self.total_debt -= paid
    log Paid(owner=owner, amount=paid)
    extcall Token(money).transferFrom(msg.sender, self, paid)

@external
@nonreentrant
def buy(owner: address):
    debt: uint256 = self.debt_of[owner]
    pledge: uint256 = self.pledge_of[owner]
    assert not self._covers(owner, keep_at), "pawnshop: not for sale"
    self.debt_of[owner] = 0
    self.pledge_of[owner] = 0
    self.total_debt -= debt
    log Sold(owner=owner, buyer=msg.sender, debt=debt, pledge=pledge)
    extcall Token(money).transferFrom(msg.sender, self, debt)
    extcall Token(token).transfer(msg.sender, pledge)

@view
@external
def position(owner: address) -> (uint256, uint256, uint256, bool):
    price: uint256 = 0
    valid: bool = False
    price, valid = staticcall Feed(feed).price(token)
    value: uint256 = self.pledge_of[owner] * price // WAD
    return self.pledge_of[owner], self.debt_of[owner], value, valid

@view
@internal
def _covers(owner: address, ratio: uint256) -> bool:
    if self.debt_of[owner] == 0:
        return True
    price: uint256 = 0
    valid: bool = False
    price, valid = staticcall Feed(feed).price(token)
    assert valid, "pawnshop: no price"
    return self.pledge_of[owner] * price // WAD * WAD >= self.debt_of[owner] * ratio
