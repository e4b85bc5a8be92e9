import pytest


@pytest.mark.stress(scenario="black-thursday", blocks=120)
def test_pawnshop__black_thursday__nobody_is_left_behind(stress):
    assert not stress.broken
    assert stress.liquidations > 0
    assert stress.summary["solvency"]["shortfall_end_usd"] == 0


def test_pawnshop__anybody_does_anything__holds(protocol):
    assert protocol.check(actions=500).holds
