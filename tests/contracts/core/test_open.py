"""open."""


def test_open__belongs_to_the_caller(core, borrower):
    count = core.account_count()
    receipt = core.open(sender=borrower)
    assert receipt.events == [core.Opened(account=count + 1, owner=borrower)]
    assert core.account_count() == count + 1
    assert core.owner_of(count + 1) == borrower
    assert core.status(count) in (0, 1)
    assert core.status(count + 1) == 1


def test_open__an_owner_may_hold_several(core, borrower):
    core.open(sender=borrower)
    core.open(sender=borrower)
    last = core.account_count()
    assert core.owner_of(last) == core.owner_of(last - 1) == borrower
