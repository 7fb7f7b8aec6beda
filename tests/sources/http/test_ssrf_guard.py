import socket
import socketserver
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sources_server import Answer, Site, Time, serving

from digestmail.errors import SourceError
from digestmail.sources.http.client import WebClient
from digestmail.sources.http.ssrf_guard import PinnedTransport, refuse_private

PUBLIC = "93.184.216.34"


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as site:
        yield site


def resolver(*addresses: str) -> Callable[..., list[tuple[Any, ...]]]:
    """A name service that answers each question with all of ``addresses``."""
    return lambda _, port, **__: [(2, 1, 6, "", (address, port)) for address in addresses]


def public_web() -> WebClient:
    time = Time()
    return WebClient(
        user_agent="test", monotonic=time.monotonic, sleep=time.sleep, public_only=True
    )


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "0.0.0.0",  # noqa: S104
        "224.0.0.1",
        "239.1.1.1",
        "255.255.255.255",
        "198.18.0.1",
        "::1",
        "::",
        "fe80::1",
        "fe80::1%eth0",
        "fd00:ec2::254",
        "ff02::1",
        "2001:db8::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::127.0.0.1",
        "2002:7f00:1::",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::1",
    ],
)
def test_addresses_inside_are_refused(address: str) -> None:
    with pytest.raises(SourceError, match="inside a private network"):
        refuse_private("https://feeds.example/rss", resolver(address))


@pytest.mark.parametrize("address", [PUBLIC, "2606:4700::1111", "64:ff9b::808:808"])
def test_public_addresses_are_given_back(address: str) -> None:
    assert refuse_private("https://feeds.example/rss", resolver(address)) == address


def test_one_private_address_among_several_is_enough() -> None:
    with pytest.raises(SourceError, match=r"\(10\.0\.0\.1\), which is not allowed"):
        refuse_private("http://feeds.example/", resolver(PUBLIC, "10.0.0.1"))


@pytest.mark.parametrize(
    "host", ["localhost", "127.1", "2130706433", "0x7f.1", "[::1]", "[::ffff:7f00:1]", "0"]
)
def test_other_spellings_of_this_machine_are_refused(host: str) -> None:
    with pytest.raises(SourceError, match=r"inside a private network|has no address"):
        refuse_private(f"http://{host}:8080/x")


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("file:///etc/passwd", "not an http or https address"),
        ("gopher://feeds.example/", "not an http or https address"),
        ("http://", "not an http or https address"),
        ("http://x:port/", "is not a web address"),
        ("http://a..b/", "has no address"),
    ],
)
def test_what_is_no_web_address_is_refused(url: str, problem: str) -> None:
    with pytest.raises(SourceError, match=problem):
        refuse_private(url)


def test_a_name_without_address_is_told() -> None:
    def unknown(*_: object, **__: object) -> list[tuple[Any, ...]]:
        raise socket.gaierror(-2, "Name or service not known")

    with pytest.raises(SourceError, match=r"feeds\.example has no address .*not known"):
        refuse_private("http://feeds.example/", unknown)
    with pytest.raises(SourceError, match=r"feeds\.example has no address"):
        refuse_private("http://feeds.example/", resolver())


@given(st.text() | st.from_regex(r"https?://[0-9a-z.:\[\]%@]{0,20}/?", fullmatch=True))
def test_no_address_makes_it_fail_otherwise(url: str) -> None:
    with suppress(SourceError):
        assert refuse_private(url, resolver(PUBLIC)) == PUBLIC


# --- the client ------------------------------------------------------------------------------


def test_a_public_client_does_not_reach_this_machine(site: Site) -> None:
    with public_web() as web, pytest.raises(SourceError, match="inside a private network"):
        web.get(site.at("/a", Answer(b"secret")))
    assert site.asked == []


