"""set_paused."""

import ape
import pytest


@pytest.mark.parametrize("flags", [0, 1, 2, 3])
def test_set_paused__owner__any(core, owner, flags):
    core.set_paused(3, sender=owner)
    receipt = core.set_paused(flags, sender=owner)
    assert receipt.events == [core.Paused(flags=flags)]
    assert core.paused() == flags


@pytest.mark.parametrize(("before", "after"), [(0, 1), (1, 3), (2, 3), (3, 3), (0, 0)])
def test_set_paused__guardian__adds(core, owner, guardian, before, after):
    core.set_paused(before, sender=owner)
    core.set_paused(after, sender=guardian)
    assert core.paused() == after


@pytest.mark.parametrize(("before", "after"), [(1, 0), (3, 1), (3, 2), (1, 2)])
def test_set_paused__guardian__resuming__reverts(core, owner, guardian, before, after):
    core.set_paused(before, sender=owner)
    with ape.reverts("guardian: only the owner resumes"):
        core.set_paused(after, sender=guardian)


def test_set_paused__unknown_flag__reverts(core, owner):
    with ape.reverts("pause: unknown flag"):
        core.set_paused(4, sender=owner)


def test_set_paused__anyone_else__reverts(core, stranger):
    with ape.reverts("guardian: not the guardian"):
        core.set_paused(1, sender=stranger)
