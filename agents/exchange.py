"""The venue outside as a party on chain: it holds both tokens and pays what it owes."""

from __future__ import annotations

from collections.abc import Sequence

from agents.base import GWEI, Participant, bid
from agents.intent import Intent, PayOut
from agents.view import View

TIP = 3 * GWEI
HEADROOM = 4.0
"""Its fee cap outlives a fourfold rise of the base fee: customers wait for nothing longer."""


class Exchange(Participant):
    """Executes the orders that reach it (the model does that, on its books) and pays out each
    by a transfer, in the order they came; one that was not included is sent again."""

    role = "venue"
    every_block = True
    owes = True

    def decide(self, view: View) -> Sequence[Intent]:
        sent = {intent.owed for intent in view.waiting if isinstance(intent, PayOut)}
        offer = bid(view.market, TIP, HEADROOM)
        return [PayOut(bid=offer, owed=owed) for owed in view.owed if owed not in sent]
