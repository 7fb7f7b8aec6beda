"""preview, send-test and the dry run: what would be sent, and whether it can be."""

import asyncio
import sys
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from digestmail.app import App
from digestmail.cli.output import echo, print_json, print_table
from digestmail.cli.shell import Json, opened
from digestmail.domain import Digest, Message, Outcome, SendResult
from digestmail.errors import ConfigError, InputError, MailServerError
from digestmail.mail.address import checked_address
from digestmail.mail.outbox import OutboxMailer


def run_dry(app: App, day: date | None, folder: Path, *, as_json: bool) -> None:
    """Plan on the papers that are stored; mails go to a folder and nothing is recorded.

    Their links lead nowhere, so they do not go where real mails lie.
    """
    real = app.settings.mail.outbox
    if real and folder.resolve() == app.settings.path(real).resolve():
        raise InputError("--outbox", f"{folder} holds the real emails; name another folder")
    mailer = OutboxMailer(folder)
    digests = []
    for plan in app.plan(day):
        subscriber = app.store.subscribers.get(plan.subscriber_id)
        for digest in plan.digests:
            if digest.skip is None and subscriber is not None:
                _send(mailer, app.digest_message(subscriber, digest))
            digests.append({"subscriber": plan.address} | plain_digest(digest))
    if as_json:
        print_json({"dry_run": True, "outbox": str(folder), "digests": digests})
        return
    if not digests:
        echo("No digest is due. To try everyone's digest for a day: --date YYYY-MM-DD")
        return
    rows = [
        (d["subscriber"], d["date"], d["skipped"] or f"{len(d['papers'])} papers") for d in digests
    ]
    print_table("", ("subscriber", "date", "digest"), rows)
    count = sum(not d["skipped"] for d in digests)
    echo(f"{count} emails were written to {folder}. Nothing was stored, and no source was fetched.")


def _send(mailer: OutboxMailer, message: Message) -> None:
    result = asyncio.run(mailer.send(message, _go))
    if result.outcome is not Outcome.SENT:
        raise ConfigError(f"cannot write an email: {result.text}")


async def _go() -> bool:
    return True


def plain_digest(digest: Digest) -> dict[str, Any]:
    """Return a digest for scripts."""
    return {
        "date": digest.date.isoformat(),
        "skipped": str(digest.skip) if digest.skip else "",
        "judged": digest.judged,
        "papers": [item.plain() for item in digest.items],
    }


def preview(
    email: Annotated[str, typer.Argument(help="A subscriber's address.")],
    html: Annotated[Path | None, typer.Option(help="Write the email's HTML to this file.")] = None,
    text: Annotated[bool, typer.Option("--text", help="Print the email's plain text.")] = False,
    as_json: Json = False,
) -> None:
    """Show a subscriber's next digest from the papers stored so far, without sending anything."""
    with opened() as app:
        subscriber = app.store.subscribers.by_email(email)
        digest = app.preview(subscriber)
        lined = app.lines.digest(digest, subscriber.language)
        rendered = app.composer.digest(subscriber.recipient, lined, app.clock())
    if html is not None:
        try:
            html.write_text(rendered.html, encoding="utf-8")
        except OSError as error:
            raise ConfigError(f"cannot write {html}: {error.strerror}") from None
        echo(f"Wrote {html}.")
    if text:
        sys.stdout.write(rendered.text)
    if as_json:
        print_json({"subscriber": email, "subject": rendered.subject} | plain_digest(digest))
    elif not text and html is None:
        _print_digest(rendered.subject, digest)


def _print_digest(subject: str, digest: Digest) -> None:
    rows = [
        (
            "" if item.is_trending else f"{item.score:.2f}",
            item.paper.title,
            "; ".join(r.words for r in item.reasons),
        )
        for item in digest.items
    ]
    print_table(subject, ("score", "paper", "why"), rows)
    if digest.skip:
        echo(f"Nothing would be sent: {digest.skip} ({digest.judged} new papers judged)")


def send_test(
    address: Annotated[str, typer.Argument(help="Address to send it to.")],
    as_json: Json = False,
) -> None:
    """Send a test email through the relay and show its reply."""
    with opened() as app:
        result = asyncio.run(_send_test(app, checked_address(address)))
    if result.outcome is not Outcome.SENT:
        raise MailServerError(f"{result.phase}: {result.code or ''} {result.text}")
    if as_json:
        print_json({"address": address, "code": result.code, "text": result.text})
    else:
        echo(f"Accepted: {result.code} {result.text}")


async def _send_test(app: App, address: str) -> SendResult:
    mailer = app.sender().mailer
    try:
        return await mailer.send(app.composer.trial(address, app.clock()), _go)
    finally:
        await mailer.close()
