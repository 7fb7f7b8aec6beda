"""An OpenAI-compatible endpoint: one request for one text, within a time and a size.

``POST <url>/chat/completions`` as OpenAI, llama.cpp, Ollama, vLLM and others answer it. Only what
all of them know is sent: the model and the messages.
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self

import httpx

from digestmail.errors import EndpointError
from digestmail.text import one_line

_MAX_BYTES = 200_000  # of an answer: a sentence takes 2,000, a model that reasons aloud 50,000
_CONNECT_SECONDS = 10.0
_REASON_LENGTH = 200
_LONGEST_COOLDOWN = timedelta(days=1)
_BLAMELESS = (401, 402, 403, 404, 405, 408, 429, 502, 503, 504)  # whatever the paper is


@dataclass(frozen=True, slots=True)
class Prompt:
    """A task for the model, and the text that it is about."""

    task: str
    text: str


@dataclass(frozen=True, slots=True)
class Completion:
    """The answer of a model, and the tokens that the endpoint counted; 0 if it counted none."""

    text: str
    tokens: int = 0


@dataclass(frozen=True, slots=True)
class EndpointSettings:
    """Where the model is. ``timeout``: seconds from a request to the last byte of its answer."""

    url: str
    model: str
    key: str = field(default="", repr=False)
    timeout: float = 60.0


class Endpoint:
    """A connection to the model; to be closed."""

    def __init__(
        self, settings: EndpointSettings, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._settings = settings
        self._monotonic = monotonic
        self._url = f"{settings.url.rstrip('/')}/chat/completions"
        # A redirect is not followed: the key is for this address alone.
        self._client = httpx.Client(
            headers={"Accept-Encoding": "identity"}
            | ({"Authorization": f"Bearer {settings.key}"} if settings.key else {}),
            timeout=httpx.Timeout(
                settings.timeout, connect=min(settings.timeout, _CONNECT_SECONDS)
            ),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._client.close()

    def complete(self, prompt: Prompt) -> Completion:
        """Return the model's answer; EndpointError for whatever else happens."""
        body = {
            "model": self._settings.model,
            "messages": [
                {"role": "system", "content": prompt.task},
                {"role": "user", "content": prompt.text},
            ],
        }
        deadline = self._monotonic() + self._settings.timeout
        try:
            with self._client.stream("POST", self._url, json=body) as answer:
                content = self._content(answer, deadline)
        except httpx.TimeoutException as error:
            raise self._too_slow(error) from error
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            detail = one_line(str(error)) or type(error).__name__
            is_away = isinstance(error, httpx.ConnectError)
            problem = "could not be reached" if is_away else "gave no proper answer"
            raise self._error(f"{problem} ({detail})", blameless=is_away) from error
        if answer.status_code != HTTPStatus.OK:
            raise self._refusal(answer, content)
        return self._completion(content)

    def _content(self, answer: httpx.Response, deadline: float) -> bytes:
        content = bytearray()
        if answer.headers.get("content-encoding", "identity").strip().lower() != "identity":
            raise self._error("answered in an encoding that was not asked for")
        for chunk in answer.iter_raw():
            content += chunk
            if len(content) > _MAX_BYTES:
                raise self._error(f"sent more than {_MAX_BYTES:,} bytes")
            if self._monotonic() > deadline:
                raise self._error(f"sent no complete answer within {self._settings.timeout:g} s")
        return bytes(content)

    def _completion(self, content: bytes) -> Completion:
        try:
            answer = json.loads(content)
            text = answer["choices"][0]["message"]["content"]
        except (ValueError, RecursionError, LookupError, TypeError) as error:
            raise self._error("sent no chat completion; check the address") from error
        if not isinstance(text, str):
            raise self._error("sent a completion without text")
        usage = answer.get("usage")
        tokens = usage.get("total_tokens") if isinstance(usage, Mapping) else 0
        return Completion(text, _count(tokens))

    # --- errors ------------------------------------------------------------------------------

    def _refusal(self, answer: httpx.Response, content: bytes) -> EndpointError:
        status = answer.status_code
        phrase = HTTPStatus(status).phrase if status in set(HTTPStatus) else ""
        problem = f"answered {status} {phrase}".strip()
        if status in (401, 403):  # whose reason may repeat the key
            problem += ": check summaries.api_key"
        elif 300 <= status < 400:
            problem += ": set summaries.url to the address that it redirects to"
        elif reason := _reason(content):
            problem += f": {reason}"
        error = self._error(problem, blameless=status in _BLAMELESS)
        error.retry_after = _retry_after(answer.headers)
        return error

    def _too_slow(self, error: httpx.TimeoutException) -> EndpointError:
        if isinstance(error, httpx.ConnectTimeout):
            return self._error("could not be reached in time", blameless=True)
        return self._error(f"did not answer within {self._settings.timeout:g} s")

    def _error(self, problem: str, *, blameless: bool = False) -> EndpointError:
        text = one_line(f"the language model at {self._settings.url} {problem}")
        key = self._settings.key
        return EndpointError(text.replace(key, "***") if key else text, blameless=blameless)


def _count(value: object) -> int:
    return min(max(value, 0), 10_000_000) if isinstance(value, int) else 0


def _reason(content: bytes) -> str:
    """Return the reason that an endpoint gives in the way of OpenAI or its own; may be empty."""
    try:
        answer: Any = json.loads(content)
    except (ValueError, RecursionError):
        return ""
    error = answer.get("error", answer) if isinstance(answer, Mapping) else answer
    message = error.get("message") if isinstance(error, Mapping) else error
    return one_line(message)[:_REASON_LENGTH] if isinstance(message, str) else ""


def _retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """Return the pause that a Retry-After in seconds asks for."""
    value = headers.get("retry-after", "").strip()
    if not (value.isascii() and value.isdecimal() and len(value) < 8):
        return None
    return min(timedelta(seconds=int(value)), _LONGEST_COOLDOWN)
