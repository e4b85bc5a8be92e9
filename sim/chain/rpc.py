"""JSON-RPC over one HTTP connection, many requests a round trip.

Requests are pipelined: written together, answered one after another. That is HTTP/1.1's
promise, and the order that a block's transactions need; the members of a JSON-RPC *batch* are
promised none (anvil runs those of a long one out of order), so a batch is for reads.
"""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sim.errors import EngineError, EngineLost

TIMEOUT = 120.0
"""Seconds a node may take for an answer."""

Request = tuple[str, list[Any]]
"""Method and parameters."""


@dataclass(frozen=True, slots=True)
class RpcError:
    """What a node answers in place of a result."""

    code: int
    message: str
    data: Any = None


class Connection:
    """One persistent connection to a node. Raises EngineLost when the node is gone."""

    def __init__(self, uri: str) -> None:
        url = urlsplit(uri)
        if url.scheme not in ("http", "https") or url.hostname is None:
            raise EngineError(f"A node is spoken to by http or https, not by {uri!r}.")
        self.round_trips = 0
        self._uri = uri
        self._head = (
            f"POST {url.path or '/'} HTTP/1.1\r\nHost: {url.netloc}\r\n"
            "Content-Type: application/json\r\nContent-Length: "
        ).encode()
        port = url.port or (443 if url.scheme == "https" else 80)
        try:
            self._socket = socket.create_connection((url.hostname, port), TIMEOUT)
            if url.scheme == "https":
                context = ssl.create_default_context()
                self._socket = context.wrap_socket(self._socket, server_hostname=url.hostname)
        except OSError as error:
            raise EngineError(f"No node answers at {uri}: {error}.") from error
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._stream = self._socket.makefile("rb", 1 << 20)

    def ask(self, *requests: Request) -> list[Any]:
        """The results of a batch of reads, in its order; an RpcError where one failed."""
        return list(self.pipeline([requests])[0]) if requests else []

    def pipeline(self, batches: Sequence[Sequence[Request]]) -> list[list[Any]]:
        """One round trip: each batch is done when the one before it is."""
        self.round_trips += 1
        try:
            self._socket.sendall(b"".join(map(self._message, batches)))
            return [self._answer() for _ in batches]
        except (OSError, EOFError, ValueError) as error:
            self.close()
            reason = str(error) or type(error).__name__
            raise EngineLost(f"The node at {self._uri} does not answer any more: {reason}.") from (
                error
            )

    def close(self) -> None:
        self._stream.close()
        self._socket.close()

    def _message(self, batch: Sequence[Request]) -> bytes:
        body = json.dumps(
            [
                {"jsonrpc": "2.0", "id": index, "method": method, "params": params}
                for index, (method, params) in enumerate(batch)
            ]
        ).encode()
        return b"%b%d\r\n\r\n%b" % (self._head, len(body), body)

    def _answer(self) -> list[Any]:
        answers = json.loads(self._body())
        if isinstance(answers, dict):
            raise ValueError(answers.get("error", answers))
        answers.sort(key=lambda answer: answer["id"])
        return [_result(answer) for answer in answers]

    def _body(self) -> bytes:
        self._acknowledge_at_once()
        status = self._line()
        length = None
        for name, value in self._headers():
            if name == b"content-length":
                length = int(value)
        if length is None or b" 200 " not in status:
            raise ValueError(status.decode(errors="replace").strip())
        body: bytes = self._stream.read(length)
        if len(body) < length:
            raise EOFError("the connection was closed")
        return body

    def _headers(self) -> Iterator[tuple[bytes, bytes]]:
        while line := self._line().strip():
            name, _, value = line.partition(b":")
            yield name.lower(), value

    def _line(self) -> bytes:
        line = self._stream.readline()
        if not line:
            raise EOFError("the connection was closed")
        return line

    def _acknowledge_at_once(self) -> None:
        """Where the system can. A node holds its next small answer back until the last one is
        acknowledged, and systems like to delay that by 40 ms; Linux forgets the wish each time.
        """
        if hasattr(socket, "TCP_QUICKACK"):
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)


def _result(answer: dict[str, Any]) -> Any:
    if "error" in answer:
        error = answer["error"]
        return RpcError(error["code"], error["message"], error.get("data"))
    return answer["result"]
