"""A real interface on loopback that answers queries by a function, and the ways it may fail."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

import pytest
from sources_server import Answer

from digestmail.domain import BadRecord, Paper, Source
from digestmail.errors import SourceError

TODAY = date(2026, 10, 7)  # a Wednesday
SECRET = "s3cr3t-key"
HTML = "<!doctype html><html><body>Sorry</body></html>"

JSON_TROUBLES = [
    (Answer(status=429), "answered 429 Too Many Requests"),
    (Answer(status=503), "answered 503 Service Unavailable; will try again at the next poll"),
    (Answer('[{"paper": {"id": "26'), "its JSON is broken or truncated"),
    (Answer('{"results": [[' + "[" * 100_000), "its JSON is broken or truncated"),
    (Answer(HTML), "its response is not JSON: it begins with '<!doctype html><html><body>Sorry"),
    (Answer(b"\xff\xfe"), "its response is not JSON: it begins with "),
    (Answer('"soon"'), ": its format may have changed"),
    (Answer('{"error": "what?"}', status=400), "refuses the query (400 Bad Request): what?"),
    (Answer('{"message": "no"}', status=403), "refuses the query (403 Forbidden): no"),
    (Answer("who are you?", status=401), "refuses the query (401 Unauthorized)"),
]


@dataclass(frozen=True)
class Query:
    path: str
    options: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""  # of a POST


@dataclass
class Interface:
    answer: Callable[[Query], Answer]
    url: str = ""
    asked: list[Query] = field(default_factory=list)


class _Server(ThreadingHTTPServer):
    interface: Interface


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", "0")))
        query = Query(parts.path, dict(parse_qsl(parts.query)), headers, body)
        self.server.interface.asked.append(query)
        answer = self.server.interface.answer(query)
        body = answer.body.encode() if isinstance(answer.body, str) else answer.body
        self.send_response(answer.status)
        for name, value in {"Content-Length": str(len(body)), **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815 - the name that http.server calls

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing: the tests look at the interface."""


@contextmanager
def answering(answer: Callable[[Query], Answer] | Answer) -> Iterator[Interface]:
    """An interface of its own on a free port; a single Answer is given to every query."""
    function = (lambda _: answer) if isinstance(answer, Answer) else answer
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.interface = Interface(function, f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.interface
        finally:
            server.shutdown()
            thread.join()


def today() -> date:
    return TODAY


def on(*ymd: int) -> datetime:
    """Midnight UTC of a day."""
    return datetime(ymd[0], ymd[1], ymd[2], tzinfo=UTC)


def papers(results: list[Paper | BadRecord]) -> list[Paper]:
    return [result for result in results if isinstance(result, Paper)]


def failure(source: Source) -> str:
    """What is told of a source that cannot be read: one line, without a secret."""
    with pytest.raises(SourceError) as caught:
        list(source.fetch(None))
    message = str(caught.value)
    assert "\n" not in message
    assert SECRET not in message
    return message
