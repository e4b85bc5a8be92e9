"""The ledger follows the contracts to the last unit, whatever anyone does to them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.chain.artifacts import load
from sim.protocol.interest import kinked_rate
from sim.protocol.pegged import MINTED
from sim.protocol.script import Script
from sim.protocol.standing import Standing
from sim.scenario import Rate
from sim.units import MAX_UINT256, WAD, Address, to_wad
from tests.sim.books import CALL_WINDOW, DECIMALS, GRACE, MAX_AGE, PEOPLE, PRICES, Books

HEALTHY, NOT_CALLED, IN_GRACE, LIQUIDATABLE = 1, 2, 3, 4
KEEPER = PEOPLE[3]


@pytest.fixture(scope="module")
def shared() -> Iterator[Books]:
    books = Books()
    yield books
    books.engine.close()


@pytest.fixture
def books(shared: Books) -> Books:
    shared.rewind()
    return shared


# ------------------------------------------------------------ anything, in any order


@dataclass(frozen=True)
class Action:
    """What someone tries; most of it may be refused, as it is in life."""

    kind: str
    who: int
    account: int
    asset: int
    size: float
    wait: int


def _owner(b: Books, a: Action) -> Address:
    return b.ledger.owners[a.account - 1] if a.account <= len(b.ledger) else PEOPLE[a.who]


def _held(b: Books, a: Action) -> int:
    return b.ledger.amounts[a.account - 1][a.asset] if a.account <= len(b.ledger) else 1


def _units(action: Action, most: float) -> int:
    return round(action.size * most * 10 ** DECIMALS[action.asset])


def _open(b: Books, a: Action) -> None:
    b.send(PEOPLE[a.who], b.core.open, after=a.wait)


def _deposit(b: Books, a: Action) -> None:
    token = b.system.tokens[a.asset].address
    amount = _units(a, (100, 4)[a.asset])
    b.send(PEOPLE[a.who], b.core.deposit, a.account, token, amount, after=a.wait)


def _withdraw(b: Books, a: Action) -> None:
    token = b.system.tokens[a.asset].address
    owner, amount = _owner(b, a), int(a.size * _held(b, a))
    b.send(owner, b.core.withdraw, a.account, token, amount, owner, after=a.wait)


def _borrow(b: Books, a: Action) -> None:
    owner, amount = _owner(b, a), to_wad(a.size * 2_000)
    b.send(owner, b.core.borrow, a.account, amount, owner, after=a.wait)


def _borrow_all(b: Books, a: Action) -> None:
    """The whole room: a small move is then enough to be called."""
    owner, amount = _owner(b, a), b.read(b.core.max_borrow, a.account)
    b.send(owner, b.core.borrow, a.account, amount, owner, after=a.wait)


def _repay(b: Books, a: Action) -> None:
    amount = MAX_UINT256 if a.size > 1 else to_wad(a.size * 10_000) or 1
    b.send(PEOPLE[a.who], b.core.repay, a.account, amount, after=a.wait)


def _call(b: Books, a: Action) -> None:
    b.send(PEOPLE[a.who], b.core.margin_call, a.account, after=a.wait)


def _clear(b: Books, a: Action) -> None:
    b.send(PEOPLE[a.who], b.core.clear_margin_call, a.account, after=a.wait)


def _liquidate(b: Books, a: Action) -> None:
    token, who = b.system.tokens[a.asset].address, PEOPLE[a.who]
    most = MAX_UINT256 if a.size > 0.5 else to_wad(a.size * 10_000) or 1
    b.send(who, b.core.liquidate, a.account, token, most, 0, who, after=a.wait)


def _absorb(b: Books, a: Action) -> None:
    b.send(PEOPLE[a.who], b.core.absorb, a.account, after=a.wait)


def _heal(b: Books, a: Action) -> None:
    b.send(PEOPLE[a.who], b.core.heal, to_wad(a.size * 1_000) or 1, after=a.wait)


def _accrue(b: Books, a: Action) -> None:
    b.send(PEOPLE[a.who], b.core.accrue, after=a.wait)


def _reports(b: Books, a: Action) -> None:
    """A move between -35 % and +10 %, of both prices or of one; one reporter moves nothing."""
    factor = 0.65 + a.size * 0.4
    eth, btc = (price / WAD for price in b.ledger.oracle.prices)
    b.post(eth * factor, btc * (factor if a.asset else 1), reporters=1 if a.account == 4 else 3)


def _swap(b: Books, a: Action) -> None:
    pool, who = b.system.pools[a.asset], PEOPLE[a.who]
    sold = b.system.stable if a.account % 2 else b.system.tokens[a.asset]
    amount = to_wad(a.size * 5_000) if a.account % 2 else _units(a, (25, 1)[a.asset])
    if pool:
        b.send(who, pool.swap, sold.address, amount, 0, who, after=a.wait)


def _peg(b: Books, a: Action) -> None:
    who = PEOPLE[a.who]
    if a.asset:
        b.send(who, b.system.peg.redeem, to_wad(a.size * 1_000), 0, who, after=a.wait)
    else:
        b.send(who, b.system.peg.mint, round(a.size * 10**9), 0, who, after=a.wait)


def _transfer(b: Books, a: Action) -> None:
    tokens = [b.system.stable, *b.system.tokens]
    token = tokens[a.account % 3]
    to = (*PEOPLE, b.core.address, b.system.reserve.address, DEAD)[int(a.size * 6)]
    b.send(PEOPLE[a.who], token.transfer, to, 10**7, after=a.wait)


def _liquidity(b: Books, a: Action) -> None:
    pool, who = b.system.pools[a.asset], PEOPLE[a.who]
    if pool and a.account % 2:
        amount = _units(a, (50, 2)[a.asset])
        b.send(who, pool.add_liquidity, amount, to_wad(20_000), 0, who, after=a.wait)
    elif pool:
        shares = b.read(pool.shares_of, who)
        b.send(who, pool.remove_liquidity, int(shares * a.size), 0, 0, who, after=a.wait)


DEAD = b"\xde\xad" * 10
KINDS: dict[str, Callable[[Books, Action], None]] = {
    "open": _open,
    "deposit": _deposit,
    "withdraw": _withdraw,
    "borrow": _borrow,
    "borrow all": _borrow_all,
    "repay": _repay,
    "call": _call,
    "clear": _clear,
    "liquidate": _liquidate,
    "absorb": _absorb,
    "heal": _heal,
    "accrue": _accrue,
    "reports": _reports,
    "swap": _swap,
    "peg": _peg,
    "transfer": _transfer,
    "liquidity": _liquidity,
}
WALKS, STEPS = 25, 60
WAITS = [1, 12, 600, GRACE, MAX_AGE, CALL_WINDOW + GRACE + 1, 30 * 86_400]
WAIT_ODDS = [0.3, 0.38, 0.1, 0.15, 0.03, 0.02, 0.02]
ACTIONS = st.lists(
    st.builds(
        Action,
        kind=st.sampled_from(sorted(KINDS)),
        who=st.integers(0, 3),
        account=st.integers(1, 4),
        asset=st.integers(0, 1),
        size=st.integers(0, 9).map(lambda eighths: eighths / 8),
        wait=st.sampled_from(WAITS),
    ),
    min_size=5,
    max_size=20,
)
EVERY_KIND = {
    "Opened", "Deposited", "Withdrawn", "Borrowed", "Repaid", "Accrued", "MarginCalled",
    "MarginCallCleared", "Liquidated", "Swept", "BadDebtRealised", "Absorbed", "Healed",
    "Posted", "PriceGuarded", "Swapped", "LiquidityChanged", "Minted", "Redeemed",
}  # fmt: skip


def indebted(books: Books) -> None:
    """Three accounts near their limit: in one collateral, in the other, in both."""
    books.rewind()
    for eth, btc, debt in ((20, 0, 2_399), (10, 0.5, 2_949), (0, 1, 3_499)):
        books.borrower(len(books.ledger), eth, btc, debt)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(actions=ACTIONS)
def test_ledger__any_actions_in_any_order__equals_the_chain(
    books: Books, actions: list[Action]
) -> None:
    indebted(books)
    for action in actions:
        KINDS[action.kind](books, action)
        books.audit()
        mirrors_agree(books)


def test_ledger__long_walks__equals_the_chain_after_every_kind_of_event(books: Books) -> None:
    rng = np.random.default_rng(12)
    likely = ["reports"] * 8 + ["call", "liquidate"] * 6
    seen: set[str] = set()
    for _ in range(WALKS):
        indebted(books)
        for _ in range(STEPS):
            action = Action(
                kind=str(rng.choice([*KINDS, *likely])),
                who=int(rng.integers(4)),
                account=int(rng.integers(1, 5)),
                asset=int(rng.integers(2)),
                size=float(rng.uniform(0, 1.1)),
                wait=int(rng.choice(WAITS, p=WAIT_ODDS)),
            )
            KINDS[action.kind](books, action)
            books.audit()
            mirrors_agree(books)
        seen |= books.seen.keys()
    assert seen >= EVERY_KIND


def mirrors_agree(books: Books) -> None:
    """The float columns, and what they say of health, are what the exact figures say."""
    ledger, now = books.ledger, books.engine.timestamp
    standing = Standing.of(ledger, ledger.oracle_prices(), now)
    units = np.array([10**decimals for decimals in DECIMALS])
    amounts = np.array(ledger.amounts, dtype=float).reshape(-1, 2)
    np.testing.assert_allclose(ledger.values(units / 1.0), amounts, rtol=1e-12)
    for row in range(len(ledger)):
        value, debt, _, maintenance, close_out, valid = books.read(books.core.position, row + 1)
        assert standing.value[row] == pytest.approx(value / WAD, rel=1e-12, abs=1e-12)
        assert standing.debt[row] == pytest.approx(debt / WAD, rel=1e-12, abs=1e-12)
        assert standing.maintenance[row] == pytest.approx(maintenance / WAD, rel=1e-12, abs=1e-12)
        assert standing.close_out[row] == pytest.approx(close_out / WAD, rel=1e-12, abs=1e-12)
        buffer = (value - debt - maintenance) / WAD
        assert standing.buffer[row] == pytest.approx(buffer, rel=1e-9, abs=1e-9 * (debt / WAD + 1))
        on_edge = min(abs(value - debt - need) for need in (maintenance, close_out)) < debt // 10**9
        if debt and valid and not on_edge:
            status = books.read(books.core.status, row + 1)
            assert standing.below[row] == (status != HEALTHY), row
            assert standing.liquidatable[row] == (status == LIQUIDATABLE), row
            called = standing.called[row] and not standing.liquidatable[row]
            assert not called or status in (HEALTHY, IN_GRACE), row


# --------------------------------------------------- each kind of event, one by one


def below_maintenance(books: Books) -> int:
    """An account of 100 ETH that owes 11,900 USD: called at 169 USD an ETH."""
    account = books.borrower(0, eth=100, btc=0, debt=11_900)
    books.post(165.0, PRICES[1])
    return account


def test_life__called_cured_and_called_again(books: Books) -> None:
    account = below_maintenance(books)
    books.must(KEEPER, books.core.margin_call, account)
    assert books.ledger.called_at[0] == books.engine.timestamp
    books.audit()
    books.must(PEOPLE[0], books.core.repay, account, to_wad(3_000))
    assert books.ledger.called_at[0] == 0
    books.audit()
    books.post(125.0, PRICES[1])
    books.must(KEEPER, books.core.margin_call, account)
    assert books.audit()
    assert books.seen["MarginCalled"] == 2
    assert books.seen["MarginCallCleared"] == 1


def test_life__call_lapses_without_an_event(books: Books) -> None:
    account = below_maintenance(books)
    books.must(KEEPER, books.core.margin_call, account)
    called = books.engine.timestamp
    books.wait(GRACE + CALL_WINDOW - 1)
    assert books.ledger.standing_call(0, books.engine.timestamp) == called
    books.audit()
    books.wait(2)
    assert books.ledger.standing_call(0, books.engine.timestamp) == 0
    assert books.audit()
    assert books.seen["MarginCallCleared"] == 0


def test_life__liquidated_in_part_after_the_grace(books: Books) -> None:
    account = below_maintenance(books)
    books.must(KEEPER, books.core.margin_call, account)
    token = books.system.tokens[0].address
    call = (books.core.liquidate, account, token, MAX_UINT256, 0, KEEPER)
    assert not books.send(KEEPER, *call)
    assert books.send(KEEPER, *call, after=GRACE)
    assert books.audit()
    (event,) = (h for h in books.happened if h.name == "Liquidated")
    assert event.asset == 0
    assert (
        books.ledger.amounts[0][0]
        == 100 * WAD - event.fields["seized"] - event.fields["reserve_cut"]
    )


def test_life__crash_leaves_bad_debt_that_is_healed(books: Books) -> None:
    """Guarded on the way down; the last collateral of two is seized, the rest written off."""
    account = books.borrower(0, eth=60, btc=1, debt=10_000)
    for price in (155.0, 117.0, 88.0, 66.0):
        books.post(price, PRICES[1] * price / 200)
        books.audit()
    eth, btc = (token.address for token in books.system.tokens)
    books.must(KEEPER, books.core.liquidate, account, btc, MAX_UINT256, 0, KEEPER)
    books.audit()
    books.must(KEEPER, books.core.liquidate, account, eth, MAX_UINT256, 0, KEEPER)
    assert books.audit()
    assert books.seen["BadDebtRealised"] == 1
    assert books.ledger.bad_debt > 0
    assert books.ledger.shares == [0]
    books.must(KEEPER, books.core.heal, MAX_UINT256)
    assert books.ledger.bad_debt == 0
    assert books.audit()


def test_life__insolvent_account_absorbed_and_swept(books: Books) -> None:
    account = books.borrower(0, eth=60, btc=1, debt=10_000)
    for price in (155.0, 117.0, 88.0, 66.0, 50.0):
        books.post(price, PRICES[1] * price / 200)
    books.must(KEEPER, books.core.absorb, account)
    assert books.audit()
    assert books.seen["Swept"] == 2
    assert books.ledger.amounts == [[0, 0]]
    reserve = books.system.reserve.address
    assert books.ledger.balances[books.system.tokens[0].address][reserve] == 60 * WAD


def test_life__first_loss_is_the_reserves(books: Books) -> None:
    books.must(KEEPER, books.system.stable.transfer, books.system.reserve.address, to_wad(500))
    account = books.borrower(0, eth=60, btc=0, debt=7_000)
    for price in (155.0, 117.0, 88.0):
        books.post(price, PRICES[1])
    books.must(KEEPER, books.core.absorb, account)
    (event,) = (h for h in books.happened if h.name == "BadDebtRealised")
    assert event.fields["covered"] >= to_wad(500)
    assert books.ledger.bad_debt == event.fields["debt"] - event.fields["covered"]
    assert books.audit()


def test_price__too_large_a_move__is_followed_to_the_guard_and_not_valid(books: Books) -> None:
    books.post(100.0, PRICES[1])
    oracle = books.ledger.oracle
    assert books.seen["PriceGuarded"] > 0
    assert oracle.prices[0] > to_wad(100.0)
    assert not oracle.is_valid(0, books.engine.timestamp)
    assert oracle.is_valid(1, books.engine.timestamp)
    assert books.audit()
    for _ in range(4):
        books.post(100.0, PRICES[1])
    assert oracle.prices[0] == to_wad(100.0)
    assert oracle.is_valid(0, books.engine.timestamp)
    assert books.audit()


def test_price__grows_stale__in_the_second_after_its_age(books: Books) -> None:
    books.post(*PRICES, after=1)
    oracle = books.ledger.oracle
    last_fresh = oracle.good_until[0]
    books.wait(last_fresh - books.engine.timestamp)
    assert oracle.is_valid(0, books.engine.timestamp)
    books.audit()
    books.wait(1)
    assert not oracle.is_valid(0, books.engine.timestamp)
    assert books.audit()


def test_price__one_fresh_reporter_is_no_quorum__stays_where_it_was(books: Books) -> None:
    books.wait(MAX_AGE + 60)
    books.post(180.0, PRICES[1], reporters=1)
    assert books.ledger.oracle.prices[0] == to_wad(PRICES[0])
    assert not books.ledger.oracle.is_valid(0, books.engine.timestamp)
    assert books.audit()
    books.post(180.0, PRICES[1], reporters=2)
    assert books.ledger.oracle.prices[0] == to_wad(180.0)
    assert books.audit()


def test_peg__redeemed_and_minted__supply_and_debt_balance(books: Books) -> None:
    books.borrower(0, eth=100, btc=0, debt=5_000)
    before = books.ledger.counts[MINTED]
    books.must(PEOPLE[0], books.system.peg.redeem, to_wad(1_234.5), 0, PEOPLE[0])
    assert before - books.ledger.counts[MINTED] == to_wad(1_234.5)
    books.must(PEOPLE[0], books.system.peg.mint, 10**9, 0, PEOPLE[1])
    assert books.audit()


def test_interest__months_without_a_transaction__are_in_the_books(books: Books) -> None:
    """Ninety days at a rate past the kink; then somebody makes the core accrue and mint."""
    books.borrower(0, eth=1_200, btc=0, debt=140_000)
    books.wait(90 * 86_400)
    ledger = books.ledger
    owed = ledger.debts(books.engine.timestamp)[0]
    assert owed > 140_000 * 1.05
    assert books.audit()
    books.must(KEEPER, books.core.accrue)
    assert books.read(books.core.totals)[3] == 0
    assert books.audit()


def test_accounts__more_than_the_columns_first_hold__all_are_kept(books: Books) -> None:
    """The columns grow by 256: the 257th account neither moves nor loses the others."""
    books.borrower(0, eth=3, btc=0.25, debt=200)
    for _ in range(257):
        books.must(PEOPLE[1], books.core.open, after=1)
    last = books.borrower(2, eth=5, btc=0, debt=300)
    assert last == 259
    assert books.audit()
    mirrored = books.ledger.values(np.array(PRICES)).sum(axis=1)
    assert mirrored[0] == pytest.approx(3 * 200 + 0.25 * 5_000)
    assert mirrored[258] == pytest.approx(1_000)
    assert not mirrored[1:258].any()


def test_strangers_contract__logs_the_same_event__is_passed_over(books: Books) -> None:
    """Only the deployment's own contracts are believed."""
    script = Script(books.engine)
    fake = script.create(KEEPER, load("MockToken"), ("Fake", "FAKE", 18))
    script.send(KEEPER, fake.mint, KEEPER, 10**30)
    script.flush()
    for block in script.blocks:
        assert any(receipt.logs for receipt in block.receipts)
        assert not books.ledger.apply(block.receipts, block.timestamp)
    assert fake.address not in books.ledger.balances
    assert books.audit()


# ------------------------------------------------------------------------------ rates

SHARES = st.floats(0, 1).map(lambda x: int(x * WAD))


@pytest.fixture(scope="module")
def rate(shared: Books) -> Callable[[int], int]:
    def on_chain(utilisation: int) -> int:
        return int(shared.read(shared.system.rate.rate, utilisation))

    return on_chain


@settings(deadline=None)
@given(utilisation=st.one_of(SHARES, st.sampled_from([0, 1, 8 * WAD // 10, WAD - 1, WAD])))
def test_kinked_rate__any_utilisation__is_what_the_contract_answers(
    rate: Callable[[int], int], utilisation: int
) -> None:
    for nearby in (utilisation - 1, utilisation, utilisation + 1):
        if 0 <= nearby <= WAD:
            assert kinked_rate(Rate(), nearby) == rate(nearby)
