"""subscriber list, show, add, edit, pause, resume, remove."""

import sys
from dataclasses import replace
from functools import partial
from typing import Annotated, Any

import typer

from digestmail.addresses import readable_address
from digestmail.app import App
from digestmail.cli.output import ago, echo, print_json, print_table
from digestmail.cli.profile_options import Choices, with_profile_options
from digestmail.cli.shell import Json, opened
from digestmail.cli.subscriber_lists import subscriber_data, subscriber_export, subscriber_import
from digestmail.domain import (
    FIELDS,
    Delivery,
    Digest,
    Paper,
    Profile,
    Schedule,
    Subscriber,
    SubscriberStatus,
)
from digestmail.errors import InputError
from digestmail.mail.address import checked_address
from digestmail.render.day_notes import day_note
from digestmail.render.locale import ENGLISH, SOURCE_LANGUAGE, lookup
from digestmail.steps.subscribers.field_parsers import parse_name
from digestmail.steps.subscribers.import_export.export import plain
from digestmail.steps.subscribers.seed_papers import keep_uploads, read_seeds
from digestmail.steps.subscribers.uploaded_library import with_file
from digestmail.steps.subscribers.validation import Form, profile_of, schedule_of

subscriber_commands = typer.Typer(help="Manage subscribers.", no_args_is_help=True)
subscriber_commands.command("data")(subscriber_data)
subscriber_commands.command("export")(subscriber_export)
subscriber_commands.command("import")(subscriber_import)

_LANGUAGE = "Language of their emails and pages, such as en, de or zh-Hans."
_Email = Annotated[str, typer.Argument(help="The subscriber's address.")]


@subscriber_commands.command("list")
def subscriber_list(
    status: Annotated[
        SubscriberStatus | None, typer.Option(help="Only subscribers with this status.")
    ] = None,
    as_json: Json = False,
) -> None:
    """List the subscribers."""
    with opened() as app:
        subscribers, now = app.store.subscribers.all(status), app.clock()
    if as_json:
        print_json([plain(subscriber) for subscriber in subscribers])
        return
    rows = [
        (
            readable_address(s.email),
            s.status,
            f"{s.schedule.hour:02}:00 {s.schedule.timezone}",
            ", ".join(profile.name for profile in s.profiles),
            ago(s.next_due_at, now) if s.next_due_at else "",
        )
        for s in subscribers
    ]
    print_table("", ("address", "status", "hour", "profiles", "next digest"), rows)


@subscriber_commands.command("show")
def subscriber_show(email: _Email, as_json: Json = False) -> None:
    """Show one subscriber: profiles, recent digests and their delivery."""
    with opened() as app:
        subscriber = app.store.subscribers.by_email(email)
        history = _history(app, subscriber)
        mails = _mails(app, subscriber)
    if as_json:
        print_json(plain(subscriber) | {"digests": history, "mails": mails})
        return
    values = plain(subscriber) | {"email": readable_address(subscriber.email)}
    profiles = values.pop("profiles")
    print_table("", ("subscriber", ""), [(name, _cell(value)) for name, value in values.items()])
    for profile in profiles:
        print_table("", ("profile", ""), [(name, _cell(value)) for name, value in profile.items()])
    if history:
        columns = ("date", "papers", "delivery", "detail", "note")
        print_table("", columns, [tuple(digest.values()) for digest in history])
    if mails:
        rows = [(m["due"], m["kind"], m["state"], "\n".join(m["attempts"])) for m in mails]
        print_table("", ("email due", "kind", "state", "attempts"), rows)


def _mails(app: App, subscriber: Subscriber) -> list[dict[str, Any]]:
    """Return the last mails of every kind, with what the relay said at each attempt."""
    mails = []
    for delivery in app.store.ledger.of_subscriber(subscriber.stored_id, limit=10):
        attempts = app.store.ledger.attempts(delivery.id)
        mails.append(
            {
                "due": delivery.due_at.isoformat(timespec="seconds"),
                "kind": str(delivery.kind),
                "state": str(delivery.state),
                "attempts": [
                    f"{a.at:%Y-%m-%d %H:%M} {a.result.outcome}: {a.result.code} {a.result.text}"
                    for a in attempts
                ],
            }
        )
    return mails


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(value)
    return "" if value is None else str(value)


