# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Mock feed
@license Apache-2.0
@notice An oracle anyone may set: whatever price, valid or not.
"""

from ..interfaces import IOracle

implements: IOracle


struct Answer:
    price: uint256
    valid: bool


_answers: HashMap[address, Answer]


@external
def set_price(asset: address, price: uint256, valid: bool):
    self._answers[asset] = Answer(price=price, valid=valid)


@view
@external
def price(asset: address) -> (uint256, bool):
    return self._answers[asset].price, self._answers[asset].valid
