"""Nobody learns from a form whether an address is known: not from its answer, nor by its time.

Time itself is not measured: what is done before an answer is counted in statements to the database.
"""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, event
from starlette.types import Message, Receive, Scope, Send
from web_apps import HOME, READER, Trial, trial

from digestmail.domain import SubscriberStatus
from digestmail.web.application import make_web

KNOWN = [status.value for status in SubscriberStatus]


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[Trial]:
    async with trial(tmp_path) as opened:
        yield opened


@pytest.fixture
def statements() -> Iterator[list[str]]:
    """All that any database is asked."""
    asked: list[str] = []

    def note(*values: Any) -> None:
        asked.append(values[2])

    event.listen(Engine, "before_cursor_execute", note)
    yield asked
    event.remove(Engine, "before_cursor_execute", note)


async def before_the_answer(
    web: Trial, statements: list[str], path: str, form: dict[str, object]
) -> tuple[list[str], int]:
    """What the database is asked before the answer is whole, and how much in all."""
    app = make_web(web.app)
    seen: list[str] = []

    async def watched(scope: Scope, receive: Receive, send: Send) -> None:
        async def note(message: Message) -> None:
            if message["type"] == "http.response.body" and not message.get("more_body"):
                seen.extend(statements)
            await send(message)

        await app(scope, receive, note)

    transport = httpx.ASGITransport(watched, client=("203.0.113.9", 40000))
    async with httpx.AsyncClient(transport=transport, base_url=HOME) as client:
        await client.get("/subscribe")
        await client.post(path, data=form | {"email": "warm@example.org"})  # what is made once is
        statements.clear()
        seen.clear()
        answer = await client.post(path, data=form)
        assert answer.status_code in (200, 303)
    return seen, len(statements)


@pytest.mark.parametrize("path", ["/subscribe", "/preferences"])
@pytest.mark.parametrize("status", KNOWN)
async def test_the_same_is_done_for_all_before_the_answer(
    web: Trial, statements: list[str], path: str, status: str
) -> None:
    ada = web.joined()
    web.app.store.subscribers.set_status(ada.stored_id, SubscriberStatus(status), None)
    known, work = await before_the_answer(web, statements, path, await web.filled())
    stranger = await web.filled(email="nobody@example.org")
    unknown, other_work = await before_the_answer(web, statements, path, stranger)
    assert known == unknown
    assert not any("subscriber" in statement for statement in known)
    assert max(work, other_work) > len(known)


async def test_the_answer_is_the_same_for_all(web: Trial) -> None:
    web.joined()
    for send in (web.subscribe, web.ask_for_link):
        known, unknown = await send(email=READER), await send(email="nobody@example.org")
        assert known.text == unknown.text.replace("n…@example.org", "a…@example.org")
