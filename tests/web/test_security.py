"""Headers, sizes, proxies and what happens when something fails."""

import logging
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute
from pydantic import SecretStr
from starlette.requests import Request
from web_apps import READER, Trial, Watch, open_app, trial

from digestmail.config import MailSettings, Settings
from digestmail.errors import ConfigError
from digestmail.store.service_tables import RATE
from digestmail.web.application import ROUTERS, make_web
from digestmail.web.shared.bodies import LARGEST_BODY, LARGEST_FORM
from digestmail.web.shared.networks import Networks

ALWAYS = {
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[Trial]:
    async with trial(tmp_path) as opened:
        yield opened


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/subscribe", 200),
        ("/help", 200),
        ("/healthz", 503),
        ("/favicon.ico", 204),
        ("/robots.txt", 200),
        ("/static/style.css", 200),
        ("/static/nothing.css", 404),
        ("/static/%2e%2e/subscribe.html", 404),
        ("/nothing", 404),
        ("/docs", 404),
        ("/openapi.json", 404),
        ("/subscribe/", 404),
        ("/preferences/forged", 404),
    ],
)
async def test_every_answer_has_the_headers(web: Trial, path: str, status: int) -> None:
    answer = await web.get(path)
    assert answer.status_code == status
    assert ALWAYS.items() <= dict(answer.headers).items()
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "permissions-policy" in answer.headers
    kept = path.startswith(("/static", "/robots"))
    assert answer.headers["cache-control"] == ("public, max-age=600" if kept else "no-store")
    assert "set-cookie" not in answer.headers


async def test_pages_of_tokens_are_not_indexed(web: Trial) -> None:
    ada = web.joined()
    for path in (web.preferences(ada), web.unsubscribe(ada), "/confirm/x", "/feedback/x/1/more"):
        assert "noindex" in (await web.get(path)).headers["x-robots-tag"]
    assert "x-robots-tag" not in (await web.get("/")).headers


async def test_pages_load_nothing_from_elsewhere(web: Trial) -> None:
    page = (await web.get(web.preferences(web.joined()))).text
    assert 'src="http' not in page
    assert "style=" not in page
    assert "<style" not in page


async def test_a_large_body_is_refused(web: Trial) -> None:
    answer = await web.subscribe(interests="x" * LARGEST_FORM)
    assert answer.status_code == 413
    assert ALWAYS.items() <= dict(answer.headers).items()


async def test_a_large_body_of_unknown_length_is_refused(web: Trial) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(LARGEST_FORM // 10_000 + 1):
            yield b"x" * 10_000

    assert (await web.client.post("/subscribe", content=endless())).status_code == 413


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b"--x"),
        ("multipart/form-data; boundary=x", b"--x\r\nnonsense"),
        (
            "multipart/form-data; boundary=x",
            b"--x\r\nContent-Disposition: form-data\r\n\r\n1\r\n--x--",
        ),
        ("application/x-www-form-urlencoded", b"&".join(b"a=1" for _ in range(100))),
        ("application/x-www-form-urlencoded", b"email=%ff%00%zz&=&&;"),
        ("application/json", b'{"email": "ada@example.org"}'),
        ("text/plain", b"\x00\xff"),
    ],
)
async def test_a_broken_body_is_refused(web: Trial, kind: str, body: bytes) -> None:
    answer = await web.client.post("/subscribe", content=body, headers={"Content-Type": kind})
    assert answer.status_code in (400, 422)
    assert web.app.store.subscribers.all() == []


async def test_a_file_where_none_is_asked_for_is_passed_over(web: Trial) -> None:
    answer = await web.subscribe(files={"x": ("x.txt", b"2301.00001")})
    assert answer.status_code == 200
    assert web.app.store.subscribers.by_email(READER).profiles[0].seed_papers == ()


async def test_more_files_than_one_are_refused(web: Trial) -> None:
    file = ("library", ("x.txt", b"2301.00001"))
    assert (await web.subscribe(files=[file, file])).status_code == 400


async def test_only_forms_with_a_file_may_be_large(web: Trial) -> None:
    answer = await web.ask_for_link("x" * LARGEST_BODY)
    assert answer.status_code == 413


