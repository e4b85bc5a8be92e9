"""set_config."""

from dataclasses import replace

import ape
import pytest
from core_system import ETH, RATE, USD, WAD, Config, lend

TOO_LARGE = {
    "debt_ceiling": 2**127,
    "account_ceiling": 2**128,
    "min_debt": 2**96,
    "min_left": 2**96,
    "min_deposit": 2**96,
    "close_factor": WAD + 1,
    "full_liquidation_health": WAD + 1,
    "reserve_share": WAD + 1,
    "liquidator_floor": WAD + 1,
    "grace": 2**32,
    "call_window": 2**32,
    "loss_threshold": 2**128,
    "loss_window": 2**32,
}
NOT_ZERO = ("close_factor", "call_window", "loss_threshold", "loss_window")


def test_set_config__is_what_config_tells(core, owner):
    config = Config(*range(1, 14), cap_toxic=False)
    receipt = core.set_config(config.values(), sender=owner)
    assert tuple(core.config()) == config.values()
    [event] = receipt.decode_logs(core.ConfigChanged)
    assert tuple(event.config) == config.values()


@pytest.mark.parametrize("cap_toxic", [True, False])
def test_set_config__every_field_at_its_largest__none_touches_another(core, owner, cap_toxic):
    config = Config(**{name: bound - 1 for name, bound in TOO_LARGE.items()}, cap_toxic=cap_toxic)
    core.set_config(config.values(), sender=owner)
    assert tuple(core.config()) == config.values()


@pytest.mark.parametrize(("name", "amount"), TOO_LARGE.items())
def test_set_config__out_of_range__names_the_field(core, owner, name, amount):
    with ape.reverts(f"config: {name}"):
        core.set_config(replace(Config(), **{name: amount}).values(), sender=owner)


@pytest.mark.parametrize("name", NOT_ZERO)
def test_set_config__zero_where_it_means_nothing__names_the_field(core, owner, name):
    with ape.reverts(f"config: {name}"):
        core.set_config(replace(Config(), **{name: 0}).values(), sender=owner)


@pytest.mark.parametrize("name", sorted(set(TOO_LARGE) - set(NOT_ZERO)))
def test_set_config__zero_elsewhere__passes(core, owner, name):
    core.set_config(replace(Config(), **{name: 0}).values(), sender=owner)
    assert getattr(core.config(), name) == 0


def test_set_config__time_before_is_charged_at_the_old_ceiling(build, borrower, owner, at):
    """A ceiling of a tenth makes interest dearer, but only from now on."""
    system = build(rate=RATE)
    account = system.account(borrower, system.eth, 100 * ETH)
    loan = lend(system, borrower, account, 40_000 * USD)
    at(loan.timestamp + 1_000_000)
    config = replace(Config(*system.core.config()), debt_ceiling=100_000 * USD)
    system.core.set_config(config.values(), sender=owner)
    assert system.core.totals().index == loan.index_after(1_000_000)


def test_set_config__not_the_owner__reverts(core, guardian):
    with ape.reverts("ownable: caller is not the owner"):
        core.set_config(Config().values(), sender=guardian)
