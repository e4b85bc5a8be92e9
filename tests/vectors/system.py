"""The contracts of a test, with the models it names, and what every file of vectors uses.

Vectors are worked out in Python integers from the formulas of the design, beside each, never
by calling the contract. The default charges no interest, so that debts stay round numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sim.protocol.abi import Contract, Method
from sim.units import WAD, Address
from tests.invariants.core_world import Asset, Config, Outcome, World, actor

OWNER, GUARDIAN = actor("owner"), actor("guardian")
BORROWER, LIQUIDATOR, STRANGER = actor("borrower"), actor("liquidator"), actor("stranger")

PERCENT = WAD // 100
ETHER = Asset(18, 30 * PERCENT, 20 * PERCENT, 15 * PERCENT)
BITCOIN = Asset(8, 25 * PERCENT, 15 * PERCENT, 10 * PERCENT)
DOLLAR = Asset(6, 10 * PERCENT, 8 * PERCENT, 8 * PERCENT)
NO_INTEREST = (0, 0, 0, WAD // 2)
TRANSFERS = ("Transfer", "Approval")


class System(World):
    """A `World` with models of one's choice. `margin` and `penalty` are a contract's name
    and its arguments, `rate` those of KinkedRate; `prices` are WAD, one for each asset;
    `token` is what stands for the collaterals."""

    def __init__(
        self,
        *,
        assets: Sequence[Asset] = (ETHER,),
        prices: Sequence[int] = (2_000 * WAD,),
        margin: tuple[Any, ...] | None = None,
        penalty: tuple[Any, ...] = ("FixedPenalty", 8 * PERCENT),
        rate: tuple[int, int, int, int] = NO_INTEREST,
        token: str = "MockToken",
        **config: int | bool,
    ) -> None:
        self._instead = {"FixedPenalty": penalty, "KinkedRate": ("KinkedRate", *rate)}
        if margin:
            self._instead["LinearMargin"] = margin
        self._token = token
        super().__init__(assets, Config(**config))  # type: ignore[arg-type]
        for asset, price in enumerate(prices):
            self.price(asset, price)

    def create(self, name: str, *arguments: Any) -> Contract:
        if name == "MockToken" and arguments[0] != "Coin":
            name = self._token
        name, *arguments = self._instead.get(name, (name, *arguments))  # type: ignore[assignment]
        return super().create(name, *arguments)

    def token(self, asset: int = 0) -> Address:
        return self.tokens[asset].address

    def balance(self, token: Contract, holder: Address) -> int:
        return int(self.read(token.balanceOf, holder))

    def collateral_of(self, account: int, asset: int = 0) -> int:
        return int(self.read(self.core.collateral_of, account, self.token(asset)))

    def debt_of(self, account: int) -> int:
        return int(self.read(self.core.debt, account))

    def liquidate(
        self, account: int, repay: int, asset: int = 0, least: int = 0, after: int = 1
    ) -> Outcome:
        """By the liquidator, who is paid in person."""
        return self.send(
            LIQUIDATOR, self.core.liquidate, account, self.token(asset), repay, least, LIQUIDATOR,
            after=after,
        )  # fmt: skip

    def configure(self, **changed: int | bool) -> Outcome:
        """As set up, but for these fields."""
        config = replace(self.config, **changed)  # type: ignore[arg-type]
        return self.must(OWNER, self.core.set_config, config.values())

    def refuses(self, reason: str, sender: Address, method: Method, *arguments: Any) -> None:
        outcome = self.send(sender, method, *arguments)
        assert not outcome.ok, f"not refused: {reason}"
        assert outcome.reason == reason


def told(outcome: Outcome) -> list[tuple[str, dict[str, int]]]:
    """The events but for token transfers; the transaction must have succeeded."""
    assert outcome.ok, outcome.reason
    return [(name, values) for name, values in outcome.events if name not in TRANSFERS]


def number(address: Address) -> int:
    """An address as events show it."""
    return int.from_bytes(address, "big")


def up(numerator: int, denominator: int) -> int:
    return -(-numerator // denominator)


def levered(debt: int = 12_000 * WAD, amount: int = 10 * WAD, **terms: Any) -> tuple[System, int]:
    """A system with one account of ether at 2,000 and a liquidator with a million."""
    system = System(**terms)
    account = system.account(BORROWER, [amount], debt)
    system.stables(LIQUIDATOR, 10**6 * WAD)
    return system, account


def cross(**terms: Any) -> tuple[System, int]:
    """1 ether at 2,000, now 1,000, and 19.9999 USD of bitcoin at 10,000 owe 1,200."""
    system = System(assets=(ETHER, BITCOIN), prices=(2_000 * WAD, 10_000 * WAD), grace=0, **terms)
    account = system.account(BORROWER, [WAD, 199_999], 1_200 * WAD)
    system.stables(LIQUIDATOR, 10_000 * WAD)
    system.price(0, 1_000 * WAD)
    return system, account