async def networks_counted(web: Trial, *forwarded: str) -> int:
    """How many networks the store knows after forms with these X-Forwarded-For."""
    for number, header in enumerate(forwarded):
        form = await web.filled(email=f"a{number}@example.org")
        headers = {"X-Forwarded-For": header} if header else {}
        assert (await web.press("/subscribe", form, headers=headers)).status_code == 200
    with web.app.store.database.reading() as session:
        keys = session.execute(RATE.select()).all()
    # Each address has one; everyone and each network one for the form and one for reading it.
    return (len(keys) - len(forwarded) - 2) // 2


async def test_anyone_may_claim_to_be_forwarded_and_is_not_believed(web: Trial) -> None:
    assert await networks_counted(web, "198.51.100.1", "198.51.100.2", "") == 1


async def test_a_trusted_proxy_is_believed(tmp_path: Path) -> None:
    async with trial(tmp_path, trusted_proxies=["203.0.113.0/24"]) as web:
        assert await networks_counted(web, "198.51.100.1", "198.51.100.2", "") == 3


async def test_what_a_visitor_writes_before_the_proxy_is_not_believed(tmp_path: Path) -> None:
    async with trial(tmp_path, trusted_proxies=["203.0.113.5"]) as web:
        spoofed = ("10.9.9.9, 198.51.100.1", "10.8.8.8,198.51.100.1", "nonsense , 198.51.100.1")
        assert await networks_counted(web, *spoofed) == 1


async def test_ipv6_is_counted_by_64(tmp_path: Path) -> None:
    async with trial(tmp_path, trusted_proxies=["203.0.113.5"]) as web:
        same = ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9")
        assert await networks_counted(web, *same, "2001:db8:1:3::1", "::ffff:192.0.2.1") == 3


@pytest.mark.parametrize(
    ("peer", "trusted", "forwarded", "network"),
    [
        ("::ffff:10.0.0.7", "10.0.0.0/8", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.7", "::ffff:10.0.0.7", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.7", "::ffff:10.0.0.0/104", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.7", "10.0.0.7", "198.51.100.1:40312", "198.51.100.1"),
        ("10.0.0.7", "10.0.0.7", '"198.51.100.1:40312"', "198.51.100.1"),
        ("10.0.0.7", "10.0.0.7", "[2001:db8:1:2::9]:443", "2001:db8:1:2::/64"),
        ("10.0.0.7", "10.0.0.7", "[2001:db8:1:2::9]", "2001:db8:1:2::/64"),
        ("10.0.0.7", "10.0.0.7", "2001:db8:1:2::443", "2001:db8:1:2::/64"),
        ("10.0.0.7", "10.0.0.7", "::ffff:198.51.100.1", "198.51.100.1"),
        ("10.0.0.7", "10.0.0.7", "[::ffff:198.51.100.1]:80", "198.51.100.1"),
        ("10.0.0.7", "10.0.0.0/8", "198.51.100.1:9, 10.0.0.8:7", "198.51.100.1"),
        ("fe80::1%eth0", "fe80::/10", "198.51.100.1", "198.51.100.1"),
        ("2001:db8::1", "2001:db8::1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.7", "10.0.0.7", "unknown", "unknown"),
        ("10.0.0.7", "10.0.0.7", "198.51.100.1, _hidden", "unknown"),
        ("203.0.113.9", "10.0.0.7", "198.51.100.1:40312", "203.0.113.9"),
        ("::ffff:203.0.113.9", "10.0.0.7", "198.51.100.1", "203.0.113.9"),
        ("", "10.0.0.7", "198.51.100.1", "unknown"),
    ],
)
def test_addresses_are_read_as_proxies_write_them(
    peer: str, trusted: str, forwarded: str, network: str
) -> None:
    scope = {
        "type": "http",
        "client": (peer, 40000) if peer else None,
        "headers": [(b"x-forwarded-for", forwarded.encode())],
    }
    assert Networks([trusted]).of(Request(scope)) == network


def test_a_proxy_that_is_no_address_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="trusted_proxies: 'nginx'"):
        make_web(open_app(tmp_path, Watch(), trusted_proxies=["nginx"]))


def broken(web: Trial) -> None:
    """Take the tables away."""
    with web.app.store.database.connecting() as connection:
        connection.exec_driver_sql("DROP TABLE lease")
        connection.exec_driver_sql("DROP TABLE profile")
        connection.commit()


def tick(web: Trial) -> None:
    """What a scheduler of another machine leaves behind."""
    lasts = timedelta(minutes=3)
    web.app.store.leases.take("digests", "host:1:1", lasts, web.clock(), lambda _: False)


