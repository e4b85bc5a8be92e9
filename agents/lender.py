"""Lenders: they supply what others draw, and bear what is lost of it."""

from __future__ import annotations

from collections.abc import Sequence

from agents.base import Participant
from agents.intent import Intent
from agents.view import View


class Lender(Participant):
    """Lends before the run and leaves it there: what its claim is worth at the end, less what
    it lent, is what lending brought."""

    role = "lender"

    def decide(self, view: View) -> Sequence[Intent]:
        return ()
