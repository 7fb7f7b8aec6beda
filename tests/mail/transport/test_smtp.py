"""Sending through a relay that works."""

import asyncio
import ssl
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from mail_servers import (
    RAW,
    Recorder,
    mail,
    make_certificate,
    no,
    scripted,
    with_login,
    working,
    yes,
)

from digestmail.domain import Message, Outcome, Phase
from digestmail.errors import ConfigError, MailServerError
from digestmail.mail.message import Identity, ListLinks, build
from digestmail.mail.transport.relay_settings import tls_context
from digestmail.mail.transport.smtp import SmtpMailer, SmtpSettings, check


def plain(port: int, **changes: Any) -> SmtpSettings:
    values: dict[str, Any] = {"host": "127.0.0.1", "port": port, "tls": "none", **changes}
    return SmtpSettings(local_hostname="client.test", **values)


class Slow(Recorder):
    """Takes its time over one recipient's message: until it is told to go on."""

    def __init__(self) -> None:
        super().__init__()
        self.reached, self.going_on = asyncio.Event(), asyncio.Event()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if envelope.rcpt_tos == ["slow@example.net"]:
            self.reached.set()
            await self.going_on.wait()
        return await super().handle_DATA(server, session, envelope)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def server_tls(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    return context


def test_rules_for_tls_are_made_only_where_there_is_some() -> None:
    assert tls_context(plain(25)) is None
    assert isinstance(tls_context(plain(25, tls="starttls")), ssl.SSLContext)


async def test_the_bytes_arrive_as_they_were() -> None:
    me = Identity(
        from_address="daily@digest.example",
        from_name="digestmail",
        list_id="daily.digest.example",
        list_name="papers",
        sender_id="digestmail",
        help_url="https://digest.example/help",
    )
    message = build(
        me,
        recipient="alice@example.net",
        subject="für dich",
        text=".\n..\nFrom me\nπ " + "x" * 3000,
        html="<p>π</p>" * 900,
        message_id="<1@digest.example>",
        date=datetime(2026, 11, 21, tzinfo=UTC),
        list_links=ListLinks("https://digest.example/u/" + "t" * 275),
        dkim=None,
    )
    async with working(relay := Recorder()) as port:
        mailer = SmtpMailer(plain(port))
        result = await mailer.send(message, yes)
        await mailer.close()
    assert relay.received == [message.raw]
    assert b"\n." not in message.raw  # there is nothing to double
    assert (result.outcome, result.phase, result.code) == (Outcome.SENT, Phase.END_OF_DATA, 250)
    assert result.text == "2.0.0 queued as 7F3A"


async def test_the_envelope_is_the_messages() -> None:
    async with working(relay := Recorder()) as port:
        mailer = SmtpMailer(plain(port))
        await mailer.send(mail("bob@example.net"), yes)
        await mailer.close()
    assert relay.envelopes[0].mail_from == "b@bounce.example"
    assert relay.envelopes[0].rcpt_tos == ["bob@example.net"]
    assert relay.received == [RAW]


async def test_starttls_and_login(certificate: tuple[Path, Path], server_tls: Any) -> None:
    options = with_login(tls_context=server_tls, require_starttls=True, auth_require_tls=True)
    async with working(Recorder(), **options) as port:
        settings = plain(
            port, tls="starttls", username="u", password="sesame", ca_file=str(certificate[0])
        )
        line = await check(settings)
        mailer = SmtpMailer(settings)
        result = await mailer.send(mail(), yes)
        await mailer.close()
    assert result.outcome is Outcome.SENT
    assert line == f"127.0.0.1:{port}, STARTTLS TLSv1.3, authenticated, SIZE 33554432"


async def test_implicit_tls(certificate: tuple[Path, Path], server_tls: Any) -> None:
    async with working(relay := Recorder(), implicit_tls=server_tls) as port:
        settings = plain(port, host="localhost", tls="tls", ca_file=str(certificate[0]))
        line = await check(settings)
        mailer = SmtpMailer(settings)
        result = await mailer.send(mail(), yes)
        await mailer.close()
    assert (result.outcome, relay.received) == (Outcome.SENT, [RAW])
    assert line == f"localhost:{port}, TLS TLSv1.3, no authentication, SIZE 33554432"


async def test_a_cancelled_send_over_tls_costs_only_its_connection(server_tls: Any) -> None:
    async with working(relay := Slow(), tls_context=server_tls) as port:
        mailer = SmtpMailer(plain(port, connections=1, tls="starttls", verify_tls=False))
        sending = asyncio.create_task(mailer.send(mail("slow@example.net"), yes))
        await relay.reached.wait()
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        relay.going_on.set()
        result = await mailer.send(mail("next@example.net"), yes)
        await mailer.close()
    assert result.outcome is Outcome.SENT
    assert relay.envelopes[-1].rcpt_tos == ["next@example.net"]


async def test_an_unknown_certificate_is_refused_unless_told(server_tls: Any) -> None:
    async with working(Recorder(), tls_context=server_tls) as port:
        mailer = SmtpMailer(plain(port, tls="starttls"))
        result = await mailer.send(mail(), yes)
        line = await check(plain(port, tls="starttls", verify_tls=False))
    assert (result.outcome, result.phase) == (Outcome.SERVER, Phase.HELLO)
    assert "certificate" in result.text.lower()
    assert "TLSv1.3" in line


async def test_nothing_is_sent_in_clear_when_starttls_is_missing() -> None:
    async with scripted() as server:
        result = await SmtpMailer(plain(server.port, tls="starttls")).send(mail(), yes)
    assert (result.outcome, result.phase) == (Outcome.SERVER, Phase.HELLO)
    assert "does not offer STARTTLS" in result.text
    assert server.sessions == [["EHLO client.test"]]


async def test_a_wrong_password_blames_nobody_and_is_not_shown(server_tls: Any) -> None:
    options = with_login(tls_context=server_tls, require_starttls=True, auth_require_tls=True)
    async with working(Recorder(), **options) as port:
        settings = plain(port, tls="starttls", verify_tls=False, username="u", password="swordfish")
        result = await SmtpMailer(settings).send(mail(), yes)
        with pytest.raises(MailServerError, match=r"auth: 535 .*check username") as raised:
            await check(settings)
    assert (result.outcome, result.phase) == (Outcome.SERVER, Phase.AUTH)
    assert "swordfish" not in f"{raised.value}{settings}{result}"


async def test_check_tells_where_nobody_listens() -> None:
    async with scripted() as server:
        port = server.port
    with pytest.raises(MailServerError, match=rf"^127\.0\.0\.1:{port}: connect: .*check host"):
        await check(plain(port))


async def test_check_of_a_plain_server() -> None:
    async with scripted(EHLO="250 relay.test") as server:
        line = await check(plain(server.port))
    assert line == f"127.0.0.1:{server.port}, unencrypted, no authentication, no SIZE limit"
    assert server.sessions == [["EHLO client.test", "QUIT"]]


@pytest.mark.parametrize(
    "changes",
    [
        {"host": "relay.example.org", "username": "u", "password": "p", "tls": "none"},
        {"host": "10.0.0.1", "username": "u", "password": "p", "tls": "none"},
        {"username": "u"},
        {"password": "p"},
        {"tls": "ssl"},
        {"connections": 0},
        {"messages_per_connection": 0},
        {"host": ""},
        {"local_hostname": "a b"},
    ],
)
def test_settings_that_cannot_work_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        SmtpSettings(**{"host": "localhost", **changes})


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1"])
def test_a_password_may_stay_on_this_machine(host: str) -> None:
    settings = SmtpSettings(host=host, tls="none", username="u", password="secret")
    assert "secret" not in repr(settings)


def test_a_missing_ca_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="ca_file"):
        SmtpMailer(plain(25, tls="starttls", ca_file=str(tmp_path / "absent.pem")))


