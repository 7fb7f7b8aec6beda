"""The circuit breaker of a relay, answer by answer."""

from datetime import UTC, datetime, timedelta

import pytest

from digestmail.domain import Outcome, Phase, SendResult
from digestmail.mail.transport.circuit_breaker import CircuitBreaker, is_trouble
from digestmail.mail.transport.refusals import BREAKER
from digestmail.mail.transport.replies import classify

NOW = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)
SENT = classify(Phase.END_OF_DATA, 250, "ok")
LOST = classify(Phase.CONNECT, 0, "connection refused")
BUSY = classify(Phase.RCPT, 421, "4.3.2 slow down")


def breaker(connections: int = 8) -> CircuitBreaker:
    return CircuitBreaker(connections, BREAKER)


def fail(relay: CircuitBreaker, result: SendResult = LOST) -> bool:
    """Whether a failure opens the breaker, of a send begun after all others."""
    assert is_trouble(result)
    return relay.on_failure(result, relay.bursts)


def test_failures_in_succession_open_it() -> None:
    relay = breaker()
    assert [fail(relay) for _ in range(BREAKER.troubles)] == [False, False, True]


def test_a_success_between_failures_keeps_it_closed() -> None:
    relay = breaker()
    for _ in range(3 * BREAKER.troubles):
        assert not fail(relay)
        relay.on_success(SENT, relay.bursts)


def test_sends_that_fail_together_halve_the_limit_once() -> None:
    relay = breaker(8)
    bursts = relay.bursts
    assert not any(relay.on_failure(BUSY, bursts) for _ in range(8))
    assert relay.limit == 4


def test_the_limit_grows_by_one_for_as_many_successes_as_it_has() -> None:
    relay = breaker(8)
    fail(relay, BUSY)
    limits = []
    for _ in range(10):
        relay.on_success(SENT, relay.bursts)
        limits.append(relay.limit)
    assert limits == [4, 4, 4, 5, 5, 5, 5, 5, 6, 6]


def test_an_open_breaker_rests_for_its_time_and_no_longer() -> None:
    relay = breaker()
    relay.open("connect: refused", NOW)
    assert relay.limit == 1
    assert relay.rests(NOW + BREAKER.open_for - timedelta(seconds=1))
    assert not relay.rests(NOW + BREAKER.open_for)
    assert not relay.rests(NOW - timedelta(days=1)), "a clock that was set back"


def test_a_send_begun_before_it_opened_does_not_close_it() -> None:
    relay = breaker()
    before = relay.bursts
    relay.open("connect: refused", NOW)
    assert not relay.on_success(SENT, before)
    assert relay.on_success(SENT, relay.bursts)
    assert not relay.trouble


@pytest.mark.parametrize(
    ("trouble", "closes"), [("connect: refused", True), ("rcpt: 550 not from you", False)]
)
def test_a_bad_recipient_shows_only_that_a_connection_works(trouble: str, closes: bool) -> None:
    relay = breaker()
    relay.open(trouble, NOW)
    refused = classify(Phase.RCPT, 550, "5.1.1 no such user")
    assert refused.outcome is Outcome.BOUNCED
    assert relay.on_success(refused, relay.bursts) is closes


def test_refusals_that_blame_us_open_it() -> None:
    relay = breaker()
    refused = classify(Phase.RCPT, 451, "4.7.1 your sending quota is used up")
    opened = [
        relay.on_refusal(refused, f"{n}@example.net", relay.bursts) for n in range(BREAKER.refusals)
    ]
    assert opened == [False, False, True]


def test_few_mails_that_were_all_refused_are_noticed_at_the_end() -> None:
    relay = breaker()
    refused = classify(Phase.RCPT, 451, "4.7.1 your sending quota is used up")
    for number in range(2):
        assert not relay.on_refusal(refused, f"{number}@example.net", relay.bursts)
    assert relay.unnoticed_trouble.startswith("rcpt: 451")
    relay.on_success(SENT, relay.bursts)
    assert not relay.unnoticed_trouble
