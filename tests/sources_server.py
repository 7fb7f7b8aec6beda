"""A real web server on loopback that answers as a test tells it, and invented feeds to serve."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from digestmail.domain import BadRecord, Clock, Paper, SourceMemory, SourceSpec
from digestmail.sources.http.client import WebClient
from digestmail.sources.kind import SourceContext
from digestmail.sources.registry import build

_SHARED = Path(__file__).resolve().parents[1] / ".." / "shared"  # where it lies beside a checkout
RECORDINGS = _SHARED / "fixtures"  # answers that services gave
TRENDING = _SHARED / "data" / "trending_papers.jsonl"


@dataclass(frozen=True)
class Answer:
    body: bytes | str = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    before: Callable[[], object] = lambda: None


@dataclass
class Site:
    """Answers by path, with its query or for any; the last of a path's answers is repeated.

    An answer with an ETag becomes a 304 for whoever names it.
    """

    url: str = ""
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    agents: list[str | None] = field(default_factory=list)

    def at(self, path: str, *answers: Answer) -> str:
        self.answers[path] = list(answers)
        return self.url + path

    def answer(self, path: str) -> Answer:
        self.asked.append(path)
        bare = path.partition("?")[0]
        queue = self.answers.get(path) or self.answers.get(bare) or [Answer(status=404)]
        return queue.pop(0) if len(queue) > 1 else queue[0]


class _Server(ThreadingHTTPServer):
    site: Site

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up early is what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        self.server.site.agents.append(self.headers["User-Agent"])
        answer = self.server.site.answer(self.path)
        answer.before()
        etag = answer.headers.get("ETag")
        if etag and self.headers["If-None-Match"] == etag:
            answer = Answer(status=304, headers={"ETag": etag})
        body = answer.body.encode() if isinstance(answer.body, str) else answer.body
        self.send_response(answer.status)
        for name, value in {"Content-Length": str(len(body)), **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing: the tests look at the site."""


@contextmanager
def serving() -> Iterator[Site]:
    """A site of its own on a free port."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.site = Site(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.site
        finally:
            server.shutdown()
            thread.join()


class Time:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@contextmanager
def browsing(
    time: Time | None = None,
    *,
    timeout: float = 60,
    max_bytes: int = 1_000_000,
    public_only: bool = False,
) -> Iterator[WebClient]:
    """A client whose waiting takes no time."""
    time = time or Time()
    with WebClient(
        user_agent="digestmail-test/1 (mailto:ops@example.org)",
        monotonic=time.monotonic,
        sleep=time.sleep,
        timeout=timeout,
        max_bytes=max_bytes,
        public_only=public_only,
    ) as web:
        yield web


def source_context(
    web: WebClient,
    *,
    folder: Path = Path(),
    public_web: WebClient | None = None,
    clock: Clock = lambda: datetime(2026, 11, 21, 6, tzinfo=UTC),
    expected: Callable[[], date] = lambda: date(2026, 11, 20),
) -> SourceContext:
    """What sources share, at a moment that stands still unless there is a ``clock``."""
    return SourceContext(
        web=web, public_web=public_web or web, folder=folder, clock=clock, expected_day=expected
    )


def fetch_once(
    spec: SourceSpec, surroundings: SourceContext, memory: SourceMemory | None = None
) -> list[Paper | BadRecord]:
    """What one fetch of a source brings."""
    return list(build(spec, surroundings, memory or SourceMemory()).fetch(None))


# --- feeds -----------------------------------------------------------------------------------


def entry(number: str = "2603.00001v1", kind: str = "new", **parts: str) -> str:
    """An entry as arXiv writes it, of an invented paper; ``parts`` replace elements, "" drops."""
    elements = {
        "id": f"<id>oai:arXiv.org:{number}</id>",
        "title": f"<title>On the sleep of teapots {number}</title>",
        "link": f'<link href="https://arxiv.org/abs/{number.split("v")[0]}" rel="alternate"/>',
        "summary": f"<summary>arXiv:{number} Announce Type: {kind} \n"
        "Abstract: We watch $n &lt; 7$ teapots.</summary>",
        "categories": '<category term="cs.AI"/><category term="stat.ML"/>',
        "published": "<published>2026-03-04T00:00:00-05:00</published>",
        "announced": f"<arxiv:announce_type>{kind}</arxiv:announce_type>",
        "creator": "<dc:creator>Ada Kettle, Bo Spout</dc:creator>",
    }
    return f"<entry>{''.join((elements | parts).values())}</entry>"


def feed(*entries: str, title: str = "cs.AI updates on arXiv.org", more: str = "") -> str:
    return (
        "<?xml version='1.0' encoding='UTF-8'?>\n"
        '<feed xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns="http://www.w3.org/2005/Atom"'
        f' xmlns:dc="http://purl.org/dc/elements/1.1/"><title>{title}</title>{more}'
        f"{''.join(entries)}</feed>"
    )
