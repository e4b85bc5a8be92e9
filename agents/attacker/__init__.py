"""Attackers: they make accounts fail, or liquidations, or the price that lenders trust."""

from agents.attacker.borrower import StaleBorrower
from agents.attacker.griefer import Griefer
from agents.attacker.manipulator import OracleManipulator

__all__ = ["Griefer", "OracleManipulator", "StaleBorrower"]
