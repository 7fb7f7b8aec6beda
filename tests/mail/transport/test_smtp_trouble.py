"""Sending through a relay that misbehaves."""

import asyncio
import contextlib
import ssl
from typing import Any

import pytest
from mail_servers import (
    DROP,
    HOLD,
    PIPELINING,
    STALL,
    Scripted,
    mail,
    make_certificate,
    scripted,
    yes,
)
from patience import skip, stop_clock, turns

from digestmail.domain import Outcome, Phase, SendResult
from digestmail.errors import MailServerError
from digestmail.mail.transport.adaptive_timeout import AdaptiveTimeout
from digestmail.mail.transport.smtp import SmtpMailer, SmtpSettings, check

TIMEOUTS: dict[str, Any] = {  # which pass when the server lets them, see Scripted
    "connect_timeout": 60,
    "command_timeout": 60,
    "rcpt_timeout": 60,
    "data_timeout": 60,
}
PHASES = [
    ("CONNECT", Phase.CONNECT, Outcome.SERVER),
    ("EHLO", Phase.HELLO, Outcome.SERVER),
    ("MAIL", Phase.MAIL, Outcome.SERVER),
    ("RCPT", Phase.RCPT, Outcome.DEFERRED),
    ("DATA", Phase.DATA, Outcome.DEFERRED),
    ("dot", Phase.END_OF_DATA, Outcome.UNKNOWN),
]


