"""arXiv's Atom feed and its OAI-PMH service on loopback, at a time that the test tells.

What it does at a time: see ``Faults``, and the pages of arXiv that
``digestmail.sources.arxiv.source`` and ``digestmail.sources.arxiv.oai`` name.
"""

import hashlib
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, quote, unquote, urlencode, urlsplit
from xml.sax.saxutils import escape

from arxiv_world import DAY, LATE, NEW_YORK, Change, Line, Work, World, new_york

PAGE = 5  # records
MISSING = 6  # papers of cs.AI, in the feed of the day that is ``short``
BEHIND_UNTIL = time(12)  # in New York

Span = tuple[datetime, datetime]


@dataclass(frozen=True)
class Faults:
    """What goes wrong at arXiv, and on which days; those of the feed are New York's."""

    short: date = date.min  # the feed misses papers all day
    behind: date = date.min  # the feed is yesterday's until noon
    cut: date = date.min  # the feed's first answer is cut short
    busy: date = date.min  # OAI-PMH is too busy for its first request of this UTC day
    storm: Span = (datetime.max.replace(tzinfo=UTC),) * 2  # both answer 429 and say no more


@dataclass(frozen=True)
class Reply:
    body: str = ""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Asked:
    """A request as the server got it."""

    at: datetime
    path: str
    status: int


@dataclass
class Arxiv:
    """The two services. ``now`` tells the time, ``sleep`` lets it pass."""

    world: World
    faults: Faults
    now: Callable[[], datetime]
    sleep: Callable[[float], None]
    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    before: Callable[[], object] = lambda: None  # an answer goes, and after it was noted

    def reply(self, path: str, etag: str) -> Reply:
        """The answer to a request, which is noted."""
        at = self.now()
        reply = self._reply(path, etag, at)
        self.asked.append(Asked(at, path, reply.status))
        self.before()
        return reply

    def _reply(self, path: str, etag: str, at: datetime) -> Reply:
        start, end = self.faults.storm
        if start <= at < end:
            return Reply("Rate exceeded.", 429)
        if path.startswith("/atom/"):
            return self._feed(path.removeprefix("/atom/").split("+"), etag, at)
        if self._is_first(self.faults.busy, "/oai", at.date(), lambda asked: asked.at.date()):
            return Reply("<html>busy</html>", 503, {"Retry-After": "120"})
        query = {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}
        return Reply(oai_answer(self.world, query, at))

    def _is_first(
        self, day: date, start: str, today: date, day_of: Callable[[Asked], date]
    ) -> bool:
        before = (asked for asked in self.asked if asked.path.startswith(start))
        return day == today and not any(day_of(asked) == day for asked in before)

    def _feed(self, categories: list[str], etag: str, at: datetime) -> Reply:
        today = at.astimezone(NEW_YORK).date()
        body = feed(categories, *self._edition(today, at))
        tag = f'"{hashlib.sha256(body.encode()).hexdigest()}"'
        if self._is_first(
            self.faults.cut, "/atom/", today, lambda asked: asked.at.astimezone(NEW_YORK).date()
        ):
            body = body[: len(body) * 2 // 3]
        elif tag == etag:
            return Reply(status=304, headers={"ETag": tag})
        return Reply(body, headers={"ETag": tag})

    def _edition(self, today: date, at: datetime) -> tuple[date, list[Line]]:
        """What the feed holds: a day, and the lines of its announcement."""
        if today == self.faults.behind and at < new_york(today, BEHIND_UNTIL):
            today -= DAY
        if today == self.world.script.late and at < new_york(today, LATE):
            return today, []
        lines = self.world.announced.get(today, [])
        if today == self.faults.short:
            missed = [n for n, line in enumerate(lines) if _is_new_in(line, "cs.AI")][-MISSING:]
            lines = [line for n, line in enumerate(lines) if n not in missed]
        return today, lines


def _is_new_in(line: Line, category: str) -> bool:
    return line.kind == "new" and category in line.work.categories


# --- the feed --------------------------------------------------------------------------------

_FEED = """<?xml version='1.0' encoding='UTF-8'?>
<feed xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns:dc="http://purl.org/dc/elements/1.1/"\
 xmlns="http://www.w3.org/2005/Atom" xml:lang="en-us">
<id>http://rss.arxiv.org/atom/{names}</id><title>{names} updates on arXiv.org</title>
<updated>{updated}</updated>
<link href="http://rss.arxiv.org/atom/{names}" rel="self" type="application/atom+xml"/>
{entries}</feed>
"""
_ENTRY = """<entry><id>oai:arXiv.org:{number}v{version}</id><title>{title}</title>
<updated>{updated}</updated>
<link href="https://arxiv.org/abs/{number}" rel="alternate" type="text/html"/>
<summary>arXiv:{number}v{version} Announce Type: {kind} \nAbstract: {abstract}</summary>
{categories}<published>{published}</published>
<arxiv:announce_type>{kind}</arxiv:announce_type>
<dc:rights>http://creativecommons.org/licenses/by/4.0/</dc:rights>
<dc:creator>{authors}</dc:creator></entry>
"""


def feed(categories: list[str], day: date, lines: list[Line]) -> str:
    """The Atom feed of a day for some categories; without entries where nothing was announced."""
    order = {"new": 0, "cross": 1, "replace": 2, "replace-cross": 3}
    ours = [line for line in lines if not set(categories).isdisjoint(line.work.categories)]
    typed = sorted(
        ((_kind(line, categories), line.work) for line in ours), key=lambda t: order[t[0]]
    )
    updated = (new_york(day) + timedelta(seconds=19)).isoformat()
    entries = "".join(_entry(kind, work, day, updated) for kind, work in typed)
    return _FEED.format(names="+".join(categories), updated=updated, entries=entries)


def _kind(line: Line, categories: list[str]) -> str:
    own = line.work.categories[0] in categories
    if line.kind == "replace":
        return "replace" if own else "replace-cross"
    return "new" if own and line.kind == "new" else "cross"


def _entry(kind: str, work: Work, day: date, updated: str) -> str:
    return _ENTRY.format(
        number=work.number,
        version=work.version,
        title=escape(work.title),
        kind=kind,
        abstract=escape(_abstract(work)),
        categories="".join(f'<category term="{name}"/>' for name in work.categories),
        published=datetime.combine(day, time(), NEW_YORK).isoformat(),
        updated=updated,
        authors=", ".join(work.authors),
    )


def _abstract(work: Work) -> str:
    return f"We watch $n < {work.number}$ of them, & find what {work.authors[0]} foresaw."


# --- OAI-PMH ---------------------------------------------------------------------------------


def oai_answer(world: World, query: Mapping[str, str], at: datetime) -> str:
    """The answer to ListRecords as of ``at``; a token is the query that it goes on with."""
    if token := query.get("resumptionToken"):
        query = {name: values[0] for name, values in parse_qs(unquote(token)).items()}
    first = query.get("from", "2005-09-16")
    if query.get("metadataPrefix") != "arXiv" or first > at.date().isoformat():
        return _envelope(at, '<error code="badArgument">from or metadataPrefix</error>')
    chosen = [
        change
        for change in shown(world, at)
        if first <= change.at.date().isoformat() <= query.get("until", "9999")
        and any(name.startswith(query.get("set", "")) for name in _sets(change.work))
    ]
    skip = int(query.get("skip", "0"))
    if skip >= len(chosen):
        return _envelope(at, '<error code="noRecordsMatch">No records match.</error>')
    records = "".join(map(_record, chosen[skip : skip + PAGE]))
    more = ""
    if len(chosen) > skip + PAGE:
        token = quote(urlencode({**query, "skip": skip + PAGE}))
        midnight = at.date() + DAY
        more = f'<resumptionToken expirationDate="{midnight}T00:00:00Z">{token}</resumptionToken>'
    return _envelope(at, f"<ListRecords>{records}{more}</ListRecords>")


def shown(world: World, at: datetime) -> list[Change]:
    """The records as they are, by datestamp: the last change of each."""
    latest = {change.work.number: change for change in world.changes if change.at <= at}
    return sorted(latest.values(), key=lambda change: (change.at.date(), change.work.number))


def _sets(work: Work) -> list[str]:
    archives = {name: name.partition(".")[0] for name in work.categories}
    groups = {"eess": "eess", "q-bio": "q-bio", "stat": "stat", "math": "math", "cs": "cs"}
    return [f"{groups[a]}:{a}:{name.partition('.')[2]}" for name, a in archives.items()]


def _envelope(at: datetime, content: str) -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">'
        f"<responseDate>{at:%Y-%m-%dT%H:%M:%SZ}</responseDate>{content}</OAI-PMH>"
    )


