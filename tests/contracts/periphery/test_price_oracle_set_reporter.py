import ape

from sim.units import WAD

ETH = 2000 * WAD


def admit(oracle, owner, count):
    """Reporters with made-up addresses, until there are `count`."""
    for index in range(len(oracle.reporters()), count):
        oracle.set_reporter(f"0x{index + 1:040x}", True, sender=owner)


def test_set_reporter__admits(oracle, owner, stranger):
    receipt = oracle.set_reporter(stranger, True, sender=owner)
    assert stranger in oracle.reporters()
    assert receipt.events == [oracle.ReporterSet(reporter=stranger, active=True)]


def test_set_reporter__nine_at_most(oracle, owner, stranger):
    admit(oracle, owner, 9)
    assert len(oracle.reporters()) == 9
    with ape.reverts("oracle: no seat left"):
        oracle.set_reporter(stranger, True, sender=owner)


def test_set_reporter__ninth_counts(oracle, owner, token, stranger, reporter):
    admit(oracle, owner, 8)
    oracle.set_reporter(stranger, True, sender=owner)
    oracle.post([token], [ETH], sender=reporter)
    oracle.post([token], [ETH + 2], sender=stranger)
    assert oracle.price(token) == (ETH + 1, True)


def test_set_reporter__dismissed__cannot_post(oracle, owner, token, reporter):
    oracle.set_reporter(reporter, False, sender=owner)
    assert reporter not in oracle.reporters()
    with ape.reverts("oracle: caller is not a reporter"):
        oracle.post([token], [ETH], sender=reporter)


def test_set_reporter__dismissed__its_reports_no_longer_count(
    oracle, owner, token, reporter, reporter_2, reporter_3
):
    for who, price in ((reporter, ETH), (reporter_2, ETH + 10), (reporter_3, ETH + 20)):
        oracle.post([token], [price], sender=who)
    oracle.set_reporter(reporter_3, False, sender=owner)
    assert oracle.price(token) == (ETH + 5, True)
    assert oracle.report_of(token, reporter_3) == (0, 0)


def test_set_reporter__dismissed_below_the_quorum__price_is_not_valid(
    oracle, owner, token, reporter, reporter_2
):
    for who in (reporter, reporter_2):
        oracle.post([token], [ETH], sender=who)
    oracle.set_reporter(reporter, False, sender=owner)
    assert oracle.price(token) == (ETH, False)


def test_set_reporter__seat_taken_over__brings_no_old_report(
    oracle, owner, token, stranger, reporter, reporter_2
):
    oracle.post([token], [ETH], sender=reporter)
    oracle.set_reporter(reporter, False, sender=owner)
    oracle.set_reporter(stranger, True, sender=owner)
    assert oracle.report_of(token, stranger) == (0, 0)
    oracle.post([token], [ETH], sender=reporter_2)
    assert oracle.price(token) == (0, False)


def test_set_reporter__nothing_to_change__reverts(oracle, owner, stranger, reporter):
    for who, active in ((reporter, True), (stranger, False)):
        with ape.reverts("oracle: nothing to change"):
            oracle.set_reporter(who, active, sender=owner)


def test_set_reporter__zero__reverts(oracle, owner):
    with ape.reverts("oracle: zero reporter"):
        oracle.set_reporter("0x" + "00" * 20, True, sender=owner)


def test_set_reporter__stranger__reverts(oracle, stranger):
    with ape.reverts("ownable: caller is not the owner"):
        oracle.set_reporter(stranger, True, sender=stranger)
