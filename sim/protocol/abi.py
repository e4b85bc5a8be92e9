"""ABI encoding prepared once: a selector and words, not a codec per call.

Covers what a hot path sends and reads: static words and arrays of them. Everything else
(constructors, structs of arrays) goes through eth_abi.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from eth_abi.abi import decode as abi_decode
from eth_abi.abi import encode as abi_encode
from eth_abi.exceptions import DecodingError, EncodingError

from sim.chain.artifacts import Artifact
from sim.chain.engine import Call, CallResult, Engine
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


PLAIN = re.compile(r"(u?int\d+|address|bool|bytes32)(\[\])?")
"""Types that `Method` encodes by itself."""
WORDS = re.compile(r"u?int\d+|address|bool|bytes\d+")
"""Types that take one word of an event's data."""


class NoFunction(ContractError, AttributeError):
    """An adapter asks for what the ABI does not have."""


@dataclass(frozen=True, slots=True)
class View(Call):
    """A read with a name, and how much of an answer its ABI promises."""

    name: str = "a view"
    arguments: tuple[Any, ...] = ()
    least: int = 0
    """Words."""

    @property
    def what(self) -> str:
        shown = ("0x" + a.hex() if isinstance(a, bytes) else str(a) for a in self.arguments)
        return f"{self.name}({', '.join(shown)})"

    def words(self, result: CallResult) -> list[int]:
        """The answer. Raises ContractError where there is none, or not what the ABI says."""
        if not result.ok:
            raise ContractError(f"the view {self.what} reverts: {text(result.output)}")
        if len(result.output) < 32 * self.least:
            raise ContractError(
                f"the view {self.what} answers {len(result.output)} bytes where its ABI says "
                f"{32 * self.least} or more: the ABI is not that of the code at 0x{self.to.hex()}"
            )
        return words(result.output)


@dataclass(frozen=True, slots=True)
class Method:
    """One function of a deployed contract."""

    to: Address
    selector: bytes
    outputs: tuple[str, ...]
    name: str = ""
    inputs: tuple[str, ...] | None = None
    """None where they are not known and go unchecked."""

    def __call__(self, *arguments: Any) -> bytes:
        """Call data. A sequence is encoded as a dynamic array, as any other type by eth_abi.

        Raises ContractError for a wrong number of arguments.
        """
        if self.inputs is not None:
            if len(arguments) != len(self.inputs):
                raise NoFunction(
                    f"the function {self.name} takes ({', '.join(self.inputs)}) and the adapter "
                    f"gives it {len(arguments)}"
                )
            if not _plain(self.inputs):
                return self.selector + abi_encode(self.inputs, arguments)
        return self.selector + _encode(arguments)

    def view(self, *arguments: Any) -> View:
        """To be asked of an engine."""
        return View(
            self.to, self(*arguments), name=self.name, arguments=arguments, least=len(self.outputs)
        )

    def kept_view(self, *arguments: Word) -> View:
        """The same, made once: for what is asked block after block, where to encode the call
        would take as long as to execute it."""
        return _kept_view(self, *arguments)

    def decode(self, output: bytes) -> Any:
        """Return data as Python values; a single output comes without its tuple."""
        decoded = abi_decode(self.outputs, output)
        return decoded[0] if len(decoded) == 1 else decoded


@lru_cache(maxsize=2**16)
def _kept_view(method: Method, *arguments: Word) -> View:
    return method.view(*arguments)


@cache
def _plain(inputs: tuple[str, ...]) -> bool:
    return all(PLAIN.fullmatch(kind) for kind in inputs)


def _encode(arguments: Sequence[Word | Sequence[Word]]) -> bytes:
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
    return b"".join((*head, *tail))


