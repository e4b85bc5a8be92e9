"""What a lending contract is able to do."""

from __future__ import annotations

from enum import Flag, auto


class Ability(Flag):
    """What a contract is able to do. The simulator asks for nothing it does not name: without
    margin calls nobody calls, without partial liquidation everybody liquidates whole."""

    OPENS = auto()
    """An account is opened by a transaction of its own; else the first deposit opens it."""
    MARGIN_CALLS = auto()
    """An account below maintenance is called, and has `protocol.grace` seconds."""
    PARTIAL_LIQUIDATION = auto()
    """A liquidation may repay a part of the debt."""
    CROSS_COLLATERAL = auto()
    """An account may hold several collaterals; else only that of its first deposit."""
    ON_BEHALF = auto()
    """Anyone may deposit to and repay for an account."""
    PAYS_ANYONE = auto()
    """Who draws says where to; else it goes to who draws."""
    PAUSES = auto()
    """A guardian may stop borrowing and withdrawing."""
    RESERVE = auto()
    """A reserve takes part of the penalty and covers bad debt; it may absorb accounts."""
    FLASH_LIQUIDATION = auto()
    """Liquidation without capital, in one transaction."""
    REDEMPTION = auto()
    """Anyone may give what is drawn for collateral at face value."""
    LENDERS = auto()
    """What is drawn was lent by someone, who bears the loss."""
    PENALTY_MODELS = auto()
    """The penalty may grow with bad health or with time; else it is the largest it may be."""
    PORTFOLIO_MARGIN = auto()
    """The requirement may be that of the portfolio; else a share of each collateral's value."""
    PEG_MODULE = auto()
    """The stable is swapped against a reserve coin at par, and has a market."""
    CEILINGS = auto()
    """An account's debt and all debts together have the scenario's ceilings."""
    ANY_TOKEN = auto()
    """Collateral may be a token that keeps a part of a transfer, or blocks an address."""
