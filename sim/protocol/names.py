"""Who is who on chain: addresses that follow from names."""

from __future__ import annotations

from eth_utils.crypto import keccak

from sim.units import Address


def address_of(name: str) -> Address:
    """The address of a participant: the last 20 bytes of keccak(name)."""
    return bytes(keccak(text=f"plimsoll/{name}")[12:])


DEPLOYER = address_of("deployer")
GUARDIAN = "guardian"
"""Name of the participant whom the contract knows as its guardian."""
VENUE = address_of("venue")
"""The venue outside, where collateral is sold at the price that its depth allows."""
MARKET = address_of("market")
"""The world outside: who sold leveraged traders their collateral."""
