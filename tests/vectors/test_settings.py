"""Settings: every field keeps its value, has its range and its owner."""

from __future__ import annotations

import pytest

from sim.units import WAD
from tests.invariants.core_world import Config

from .system import BORROWER, GUARDIAN, OWNER, PERCENT, STRANGER, System, number, told

SMALLEST = Config(*(0,) * 13, cap_toxic=False)
RANGES: dict[str, tuple[int, int]] = {
    # Largest values: what the packed word has room for, see modules/settings.
    "debt_ceiling": (0, 2**127 - 1),
    "account_ceiling": (0, 2**128 - 1),
    "min_debt": (0, 2**96 - 1),
    "min_left": (0, 2**96 - 1),
    "min_deposit": (0, 2**96 - 1),
    "close_factor": (1, WAD),
    "full_liquidation_health": (0, WAD),
    "reserve_share": (0, WAD),
    "liquidator_floor": (0, WAD),
    "grace": (0, 2**32 - 1),
    "call_window": (1, 2**32 - 1),
    "loss_threshold": (1, 2**128 - 1),
    "loss_window": (1, 2**32 - 1),
}
NOT_OWNER = "ownable: caller is not the owner"


@pytest.fixture
def system() -> System:
    return System()


def config(**changed: int | bool) -> Config:
    least = {name: low for name, (low, _) in RANGES.items()}
    return Config(**(least | {"cap_toxic": False} | changed))  # type: ignore[arg-type]


@pytest.mark.parametrize("field", [*RANGES, "cap_toxic"])
def test_field__largest_alone__comes_back_and_touches_no_other(system: System, field: str) -> None:
    largest = RANGES[field][1] if field in RANGES else True
    given = config(**{field: largest})
    outcome = system.must(OWNER, system.core.set_config, given.values())
    assert system.read(system.core.config) == given.values()
    told_config = dict(told(outcome))["ConfigChanged"]
    assert list(told_config.values()) == [int(value) for value in given.values()]


def test_all_fields__largest_together(system: System) -> None:
    given = config(**{name: high for name, (_, high) in RANGES.items()}, cap_toxic=True)
    system.must(OWNER, system.core.set_config, given.values())
    assert system.read(system.core.config) == given.values()


def test_all_fields__bit_patterns__kept_apart(system: System) -> None:
    """Alternating bits in neighbouring fields, so that a wrong shift or mask shows."""
    for pattern in (0x5555, 0xAAAA, 0x1234):
        changed = {}
        for position, (name, (low, high)) in enumerate(RANGES.items()):
            bits = int(f"{pattern >> position % 4:04x}" * 8, 16)
            changed[name] = max(low, bits % high)
        given = config(**changed, cap_toxic=pattern == 0x5555)
        system.must(OWNER, system.core.set_config, given.values())
        assert system.read(system.core.config) == given.values()


@pytest.mark.parametrize("field", RANGES)
def test_field__outside_its_range__refused_by_name(system: System, field: str) -> None:
    low, high = RANGES[field]
    for value in [high + 1] + [low - 1] * (low > 0):
        given = config(**{field: value})
        system.refuses(f"config: {field}", OWNER, system.core.set_config, given.values())
    assert system.read(system.core.config) == system.config.values()


def test_owner_only(system: System) -> None:
    core = system.core
    for sender in (STRANGER, GUARDIAN):
        refuse = lambda method, *given, who=sender: system.refuses(NOT_OWNER, who, method, *given)  # noqa: E731
        refuse(core.set_config, system.config.values())
        refuse(core.set_account_limit, 1, 1)
        refuse(core.set_deposit_cap, system.token(), 1)
        refuse(core.set_guardian, STRANGER)
        refuse(core.transfer_ownership, STRANGER)


def test_ownership__two_steps(system: System) -> None:
    core = system.core
    system.must(OWNER, core.transfer_ownership, STRANGER)
    assert system.read(core.owner) == "0x" + OWNER.hex()
    assert system.read(core.pending_owner) == "0x" + STRANGER.hex()
    reason = "ownable: caller is not the pending owner"
    system.refuses(reason, BORROWER, core.accept_ownership)
    system.must(STRANGER, core.accept_ownership)
    assert system.read(core.owner) == "0x" + STRANGER.hex()
    system.refuses(NOT_OWNER, OWNER, core.set_guardian, OWNER)
    system.refuses(reason, STRANGER, core.accept_ownership)