def _record(change: Change) -> str:
    work = change.work
    status = ' status="deleted"' if change.deleted else ""
    sets = "".join(f"<setSpec>{name}</setSpec>" for name in _sets(work))
    header = (
        f"<header{status}><identifier>oai:arXiv.org:{work.number}</identifier>"
        f"<datestamp>{change.at:%Y-%m-%d}</datestamp>{sets}</header>"
    )
    return f"<record>{header}{'' if change.deleted else _metadata(work)}</record>"


def _metadata(work: Work) -> str:
    parts = {
        "id": work.number,
        "created": str(work.created),
        "updated": str(work.updated or ""),
        "authors": "".join(map(_author, work.authors)),
        "title": escape(work.title),
        "categories": " ".join(work.categories),
        "journal-ref": work.journal,
        "license": "http://creativecommons.org/licenses/by/4.0/",
        "abstract": f"  {escape(_abstract(work))}\n",
    }
    elements = "".join(f"<{name}>{text}</{name}>" for name, text in parts.items() if text)
    return f'<metadata><arXiv xmlns="http://arxiv.org/OAI/arXiv/">{elements}</arXiv></metadata>'


def _author(name: str) -> str:
    forenames, _, keyname = name.rpartition(" ")
    return f"<author><keyname>{keyname}</keyname><forenames>{forenames}</forenames></author>"


# --- the web server --------------------------------------------------------------------------


class _Server(ThreadingHTTPServer):
    arxiv: Arxiv
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that was killed is what one test is about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # an answer goes in one piece
    server: _Server

    def do_GET(self) -> None:
        arxiv = self.server.arxiv
        if self.path.startswith("/clock"):
            arxiv.sleep(float(self.path.partition("?")[2] or 0))
            self._send(Reply(arxiv.now().isoformat()))
            return
        self._send(arxiv.reply(self.path, self.headers.get("If-None-Match", "")))

    def _send(self, reply: Reply) -> None:
        body = reply.body.encode()
        self.send_response(reply.status)
        for name, value in {"Content-Length": str(len(body)), **reply.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing: the tests look at what was asked."""


@contextmanager
def serving(arxiv: Arxiv) -> Iterator[Arxiv]:
    """Serves on a free port; ``/clock?3`` lets 3 seconds pass and tells the time to whom it may."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.arxiv = arxiv
        arxiv.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield arxiv
        finally:
            server.shutdown()
            thread.join()
