"""Orders as text: `"core.withdraw(account, token, amount, to)"`, worked out for an intent."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Any, Protocol

from agents.intent import Intent
from sim.errors import AdapterError
from sim.protocol.abi import Contract, Method
from sim.protocol.order import Who

FORM = re.compile(r"(\w+)\.(\w+)\(([\w, ]*)\)")


class Places(Protocol):
    """An adapter, as far as orders name what is deployed."""

    tokens: tuple[Contract, ...]
    pools: tuple[Contract | None, ...]


def resolved(text: str, adapter: Places, intent: Intent, who: Who) -> tuple[Method, list[Any]]:
    """The method and its arguments. The contract is an attribute of the adapter; of several,
    one a collateral, that of the intent's asset or of the account's.

    An argument is a field of the intent, `sender`, `to` or `owner`, or the address of the
    collateral's `token` or `pool`. Raises AdapterError for anything else.
    """
    method, arguments = _method(text, adapter, getattr(intent, "asset", who.market))
    return method, [_argument(each, text, adapter, intent, who) for each in arguments]


def check(orders: Iterable[str], adapter: Places) -> None:
    """Raises AdapterError or ContractError for an order that nothing deployed can take."""
    for text in orders:
        method, arguments = _method(text, adapter, 0)
        takes = len(method.inputs or ())
        if len(arguments) != takes:
            raise AdapterError(
                f"the order {text!r} gives {len(arguments)} arguments, and {method.name} takes "
                f"({', '.join(method.inputs or ())})"
            )


def _method(text: str, adapter: Places, asset: int) -> tuple[Method, tuple[str, ...]]:
    name, function, arguments = _parts(text)
    found = getattr(adapter, name, None)
    if isinstance(found, tuple):
        found = found[asset]
    if not isinstance(found, Contract):
        raise AdapterError(f"the order {text!r} is for {name}, which is no contract of the adapter")
    return found[function], arguments


@cache
def _parts(text: str) -> tuple[str, str, tuple[str, ...]]:
    form = FORM.fullmatch(text)
    if form is None:
        raise AdapterError(f"the order {text!r} is not of the form contract.function(name, name)")
    arguments = tuple(each.strip() for each in form[3].split(",") if each.strip())
    return form[1], form[2], arguments


def _argument(name: str, text: str, adapter: Places, intent: Intent, who: Who) -> Any:
    match name:
        case "sender" | "to" | "owner":
            return getattr(who, name)
        case "token" | "pool":
            places = adapter.tokens if name == "token" else adapter.pools
            place = places[getattr(intent, "asset", who.market)]
            return place.address if place else bytes(20)
    if hasattr(intent, name):
        return getattr(intent, name)
    raise AdapterError(
        f"the order {text!r} names {name}, which {type(intent).__name__} does not have: a field of "
        "it, sender, to, owner, token or pool is needed"
    )
