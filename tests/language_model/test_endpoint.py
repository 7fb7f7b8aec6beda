"""The endpoint gives one text or one clear error, in time, and never tells its key."""

import threading
from collections.abc import Callable
from datetime import timedelta
from itertools import count

import pytest
from model_server import KEY, Asked, ModelServer, Reply, completion, model_server

from digestmail.errors import EndpointError
from digestmail.language_model.endpoint import Completion, Endpoint, EndpointSettings, Prompt

PROMPT = Prompt("Sum up.", '{"title": "Ponds"}')


def ask(server: ModelServer, timeout: float = 30, **options: Callable[[], float]) -> Completion:
    with Endpoint(EndpointSettings(server.url, "tiny", KEY, timeout), **options) as endpoint:
        return endpoint.complete(PROMPT)


def error_of(answer: Reply, timeout: float = 30, **options: Callable[[], float]) -> EndpointError:
    """Return the error of an answer, which is one line without the key."""
    with model_server(answer) as server, pytest.raises(EndpointError) as caught:
        ask(server, timeout, **options)
    assert "\n" not in str(caught.value)
    assert KEY not in str(caught.value)
    return caught.value


def test_a_completion() -> None:
    with model_server("Ponds melt ice.") as server:
        assert ask(server) == Completion("Ponds melt ice.", 120)
    (asked,) = server.asked
    assert asked.path == "/v1/chat/completions"
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert (asked.model, asked.task, asked.data) == ("tiny", "Sum up.", {"title": "Ponds"})


@pytest.mark.parametrize("tokens", [None, "many", -4, 10**30, {"a": 1}])
def test_a_strange_count_of_tokens_harms_nothing(tokens: object) -> None:
    with model_server(completion("Ponds.", tokens)) as server:
        assert 0 <= ask(server).tokens <= 10_000_000


@pytest.mark.parametrize(
    ("answer", "text", "blameless"),
    [
        (Reply(b'{"error": {"message": "too long"}}', 400), "answered 400 Bad Request: too", False),
        (Reply(f'{{"error": "no {KEY}"}}'.encode(), 401), "check summaries.api_key", True),
        (Reply(f'{{"error": "bad {KEY}!"}}'.encode(), 400), "Bad Request: bad ***!", False),
        (Reply(b"no", 404), "answered 404 Not Found", True),
        (Reply(b"", 302, {"Location": "http://evil.test"}), "set summaries.url", False),
        (Reply(b"", 429), "answered 429 Too Many Requests", True),
        (Reply(b"", 500), "answered 500 Internal Server Error", False),
        (Reply(b"", 503), "answered 503 Service Unavailable", True),
        (Reply(b"{", 200), "sent no chat completion", False),
        (Reply(b"[" * 100_000, 200), "sent no chat completion", False),
        (Reply(b"<html>Login</html>", 200), "sent no chat completion", False),
        (Reply(b'{"choices": []}', 200), "sent no chat completion", False),
        (completion(None), "sent a completion without text", False),
        (Reply(b" " * 300_000), "sent more than 200,000 bytes", False),
        (
            Reply(b"\xff", headers={"Content-Encoding": "gzip"}),
            "an encoding that was not asked",
            False,
        ),
    ],
)
def test_whatever_else_it_answers_is_one_clear_error(
    answer: Reply, text: str, blameless: bool
) -> None:
    error = error_of(answer)
    assert text in str(error)
    assert error.blameless is blameless


@pytest.mark.parametrize(
    ("header", "cooldown"),
    [
        ("30", timedelta(seconds=30)),
        ("9999999", timedelta(days=1)),
        ("soon", None),
        ("-5", None),
        ("Fri, 20 Nov 2026 06:00:00 GMT", None),
    ],
)
def test_the_cooldown_that_it_asks_for(header: str, cooldown: timedelta | None) -> None:
    assert error_of(Reply(b"", 429, {"Retry-After": header})).retry_after == cooldown


def test_one_that_does_not_answer_is_given_up() -> None:
    released = threading.Event()
    try:
        error = error_of(Reply(wait=lambda: released.wait(20)), timeout=0.3)
    finally:
        released.set()
    assert "did not answer within 0.3 s" in str(error)


def test_one_that_drips_is_given_up() -> None:
    seconds = count(0, 40)
    error = error_of(Reply(chunks=50), timeout=30, monotonic=lambda: float(next(seconds)))
    assert "sent no complete answer within 30 s" in str(error)


def test_one_that_is_not_there() -> None:
    with model_server("x") as server:
        pass
    with pytest.raises(EndpointError, match="could not be reached") as caught:
        ask(server)
    assert caught.value.blameless


def test_the_key_is_in_no_repr() -> None:
    assert KEY not in repr(EndpointSettings("http://127.0.0.1", "tiny", KEY))


def test_a_key_is_not_sent_where_there_is_none() -> None:
    def answer(asked: Asked) -> Reply:
        return completion(str("authorization" in asked.headers))

    with (
        model_server(answer) as server,
        Endpoint(EndpointSettings(server.url, "tiny")) as endpoint,
    ):
        assert endpoint.complete(PROMPT).text == "False"
