"""A page in a real browser that can reach nothing: what it shows, says and asks for."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

CHROMIUM = shutil.which("chromium")
needs_chromium = pytest.mark.skipif(
    CHROMIUM is None, reason="no chromium here: pages are checked in it where there is one"
)
QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-default-apps", "--disable-extensions",
)  # fmt: skip
OWN = {"accounts.google.com", "clients2.google.com", "update.googleapis.com"}
"""Hosts that the browser asks on its own account nevertheless, whatever the page."""


@dataclass(frozen=True)
class Visit:
    dom: str
    console: list[str]
    hosts: list[str]
    """Those that the page asked for something."""


def visit(page: Path, home: Path) -> Visit:
    """Everything that is not a file goes through a proxy of ours, which refuses it."""
    with _proxy() as (port, asked):
        shown = subprocess.run(
            [str(CHROMIUM), *QUIET, f"--user-data-dir={home / 'browser'}",
             f"--proxy-server=http://127.0.0.1:{port}", "--proxy-bypass-list=<-loopback>",
             "--virtual-time-budget=5000", "--dump-dom", page.as_uri()],
            capture_output=True, text=True, check=True, timeout=120,
        )  # fmt: skip
    said = [line for line in shown.stderr.splitlines() if "CONSOLE" in line]
    return Visit(shown.stdout, said, sorted(set(asked) - OWN))


@contextmanager
def _proxy() -> Iterator[tuple[int, list[str]]]:
    asked: list[str] = []

    class Refuse(BaseHTTPRequestHandler):
        def answer(self) -> None:
            path = self.path if "//" in self.path else f"//{self.path}"
            asked.append(urlsplit(path).hostname or path)
            self.send_error(502)

        do_GET = do_POST = do_HEAD = do_CONNECT = answer  # noqa: N815

        def log_message(self, *_: object) -> None:
            """To nobody."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Refuse)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_address[1], asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
