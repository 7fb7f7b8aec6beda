import gzip
import logging
import socket
import threading
from collections.abc import Iterator

import pytest
from patience import LONG
from query_server import answering
from sources_server import Answer, Site, Time, browsing, serving

from digestmail.errors import SourceError
from digestmail.sources.http.throttle import domain_of, retry_after


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as site:
        yield site


def refused(url: str, time: Time | None = None, timeout: float = 60) -> str:
    with browsing(time, timeout=timeout) as web, pytest.raises(SourceError) as caught:
        web.get(url)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_document_comes_whole(site: Site) -> None:
    headers = {"Content-Encoding": "gzip", "X-Thing": "7"}
    url = site.at("/a", Answer(gzip.compress(b"teapot" * 1000), headers=headers))
    with browsing() as web:
        response = web.get(url)
    assert (response.content, response.status, response.url) == (b"teapot" * 1000, 200, url)
    assert response.headers["x-thing"] == "7"
    assert site.agents == ["digestmail-test/1 (mailto:ops@example.org)"]


def test_requests_to_one_domain_keep_their_distance(site: Site) -> None:
    time = Time()

    def slow() -> None:
        time.now += 20

    url = site.at("/a", Answer(before=slow))
    with browsing(time) as web:
        web.get(url)
        web.get(url)
        time.now += 1
        web.get(url)
        time.now += 60
        web.get(url)
    assert time.slept == [3, 2]


def test_the_hosts_of_a_domain_count_as_one() -> None:
    hosts = ["rss.arxiv.org", "oaipmh.arxiv.org", "arxiv.org"]
    assert {domain_of(host) for host in hosts} == {"arxiv.org"}


def test_the_distance_is_kept_after_a_failure(site: Site) -> None:
    time = Time()
    url = site.at("/a", Answer(status=500), Answer())
    with browsing(time) as web:
        with pytest.raises(SourceError):
            web.get(url)
        web.get(url)
    assert time.slept == [3]


def test_redirects_are_followed(site: Site) -> None:
    site.at("/a", Answer(status=301, headers={"Location": "/b"}))
    site.at("/b", Answer(status=307, headers={"Location": f"{site.url}/c"}))
    site.at("/c", Answer(b"here"))
    with browsing() as web:
        response = web.get(f"{site.url}/a")
    assert (response.content, response.url) == (b"here", f"{site.url}/c")


@pytest.mark.parametrize(
    ("location", "problem"),
    [
        ("ftp://example.org/x", "redirects to “ftp://example.org/x”, which is not an http"),
        ("file:///etc/passwd", "redirects to “file:///etc/passwd”, which is not an http"),
        ("http://x:port/", "did not send a valid response (Invalid URL in location header"),
        ("http://a..b/", "a..b did not send a valid response"),
        ("/a", "redirects more than 3 times"),
    ],
)
def test_redirects_are_watched(site: Site, location: str, problem: str) -> None:
    url = site.at("/a", Answer(status=302, headers={"Location": location}))
    assert problem in refused(url)
    assert len(site.asked) <= 4


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://example.org/", "x", "http://", ""])
def test_only_the_web_is_asked(url: str) -> None:
    assert f"“{url}”, which is not an http or https address" in refused(url)


def test_an_address_that_cannot_be_read_is_told() -> None:
    assert "“http://x:port/” is not a web address: Invalid port" in refused("http://x:port/")


def test_a_status_is_told(site: Site) -> None:
    host = site.url.removeprefix("http://")
    assert refused(site.at("/a", Answer(status=503))) == (
        f"{host} answered 503 Service Unavailable; will try again at the next poll"
    )
    assert "answered 404 Not Found" in refused(f"{site.url}/none")
    assert "answered 599;" in refused(site.at("/odd", Answer(status=599)))
    assert "answered 304 Not Modified" in refused(site.at("/b", Answer(status=304)))


def test_a_busy_server_is_asked_once_more(site: Site) -> None:
    time = Time()
    url = site.at("/a", Answer(status=429, headers={"Retry-After": "7"}), Answer(b"now"))
    with browsing(time) as web:
        assert web.get(url).content == b"now"
    assert time.slept == [7]


