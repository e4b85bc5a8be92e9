"""A collateral that calls back finds every door of the core locked, and steals nothing."""

import pytest
from core_system import ETH, USD, WAD, Config

from sim.units import MAX_UINT256

RATIOS = ((30 * WAD // 100, 20 * WAD // 100, 15 * WAD // 100),)


@pytest.fixture(scope="module")
def hostile(create, build, borrower, liquidator):
    """A core whose one collateral calls back on each transfer; account 1 as ever."""
    system = build(tokens=(create("ReentrantToken", "Hostile", "HOST", 18),), ratios=RATIOS)
    assert system.account(borrower, system.tokens[0], 10 * ETH, 12_000 * USD) == 1
    system.give_stable(liquidator, 100_000 * USD)
    return system


def doors(system, account: int, person) -> dict[str, bytes]:
    """Call data of everything that changes the core."""
    core, token = system.core, system.tokens[0].address
    who = person.address
    return {
        "open": core.open.encode_input(),
        "deposit": core.deposit.encode_input(account, token, 1),
        "withdraw": core.withdraw.encode_input(account, token, 1, who),
        "borrow": core.borrow.encode_input(account, 1, who),
        "repay": core.repay.encode_input(account, 1),
        "accrue": core.accrue.encode_input(),
        "margin_call": core.margin_call.encode_input(account),
        "clear_margin_call": core.clear_margin_call.encode_input(account),
        "liquidate": core.liquidate.encode_input(account, token, 1, 0, who),
        "absorb": core.absorb.encode_input(account),
        "pay_reserve": core.pay_reserve.encode_input(token),
        "heal": core.heal.encode_input(1),
        "set_config": core.set_config.encode_input(Config().values()),
        "set_account_limit": core.set_account_limit.encode_input(account, 1),
        "set_deposit_cap": core.set_deposit_cap.encode_input(token, 1),
        "set_guardian": core.set_guardian.encode_input(who),
        "set_paused": core.set_paused.encode_input(0),
        "reset_breaker": core.reset_breaker.encode_input(),
        "transfer_ownership": core.transfer_ownership.encode_input(who),
        "accept_ownership": core.accept_ownership.encode_input(),
    }


def views(system, account: int) -> dict[str, bytes]:
    """Call data of every view, immutables' too."""
    core, token = system.core, system.tokens[0].address
    arguments = {
        "uint256": account,
        "address": token,
    }
    return {
        method.name: getattr(core, method.name).encode_input(
            *(arguments[str(i.type)] for i in method.inputs)
        )
        for method in core.contract_type.view_methods
    }


def test_doors__are_all_there(hostile, attacker):
    """Nothing that changes the core is missing from the list above."""
    found = {method.name for method in hostile.core.contract_type.mutable_methods}
    assert found == set(doors(hostile, 1, attacker))


def strike(system, call: bytes, borrower, owner, at: str, liquidator) -> None:
    """Arm the token with a call and make the core move it."""
    token = system.tokens[0]
    token.mint(borrower, ETH, sender=owner)
    if at == "liquidate":
        system.price(token, 1_400 * WAD)
    token.arm(system.core, call, sender=owner)
    if at == "deposit":
        system.core.deposit(1, token, 1, sender=borrower)
    elif at == "withdraw":
        system.core.withdraw(1, token, 1, borrower, sender=borrower)
    else:
        system.core.liquidate(1, token, USD, 0, liquidator, sender=liquidator)
    assert token.was_locked_out()


@pytest.mark.parametrize("at", ["deposit", "withdraw", "liquidate"])
def test_reentrancy__every_door_is_locked(
    hostile, borrower, attacker, liquidator, owner, chain, at
):
    for call in doors(hostile, 1, attacker).values():
        before = chain.snapshot()
        strike(hostile, call, borrower, owner, at, liquidator)
        chain.restore(before)


def test_reentrancy__every_view_is_locked(hostile, borrower, liquidator, owner, chain):
    """Else another protocol could be shown an account half changed. What never changes is
    no secret."""
    fixed = {"stable", "oracle", "reserve", "margin_model", "penalty_model", "rate_model"}
    seen = views(hostile, 1)
    assert len(seen) > 30
    opened = set()
    for name, call in seen.items():
        before = chain.snapshot()
        try:
            strike(hostile, call, borrower, owner, "withdraw", liquidator)
        except AssertionError:
            opened.add(name)
        chain.restore(before)
    assert opened == fixed


def test_reentrancy__the_lock_opens_again(hostile, borrower, owner):
    token = hostile.tokens[0]
    token.arm(hostile.core, hostile.core.open.encode_input(), sender=owner)
    hostile.core.withdraw(1, token, 1, borrower, sender=borrower)
    hostile.core.repay(1, MAX_UINT256, sender=borrower)
    hostile.core.withdraw(1, token, 10 * ETH - 1, borrower, sender=borrower)
    assert token.balanceOf(hostile.core) == 0
