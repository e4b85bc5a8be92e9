import ape
import pytest

from sim.units import MAX_UINT256

SUCCESS = "0x439148f0bbc682ca079e46d6e2c2f0c1e3b820f1a291b069d8882abf8cf18dd9"
"""keccak256("ERC3156FlashBorrower.onFlashLoan"), from the text of ERC-3156."""
CAP = 1000


@pytest.fixture(scope="module")
def lender(stable, owner):
    stable.set_flash_cap(CAP, sender=owner)
    return stable


@pytest.fixture(scope="module")
def flash_borrower(create):
    return create("MockBorrower")


def lend(lender, receiver, amount, sender, token=None):
    return lender.flashLoan(receiver, token or lender, amount, b"", sender=sender)


def test_flash_loan__lends_and_takes_back(lender, flash_borrower, stranger):
    receipt = lend(lender, flash_borrower, CAP, stranger)
    assert flash_borrower.held() == CAP
    assert flash_borrower.initiator() == stranger
    assert lender.totalSupply() == lender.balanceOf(flash_borrower) == 0
    assert lender.maxFlashLoan(lender) == CAP
    transfers = [log for log in receipt.events if log.event_name == "Transfer"]
    assert [log.value for log in transfers] == [CAP, CAP]


def test_flash_loan__answer_of_the_standard(flash_borrower):
    assert flash_borrower.answer().hex() == SUCCESS[2:]


def test_flash_fee__is_zero(lender):
    assert lender.flashFee(lender, CAP) == 0


def test_flash_loan__other_token__reverts(lender, flash_borrower, coin, stranger):
    assert lender.maxFlashLoan(coin) == 0
    with ape.reverts("stable: token is not lent"):
        lender.flashFee(coin, 1)
    for amount in (0, 1):
        with ape.reverts("stable: token is not lent"):
            lend(lender, flash_borrower, amount, stranger, coin)


def test_flash_loan__above_the_cap__reverts(lender, flash_borrower, stranger):
    with ape.reverts("stable: above the flash cap"):
        lend(lender, flash_borrower, CAP + 1, stranger)


def test_flash_loan__not_approved__reverts(lender, flash_borrower, stranger):
    flash_borrower.misbehave(CAP - 1, SUCCESS, sender=stranger)
    with ape.reverts("erc20: insufficient allowance"):
        lend(lender, flash_borrower, CAP, stranger)


def test_flash_loan__spent__reverts(lender, flash_borrower, stranger):
    spend = lender.transfer.encode_input(stranger, 1)
    flash_borrower.arm(lender, spend, sender=stranger)
    with ape.reverts("erc20: insufficient balance"):
        lend(lender, flash_borrower, CAP, stranger)


def test_flash_loan__wrong_answer__reverts(lender, flash_borrower, stranger):
    flash_borrower.misbehave(MAX_UINT256, b"\x01" * 32, sender=stranger)
    with ape.reverts("stable: flash borrower refused"):
        lend(lender, flash_borrower, CAP, stranger)


def test_flash_loan__to_someone_without_code__reverts(lender, stranger, trader):
    with ape.reverts():
        lend(lender, trader, 1, stranger)


@pytest.mark.parametrize(("inner", "allowed"), [(CAP - 600, True), (CAP - 599, False)])
def test_flash_loan__within_another__counts_against_the_cap(
    lender, flash_borrower, stranger, inner, allowed
):
    again = lender.flashLoan.encode_input(flash_borrower, lender, inner, b"")
    flash_borrower.arm(lender, again, sender=stranger)
    lend(lender, flash_borrower, 600, stranger)
    assert flash_borrower.succeeded() == allowed
    assert flash_borrower.held() == (CAP if allowed else 600)
    assert lender.totalSupply() == 0


def test_flash_loan__after_another_in_one_transaction__may_use_the_whole_cap(
    lender, flash_borrower, stranger
):
    flash_borrower.borrow_twice(lender, CAP, sender=stranger)
    assert flash_borrower.held() == CAP
    assert lender.totalSupply() == 0


def test_flash_loan__borrower_may_spend(lender, flash_borrower, owner, stranger):
    """The token is not locked while it waits: this is what flash liquidation needs."""
    lender.mint(flash_borrower, 5, sender=owner)
    flash_borrower.arm(lender, lender.transfer.encode_input(stranger, 5), sender=stranger)
    lend(lender, flash_borrower, CAP, stranger)
    assert flash_borrower.succeeded()
    assert lender.balanceOf(stranger) == lender.totalSupply() == 5
