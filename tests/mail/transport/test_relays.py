"""Several relays: shares, failover, the circuit breaker, and as many connections as one bears."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from mail_servers import DROP, RAW, Recorder, mail, no, scripted, working, yes

from digestmail.domain import Message, Outcome, Phase
from digestmail.errors import ConfigError
from digestmail.mail.transport.relay_pool import RelayPool, SharedRelayState
from digestmail.mail.transport.relay_settings import SmtpSettings
from digestmail.mail.transport.relays_mailer import RelaysMailer, is_full, ranked

NOW = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Known:
    """What the processes share, in memory."""

    def __init__(self) -> None:
        self.now = NOW
        self.troubles: dict[str, tuple[str, datetime]] = {}
        self.fallen: list[str] = []
        self.turns: list[float | datetime] = []

    def shared(self) -> SharedRelayState:
        return SharedRelayState(
            lambda: self.now, self.take, self.troubles.get, self.mark_down, self.mark_up
        )

    def take(self, *_: object) -> float | datetime:
        return self.turns.pop(0) if self.turns else 0.0

    def mark_down(self, relay: str, trouble: str, now: datetime) -> bool:
        new = relay not in self.troubles
        self.troubles[relay] = trouble, now
        self.fallen += [relay] if new else []
        return new

    def mark_up(self, relay: str) -> bool:
        return self.troubles.pop(relay, None) is not None


def at(port: int, **changes: Any) -> SmtpSettings:
    values: dict[str, Any] = {"tls": "none", "connections": 4, "command_timeout": 2, **changes}
    return SmtpSettings(host="127.0.0.1", port=port, local_hostname="c.test", **values)


def over(known: Known, *relays: SmtpSettings) -> RelaysMailer:
    return RelaysMailer(relays, known.shared(), pause=0)


def message(number: int) -> Message:
    return Message("b@e.org", f"{number}@e.org", f"<{number}@e.org>", RAW)


async def closed_port() -> int:
    async with scripted() as server:
        return server.port


async def test_mails_are_shared_by_weight_and_each_has_its_relay() -> None:
    shared = Known().shared()
    pools = [RelayPool(at(1, weight=3), shared), RelayPool(at(2), shared)]
    first = Counter(ranked(pools, f"<{n}@e.org>")[0].name for n in range(2000))
    assert 1400 < first["127.0.0.1:1"] < 1600
    again = ranked(pools[::-1], "<7@e.org>")
    assert [pool.name for pool in again] == [pool.name for pool in ranked(pools, "<7@e.org>")]


async def test_where_one_relay_is_down_the_other_takes_all() -> None:
    known, down = Known(), await closed_port()
    async with working(relay := Recorder()) as port:
        mailer = over(known, at(down), at(port))
        results = [await mailer.send(message(n), yes) for n in range(12)]
        await mailer.close()
    assert {result.outcome for result in results} == {Outcome.SENT}
    assert len(relay.envelopes) == 12
    assert known.fallen == [f"127.0.0.1:{down}"]


async def test_a_breaker_opens_after_three_troubles_and_asks_no_more() -> None:
    known = Known()
    async with scripted(CONNECT="421 4.3.2 busy") as server:
        mailer = over(known, at(server.port))
        results = [await mailer.send(mail(), yes) for _ in range(3)]
        await mailer.close()
    assert {result.outcome for result in results} == {Outcome.SERVER}
    assert "is paused: connect: 421" in results[-1].text
    assert len(server.sessions) == 3
    assert known.fallen == [f"127.0.0.1:{server.port}"]


@pytest.mark.parametrize("fault", [{"CONNECT": "554 go away"}, {"MAIL": "550 5.1.8 not you"}])
async def test_a_refusal_for_good_opens_it_at_once(fault: dict[str, str]) -> None:
    async with scripted(**fault) as server:
        mailer = over(Known(), at(server.port))
        result = await mailer.send(mail(), yes)
        await mailer.close()
    assert result.outcome is Outcome.SERVER
    assert len(server.sessions) == 1


async def test_a_login_refused_is_not_tried_again() -> None:
    greeting = {"EHLO": "250-relay.test\r\n250 AUTH PLAIN", "AUTH": "454 4.7.0 not now"}
    async with scripted(**greeting) as server:
        mailer = over(Known(), at(server.port, username="u", password="p"))
        result = await mailer.send(mail(), yes)
    assert (result.outcome, result.phase) == (Outcome.SERVER, Phase.AUTH)
    assert len(server.sessions) == 1


async def test_one_bad_moment_of_a_relay_is_no_trouble() -> None:
    known = Known()
    async with scripted(CONNECT=["421 busy", DROP, "220 relay.test"]) as server:
        mailer = over(known, at(server.port))
        result = await mailer.send(mail(), yes)
        await mailer.close()
    assert result.outcome is Outcome.SENT
    assert known.fallen == []


async def test_what_another_process_found_counts_here_until_its_rest_is_over() -> None:
    known = Known()
    async with working(good := Recorder()) as port, working(bad := Recorder()) as resting:
        known.mark_down(f"127.0.0.1:{resting}", "connect: refused", NOW)
        for minutes, taken in ((4, 0), (6, 1)):
            known.now = NOW + minutes * MINUTE
            mailer = over(known, at(resting, weight=1000), at(port))
            await mailer.send(message(1), yes)
            await mailer.close()
            assert len(bad.envelopes) == taken
    assert len(good.envelopes) == 1
    assert known.troubles == {}


async def test_a_trouble_of_the_future_is_of_a_clock_set_back() -> None:
    known = Known()
    async with working(relay := Recorder()) as port:
        known.mark_down(f"127.0.0.1:{port}", "connect: refused", NOW + timedelta(days=1))
        mailer = over(known, at(port))
        await mailer.send(mail(), yes)
        await mailer.close()
    assert len(relay.envelopes) == 1


async def test_the_connections_halve_on_trouble_and_come_back_one_by_one() -> None:
    async with scripted(RCPT=["421 4.3.2 slow down", "250 ok"]) as server:
        mailer = over(Known(), at(server.port))
        (pool,) = mailer.pools
        limits = []
        for number in range(8):
            await mailer.send(message(number), yes)
            limits.append(pool.limit)
        await mailer.close()
    assert limits == [2, 2, 3, 3, 3, 4, 4, 4]


async def test_connections_that_fail_together_are_one_trouble() -> None:
    known = Known()
    async with scripted(RCPT=["later 0.1 421 bye"] * 4 + ["250 ok"]) as server:
        mailer = over(known, at(server.port))
        results = await asyncio.gather(*(mailer.send(message(n), yes) for n in range(4)))
        assert mailer.pools[0].limit == 2
        await mailer.close()
    assert {result.outcome for result in results} == {Outcome.DEFERRED}
    assert known.fallen == []


async def test_a_relay_that_never_answers_the_dot_loses_few() -> None:
    known = Known()
    async with scripted(dot=DROP) as server:
        mailer = over(known, at(server.port))
        results = await asyncio.gather(*(mailer.send(message(n), yes) for n in range(40)))
        await mailer.close()
    outcomes = Counter(result.outcome for result in results)
    assert outcomes[Outcome.UNKNOWN] <= 4 + 2 + 1
    assert outcomes[Outcome.SERVER] == 40 - outcomes[Outcome.UNKNOWN]


async def test_no_more_connections_than_the_limit_are_open() -> None:
    async with scripted(CONNECT=["421 one too many"] * 2 + ["220 relay.test"]) as server:
        mailer = over(Known(), at(server.port, connections=2))
        results = await asyncio.gather(*(mailer.send(message(n), yes) for n in range(9)))
        await mailer.close()
    assert {result.outcome for result in results} == {Outcome.SENT}


async def test_a_used_up_hour_is_told_with_its_end_and_another_relay_goes_on() -> None:
    known = Known()
    async with working(relay := Recorder()) as port, working(other := Recorder()) as second:
        known.turns = [NOW + 20 * MINUTE]
        mailer = over(known, at(port, per_hour=5))
        result = await mailer.send(message(1), yes)
        assert is_full(result)
        assert "try again in 1200 seconds" in result.text
        known.turns = [NOW + 20 * MINUTE]
        mailer = over(known, at(port, per_hour=5, weight=1000), at(second))
        await mailer.send(message(1), yes)
        await mailer.close()
    assert (len(relay.envelopes), len(other.envelopes)) == (0, 1)


async def test_a_mail_waits_for_its_turn() -> None:
    known, loop = Known(), asyncio.get_running_loop()
    known.turns = [0.0, 0.3]
    async with working(Recorder()) as port:
        mailer = over(known, at(port, per_second=3))
        begun = loop.time()
        for number in range(2):
            await mailer.send(message(number), yes)
        await mailer.close()
    assert loop.time() - begun >= 0.3


async def test_a_withdrawn_mail_is_no_trouble_and_goes_nowhere_else() -> None:
    async with scripted() as server, scripted() as other:
        mailer = over(Known(), at(server.port), at(other.port))
        result = await mailer.send(mail(), no)
        await mailer.close()
    assert result.outcome is Outcome.WITHDRAWN
    assert len(server.sessions) + len(other.sessions) == 1


async def test_a_name_that_nobody_knows_blames_nobody() -> None:
    settings = SmtpSettings(host="relay.invalid", tls="none")
    result = await RelaysMailer([settings], Known().shared(), pause=0).send(mail(), yes)
    assert (result.outcome, result.phase) == (Outcome.SERVER, Phase.CONNECT)


async def test_tls_spoken_to_a_plain_port_blames_nobody() -> None:
    async with scripted() as server:
        mailer = over(Known(), at(server.port, tls="tls"))
        result = await mailer.send(mail(), yes)
    assert (result.outcome, result.phase) == (Outcome.SERVER, Phase.CONNECT)


def test_a_relay_named_twice_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"127\.0\.0\.1:25 is listed twice"):
        over(Known(), at(25), at(25))
