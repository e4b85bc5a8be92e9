"""The audit finds any figure that was tampered with, and says which."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from sim.errors import LedgerMismatch
from sim.protocol.adapters.plimsoll import BATCH
from sim.protocol.audit import audit
from sim.protocol.ledger import Ledger
from sim.protocol.pegged import MINTED
from sim.units import RAY, WAD
from tests.sim.books import PEOPLE, PRICES, Books


@pytest.fixture(scope="module")
def lived() -> Iterator[Books]:
    """Two accounts, one of them called; a day of interest."""
    books = Books()
    books.borrower(0, eth=20, btc=0, debt=2_399)
    books.borrower(1, eth=10, btc=0.5, debt=2_000)
    books.post(165.0, PRICES[1], after=86_400)
    books.must(PEOPLE[3], books.core.margin_call, 1)
    yield books
    books.engine.close()


def _owner(ledger: Ledger) -> None:
    ledger.owners[1] = ledger.owners[0]


def _share(ledger: Ledger) -> None:
    """A share moves from one account to another; the total stays."""
    ledger.shares[0] -= 1
    ledger.shares[1] += 1


def _total_shares(ledger: Ledger) -> None:
    ledger.total_shares += 1


def _collateral(ledger: Ledger) -> None:
    ledger.amounts[1][1] += 1


def _call(ledger: Ledger) -> None:
    ledger.called_at[0] += 1


def _forgotten_call(ledger: Ledger) -> None:
    ledger.called_at[0] = 0


def _account(ledger: Ledger) -> None:
    ledger.owners.append(PEOPLE[2])


def _index(ledger: Ledger) -> None:
    ledger.index += 1


def _accrual(ledger: Ledger) -> None:
    ledger.accrued_at -= 3_600


def _bad_debt(ledger: Ledger) -> None:
    ledger.bad_debt += 1


def _peg(ledger: Ledger) -> None:
    ledger.counts[MINTED] -= 1


def _supply(ledger: Ledger) -> None:
    ledger.stable_supply += 1


def _price(ledger: Ledger) -> None:
    ledger.oracle.prices[1] += 1


def _validity(ledger: Ledger) -> None:
    ledger.oracle.good_until[1] = 0


def _pool(ledger: Ledger) -> None:
    collateral, stable = ledger.pools[0]
    ledger.pools[0] = collateral, stable + 1


def _balance(ledger: Ledger) -> None:
    held = next(iter(ledger.balances.values()))
    held[PEOPLE[2]] += 1


@pytest.mark.parametrize(
    ("falsify", "names"),
    [
        (_owner, "account 2: owner"),
        (_share, "account 1: shares"),
        (_total_shares, "total"),
        (_collateral, "account 2: collateral"),
        (_call, "account 1: margin call"),
        (_forgotten_call, "account 1: margin call"),
        (_account, "number of accounts"),
        (_index, "index"),
        (_accrual, "index"),
        (_bad_debt, "unminted"),
        (_peg, "unminted"),
        (_supply, "unminted"),
        (_price, "price of asset 1"),
        (_validity, "price of asset 1"),
        (_pool, "pool of asset 0"),
        (_balance, "of " + PEOPLE[2].hex()),
    ],
    ids=lambda value: value.__name__.strip("_") if callable(value) else "",
)
def test_audit__one_figure_falsified__is_caught_and_named(
    lived: Books, falsify: Callable[[Ledger], None], names: str
) -> None:
    honest = lived.ledger
    assert audit(lived.engine, lived.system, honest) > 30
    ledger = followed_again(lived)
    falsify(ledger)
    with pytest.raises(LedgerMismatch) as caught:
        audit(lived.engine, lived.system, ledger)
    assert names in str(caught.value)
    assert str(caught.value).startswith(f"block {lived.engine.block_number}: ")


def followed_again(books: Books) -> Ledger:
    """Another ledger of the same life."""
    ledger = Ledger(books.system, books.blocks[0].timestamp)
    for block in books.blocks:
        ledger.apply(block.receipts, block.timestamp)
    return ledger


def test_audit__two_ledgers_of_the_same_receipts__are_the_same(lived: Books) -> None:
    again, ledger = followed_again(lived), lived.ledger
    for name in ("owners", "shares", "amounts", "called_at", "index", "pools", "balances"):
        assert getattr(again, name) == getattr(ledger, name), name


def test_audit__a_lost_block__is_caught(lived: Books) -> None:
    """One block's receipts never reached the ledger."""
    ledger = Ledger(lived.system, lived.blocks[0].timestamp)
    for block in lived.blocks[:-1]:
        ledger.apply(block.receipts, block.timestamp)
    with pytest.raises(LedgerMismatch, match="margin call"):
        audit(lived.engine, lived.system, ledger)


def test_audit__more_accounts_than_one_call_reads__looks_at_the_last(lived: Books) -> None:
    for _ in range(BATCH):
        lived.must(PEOPLE[2], lived.core.open, after=1)
    assert lived.audit() > BATCH * 6
    ledger = followed_again(lived)
    ledger.shares[-1] = WAD
    with pytest.raises(LedgerMismatch, match=f"account {len(ledger)}: shares"):
        audit(lived.engine, lived.system, ledger)


def test_index__a_day_of_interest__has_moved(lived: Books) -> None:
    """So that a wrong index could be seen at all."""
    assert lived.ledger.index > RAY
