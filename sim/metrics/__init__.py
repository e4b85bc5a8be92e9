"""Figures a risk team reports, from the tables of a run alone.

A figure that a run cannot give (no liquidation, no call) is None.
"""
