"""Where mail providers post bounces and complaints: signed machines, not people with a form.

Who posts is proven by a signature over the body or a password in a header, which no other site's
form can send; there is no cookie that could be misused.
"""

import logging
from datetime import timedelta
from typing import Annotated, Literal

import httpx
from fastapi import APIRouter, Depends, Request
from fastapi.responses import PlainTextResponse, Response

from digestmail.bounces.webhooks import UncheckableError, WebhookError, Webhooks
from digestmail.config import BouncesSection
from digestmail.store import Counted
from digestmail.web.shared.request_context import Context

log = logging.getLogger(__name__)

router = APIRouter()
_MOST_OF_A_CERTIFICATE = 64 * 1024
_TIMEOUT = 10.0  # seconds
_REFUSALS = 30  # an hour of one network; a provider's own posts are not refused
_AN_HOUR = timedelta(hours=1)
_Provider = Literal["ses", "sendgrid", "mailgun", "postmark"]


async def _body(request: Request) -> bytes:
    return await request.body()


@router.post("/hooks/{provider}")
def receive_events(
    context: Context, request: Request, provider: _Provider, body: Annotated[bytes, Depends(_body)]
) -> Response:
    """Act on a provider's events; 403, and nothing changed, unless it is proven to be theirs.

    A network that was refused too often gets 429 unread, so that no password is guessed.
    """
    webhooks: Webhooks = request.app.state.webhooks
    rate_limits = context.app.store.rate_limits
    network = context.app.store.salt.hash(Counted.WEBHOOK_REFUSAL.of(context.networks.of(request)))
    if rate_limits.is_spent(network, _REFUSALS, _AN_HOUR, context.now):
        return PlainTextResponse("too many refused posts\n", 429, headers={"Retry-After": "3600"})
    try:
        reports = webhooks.read(provider, request.headers, body, context.now)
    except UncheckableError as error:
        log.warning("a post to /hooks/%s must be repeated: %s", provider, error)
        return PlainTextResponse("try again\n", 503)
    except WebhookError as error:
        log.warning("refused a post to /hooks/%s: %s", provider, error)
        rate_limits.allow(network, _REFUSALS, _AN_HOUR, context.now)
        return PlainTextResponse("refused\n", 403)
    context.app.bounce_processor.process(reports)
    return PlainTextResponse("ok\n")


def make_webhooks(settings: BouncesSection) -> Webhooks:
    """Return the webhooks of the settings."""
    return Webhooks(
        ses_topic=settings.ses_topic,
        sendgrid_key=settings.sendgrid_key,
        mailgun_key=settings.mailgun_key.get_secret_value(),
        postmark_password=settings.postmark_password.get_secret_value(),
        get=fetch,
    )


def fetch(url: str) -> bytes:
    """Return a small file from the web; UncheckableError when it cannot be had."""
    try:
        with httpx.stream("GET", url, timeout=_TIMEOUT, follow_redirects=False) as answer:
            answer.raise_for_status()
            content = b""
            for chunk in answer.iter_bytes():
                content += chunk
                if len(content) > _MOST_OF_A_CERTIFICATE:
                    raise UncheckableError(f"{url} is too large for a certificate")
            return content
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise UncheckableError(f"{url} cannot be fetched: {type(error).__name__}") from None
