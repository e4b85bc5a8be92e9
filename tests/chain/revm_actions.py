"""Random blocks against everything that is deployed, repeatable from a seed."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Any

from eth_abi import encode

from sim.chain.artifacts import Artifact
from sim.chain.engine import BlockRequest, Transaction
from sim.protocol.abi import Contract
from sim.protocol.names import DEPLOYER
from sim.units import GWEI, MAX_UINT256, WAD, Address
from tests.chain.revm_world import (
    BASE_FEE,
    COINBASE,
    CREATIONS,
    PRICES,
    TRADERS,
    World,
    create2,
)


def canonical(entry: dict[str, Any]) -> str:
    """The canonical type of an ABI entry, tuples spelled out."""
    kind: str = entry["type"]
    if not kind.startswith("tuple"):
        return kind
    return f"({','.join(canonical(part) for part in entry['components'])}){kind[5:]}"


def functions(artifact: Artifact) -> list[dict[str, Any]]:
    """ABI entries of all, but for the one that stores BLOCKHASH: that is each engine's own."""
    entries = [entry for entry in artifact.abi if entry["type"] == "function"]
    return [entry for entry in entries if entry["name"] != "look"]


@dataclass
class Actions:
    """Random transactions, most of them valid; repeatable from a seed."""

    world: World
    random: Random
    nonces: dict[Address, int] = field(default_factory=dict)
    """Next of each sender in this block, once it has one there."""

    def block(self, size: int) -> BlockRequest:
        """The next block; every value in it is drawn."""
        last = self.world.engine.timestamp
        self.nonces.clear()
        return BlockRequest(
            [self.transaction() for _ in range(size)],
            last + self.random.choice((1, 12, 12, 12, 61, 61, 4_000)),
            BASE_FEE,
            self.random.choice((30_000_000, 30_000_000, 30_000_000, 5_000_000)),
            self.random.choice((COINBASE, COINBASE, TRADERS[0])),
        )

    def transaction(self) -> Transaction:
        kind = self.random.random()
        if kind < 0.3:
            return self.playing()
        if kind < 0.6:
            contract, artifact = self.random.choice(self.world.contracts)
            return self.calling(contract, artifact, self.random.choice(functions(artifact)))
        if kind < 0.7:
            return self.sending(self.random.choice(self.world.addresses), b"", value=self._wei())
        if kind < 0.9:
            code = self.random.choice(CREATIONS)
            maker = self.random.choice(self.world.makers)
            made = create2(maker, code)
            to, data = self.random.choice(((maker, code), (maker, code), (made, b""), (None, code)))
            return self.sending(to, data, value=self.random.choice((0, 0, self._wei())))
        return self.invalid()

    def calling(self, contract: Contract, artifact: Artifact, entry: dict[str, Any]) -> Transaction:
        """A call of one function with arguments that could mean something."""
        types = [canonical(argument) for argument in entry["inputs"]]
        selector = artifact.selectors[f"{entry['name']}({','.join(types)})"]
        values = [self._argument(kind) for kind in types]
        data = selector + encode(types, values)
        payable = entry["stateMutability"] == "payable" or self.random.random() < 0.03
        return self.sending(contract.address, data, self._wei() if payable else 0)

    def playing(self) -> Transaction:
        """What someone with a position or a claim to one would do."""
        sender, method, *arguments = self.random.choice(self._plays())
        return self.sending(method.to, method(*arguments), sender=sender)

    def _plays(self) -> list[tuple[Any, ...]]:
        system, pick = self.world.system, self.random.choice
        account = pick((1, 2))
        owner, other = TRADERS[account + 1], pick(TRADERS)
        asset = pick(system.tokens).address
        amount = pick((1, 10**6, WAD // 100, WAD, 1_000 * WAD, 20_000 * WAD))
        prices = [int(price * pick((55, 76, 90, 100, 110))) * WAD // 100 for price in PRICES]
        tokens = [token.address for token in system.tokens]
        core, lens, pool, flash = system.core, system.lens, system.pools[0], self._flash()
        return [
            (pick(system.reporters), system.oracle.post, tokens, prices),
            (other, core.open),
            (other, core.deposit, account, asset, amount),
            (owner, core.withdraw, account, asset, amount, other),
            (owner, core.borrow, account, amount, other),
            (other, core.repay, account, amount),
            (other, core.margin_call, account),
            (other, core.clear_margin_call, account),
            (other, core.liquidate, account, asset, amount, 0, other),
            (other, core.absorb, account),
            (other, core.heal, amount),
            (DEPLOYER, core.set_account_limit, account, amount),
            (DEPLOYER, core.set_deposit_cap, asset, amount * 10**6),
            (DEPLOYER, core.set_paused, pick((0, 0, 1, 2))),
            (DEPLOYER, core.reset_breaker),
            (other, pool.swap, pick((asset, system.stable.address)), amount, 0, other),
            (other, lens.liquidation_price, account, asset),
            (other, lens.max_withdraw, account, asset),
            (DEPLOYER, system.peg.mint, amount // 10**12, 0, other),
            (DEPLOYER, system.reserve.spend, system.stable.address, other, amount),
            (other, flash.liquidate, account, asset, amount, pool.address, 0),
        ]

    def _flash(self) -> Any:
        return next(c for c, _ in self.world.contracts if c.name == "FlashLiquidator")

    def sending(
        self, to: Address | None, data: bytes, value: int = 0, sender: Address | None = None
    ) -> Transaction:
        gas = 30_000 + 700 * len(data) if self.random.random() < 0.1 else 1_000_000
        sender = sender or self.random.choice(self.world.senders)
        nonce = self.nonces.get(sender)
        if nonce is None:
            nonce = self.world.engine.nonces([sender])[0]
        self.nonces[sender] = nonce + 1
        max_fee = BASE_FEE + self.random.choice((0, 1, GWEI))
        return Transaction(
            sender, to, data, gas, max_fee, self.random.choice((0, GWEI)), nonce, value
        )

    def invalid(self) -> Transaction:
        """One that its sender's next valid one does not wait for; or by chance a valid one."""
        sender = self.random.choice(self.world.people)
        nonce = self.world.engine.nonces([sender])[0]
        fields: dict[str, Any] = {
            "sender": sender,
            "to": self.random.choice((None, TRADERS[0])),
            "data": self.random.choice((b"", b"\1" * 2_000, bytes(49_153))),
            "gas": self.random.choice((20_999, 40_000, 60_000, 500_000, 29_000_000, 31_000_000)),
            "max_fee": BASE_FEE + self.random.choice((-1, 0, GWEI)),
            "priority_fee": self.random.choice((0, 11 * GWEI, 12 * GWEI)),
            "nonce": max(0, nonce + self.random.choice((-1, 0, 1, 5))),
            "value": self.random.choice((0, 0, 10**40)),
        }
        return Transaction(**fields)

    def _wei(self) -> int:
        return self.random.choice((0, 1, WAD // 1_000, WAD, 5_000 * WAD))

    def _argument(self, kind: str) -> Any:
        if kind.endswith("]"):
            return [
                self._argument(kind[: kind.index("[")]) for _ in range(self.random.randint(0, 2))
            ]
        if kind.startswith("("):
            return tuple(self._argument(part) for part in kind[1:-1].split(","))
        if kind == "address":
            return self.random.choice(self.world.addresses)
        if kind == "bool":
            return self.random.random() < 0.5
        if kind == "string":
            return "because" * self.random.randint(0, 3)
        if kind == "bytes":
            return bytes(self.random.randint(0, 100))
        if kind.startswith("bytes"):
            return bytes(int(kind[5:]))
        bits = int(kind.lstrip("uint"))
        number = self.random.choice(
            (0, 1, 2, 3, 10**8, WAD // 2, WAD, 100 * WAD, 200 * WAD, 5_000 * WAD, MAX_UINT256)
        )
        return min(number, 2 ** (bits - (kind[0] == "i")) - 1)
