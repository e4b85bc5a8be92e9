# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title What can be stopped, and by whom
@license Apache-2.0
@notice Borrowing, and withdrawing with debt, while paused or after losses above the
        threshold; nothing else. The guardian may stop, only the owner resumes.
"""

from ..interfaces import ICollateralizedDebt
from . import checks
from . import loss_window
from . import ownable

uses: ownable
initializes: loss_window

PAUSE_BORROW: constant(uint256) = 1
PAUSE_WITHDRAW: constant(uint256) = 2

paused: public(uint256)
breaker_tripped: public(bool)
guardian: public(address)


@external
def set_guardian(guardian: address):
    ownable._only_owner()
    self.guardian = guardian
    log ICollateralizedDebt.GuardianSet(guardian=guardian)


@external
def set_paused(flags: uint256):
    checks._require(flags <= PAUSE_BORROW | PAUSE_WITHDRAW, "pause: unknown flag")
    self._only_guardian()
    resumes: bool = flags & self.paused != self.paused
    checks._require(
        msg.sender == ownable.owner or not resumes, "guardian: only the owner resumes"
    )
    self.paused = flags
    log ICollateralizedDebt.Paused(flags=flags)


@external
def reset_breaker():
    self._only_guardian()
    self.breaker_tripped = False
    loss_window._clear()
    log ICollateralizedDebt.BreakerReset()


@view
@internal
def _is_open(flag: uint256) -> bool:
    return self.paused & flag == 0 and not self.breaker_tripped


@view
@internal
def _check_open(flag: uint256):
    checks._require(self.paused & flag == 0, "pause: paused")
    checks._require(not self.breaker_tripped, "breaker: tripped")


@internal
def _count_loss(loss: uint256, threshold: uint256, window: uint256):
    lost: uint256 = loss_window._record(loss, window)
    if lost > threshold and not self.breaker_tripped:
        self.breaker_tripped = True
        log ICollateralizedDebt.BreakerTripped(loss=lost)


@view
@internal
def _only_guardian():
    checks._require(
        msg.sender == self.guardian or msg.sender == ownable.owner, "guardian: not the guardian"
    )