@dataclass(frozen=True, slots=True)
class Event:
    """How to read one kind of log: names of its topics and of its data words."""

    name: str
    indexed: tuple[str, ...]
    fields: tuple[str, ...]
    types: tuple[str, ...] = ()
    """Of the fields, where some take more than a word: only the integers of those are read."""

    def read(self, topics: Sequence[bytes], data: bytes) -> dict[str, int]:
        """Every field as an unsigned integer; addresses too."""
        values = dict(
            zip(self.indexed, (int.from_bytes(t, "big") for t in topics[1:]), strict=True)
        )
        if self.types:
            found = zip(self.fields, abi_decode(self.types, data), strict=True)
            values.update({name: value for name, value in found if isinstance(value, int)})
        else:
            values.update(zip(self.fields, words(data), strict=True))
        return values

    @classmethod
    def of(cls, entry: dict[str, Any]) -> Event:
        """Of an ABI entry."""
        data = [i for i in entry["inputs"] if not i["indexed"]]
        indexed = tuple(i["name"] for i in entry["inputs"] if i["indexed"])
        if all(WORDS.fullmatch(kind) for kind in _leaf_types(data)):
            return cls(entry["name"], indexed, tuple(_leaves(data)))
        types = tuple(_type(each) for each in data)
        return cls(entry["name"], indexed, tuple(i["name"] for i in data), types)


class Contract:
    """A deployed contract: its address, its methods by name and its events by topic.

    Of functions that share a name the last of the ABI has it; `contract["f(uint256)"]` has any.
    """

    def __init__(self, artifact: Artifact, address: Address) -> None:
        self.name = artifact.name
        self.address = address
        self.runtime_hash = artifact.runtime_hash
        self._methods: dict[str, Method] = {}
        self.transactions: list[str] = []
        """Signatures of the functions that may change something."""
        for entry in artifact.abi:
            if entry["type"] == "function":
                inputs = tuple(_type(each) for each in entry["inputs"])
                outputs = tuple(_type(each) for each in entry["outputs"])
                name, signature = entry["name"], f"{entry['name']}({','.join(inputs)})"
                selector = artifact.selectors[signature]
                method = Method(address, selector, outputs, name, inputs)
                self._methods[name] = self._methods[signature] = method
                if entry.get("stateMutability") not in ("view", "pure"):
                    self.transactions.append(signature)
        self.events = {topic: Event.of(entry) for topic, entry in artifact.events.items()}

    def is_token(self) -> bool:
        """Its balances can be followed and read: an ERC-20, as far as that goes."""
        transfers = any(event.name == "Transfer" for event in self.events.values())
        return transfers and {"balanceOf", "totalSupply"} <= self._methods.keys()

    def method_of(self, data: bytes) -> Method | None:
        """The one that call data asks for."""
        found = (each for each in self._methods.values() if each.selector == data[:4])
        return next(found, None)

    def __getitem__(self, signature: str) -> Method:
        return self.__getattr__(signature)

    def __getattr__(self, name: str) -> Method:
        try:
            return self._methods[name]
        except KeyError:
            there = ", ".join(sorted(each for each in self._methods if "(" not in each))
            raise NoFunction(f"{self.name} has no function {name}; it has {there}") from None


def _leaf_types(entries: Any) -> list[str]:
    """Types of the words of event data; a struct's in place of the struct."""
    types: list[str] = []
    for entry in entries:
        plain = entry["type"] == "tuple"
        types.extend(_leaf_types(entry["components"]) if plain else [entry["type"]])
    return types


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
    """Bytecode with constructor arguments; structs are tuples in field order.

    Raises ContractError for arguments that are not what the constructor takes.
    """
    inputs = [e["inputs"] for e in artifact.abi if e["type"] == "constructor"]
    types = [_type(i) for i in (inputs[0] if inputs else ())]
    try:
        return artifact.bytecode + abi_encode(types, list(arguments))
    except (EncodingError, TypeError) as error:
        raise ContractError(
            f"the constructor of {artifact.name} takes ({', '.join(types)}): {error}"
        ) from None


def read(engine: Engine, method: Method, *arguments: Any) -> Any:
    """What a view answers, as Python values. Raises ContractError where it reverts, or answers
    what its ABI does not say."""
    view = method.view(*arguments)
    (result,) = engine.call([view])
    view.words(result)
    try:
        return method.decode(result.output)
    except (DecodingError, OverflowError):
        raise ContractError(
            f"the view {view.what} answers what is not ({', '.join(method.outputs)}): its ABI is "
            f"not that of the code at 0x{view.to.hex()}"
        ) from None
