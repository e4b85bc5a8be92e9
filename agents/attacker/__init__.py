"""Attackers: they make accounts fail, or liquidations."""

from agents.attacker.griefer import Griefer
from agents.attacker.manipulator import OracleManipulator

__all__ = ["Griefer", "OracleManipulator"]