def _history(app: App, subscriber: Subscriber) -> list[dict[str, Any]]:
    digests = app.store.digests.of_subscriber(subscriber.stored_id, limit=10)
    deliveries = app.store.ledger.of_digests([digest.stored_id for digest in digests])
    history = []
    for digest in digests:
        delivery = deliveries.get(digest.stored_id)
        history.append(
            {
                "date": digest.date.isoformat(),
                "papers": len(digest.items),
                "delivery": str(delivery.state) if delivery else "skipped",
                "detail": _detail(digest, delivery),
                "note": day_note(digest, ENGLISH),
            }
        )
    return history


def _detail(digest: Digest, delivery: Delivery | None) -> str:
    """Return why the digest was skipped, and the detail of its mail: a skipped one may have one."""
    return ": ".join(filter(None, [digest.skip, delivery.detail if delivery else ""]))


@subscriber_commands.command("add")
@with_profile_options()
def subscriber_add(
    email: _Email,
    choices: Choices,
    active: Annotated[
        bool,
        typer.Option("--active", help="They have already agreed: don't send a confirmation email."),
    ] = False,
    trending_only: Annotated[
        bool,
        typer.Option(
            "--trending", help="Send the day's trending papers, optionally only in --categories."
        ),
    ] = False,
    language: Annotated[str, typer.Option(help=_LANGUAGE)] = SOURCE_LANGUAGE,
    as_json: Json = False,
) -> None:
    """Add a subscriber with one profile; an email asks them to confirm unless --active."""
    form = Form()
    with opened() as app:
        address = form.take(checked_address, email, "")
        default = app.new_trending_profile if trending_only else app.new_profile
        texts, uploads = _with_seeds(app, choices, default)
        profile = profile_of(texts, form, default)
        schedule = schedule_of(texts, form, Schedule())
        tag = form.take(partial(_served_language, app), language, SOURCE_LANGUAGE)
        form.finish()
        if profile.is_empty:
            choices_of_papers = "keywords, interests, categories, authors or papers"
            raise InputError("keywords", f"give {choices_of_papers}, or choose --trending")
        if trending_only and not profile.is_trending_only:
            raise InputError(
                "--trending",
                "goes with --categories alone; for a personal digest with trending papers in it,"
                " give --trending-papers 3 instead",
            )
        added = app.subscriptions.add(
            address, [profile], schedule, app.clock(), uploads, active=active, language=tag
        )
    note = "" if active else "; an email will ask them to confirm (digestmail deliver)"
    _report(added, f"Added {readable_address(address)}{note}.", as_json=as_json)


@subscriber_commands.command("edit")
@with_profile_options()
def subscriber_edit(
    email: _Email,
    choices: Choices,
    profile: Annotated[str, typer.Option(help="Profile to change; the default is the first.")] = "",
    new_profile: Annotated[str, typer.Option(help="Add a profile with this name instead.")] = "",
    new_email: Annotated[str | None, typer.Option(help="New email address.")] = None,
    language: Annotated[str | None, typer.Option(help=_LANGUAGE)] = None,
    as_json: Json = False,
) -> None:
    """Change a subscriber's address, schedule or one profile; options left out stay as they are."""
    form = Form()
    with opened() as app:
        subscriber = app.store.subscribers.by_email(email)
        before = _to_change(app, subscriber, profile, new_profile)
        texts, uploads = _with_seeds(app, choices, before)
        changed = profile_of(texts, form, before)
        schedule = schedule_of(texts, form, subscriber.schedule)
        address = form.take(checked_address, new_email, "") if new_email else subscriber.email
        tag = subscriber.language
        if language:
            tag = form.take(partial(_served_language, app), language, tag)
        form.finish()
        if address != subscriber.email:
            app.subscriptions.change_email(subscriber, address)
        if changed != before or new_profile:
            app.subscriptions.save_profile(subscriber, changed)
        keep_uploads(app.store, subscriber.stored_id, uploads, app.clock())
        app.subscriptions.reschedule(subscriber, schedule, app.clock())
        app.store.subscribers.set_language(subscriber.stored_id, tag)
        edited = app.store.subscribers.by_email(address)
    _report(edited, f"Changed {readable_address(address)}.", as_json=as_json)


