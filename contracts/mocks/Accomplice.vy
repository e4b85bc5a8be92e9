# pragma version 0.4.3
"""
@title Accomplice of a hostile token
@license Apache-2.0
@notice Makes one call, prepared before, when the token lets it; it may own accounts. Not
        locked, on purpose.
"""

target: public(address)
payload: public(Bytes[1024])


@external
def arm(target: address, payload: Bytes[1024]):
    self.target = target
    self.payload = payload


@external
def strike() -> bool:
    """
    @return Whether there was a call to make and it succeeded.
    """
    target: address = self.target
    if target == empty(address):
        return False
    self.target = empty(address)
    return raw_call(target, self.payload, revert_on_failure=False)
