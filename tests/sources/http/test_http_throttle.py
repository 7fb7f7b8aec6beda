import json
import multiprocessing
import threading
import time as real_time
from collections.abc import Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.queues import SimpleQueue
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from patience import LONG
from sources_server import Answer, Site, Time, serving

from digestmail.errors import SourceError
from digestmail.sources.http.client import Validators, WebClient
from digestmail.sources.http.throttle import ThrottleLimits, pause_after


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as site:
        yield site


def browsing(time: Time, folder: Path | None = None) -> WebClient:
    return WebClient(
        user_agent="test",
        monotonic=time.monotonic,
        sleep=time.sleep,
        shared_folder=folder,
        wall=time.monotonic,
    )


def refused(time: Time, url: str, folder: Path | None = None) -> str:
    with browsing(time, folder) as web, pytest.raises(SourceError) as caught:
        web.get(url)
    return str(caught.value)


# --- what changed ----------------------------------------------------------------------------

DATE = "Wed, 04 Mar 2026 05:00:00 GMT"


class Keeper(BaseHTTPRequestHandler):
    """Gives a document, version "v2" of DATE, to whoever does not have it."""

    def do_GET(self) -> None:
        etag, since = self.headers["If-None-Match"], self.headers["If-Modified-Since"]
        is_known = etag == '"v2"' if etag else since == DATE
        self.send_response(304 if is_known else 200)
        self.send_header("ETag", '"v2"')
        if not is_known:
            self.send_header("Last-Modified", DATE)
        self.send_header("Content-Length", "0" if is_known else "3")
        self.end_headers()
        self.wfile.write(b"" if is_known else b"tea")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing."""


@pytest.fixture
def keeper() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Keeper) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def test_a_document_is_sent_once(keeper: str) -> None:
    with browsing(Time()) as web:
        first = web.get(keeper)
        again = web.get(keeper, validators=first.validators)
    assert (first.status, first.validators) == (200, Validators('"v2"', DATE))
    assert (again.status, again.content, again.validators) == (304, b"", first.validators)


def test_a_date_alone_will_do(keeper: str) -> None:
    with browsing(Time()) as web:
        response = web.get(keeper, validators=Validators(last_modified=DATE))
    assert (response.status, response.validators) == (304, Validators('"v2"', DATE))


def test_a_changed_document_comes_anew(keeper: str) -> None:
    with browsing(Time()) as web:
        response = web.get(keeper, validators=Validators('"v1"', "x"))
    assert (response.content, response.validators) == (b"tea", Validators('"v2"', DATE))


def test_old_validators_do_not_outlive_their_document(site: Site) -> None:
    url = site.at("/a", Answer(b"new"))
    with browsing(Time()) as web:
        response = web.get(url, validators=Validators('"v1"', DATE))
    assert (response.status, response.validators) == (200, Validators())


@pytest.mark.parametrize("validators", [None, Validators()])
def test_a_304_that_nobody_asked_for(site: Site, validators: Validators | None) -> None:
    url = site.at("/a", Answer(status=304))
    with browsing(Time()) as web, pytest.raises(SourceError, match="304 Not Modified"):
        web.get(url, validators=validators)


def test_an_odd_etag_is_not_kept(site: Site) -> None:
    url = site.at("/a", Answer(headers={"ETag": "é", "Last-Modified": "x" * 2000}))
    with browsing(Time()) as web:
        assert web.get(url).validators == Validators()


# --- left alone ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "told", "refusals", "pause"),
    [
        (429, None, 1, 600),
        (429, None, 2, 1200),
        (429, None, 6, 19_200),
        (429, None, 7, 21_600),
        (429, None, 10**6, 21_600),
        (429, 7.0, 1, 7),
        (429, 7.0, 2, 600),
        (429, 3600.0, 2, 3600),
        (429, 1e9, 1, 86_400),
        (503, None, 1, 0),
        (503, None, 2, 600),
        (503, 30.0, 1, 30),
        (200, 30.0, 0, 0),
    ],
)
def test_how_long_a_server_is_left_alone(
    status: int, told: float | None, refusals: int, pause: float
) -> None:
    assert pause_after(status, told, refusals) == pause


@given(st.sampled_from(HTTPStatus), st.none() | st.floats(0), st.integers(0))
def test_no_pause_is_endless(status: int, told: float | None, refusals: int) -> None:
    assert 0 <= pause_after(status, told, refusals) <= 86_400


@pytest.mark.parametrize("is_shared", [False, True])
def test_a_429_without_term_is_remembered(site: Site, tmp_path: Path, is_shared: bool) -> None:
    time = Time()
    url = site.at("/a", Answer(status=429), Answer(b"tea"))
    with browsing(time, tmp_path if is_shared else None) as web:
        with pytest.raises(SourceError, match="429 Too Many Requests"):
            web.get(url)
        time.now += 500
        with pytest.raises(SourceError, match="no requests until 1970-01-01 00:26 UTC"):
            web.get(f"{site.url}/b")
        assert site.asked == ["/a"]
        time.now += 101
        assert web.get(url).content == b"tea"


def test_the_next_process_knows_of_a_429(site: Site, tmp_path: Path) -> None:
    time = Time()
    url = site.at("/a", Answer(status=429))
    assert "429 Too Many" in refused(time, url, tmp_path)
    assert "no requests until" in refused(time, url, tmp_path)
    time.now += 601
    assert "429 Too Many" in refused(time, url, tmp_path)
    time.now += 601  # now it is left alone for twice as long
    assert "no requests until" in refused(time, url, tmp_path)
    assert site.asked == ["/a", "/a"]


def test_an_answer_ends_the_mistrust(site: Site, tmp_path: Path) -> None:
    time = Time()
    url = site.at("/a", Answer(status=429), Answer(status=404), Answer(status=429))
    refused(time, url, tmp_path)
    time.now += 601
    assert "404" in refused(time, url, tmp_path)
    time.now += 601
    assert "429" in refused(time, url, tmp_path)
    (file,) = tmp_path.iterdir()
    assert json.loads(file.read_text())["refusals"] == 1


def test_a_long_retry_after_is_obeyed_by_all(site: Site, tmp_path: Path) -> None:
    time = Time()
    url = site.at("/a", Answer(status=503, headers={"Retry-After": "3600"}), Answer(b"tea"))
    assert "503" in refused(time, url, tmp_path)
    time.now += 3590
    with browsing(time, tmp_path) as web:
        assert web.get(url).content == b"tea"  # so short a rest is waited for
    assert time.slept == [10]


def test_a_redirect_does_not_get_around_it(site: Site, tmp_path: Path) -> None:
    (tmp_path / "0.1.json").write_text('{"last_end": 0, "not_before": 2000, "refusals": 1}')
    assert "no requests until" in refused(Time(), site.at("/a", Answer(b"tea")), tmp_path)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "7",
        '{"last_end": "x", "not_before": 0, "refusals": 0}',
        '{"last_end": 0, "not_before": 0, "refusals": 1e999}',
        '{"last_end": 1e12, "not_before": 1e12, "refusals": 0}',
        '{"last_end": NaN, "not_before": NaN, "refusals": 0}',
    ],
)
def test_a_broken_file_holds_nobody_up(site: Site, tmp_path: Path, content: str) -> None:
    (tmp_path / "0.1.json").write_text(content)
    time = Time()
    with browsing(time, tmp_path) as web:
        assert web.get(site.at("/a", Answer(b"tea"))).content == b"tea"
    assert sum(time.slept) <= 3


def test_a_folder_that_cannot_be(site: Site, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "file" in refused(Time(), site.at("/a", Answer()), tmp_path / "file")
    assert site.asked == []


def test_a_full_disk_is_told(site: Site, tmp_path: Path) -> None:
    (tmp_path / "0.1.json").symlink_to("/dev/full")
    assert refused(Time(), site.at("/a", Answer()), tmp_path).startswith(f"{tmp_path}/0.1.json: ")


# --- several processes -----------------------------------------------------------------------


def ask(url: str, folder: Path, times: int, waits: "SimpleQueue[float]") -> None:
    """Ask some times, by a clock that stands still; ``waits`` gets each wait that there is."""

    def sleep(seconds: float) -> None:
        waits.put(seconds)
        real_time.sleep(seconds)

    time = Time()
    with WebClient(
        user_agent="test",
        monotonic=time.monotonic,
        sleep=sleep,
        limits=ThrottleLimits(min_interval=0.3),
        timeout=LONG,
        shared_folder=folder,
        wall=time.monotonic,
    ) as web:
        for _ in range(times):
            web.get(url)


def heard(waits: "SimpleQueue[float]") -> Iterator[float]:
    while not waits.empty():
        yield waits.get()


def test_processes_keep_their_distance_together(site: Site, tmp_path: Path) -> None:
    """One request at a time, and a pause before each but the first, whoever asks."""
    busy = threading.Lock()
    alone: list[bool] = []

    def look() -> None:
        if first := busy.acquire(blocking=False):
            real_time.sleep(0.01)  # in which another one might come
            busy.release()
        alone.append(first)

    url = site.at("/a", Answer(b"tea", before=look))
    spawn = multiprocessing.get_context("spawn")
    waits: SimpleQueue[float] = spawn.SimpleQueue()
    asking = [spawn.Process(target=ask, args=(url, tmp_path / "new", 3, waits)) for _ in range(3)]
    for process in asking:
        process.start()
    for process in asking:
        process.join(LONG)
    assert [process.exitcode for process in asking] == [0, 0, 0]
    assert alone == [True] * 9
    assert sum(wait == pytest.approx(0.3) for wait in heard(waits)) == 8


def test_a_process_that_was_killed_holds_nobody_up(site: Site, tmp_path: Path) -> None:
    asked, done = threading.Event(), threading.Event()

    def hold() -> None:
        asked.set()
        done.wait(LONG)

    url = site.at("/a", Answer(before=hold), Answer(b"tea"))
    spawn = multiprocessing.get_context("spawn")
    waits: SimpleQueue[float] = spawn.SimpleQueue()
    process = spawn.Process(target=ask, args=(url, tmp_path, 1, waits))
    process.start()
    assert asked.wait(LONG)
    process.kill()
    process.join(LONG)
    time = Time()
    with browsing(time, tmp_path) as web:
        assert web.get(url).content == b"tea"
    done.set()
    assert sum(time.slept) <= 3  # the usual pause, and nothing for a lock
