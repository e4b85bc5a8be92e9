"""What the core refuses to be deployed with, and what it does not."""

import ape
import pytest
from core_system import BTC_RATIOS, ETH_RATIOS, NO_RATE, PERCENT, WAD, Config

ZERO = "0x" + "00" * 20


@pytest.fixture
def deploy(system, create, owner):
    """A core of the session's parts, but for those named."""

    def deploy(**changes):
        parts = {
            "stable": system.stable,
            "oracle": system.feed,
            "reserve": system.reserve,
            "margin": system.margin,
            "penalty": system.penalty,
            "rate": system.rate,
            "assets": list(system.tokens),
            "config": Config().values(),
            "owner": owner,
        }
        return create("CollateralizedDebt", *(parts | changes).values())

    return deploy


def linear(create, *ratios):
    return create("LinearMargin", *map(list, zip(*ratios, strict=True)))


def test_constructor__starts_empty(deploy, owner):
    core = deploy()
    totals = core.totals()
    assert (totals.debt, totals.shares, totals.unminted, totals.bad_debt) == (0, 0, 0, 0)
    assert core.account_count() == 0
    assert core.owner() == owner
    assert core.guardian() == ZERO
    assert not core.breaker_tripped()


def test_constructor__eight_assets(deploy, create):
    tokens = [create("MockToken", f"T{i}", f"T{i}", 18) for i in range(8)]
    core = deploy(assets=tokens, margin=linear(create, *[ETH_RATIOS] * 8))
    assert core.assets() == [token.address for token in tokens]


def test_constructor__penalty_just_small_enough(deploy, create):
    """(1 - x) (1 + penalty) < 1: with x = 20 %, below a quarter."""
    margin = linear(create, *[(30 * PERCENT, 20 * PERCENT, 20 * PERCENT)] * 2)
    deploy(margin=margin, penalty=create("FixedPenalty", 25 * PERCENT - 1))
    with ape.reverts("model: penalty too large for close-out"):
        deploy(margin=margin, penalty=create("FixedPenalty", 25 * PERCENT))


def test_constructor__penalty_too_large_for_the_weakest_asset__reverts(deploy, create):
    margin = linear(create, ETH_RATIOS, BTC_RATIOS)
    with ape.reverts("model: penalty too large for close-out"):
        deploy(margin=margin, penalty=create("FixedPenalty", 12 * PERCENT))


def test_constructor__auction_is_judged_by_its_cap(deploy, create):
    with ape.reverts("model: penalty too large for close-out"):
        deploy(penalty=create("DutchPenalty", 0, 12 * PERCENT, 60))


def test_constructor__no_assets__reverts(deploy, create):
    with ape.reverts("asset: none"):
        deploy(assets=[])


def test_constructor__model_of_other_size__reverts(deploy, create):
    for count in (1, 3):
        with ape.reverts("model: asset count differs"):
            deploy(margin=linear(create, *[ETH_RATIOS] * count))


def test_constructor__asset_twice__reverts(deploy, system):
    with ape.reverts("asset: listed twice"):
        deploy(assets=[system.eth, system.eth])


def test_constructor__stable_or_nothing_as_asset__reverts(deploy, system):
    for token in (system.stable, ZERO):
        with ape.reverts("asset: not allowed"):
            deploy(assets=[system.eth, token])


def test_constructor__more_than_18_decimals__reverts(deploy, system, create):
    with ape.reverts("asset: more than 18 decimals"):
        deploy(assets=[system.eth, create("MockToken", "Fine", "FINE", 19)])


def test_constructor__config_out_of_range__reverts(deploy):
    with ape.reverts("config: close_factor"):
        deploy(config=Config(close_factor=0).values())


def test_constructor__no_owner__reverts(deploy):
    with ape.reverts("ownable: zero owner"):
        deploy(owner=ZERO)


def test_constructor__no_rate__is_a_rate(deploy, create):
    assert deploy(rate=create("KinkedRate", *NO_RATE)).totals().rate == 0
    assert deploy(rate=create("KinkedRate", WAD, 0, 0, WAD // 2)).totals().rate == WAD


@pytest.mark.parametrize(
    ("initial", "maintenance", "close_out", "least"),
    [(20, 20, 15, 15), (30, 15, 20, 15), (30, 20, 15, 16)],
)
def test_constructor__requirements_out_of_order__reverts(
    deploy, create, system, initial, maintenance, close_out, least
):
    ratios = (PERCENT * x for x in (initial, maintenance, close_out, least))
    with ape.reverts("model: requirements out of order"):
        deploy(assets=[system.eth], margin=create("MockMargin", *ratios))