def test_deposit_cap__range_and_event(system: System) -> None:
    core, token = system.core, system.token()
    system.refuses("config: deposit cap", OWNER, core.set_deposit_cap, token, 2**128)
    unknown = system.stable.address
    system.refuses("asset: not listed", OWNER, core.set_deposit_cap, unknown, 1)
    outcome = system.send(OWNER, core.set_deposit_cap, token, 2**128 - 1)
    assert told(outcome) == [("DepositCapSet", {"asset": number(token), "cap": 2**128 - 1})]


def test_deposit_cap__none_until_it_is_set__but_the_largest_amount(system: System) -> None:
    account = system.account(BORROWER, [], 0)
    system.price(0, 1)
    system.collateral(BORROWER, 0, 2**128)
    deposit, token = system.core.deposit, system.token()
    system.refuses("limit: deposit cap", BORROWER, deposit, account, token, 2**128)
    system.must(BORROWER, deposit, account, token, 2**128 - 1)


def test_guardian__adds_flags_and_only_the_owner_removes_them(system: System) -> None:
    core = system.core
    system.refuses("guardian: not the guardian", STRANGER, core.set_paused, 1)
    system.refuses("pause: unknown flag", OWNER, core.set_paused, 4)
    outcome = system.send(GUARDIAN, core.set_paused, 1)
    assert told(outcome) == [("Paused", {"flags": 1})]
    system.must(GUARDIAN, core.set_paused, 3)
    assert system.read(core.paused) == 3
    for flags in (0, 1, 2):
        reason = "guardian: only the owner resumes"
        system.refuses(reason, GUARDIAN, core.set_paused, flags)
    system.must(GUARDIAN, core.set_paused, 3)
    system.must(OWNER, core.set_paused, 2)
    assert system.read(core.paused) == 2
    system.must(OWNER, core.set_paused, 0)
    outcome = system.send(OWNER, core.set_guardian, STRANGER)
    assert told(outcome) == [("GuardianSet", {"guardian": number(STRANGER)})]
    assert system.read(core.guardian) == "0x" + STRANGER.hex()
    system.must(STRANGER, core.set_paused, 2)
    system.refuses("guardian: not the guardian", GUARDIAN, core.set_paused, 3)
    system.refuses("guardian: not the guardian", GUARDIAN, core.reset_breaker)


def test_pause__each_flag_stops_its_own(system: System) -> None:
    account = system.account(BORROWER, [10 * WAD], 1_000 * WAD)
    core, token = system.core, system.token()
    system.must(OWNER, core.set_paused, 1)
    system.refuses("pause: paused", BORROWER, core.borrow, account, WAD, BORROWER)
    system.must(BORROWER, core.withdraw, account, token, 1, BORROWER)
    system.must(OWNER, core.set_paused, 2)
    system.must(BORROWER, core.borrow, account, WAD, BORROWER)
    system.refuses("pause: paused", BORROWER, core.withdraw, account, token, 1, BORROWER)
    assert system.read(system.lens.max_withdraw, account, token) == 0


def test_deployment__names_its_parts(system: System) -> None:
    core = system.core
    parts = {
        "stable": system.stable,
        "oracle": system.feed,
        "reserve": system.reserve,
        "margin_model": system.margin,
        "penalty_model": system.penalty,
        "rate_model": system.rate,
    }
    for name, contract in parts.items():
        assert system.read(getattr(core, name)) == "0x" + contract.address.hex()
    assert system.read(core.assets) == ("0x" + system.token().hex(),)
    assert system.read(core.config) == system.config.values()
    assert system.read(core.owner) == "0x" + OWNER.hex()
    totals = system.read(core.totals)
    assert totals == (0, 0, 10**27, 0, 0, 0, 0, system.now)


def test_constructor__assets_it_will_not_take() -> None:
    """The zero address, the stable, and one listed twice."""
    system = System()
    ratios = ([30 * PERCENT] * 2, [20 * PERCENT] * 2, [15 * PERCENT] * 2)
    margin = system.create("LinearMargin", *ratios)

    def deploy(*assets: bytes) -> None:
        system.create(
            "CollateralizedDebt", system.stable.address, system.feed.address,
            system.reserve.address, margin.address, system.penalty.address,
            system.rate.address, list(assets), system.config.values(), OWNER,
        )  # fmt: skip

    token = system.token()
    for other, reason in (
        (bytes(20), "asset: not allowed"),
        (system.stable.address, "asset: not allowed"),
        (token, "asset: listed twice"),
    ):
        with pytest.raises(RuntimeError, match=reason):
            deploy(token, other)
    deploy(token, system.coin.address)
