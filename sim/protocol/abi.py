"""ABI encoding prepared once: a selector and words, not a codec per call.

Covers what a hot path sends and reads: static words and arrays of them. Everything else
(constructors, structs of arrays) goes through eth_abi.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from eth_abi.abi import decode as abi_decode
from eth_abi.abi import encode as abi_encode
from eth_abi.exceptions import DecodingError

from sim.chain.artifacts import Artifact
from sim.chain.engine import Call, Engine
from sim.errors import ContractError
from sim.units import Address

Word = int | bytes | bool
"""An integer, a 20-byte address or a flag: one static argument."""


def word(argument: Word) -> bytes:
    """32 bytes; negative integers in two's complement."""
    if isinstance(argument, bytes):
        return argument.rjust(32, b"\0")
    return int(argument).to_bytes(32, "big", signed=argument < 0)


def words(data: bytes) -> list[int]:
    """Unsigned integers of consecutive 32-byte words."""
    return [int.from_bytes(data[i : i + 32], "big") for i in range(0, len(data), 32)]


def signed(number: int) -> int:
    """A word read as int256."""
    return number - 2**256 if number >= 2**255 else number


def text(revert: bytes) -> str:
    """The reason in revert data: of Error(string), or the panic's code, or the raw bytes."""
    selector, body = revert[:4], revert[4:]
    if selector == b"\x08\xc3\x79\xa0":
        size = int.from_bytes(body[32:64], "big")
        return body[64 : 64 + size].decode(errors="replace")
    if selector == b"\x4e\x48\x7b\x71":
        return f"panic 0x{int.from_bytes(body, 'big'):02x}"
    return "0x" + revert.hex() if revert else "out of gas or without a reason"


def _type(entry: dict[str, Any]) -> str:
    """The canonical type of an ABI entry, tuples spelled out."""
    kind: str = entry["type"]
    if not kind.startswith("tuple"):
        return kind
    return f"({','.join(_type(part) for part in entry['components'])}){kind[5:]}"


@dataclass(frozen=True, slots=True)
class Method:
    """One function of a deployed contract."""

    to: Address
    selector: bytes
    outputs: tuple[str, ...]
    name: str = ""

    def __call__(self, *arguments: Word | Sequence[Word]) -> bytes:
        """Call data. A sequence is encoded as a dynamic array."""
        head: list[bytes] = []
        tail: list[bytes] = []
        offset = 32 * len(arguments)
        for argument in arguments:
            if isinstance(argument, int | bytes):
                head.append(word(argument))
                continue
            head.append(word(offset))
            block = word(len(argument)) + b"".join(word(item) for item in argument)
            tail.append(block)
            offset += len(block)
        return b"".join((self.selector, *head, *tail))

    def decode(self, output: bytes) -> Any:
        """Return data as Python values; a single output comes without its tuple."""
        decoded = abi_decode(self.outputs, output)
        return decoded[0] if len(decoded) == 1 else decoded


@dataclass(frozen=True, slots=True)
class Event:
    """How to read one kind of log: names of its topics and of its data words."""

    name: str
    indexed: tuple[str, ...]
    fields: tuple[str, ...]

    def read(self, topics: Sequence[bytes], data: bytes) -> dict[str, int]:
        """Every field as an unsigned integer; addresses too."""
        values = dict(
            zip(self.indexed, (int.from_bytes(t, "big") for t in topics[1:]), strict=True)
        )
        values.update(zip(self.fields, words(data), strict=True))
        return values


class NoFunction(ContractError, AttributeError):
    """An adapter asks for what the ABI does not have."""


class Contract:
    """A deployed contract: its address, its methods by name and its events by topic."""

    def __init__(self, artifact: Artifact, address: Address) -> None:
        self.name = artifact.name
        self.address = address
        self.runtime_hash = artifact.runtime_hash
        self._methods = {
            (name := signature.partition("(")[0]): Method(address, selector, (), name)
            for signature, selector in artifact.selectors.items()
        }
        for entry in artifact.abi:
            if entry["type"] == "function":
                plain = self._methods[entry["name"]]
                outputs = tuple(_type(output) for output in entry["outputs"])
                self._methods[entry["name"]] = replace(plain, outputs=outputs)
        views = {e["name"] for e in artifact.abi if e.get("stateMutability") in ("view", "pure")}
        self.transactions = tuple(
            signature
            for signature in artifact.selectors
            if signature.partition("(")[0] not in views
        )
        """Signatures of the functions that may change something."""
        self.events = {
            topic: Event(
                entry["name"],
                tuple(i["name"] for i in entry["inputs"] if i["indexed"]),
                tuple(_leaves(i for i in entry["inputs"] if not i["indexed"])),
            )
            for topic, entry in artifact.events.items()
        }

    def is_token(self) -> bool:
        """Its balances can be followed and read: an ERC-20, as far as that goes."""
        transfers = any(event.name == "Transfer" for event in self.events.values())
        return transfers and {"balanceOf", "totalSupply"} <= self._methods.keys()

    def __getattr__(self, name: str) -> Method:
        try:
            return self._methods[name]
        except KeyError:
            raise NoFunction(
                f"{self.name} has no function {name}; it has {', '.join(sorted(self._methods))}"
            ) from None


def _leaves(entries: Any) -> list[str]:
    """Names of the static words of event data; a struct's fields in place of the struct."""
    names: list[str] = []
    for entry in entries:
        if "components" in entry:
            names.extend(_leaves(entry["components"]))
        else:
            names.append(entry["name"])
    return names


def creation_code(artifact: Artifact, arguments: Sequence[Any]) -> bytes:
    """Bytecode with constructor arguments; structs are tuples in field order."""
    inputs = [e["inputs"] for e in artifact.abi if e["type"] == "constructor"]
    types = [_type(i) for i in (inputs[0] if inputs else ())]
    return artifact.bytecode + abi_encode(types, list(arguments))


def read(engine: Engine, method: Method, *arguments: Word) -> Any:
    """What a view answers, as Python values. Raises ContractError where it reverts, or answers
    less than its ABI says."""
    result = engine.call([Call(method.to, method(*arguments))])[0]
    shown = ", ".join(map(str, arguments))
    if not result.ok:
        raise ContractError(f"the view {method.name}({shown}) reverts: {text(result.output)}")
    try:
        return method.decode(result.output)
    except DecodingError:
        raise ContractError(
            f"the view {method.name}({shown}) answers {len(result.output)} bytes, which are not "
            f"({', '.join(method.outputs)}): its ABI is not that of the code"
        ) from None
