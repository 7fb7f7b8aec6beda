"""One mail to the operator about trouble, by whatever relay works by then."""

import asyncio
import logging
from datetime import datetime
from html import escape

from digestmail.domain import Mailer, Message, Outcome
from digestmail.mail.message import build, message_id
from digestmail.steps.daily.compose import Composer
from digestmail.store import Store

log = logging.getLogger(__name__)

_TEXT = """\
This service has a problem:

{what}

If it is a relay, no email is lost: emails wait, or go through another relay. A digest that is too
late when the relay works again is dropped, and its papers are in the next digest.

To see the current state: digestmail status
To find the cause: digestmail doctor
"""
_HTML = '<!doctype html>\n<html lang="en"><title>Problem</title><pre>{what}</pre></html>\n'


async def alert(
    store: Store, composer: Composer, mailer: Mailer, operator: str, now: datetime
) -> None:
    """Send the operator the alert that is due, if any; at most one email for each problem."""
    text = await asyncio.to_thread(store.relays.owed_alert)
    if not text:
        return
    is_claimed = False

    async def claim() -> bool:
        nonlocal is_claimed
        is_claimed = await asyncio.to_thread(store.relays.take_alert, text)
        return is_claimed

    result = await mailer.send(_message(composer, operator, text, now), claim)
    if result.outcome in (Outcome.BOUNCED, Outcome.REJECTED):
        log.error("the email to operator_email was refused: %s", result.text)
        await asyncio.to_thread(store.relays.take_alert, text)
    elif is_claimed and result.outcome is Outcome.DEFERRED:
        await asyncio.to_thread(store.relays.owe_alert, text, now)


def _message(composer: Composer, operator: str, trouble: str, now: datetime) -> Message:
    text = _TEXT.format(what=trouble)
    seed = composer.store.salt.hash(f"alert:{now.timestamp()}")
    return build(
        composer.identity,
        recipient=operator,
        subject=f"{composer.identity.from_name}: a problem needs your attention",
        text=text,
        html=_HTML.format(what=escape(text)),
        message_id=message_id(composer.identity, seed),
        date=now,
        list_links=None,
        dkim=composer.dkim,
    )
