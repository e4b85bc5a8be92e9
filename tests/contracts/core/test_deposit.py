"""deposit."""

import ape
from core_system import BTC, DAY, ETH, ETH_PRICE, HOUR, USD, WAD


def test_deposit__credits_the_account(system, core, account, borrower):
    system.give(borrower, system.btc, 2 * BTC)
    receipt = core.deposit(account, system.btc, 3 * BTC // 2, sender=borrower)
    assert receipt.events == [
        system.btc.Transfer(sender=borrower, receiver=core, value=3 * BTC // 2),
        core.Deposited(account=account, asset=system.btc, payer=borrower, amount=3 * BTC // 2),
    ]
    assert core.collateral_of(account, system.btc) == core.deposited(system.btc) == 3 * BTC // 2
    assert system.btc.balanceOf(core) == 3 * BTC // 2
    assert system.btc.balanceOf(borrower) == BTC // 2
    # 10 ether at 2,000 and one and a half bitcoin at 30,000.
    assert core.position(account).collateral == 65_000 * WAD


def test_deposit__again__adds_up(system, core, account, borrower):
    system.give(borrower, system.eth, 3 * ETH)
    core.deposit(account, system.eth, ETH, sender=borrower)
    core.deposit(account, system.eth, 2 * ETH, sender=borrower)
    assert core.collateral_of(account, system.eth) == 13 * ETH


def test_deposit__takes_what_arrives_of_a_token_with_a_fee(create, build, owner, borrower):
    token = create("FeeToken", "Fee", "FEE", 18)
    system = build(tokens=(token,), ratios=((WAD // 2, WAD // 4, WAD // 5),))
    account = system.account(borrower, token, 1000)
    assert system.core.collateral_of(account, token) == 990
    assert system.core.deposited(token) == token.balanceOf(system.core) == 990


def test_deposit__token_that_returns_nothing(create, build, borrower):
    token = create("NoReturnToken", "Careless", "CARE", 18)
    system = build(tokens=(token,), ratios=((WAD // 2, WAD // 4, WAD // 5),))
    account = system.account(borrower, token, 1000)
    assert system.core.collateral_of(account, token) == 1000
    system.core.withdraw(account, token, 1000, borrower, sender=borrower)
    assert token.balanceOf(borrower) == 1000


def test_deposit__not_opened__reverts(system, core, borrower):
    system.give(borrower, system.eth, ETH)
    for account in (0, core.account_count() + 1):
        with ape.reverts("account: not opened"):
            core.deposit(account, system.eth, ETH, sender=borrower)


def test_deposit__unlisted_asset__reverts(system, core, account, borrower):
    system.give(borrower, system.coin, 100)
    with ape.reverts("asset: not listed"):
        core.deposit(account, system.coin, 100, sender=borrower)


def test_deposit__nothing__reverts(system, core, account, borrower):
    with ape.reverts("amount: zero"):
        core.deposit(account, system.eth, 0, sender=borrower)


def test_deposit__more_than_the_payer_has__reverts(system, core, account, borrower):
    with ape.reverts("erc20: insufficient balance"):
        core.deposit(account, system.eth, 1, sender=borrower)


def test_deposit__token_answers_false__reverts(create, build, owner, borrower):
    token = create("BlockingToken", "Blocking", "BLOCK", 18)
    system = build(tokens=(token,), ratios=((WAD // 2, WAD // 4, WAD // 5),))
    account = system.account(borrower, token, 1000)
    system.give(borrower, token, 1000)
    token.block(borrower, True, sender=owner)
    token.return_false(True, sender=owner)
    with ape.reverts("token: transfer failed"):
        system.core.deposit(account, token, 1000, sender=borrower)


# ----------------------------------------------------------------- strangers


def test_deposit__stranger_at_the_minimum(system, core, account, stranger):
    least = 10 * WAD * ETH // ETH_PRICE
    system.give(stranger, system.eth, least)
    core.deposit(account, system.eth, least, sender=stranger)
    assert core.collateral_of(account, system.eth) == 10 * ETH + least


def test_deposit__stranger_a_unit_below_the_minimum__reverts(system, core, account, stranger):
    least = 10 * WAD * ETH // ETH_PRICE
    system.give(stranger, system.eth, least)
    with ape.reverts("limit: below minimum deposit"):
        core.deposit(account, system.eth, least - 1, sender=stranger)


def test_deposit__owner_has_no_minimum(system, core, account, borrower):
    system.give(borrower, system.eth, 1)
    core.deposit(account, system.eth, 1, sender=borrower)
    assert core.collateral_of(account, system.eth) == 10 * ETH + 1


# ------------------------------------------------------------- never blocked


def test_deposit__paused_and_stale__passes(system, core, account, owner, borrower, stranger):
    core.set_paused(3, sender=owner)
    system.price(system.eth, ETH_PRICE, valid=False)
    for person in (borrower, stranger):
        system.give(person, system.eth, ETH)
        core.deposit(account, system.eth, ETH, sender=person)
    assert core.collateral_of(account, system.eth) == 12 * ETH


# ---------------------------------------------------------------------- caps


def test_deposit__up_to_the_cap(system, core, account, owner, borrower):
    core.set_deposit_cap(system.eth, core.deposited(system.eth) + 5, sender=owner)
    system.give(borrower, system.eth, 6)
    core.deposit(account, system.eth, 5, sender=borrower)
    with ape.reverts("limit: deposit cap"):
        core.deposit(account, system.eth, 1, sender=borrower)


def test_deposit__a_called_account_may_pass_the_cap__but_not_to_borrow_on_it(
    system, core, indebted, owner, borrower, stranger
):
    """12,000 owed at 1,400: M is met by 10.72 ether, I by 12.25 of them."""
    core.set_deposit_cap(system.eth, 0, sender=owner)
    system.price(system.eth, 1_400 * WAD)
    core.margin_call(indebted, sender=stranger)
    system.give(borrower, system.eth, 10 * ETH)
    with ape.reverts("limit: deposit cap"):
        core.deposit(indebted, system.eth, ETH, sender=borrower)
    core.set_deposit_cap(system.eth, 1, sender=owner)
    most = 12_000 * USD * 100 // (70 * 1_400) - 10 * ETH
    with ape.reverts("limit: deposit cap"):
        core.deposit(indebted, system.eth, most + 1, sender=borrower)
    core.deposit(indebted, system.eth, most, sender=borrower)
    assert core.collateral_of(indebted, system.eth) == 10 * ETH + most
    assert core.called_at(indebted) == core.max_borrow(indebted) == 0


def test_deposit__cap_binds_again_when_the_call_has_lapsed(
    system, core, indebted, owner, borrower, stranger, wait
):
    core.set_deposit_cap(system.eth, 10 * ETH, sender=owner)
    system.price(system.eth, 1_499 * WAD)
    core.margin_call(indebted, sender=stranger)
    system.give(borrower, system.eth, ETH)
    wait(HOUR + DAY)
    with ape.reverts("limit: deposit cap"):
        core.deposit(indebted, system.eth, ETH, sender=borrower)


# --------------------------------------------------------------- margin call


def test_deposit__that_cures__clears_the_call(system, core, indebted, borrower, stranger):
    """At 1,400 ten ether are worth 14,000 and 80 % of it, 11,200, is short by 800: 5/7 ether."""
    system.price(system.eth, 1_400 * WAD)
    core.margin_call(indebted, sender=stranger)
    short = -(-800 * USD * ETH * 100 // (80 * 1_400 * WAD))
    system.give(borrower, system.eth, short)
    receipt = core.deposit(indebted, system.eth, short, sender=borrower)
    assert receipt.events[-2:] == [
        core.MarginCallCleared(account=indebted),
        core.Deposited(account=indebted, asset=system.eth, payer=borrower, amount=short),
    ]
    assert core.called_at(indebted) == 0
    assert core.status(indebted) == 1


def test_deposit__a_unit_short_of_a_cure__leaves_the_call(
    system, core, indebted, borrower, stranger
):
    system.price(system.eth, 1_400 * WAD)
    core.margin_call(indebted, sender=stranger)
    called_at = core.called_at(indebted)
    short = -(-800 * USD * ETH * 100 // (80 * 1_400 * WAD))
    system.give(borrower, system.eth, short)
    core.deposit(indebted, system.eth, short - 1, sender=borrower)
    assert core.called_at(indebted) == called_at != 0


def test_deposit__that_cures_at_a_stale_price__leaves_the_call(
    system, core, indebted, borrower, stranger
):
    system.price(system.eth, 1_400 * WAD)
    core.margin_call(indebted, sender=stranger)
    system.price(system.eth, 1_400 * WAD, valid=False)
    system.give(borrower, system.eth, 10 * ETH)
    core.deposit(indebted, system.eth, 10 * ETH, sender=borrower)
    assert core.called_at(indebted) != 0