def _served_language(app: App, tag: str) -> str:
    """Return the tag of the catalogue that serves a language; InputError when there is none."""
    served = lookup(tag, app.renderer.words)
    if served is None:
        available = ", ".join(app.renderer.words)
        raise InputError("language", f"“{tag}” is not available; choose one of {available}")
    return served


def _report(subscriber: Subscriber, line: str, *, as_json: bool) -> None:
    """Print what became of a subscriber."""
    if as_json:
        print_json(plain(subscriber))
    else:
        echo(line)


def _to_change(app: App, subscriber: Subscriber, name: str, new_name: str) -> Profile:
    if new_name:
        return replace(app.new_profile, name=parse_name(new_name))
    named = [profile for profile in subscriber.profiles if not name or profile.name == name]
    if named:
        return named[0]
    if name:
        raise InputError("--profile", f"{subscriber.email} has no profile “{name}”")
    return app.new_profile  # they have none yet


def _with_seeds(
    app: App, choices: Choices, before: Profile
) -> tuple[dict[str, str], tuple[Paper, ...]]:
    """Return the choices with a file's papers and feeds beside those of before, and its papers.

    What was left out of the file is printed.
    """
    texts, file = dict(choices.texts), choices.seeds
    if file is None:
        return texts, ()
    try:
        data = file.read_bytes()
    except OSError as error:
        raise InputError("--seeds", f"cannot read {file}: {error.strerror}") from None
    now = {
        name: FIELDS[name].text(getattr(before, name))
        for name in ("seed_papers", "keywords", "categories")
    }
    filled = with_file(now | texts, data, file.name)
    for problem in filled.library.problems:
        print(f"warning: {file}: {problem}", file=sys.stderr)  # noqa: T201
    seeds = read_seeds(app.store, filled.texts["seed_papers"], filled.papers)
    return {**filled.texts, "seed_papers": "\n".join(seeds.keys)}, seeds.uploads


@subscriber_commands.command("pause")
def subscriber_pause(email: _Email, as_json: Json = False) -> None:
    """Pause a subscriber's digest until it is resumed."""
    with opened() as app:
        app.subscriptions.pause(app.store.subscribers.by_email(email))
        paused = app.store.subscribers.by_email(email)
    _report(paused, f"Paused {readable_address(paused.email)}.", as_json=as_json)


@subscriber_commands.command("resume")
def subscriber_resume(
    email: _Email,
    lift: Annotated[
        bool, typer.Option("--lift", help="Email an address again that bounced before.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Resume a paused subscriber's digest."""
    with opened() as app:
        resume = app.subscriptions.lift if lift else app.subscriptions.resume
        resume(app.store.subscribers.by_email(email), app.clock())
        resumed = app.store.subscribers.by_email(email)
    _report(resumed, f"Resumed {readable_address(resumed.email)}.", as_json=as_json)


@subscriber_commands.command("remove")
def subscriber_remove(
    email: _Email,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask for confirmation.")] = False,
    as_json: Json = False,
) -> None:
    """Erase a subscriber and everything stored about them."""
    with opened() as app:
        subscriber = app.store.subscribers.by_email(email)
        address = readable_address(subscriber.email)
        if not yes and not typer.confirm(
            f"Erase {address} with all profiles, digests and feedback?", err=as_json
        ):
            raise InputError("remove", "nothing was erased")
        app.subscriptions.erase(subscriber, app.clock())
    if as_json:
        print_json({"erased": subscriber.email})
    else:
        echo(f"Erased {address}.")