async def test_connections_are_few_and_used_again() -> None:
    async with scripted() as server:
        mailer = SmtpMailer(plain(server.port, connections=2))
        results = await asyncio.gather(*(mailer.send(mail(), yes) for _ in range(20)))
        await mailer.close()
    assert {result.outcome for result in results} == {Outcome.SENT}
    assert len(server.sessions) == mailer.concurrency == 2
    assert sum(session.count("DATA") for session in server.sessions) == 20


async def test_a_connection_is_rotated_with_a_goodbye() -> None:
    async with scripted() as server:
        mailer = SmtpMailer(plain(server.port, connections=1, messages_per_connection=2))
        for _ in range(5):
            await mailer.send(mail(), yes)
        await mailer.close()
    assert [session.count("DATA") for session in server.sessions] == [2, 2, 1]
    assert [session[-1] for session in server.sessions] == ["QUIT"] * 3


async def test_claimed_between_recipient_and_data() -> None:
    async with scripted() as server:
        seen: list[str] = []

        async def claim() -> bool:
            seen.extend(server.sessions[0])
            return True

        mailer = SmtpMailer(plain(server.port))
        await mailer.send(mail(), claim)
        await mailer.close()
    size = len(RAW)
    assert seen[1:] == [f"MAIL FROM:<b@bounce.example> SIZE={size}", "RCPT TO:<alice@example.net>"]
    assert server.sessions[0][3:] == ["DATA", ".", "QUIT"]


async def test_a_withdrawn_mail_is_not_handed_over() -> None:
    async with scripted() as server:
        mailer = SmtpMailer(plain(server.port))
        withdrawn = await mailer.send(mail(), no)
        sent = await mailer.send(mail(), yes)
        await mailer.close()
    assert (withdrawn.outcome, sent.outcome) == (Outcome.WITHDRAWN, Outcome.SENT)
    verbs = [line.split(" ")[0] for line in server.sessions[0]]
    assert verbs == ["EHLO", "MAIL", "RCPT", "RSET", "MAIL", "RCPT", "DATA", ".", "QUIT"]


async def test_a_message_too_big_is_not_begun() -> None:
    async with scripted() as server:
        mailer = SmtpMailer(plain(server.port))
        result = await mailer.send(mail(raw=b"x" * 1001), yes)
        await mailer.close()
    assert (result.outcome, result.phase) == (Outcome.REJECTED, Phase.MAIL)
    assert result.text == "the message has 1001 bytes; the server accepts 1000"
    assert server.sessions == [["EHLO client.test", "QUIT"]]


@pytest.mark.parametrize("limit", ["9" * 5000, "9" * 21, "-1", "1e3", "١٢", "many", ""])
async def test_a_size_that_is_none_is_no_limit(limit: str) -> None:
    async with scripted(EHLO=f"250-relay.test\r\n250 SIZE {limit}") as server:
        mailer = SmtpMailer(plain(server.port))
        result = await mailer.send(mail(), yes)
        await mailer.close()
    assert result.outcome is Outcome.SENT


async def test_a_claim_that_fails_leaves_no_half_open_transaction() -> None:
    async def broken() -> bool:
        raise RuntimeError("database gone")

    async with scripted() as server:
        mailer = SmtpMailer(plain(server.port))
        with pytest.raises(RuntimeError):
            await mailer.send(mail(), broken)
        result = await mailer.send(Message("b@e.org", "bob@e.org", "<2@e.org>", RAW), yes)
        await mailer.close()
    assert result.outcome is Outcome.SENT
    assert len(server.sessions) == 2
