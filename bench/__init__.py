"""How fast it is, against what: ``python -m bench``, or one table of it, ``python -m bench model``.

The machine is never quiet, so what is compared runs in turns, several rounds in one go, and
the medians of the rounds are shown. Compare the ratios, not the seconds.
"""
