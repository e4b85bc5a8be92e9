"""Who trades the stable against its reserve coin: arbitrageurs between the pools and the peg
module, liquidators in need of the stable, and holders of the coin who flee into it."""

from agents.peg.arbitrageur import PegArbitrageur
from agents.peg.holder import CoinHolder
from agents.peg.poker import PegPoker
from agents.peg.replenish import replenish

__all__ = ["CoinHolder", "PegArbitrageur", "PegPoker", "replenish"]