def test_a_server_that_stays_busy_is_left_alone(site: Site) -> None:
    time = Time()
    url = site.at("/a", Answer(status=429, headers={"Retry-After": "1"}))
    assert "answered 429 Too Many Requests" in refused(url, time)
    assert (site.asked, time.slept) == (["/a", "/a"], [1, 2])


@pytest.mark.parametrize("asked", ["61", "soon", "-1", ""])
def test_no_wait_that_is_long_or_unclear(site: Site, asked: str) -> None:
    time = Time()
    url = site.at("/a", Answer(status=503, headers={"Retry-After": asked}))
    assert "503" in refused(url, time)
    assert (site.asked, time.slept) == (["/a"], [])


def test_a_date_to_wait_for_is_read_by_the_servers_clock() -> None:
    date, later = "Wed, 04 Mar 2026 05:00:00 GMT", "Wed, 04 Mar 2026 05:00:20 GMT"
    assert retry_after({"date": date, "retry-after": later}) == 20
    assert retry_after({"date": later, "retry-after": date}) == 0
    assert retry_after({"retry-after": later}) is None


def test_a_document_too_big_is_refused(site: Site) -> None:
    url = site.at("/a", Answer(b"x" * 1_000_001))
    assert "sent more than 1,000,000 bytes, the limit" in refused(url)


def test_a_gzip_bomb_is_refused(site: Site) -> None:
    bomb = gzip.compress(bytes(30_000_000))
    assert len(bomb) < 50_000
    url = site.at("/a", Answer(bomb, headers={"Content-Encoding": "gzip"}))
    assert "sent more than 1,000,000 bytes, the limit" in refused(url)


@pytest.mark.parametrize("encoding", ["gzip, gzip", "br"])
def test_odd_encodings_are_refused(site: Site, encoding: str) -> None:
    body = gzip.compress(gzip.compress(bytes(1000)))
    url = site.at("/a", Answer(body, headers={"Content-Encoding": encoding}))
    assert "in an encoding that was not requested" in refused(url)


def test_broken_compression_is_told(site: Site) -> None:
    url = site.at("/a", Answer(b"no gzip", headers={"Content-Encoding": "gzip"}))
    assert "did not send a valid response" in refused(url)


def test_an_answer_cut_short_is_told(site: Site) -> None:
    url = site.at("/a", Answer(b"half", headers={"Content-Length": "8"}))
    assert "did not send a valid response" in refused(url)


def test_a_silent_server_is_left(site: Site) -> None:
    done = threading.Event()
    url = site.at("/a", Answer(before=lambda: done.wait(LONG)))
    message = refused(url, timeout=0.2)
    done.set()
    assert "did not respond within 0.2 s; will try again at the next poll" in message


def test_a_trickle_does_not_hold_us_for_ever(site: Site) -> None:
    time = Time()

    def later() -> float:
        time.now += 4000  # each look at the clock
        return time.now

    url = site.at("/a", Answer(b"x" * 900_000))
    time.monotonic = later  # type: ignore[method-assign]
    assert "sends too slowly" in refused(url, time)


def test_a_closed_port_is_told() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/"
        assert "could not be reached (" in refused(url)


def test_json_is_posted_and_no_redirect_followed() -> None:
    moved = Answer(status=302, headers={"Location": "http://127.0.0.1:9/elsewhere"})
    answers = [Answer('{"token": 1}'), moved, Answer(status=401)]
    with answering(lambda _: answers.pop(0)) as interface, browsing() as web:
        response = web.post_json(f"{interface.url}/login", {"id": "ada"})
        assert response.content == b'{"token": 1}'
        with pytest.raises(SourceError, match=r"302 Found"):
            web.post_json(f"{interface.url}/login", {"password": "secret"})
        assert web.post_json(f"{interface.url}/login", {}, expected=(200, 401)).status == 401
    (first, *_) = interface.asked
    assert (first.path, first.body) == ("/login", b'{"id": "ada"}')
    assert first.headers["content-type"] == "application/json"


def test_addresses_with_keys_are_not_logged(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    site.at("/works", Answer("[]"))
    with browsing() as web:
        web.get(f"{site.url}/works?api_key=s3cr3t-key")
    assert "s3cr3t-key" not in caplog.text
