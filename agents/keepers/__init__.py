"""Ways to liquidate. They share what `agents.liquidator` knows of value and size, and differ in
what they believe of rivals, how they bid, by which route, and when.

Capital is the stable in the wallet, up to `capital_limit` at work at once; collateral is sold,
held or hedged as `Inventory` says; `latency` blocks pass before what they send is there.
Exceptions are said in each class.
"""

from agents.keepers.auctioneer import GasAuctioneer
from agents.keepers.flash import FlashKeeper
from agents.keepers.keeper import Keeper
from agents.keepers.private import PrivateKeeper
from agents.keepers.sniper import DutchSniper
from agents.keepers.split import SplitKeeper

__all__ = [
    "DutchSniper",
    "FlashKeeper",
    "GasAuctioneer",
    "Keeper",
    "PrivateKeeper",
    "SplitKeeper",
]
