# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Fixed-point arithmetic
@license Apache-2.0
@notice Each helper says in its name which way it rounds; products above 2^256 - 1 revert.
"""

WAD: constant(uint256) = 10**18
RAY: constant(uint256) = 10**27


@pure
@internal
def _mul_div_down(a: uint256, b: uint256, c: uint256) -> uint256:
    return a * b // c


@pure
@internal
def _mul_div_up(a: uint256, b: uint256, c: uint256) -> uint256:
    product: uint256 = a * b
    if product == 0:
        return 0
    return unsafe_add(unsafe_sub(product, 1) // c, 1)
