# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title A check, or in words why not
@license Apache-2.0
@notice An assert whose revert is put together in one place: forty bytes less for each.
"""


@pure
@internal
def _require(met: bool, reason: String[64]):
    assert met, reason


@pure
@internal
def _nonzero(amount: uint256):
    self._require(amount != 0, "amount: zero")
