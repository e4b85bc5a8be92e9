"""What our own contract promises besides what every lending contract must."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.chain.engine import Engine
from sim.protocol.abi import read
from sim.protocol.amounts import readable
from sim.protocol.ledger import Ledger

if TYPE_CHECKING:
    from sim.protocol.ours import Deployed

SHARE = "the Reserve's share, asset {}"
"""What of a collateral penalties and write-offs have given the Reserve, counted."""


def reserve_has_its_share(ours: Deployed, engine: Engine, ledger: Ledger) -> str:
    """Paid, owed where the token refused, or kept by the token itself, as one that burns a part
    of each transfer does. What the Reserve's owner spent is not expected."""
    for asset, token in enumerate(ours.tokens):
        due = ledger.counts[SHARE.format(asset)]
        held = read(engine, token.balanceOf, ours.reserve.address)
        owed = read(engine, ours.core.unpaid, token.address)
        if due and held + owed + ledger.burnt[token.address] < due:
            terms = ours.scenario.assets[asset]
            has, claims, should = readable(terms.symbol, terms.decimals, held, owed, due)
            return f"the Reserve has {has}, is owed {claims}, and is due {should}"
    return ""
