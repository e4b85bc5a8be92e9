"""Plain transfers between people: how the venue outside is paid, and pays."""

from __future__ import annotations

from collections.abc import Sequence

from agents.intent import PayOut, VenueOrder
from sim.protocol.abi import Contract
from sim.protocol.adapter import Order
from sim.protocol.names import VENUE

TRANSFER_GAS = 65_000


def transfer(stable: Contract, tokens: Sequence[Contract], intent: VenueOrder | PayOut) -> Order:
    """To the venue, of what is sold; or from it, of what it owes."""
    if isinstance(intent, PayOut):
        asset, to, amount = intent.owed.asset, intent.owed.to, intent.owed.amount
    else:
        asset, to, amount = intent.asset, VENUE, intent.amount_in
        if intent.sell_stable:
            asset = None
    token = stable if asset is None else tokens[asset]
    return Order(token.address, token.transfer(to, amount), TRANSFER_GAS)
