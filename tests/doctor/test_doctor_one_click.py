"""The doctor posts to the link to leave by, of our own pages and of others' servers."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import uvicorn
from certificates import certificate
from web_apps import Watch, open_app

from digestmail.app import App
from digestmail.doctor.one_click import examine_one_click
from digestmail.domain import Profile, Schedule, SubscriberStatus
from digestmail.web.application import make_web

NOBODY = 0


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    """An App whose pages are served at its ``public_url``."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        home = f"http://127.0.0.1:{listener.getsockname()[1]}"
        opened = open_app(tmp_path, Watch(), home=home)
        options = uvicorn.Config(make_web(opened), log_level="warning", access_log=False)
        server = uvicorn.Server(options)
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield opened
        server.should_exit = True
        thread.join()
        opened.close()


class _Stranger(BaseHTTPRequestHandler):
    status = 200
    headers_to_send: dict[str, str]

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(self.status)
        for name, value in {"Content-Length": "0", **self.headers_to_send}.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_: Any) -> None: ...


@contextmanager
def stranger(status: int, context: ssl.SSLContext | None = None, **headers: str) -> Iterator[str]:
    """Another server; yields a link that leads there."""
    handler = type("_Own", (_Stranger,), {"status": status, "headers_to_send": headers})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        if context:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        home = f"http{'s' if context else ''}://127.0.0.1:{server.server_address[1]}"
        try:
            yield f"{home}/unsubscribe/k000-0-abcdef"
        finally:
            server.shutdown()
            thread.join()


def test_our_own_service_is_recognised_and_nobody_leaves(app: App) -> None:
    reader = app.subscriptions.add(
        "ada@example.org", [Profile(keywords=("ice",))], Schedule(), app.clock(), active=True
    )
    check = examine_one_click(app.links.unsubscribe(NOBODY))
    assert check.ok, check.text
    found = app.store.subscribers.get(reader.stored_id)
    assert found == reader
    assert found.status is SubscriberStatus.ACTIVE


def test_a_service_with_another_key_is_wrong(app: App) -> None:
    link = app.links.unsubscribe(NOBODY)
    check = examine_one_click(link[:-3] + "222")
    assert (check.ok, "different secret_key" in check.text) == (False, True)


@pytest.mark.parametrize("status", [200, 204, 404, 405])
def test_what_answers_everything_alike_is_not_ours(status: int) -> None:
    with stranger(status) as link:
        check = examine_one_click(link)
    assert (check.ok, "is not this service" in check.text) == (False, True)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_wrong(status: int) -> None:
    with stranger(status, Location="https://www.example.org/") as link:
        check = examine_one_click(link)
    assert check.ok is False
    assert "redirects to https://www.example.org/" in check.text


def test_a_failing_service_is_wrong() -> None:
    with stranger(502) as link:
        check = examine_one_click(link)
    assert (check.ok, "returns 502" in check.text) == (False, True)


def test_nobody_there_is_worth_a_note() -> None:
    check = examine_one_click("http://127.0.0.1:1/unsubscribe/k000-0-abcdef")
    assert (check.ok, "could not be reached" in check.text) == (None, True)


def test_a_certificate_that_does_not_hold_is_wrong(tmp_path: Path) -> None:
    context = certificate(tmp_path, "127.0.0.1").server
    with stranger(200, context) as link:
        check = examine_one_click(link)
    assert (check.ok, "the certificate is not valid" in check.text) == (False, True)