async def test_health(web: Trial) -> None:
    answer = await web.get("/healthz")
    assert answer.status_code == 503
    well = {"database": "ok", "digests": "ok", "relay": "ok", "sources": "ok"}
    assert answer.json() == {"status": "failing", "scheduler": "not seen"} | well
    tick(web)
    answer = await web.get("/healthz")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "scheduler": "running"} | well


async def test_health_tells_overdue_digests(web: Trial) -> None:
    web.joined()
    web.clock.move(days=1, hours=3)
    tick(web)
    answer = await web.get("/healthz")
    assert (answer.status_code, answer.json()["digests"]) == (503, "overdue")


async def test_health_tells_a_relay_that_refuses(tmp_path: Path) -> None:
    async with trial(tmp_path) as web:
        tick(web)
        web.app.store.notes.write("relay-trouble", "auth: 535 secret-host refuses", web.clock())
        answer = await web.get("/healthz")
        assert (answer.status_code, answer.json()["relay"]) == (503, "failing")
        assert "secret-host" not in answer.text


async def test_health_without_a_database(web: Trial) -> None:
    broken(web)
    answer = await web.get("/healthz")
    assert answer.status_code == 503
    assert answer.json()["database"] == "failing"


async def test_a_page_without_a_database(web: Trial, caplog: pytest.LogCaptureFixture) -> None:
    home = web.preferences(web.joined())
    broken(web)
    answer = await web.get(home)
    assert answer.status_code == 503
    assert "Not just now" in answer.text
    assert "run: digestmail migrate" in caplog.text
    assert home.rpartition("/")[2] not in caplog.text


async def test_a_bug_gets_a_page_and_is_logged_without_the_token(
    web: Trial, caplog: pytest.LogCaptureFixture
) -> None:
    ada = web.joined()
    home = web.preferences(ada)
    with web.app.store.database.connecting() as connection:
        connection.exec_driver_sql("UPDATE subscriber SET weekdays = 'x'")
        connection.commit()
    with caplog.at_level(logging.DEBUG, "digestmail"):
        answer = await web.get(home)
    assert answer.status_code == 500
    assert "Something went wrong" in answer.text
    assert ALWAYS.items() <= dict(answer.headers).items()
    assert "GET /preferences/{token} failed" in caplog.text
    assert home.rpartition("/")[2] not in caplog.text


async def test_robots_and_help(web: Trial) -> None:
    assert "Disallow: /preferences/" in (await web.get("/robots.txt")).text
    page = (await web.get("/help")).text
    assert "mailto:librarian@example.org" in page
    assert "Your privacy" in page


@pytest.mark.parametrize("stripped", [True, False])
async def test_the_pages_can_live_below_a_path(tmp_path: Path, stripped: bool) -> None:
    app = open_app(tmp_path, Watch(), home="https://lab.example/mail")
    transport = httpx.ASGITransport(make_web(app))
    above = "" if stripped else "/mail"
    async with httpx.AsyncClient(transport=transport, base_url="https://lab.example") as client:
        page = await client.get(f"{above}/")
        style = await client.get(f"{above}/static/style.css")
        lost = await client.get(f"{above}/preferences/x")
    assert 'action="/mail/subscribe/trending"' in page.text
    assert style.headers["content-type"].startswith("text/css")
    assert "noindex" in lost.headers["x-robots-tag"]


def test_missing_templates_are_told_at_the_start(tmp_path: Path) -> None:
    app = open_app(tmp_path, Watch())
    own = app.settings.model_copy(update={"templates": "mine"})
    (tmp_path / "mine").mkdir()
    app.settings = own
    with pytest.raises(ConfigError, match=r"web/answer\.html is missing"):
        make_web(app)


async def test_nothing_of_a_reader_is_on_public_pages(web: Trial) -> None:
    web.joined()
    for path in ("/", "/preferences", "/help"):
        assert READER not in (await web.get(path)).text


@pytest.mark.parametrize("router", ROUTERS)
def test_no_page_can_be_taken_for_the_path_of_the_service(router: APIRouter) -> None:
    names = {route.path.split("/")[1] for route in router.routes if isinstance(route, APIRoute)}
    for name in names - {""} | {"static"}:
        with pytest.raises(ValueError, match="needs a different path"):
            Settings(
                public_url=f"https://lab.example/{name}",
                secret_key=SecretStr("a secret of the tests, 32 letters"),
                mail=MailSettings(from_address="post@digest.test"),
            )