def pinned(site: Site, *, redirecting: bool = False) -> httpx.Client:
    """A client for which teapots.example is the site, and all else is judged."""

    def pin(url: str) -> str:
        host = httpx.URL(url).host
        return "127.0.0.1" if host == "teapots.example" else refuse_private(url)

    return httpx.Client(transport=PinnedTransport(pin), follow_redirects=redirecting)


def test_the_connection_goes_to_the_pinned_address(site: Site) -> None:
    site.at("/a", Answer(b"tea"))
    url = site.url.replace("127.0.0.1", "teapots.example")
    with pinned(site) as client:  # no name service knows teapots.example
        answer = client.get(f"{url}/a")
    assert (answer.content, str(answer.request.url)) == (b"tea", f"{url}/a")


def test_redirects_are_judged_anew(site: Site) -> None:
    site.at("/a", Answer(status=302, headers={"Location": f"{site.url}/secret"}))
    url = site.url.replace("127.0.0.1", "teapots.example")
    with pinned(site, redirecting=True) as client, pytest.raises(SourceError, match="private"):
        client.get(f"{url}/a")
    assert site.asked == ["/a"]


def test_the_clients_redirects_are_judged_anew(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def first_is_public(url: str) -> str:
        return "127.0.0.1" if "teapots" in url else refuse_private(url)

    monkeypatch.setattr("digestmail.sources.http.client.refuse_private", first_is_public)
    site.at("/a", Answer(status=302, headers={"Location": f"{site.url}/secret"}))
    url = site.url.replace("127.0.0.1", "teapots.example")
    with public_web() as web, pytest.raises(SourceError, match="inside a private network"):
        web.get(f"{url}/a")
    assert site.asked == ["/a"]


def test_a_name_that_changes_its_mind_gains_nothing(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers, reached = [[PUBLIC], ["127.0.0.1"]], []
    connect = socket.create_connection
    port = int(site.url.rpartition(":")[2])

    def rebinding(host: str, port: int, **_: object) -> list[tuple[Any, ...]]:
        return [(2, 1, 6, "", (address, port)) for address in answers.pop(0)]

    def world(address: tuple[str, int], *_: Any, **__: Any) -> socket.socket:
        reached.append(address[0])
        return connect(("127.0.0.1", port))

    monkeypatch.setattr(socket, "create_connection", world)
    transport = PinnedTransport(lambda url: refuse_private(url, rebinding))
    url = site.at("/a", Answer()).replace("127.0.0.1", "rebinding.example")
    with httpx.Client(transport=transport) as client:
        assert client.get(url).status_code == 200
        with pytest.raises(SourceError, match="inside a private network"):
            client.get(url)
    assert (reached, answers) == ([PUBLIC], [])


def certificate(folder: Path) -> Path:
    """A self-signed certificate for teapots.example, with its key in the same file."""
    path = folder / "both.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    command += ["-subj", "/CN=teapots.example", "-addext", "subjectAltName=DNS:teapots.example"]
    command += ["-keyout", str(folder / "key.pem"), "-out", str(path)]
    subprocess.run(command, check=True, capture_output=True)
    path.write_bytes(path.read_bytes() + (folder / "key.pem").read_bytes())
    return path


@contextmanager
def serving_tls(path: Path) -> Iterator[int]:
    """The port of a server with this certificate that answers each request with "tea"."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with suppress(OSError), context.wrap_socket(self.request, server_side=True) as tls:
                tls.recv(4096)
                tls.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\ntea")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def test_tls_verifies_the_name_not_the_address(tmp_path: Path) -> None:
    path = certificate(tmp_path)
    trusting = ssl.create_default_context(cafile=path)
    transport = PinnedTransport(lambda _: "127.0.0.1", verify=trusting)
    with serving_tls(path) as port, httpx.Client(transport=transport) as client:
        assert client.get(f"https://teapots.example:{port}/a").content == b"tea"
        with pytest.raises(httpx.ConnectError, match="Hostname mismatch"):
            client.get(f"https://kettles.example:{port}/a")