@pytest.fixture(params=[False, True], ids=["step by step", "pipelining"], autouse=True)
def pipelining(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    if request.param:
        monkeypatch.setitem(Scripted._polite, "EHLO", PIPELINING)
    return bool(request.param)


@pytest.fixture(scope="module")
def server_tls(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*make_certificate(tmp_path_factory.mktemp("tls")))
    return context


async def until_data(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A server's part of a conversation, up to where the mail comes."""
    writer.write(b"220 hi\r\n")
    for reply in (b"250 hi\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n"):
        await reader.readline()
        writer.write(reply)


def one(port: int, **changes: Any) -> SmtpMailer:
    values: dict[str, Any] = {"connections": 1, "tls": "none", **TIMEOUTS, **changes}
    return SmtpMailer(SmtpSettings(host="127.0.0.1", port=port, local_hostname="c.test", **values))


@pytest.mark.parametrize("fault", [DROP, STALL, "garbage", "2x0 what"])
@pytest.mark.parametrize(("verb", "phase", "outcome"), PHASES)
async def test_no_proper_reply(
    verb: str, phase: Phase, outcome: Outcome, fault: str, pipelining: bool
) -> None:
    asked_again = pipelining and (verb, fault) == ("MAIL", STALL)
    answers = [fault] * 2 if asked_again else [fault]
    async with scripted(**{verb: [*answers, "421 later"]}) as server:
        mailer = one(server.port)
        result = await mailer.send(mail(), yes)
        await mailer.close()
    assert (result.outcome, result.phase, result.code) == (outcome, phase, 0)
    assert result.text
    assert len(server.sessions) == len(answers)
    assert "QUIT" not in server.sessions[0]


@pytest.mark.parametrize(("verb", "phase", "outcome"), PHASES)
async def test_421_ends_the_connection(verb: str, phase: Phase, outcome: Outcome) -> None:
    async with scripted(**{verb: ["421 4.3.2 closing", "later 0 250 ok"]}) as server:
        mailer = one(server.port)
        result = await mailer.send(mail(), yes)
        await mailer.close()
    refused = Outcome.DEFERRED if outcome is Outcome.UNKNOWN else outcome
    assert (result.outcome, result.phase, result.code) == (refused, phase, 421)
    assert "QUIT" not in server.sessions[0]


@pytest.mark.parametrize(
    ("verb", "reply", "outcome"),
    [
        ("MAIL", "550 5.1.8 bad sender", Outcome.SERVER),
        ("RCPT", "450 4.2.0 greylisted", Outcome.DEFERRED),
        ("RCPT", "550 5.1.1 no such user", Outcome.BOUNCED),
        ("RCPT", "550-5.7.1 policy\r\n550 5.7.1 see site", Outcome.DEFERRED),
        ("dot", "451 4.3.0 try later", Outcome.DEFERRED),
        ("dot", "554 5.6.0 no", Outcome.REJECTED),
    ],
)
async def test_after_a_refusal_the_connection_goes_on(
    verb: str, reply: str, outcome: Outcome
) -> None:
    async with scripted(**{verb: [reply, "250 ok"]}) as server:
        mailer = one(server.port)
        results = [await mailer.send(mail(), yes) for _ in range(2)]
        await mailer.close()
    assert [result.outcome for result in results] == [outcome, Outcome.SENT]
    assert len(server.sessions) == 1
    assert ("RSET" in server.sessions[0]) == (verb != "dot")


async def test_a_sender_refused_with_the_recipient_behind_it(pipelining: bool) -> None:
    refusals = {"MAIL": ["550 5.1.8 bad sender", "250 ok"], "RCPT": ["503 5.5.1 MAIL", "250 ok"]}
    async with scripted(**(refusals if pipelining else {"MAIL": refusals["MAIL"]})) as server:
        mailer = one(server.port)
        results = [await mailer.send(mail(), yes) for _ in range(2)]
        await mailer.close()
    assert [result.outcome for result in results] == [Outcome.SERVER, Outcome.SENT]
    assert (results[0].phase, results[0].code) == (Phase.MAIL, 550)
    assert len(server.sessions) == 1


async def test_who_refuses_the_sender_and_leaves_is_heard() -> None:
    async with scripted(MAIL="later 0 550 5.1.8 bad sender", RCPT=DROP, RSET=DROP) as server:
        mailer = one(server.port)
        result = await mailer.send(mail(), yes)
        await mailer.close()
    assert (result.outcome, result.phase, result.code) == (Outcome.SERVER, Phase.MAIL, 550)


async def test_a_late_reply_behind_a_refused_sender_poisons_nobody() -> None:
    answers = {
        "MAIL": ["451 4.3.0 busy", "250 ok"],
        "RCPT": ["later 80 250 ok", "550 5.1.1 no such user"],
    }
    async with scripted(**answers) as server:
        mailer = one(server.port)
        results = [await mailer.send(mail(), yes) for _ in range(3)]
        await mailer.close()
    assert results[0].code == 451
    assert Outcome.SENT not in [result.outcome for result in results]
    assert {(r.outcome, r.code) for r in results[2:]} == {(Outcome.BOUNCED, 550)}


@pytest.mark.parametrize("late", [1, 2])
@pytest.mark.parametrize("fault", [DROP, STALL])
async def test_over_tls_too_nobody_knows_of_a_mail_that_was_read(
    server_tls: ssl.SSLContext, fault: str, late: int
) -> None:
    """Whichever of the replies before it came in a packet of its own."""
    replies = ["later 0.05 250 ok" if number == late else "250 ok" for number in (1, 2)]
    async with scripted(implicit_tls=server_tls, RCPT=replies, dot=["250 ok", fault]) as server:
        mailer = one(server.port, tls="tls", verify_tls=False)
        results = [await mailer.send(mail(), yes) for _ in range(2)]
        await mailer.close()
    assert [result.outcome for result in results] == [Outcome.SENT, Outcome.UNKNOWN]
    assert results[1].phase is Phase.END_OF_DATA
    assert len(server.sessions) == 1


async def test_sender_and_recipient_go_together_where_the_server_allows_it(
    pipelining: bool,
) -> None:
    heard: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 hi\r\n")
        await reader.readline()
        writer.write((PIPELINING if pipelining else "250 hi").encode() + b"\r\n")
        heard.append(await reader.read(1000))
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        mailer = one(server.sockets[0].getsockname()[1])
        result = await mailer.send(mail(), yes)
        await mailer.close()
    assert heard[0].count(b"\r\n") == (2 if pipelining else 1)
    assert (result.outcome, result.phase) == (Outcome.SERVER, Phase.MAIL)


async def test_lost_before_the_final_dot_went_it_is_tried_again() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await until_data(reader, writer)
        await reader.readexactly(1)
        writer.transport.abort()  # with most of the mail unread

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        mailer = one(server.sockets[0].getsockname()[1])
        result = await mailer.send(mail(raw=b"x" * 76 * 500_000 + b"\r\n"), yes)
        await mailer.close()
    assert (result.outcome, result.phase) == (Outcome.DEFERRED, Phase.DATA)


async def test_who_leaves_amid_the_message_is_tried_again() -> None:
    """A server that reads the first line of a mail and goes, all of which had been written.

    The mailer listens for a moment before it ends the message.
    """

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 hi\r\n")
        for reply in (b"250 hi\r\n", b"250 ok\r\n", b"250 ok\r\n"):
            await reader.readline()
            writer.write(reply)
        await reader.readline()
        stop_clock()  # the moment that the mailer listens does not end
        writer.write(b"354 go\r\n")
        await reader.readline()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        mailer = one(server.sockets[0].getsockname()[1])
        result = await mailer.send(mail(raw=b"x" * 76 + b"\r\n" + b"y" * 40_000 + b"\r\n"), yes)
        await mailer.close()
    assert (result.outcome, result.phase) == (Outcome.DEFERRED, Phase.DATA)


@pytest.mark.parametrize("reply", ["452 4.3.1 disk full", "552 5.3.4 too big", "421 4.3.2 bye"])
async def test_who_refuses_amid_the_message_is_heard(reply: str) -> None:
    async with scripted(DATA=f"354 go\r\n{reply}") as server:
        mailer = one(server.port)
        result = await mailer.send(mail(), yes)
        await mailer.close()
    assert (result.phase, result.code) == (Phase.DATA, int(reply[:3]))
    assert result.outcome is (Outcome.REJECTED if reply[0] == "5" else Outcome.DEFERRED)
    assert "." not in server.sessions[0]


async def test_a_recipient_that_is_never_answered_is_put_off(pipelining: bool) -> None:
    """Also by a server that holds its answers back until it has all, as with PIPELINING many do."""
    stuck = "ghost@example.net"

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 hi\r\n")
        while heard := await reader.read(100_000):
            if stuck.encode() in heard:
                await turns()
                skip(TIMEOUTS["rcpt_timeout"])
                await reader.read()  # until the client has left
            elif heard.startswith(b"EHLO"):
                writer.write((PIPELINING if pipelining else "250 hi").encode() + b"\r\n")
            elif heard.startswith(b"DATA"):
                writer.write(b"354 go\r\n")
                await reader.readuntil(b"\r\n.\r\n")
                writer.write(b"250 ok\r\n")
            else:
                writer.write(b"250 ok\r\n" * heard.count(b"\r\n"))
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        mailer = one(server.sockets[0].getsockname()[1], command_timeout=300)
        results = [await mailer.send(mail(to), yes) for to in ("a@b.example", stuck, "c@b.example")]
        await mailer.close()
    assert [result.outcome for result in results] == [
        Outcome.SENT,
        Outcome.DEFERRED,
        Outcome.SENT,
    ]
    assert results[1].phase is Phase.RCPT


def test_the_wait_for_a_recipient_follows_the_relays_pace() -> None:
    timeout = AdaptiveTimeout(60, minimum=1, factor=10)
    assert timeout.seconds == 60
    with timeout.measured() as seconds:
        assert seconds == 60
    assert timeout.seconds == 1
    timeout._slowest = 3
    assert timeout.seconds == 30
    timeout._slowest = 30
    assert timeout.seconds == 60


@pytest.mark.parametrize("used_up", ["452 4.5.3 too many recipients", "550 too many messages"])
async def test_a_connection_that_is_used_up_is_replaced(used_up: str) -> None:
    async with scripted(RCPT=["250 ok", used_up, "250 ok"]) as server:
        mailer = one(server.port)
        results = [await mailer.send(mail(), yes) for _ in range(2)]
        await mailer.close()
    assert [result.outcome for result in results] == [Outcome.SENT, Outcome.SENT]
    assert len(server.sessions) == 2


async def test_a_refused_data_command() -> None:
    async with scripted(DATA="554 5.5.1 no valid recipients") as server:
        mailer = one(server.port)
        result = await mailer.send(mail(), yes)
        await mailer.close()
    assert (result.outcome, result.phase) == (Outcome.REJECTED, Phase.DATA)
    assert server.sessions[0][-2:] == ["RSET", "QUIT"]


@pytest.mark.parametrize("fault", ["500 what", DROP, STALL, "421 bye"])
async def test_a_failed_reset_ends_the_connection(fault: str) -> None:
    async with scripted(RCPT=["550 5.1.1 no", "250 ok"], RSET=fault) as server:
        mailer = one(server.port)
        results = [await mailer.send(mail(), yes) for _ in range(2)]
        await mailer.close()
    assert [result.outcome for result in results] == [Outcome.BOUNCED, Outcome.SENT]
    assert len(server.sessions) == 2


async def cancelled(sending: asyncio.Task[SendResult], when: asyncio.Event) -> None:
    """Cancel a send at the event that a server tells of."""
    await when.wait()
    await turns()
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending


@pytest.mark.parametrize("verb", ["RCPT", "dot"])
async def test_the_next_recipient_is_not_poisoned_by_a_cancelled_send(verb: str) -> None:
    async with scripted(**{verb: [f"{HOLD} 550 5.1.1 no such user", "250 ok"]}) as server:
        mailer = one(server.port)
        sending = asyncio.create_task(mailer.send(mail("ghost@example.net"), yes))
        await cancelled(sending, server.held)
        server.going_on.set()
        await turns()
        result = await mailer.send(mail("innocent@example.net"), yes)
        await mailer.close()
    assert result.outcome is Outcome.SENT
    assert len(server.sessions) == 2


async def test_a_cancelled_message_is_not_finished_behind_our_back() -> None:
    begun, given_up = asyncio.Event(), asyncio.Event()
    rest: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    async def slow_reader(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await until_data(reader, writer)
        chunks = [await reader.readexactly(1)]
        begun.set()
        await given_up.wait()
        with contextlib.suppress(ConnectionError):
            while chunk := await reader.read(1 << 20):
                chunks.append(chunk)
        writer.close()
        rest.set_result(b"".join(chunks))

    async with await asyncio.start_server(slow_reader, "127.0.0.1", 0) as server:
        mailer = one(server.sockets[0].getsockname()[1])
        sending = asyncio.create_task(mailer.send(mail(raw=b"x" * 76 * 500_000), yes))
        await cancelled(sending, begun)
        given_up.set()
        received = await rest
    assert received.strip(b"x") == b""


async def test_the_next_recipient_is_not_poisoned_by_a_late_reply() -> None:
    async with scripted(RCPT=["later 70 550 5.1.1 no such user", "250 ok"]) as server:
        mailer = one(server.port)
        late = await mailer.send(mail("ghost@example.net"), yes)
        await turns()
        result = await mailer.send(mail("innocent@example.net"), yes)
        await mailer.close()
    assert (late.outcome, result.outcome) == (Outcome.DEFERRED, Outcome.SENT)


async def test_cancelled_while_connecting_the_slot_is_free_again() -> None:
    async with scripted(CONNECT=[HOLD, "220 relay.test"]) as server:
        mailer = one(server.port)
        await cancelled(asyncio.create_task(mailer.send(mail(), yes)), server.held)
        result = await mailer.send(mail(), yes)
        await mailer.close()
    assert result.outcome is Outcome.SENT


async def test_the_final_dot_has_its_own_patience() -> None:
    async with scripted(dot="later 500 250 ok") as server:
        mailer = one(server.port, data_timeout=600)
        result = await mailer.send(mail(), yes)
        await mailer.close()
    assert result.outcome is Outcome.SENT


@pytest.mark.parametrize("fault", [DROP, "421 4.4.2 idle too long", STALL])
async def test_an_idle_connection_that_died_is_replaced_once(fault: str) -> None:
    async with scripted(MAIL=["250 ok", fault, "250 ok"]) as server:
        mailer = one(server.port)
        results = [await mailer.send(mail(), yes) for _ in range(2)]
        await mailer.close()
    assert [result.outcome for result in results] == [Outcome.SENT, Outcome.SENT]
    assert len(server.sessions) == 2


async def test_a_replaced_connection_is_not_replaced_again() -> None:
    async with scripted(MAIL=["250 ok", DROP]) as server:
        mailer = one(server.port)
        await mailer.send(mail(), yes)
        result = await mailer.send(mail(), yes)
        await mailer.close()
    assert (result.outcome, result.phase) == (Outcome.SERVER, Phase.MAIL)
    assert len(server.sessions) == 2


async def test_a_connection_closed_by_the_server_is_not_used() -> None:
    async with scripted(dot=["250 ok\r\n421 bye", "250 ok"], MAIL=["250 ok"]) as server:
        mailer = one(server.port)
        results = [await mailer.send(mail(), yes) for _ in range(2)]
        await mailer.close()
    assert [result.outcome for result in results] == [Outcome.SENT, Outcome.SENT]


async def test_a_server_that_does_not_say_goodbye_is_left_soon() -> None:
    async with scripted(QUIT=DROP) as server:
        mailer = one(server.port)
        await mailer.send(mail(), yes)
        closing = asyncio.create_task(mailer.close())
        await turns()
        assert closing.done()


@pytest.mark.parametrize("banner", ["554 5.7.1 go away", DROP, "garbage"])
async def test_check_tells_what_stood_in_the_way(banner: str) -> None:
    async with scripted(CONNECT=banner) as server:
        settings = SmtpSettings(host="127.0.0.1", port=server.port, tls="none", **TIMEOUTS)
        with pytest.raises(MailServerError, match=r"connect: .+ \(check host"):
            await check(settings)
