"""subscriber list, show, add, edit, pause, resume, remove, import, export."""

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from digestmail.app import App
from digestmail.cli.output import ago, print_json, print_table, say
from digestmail.cli.shell import Json, opened
from digestmail.domain import Delivery, Digest, Paper, Profile, Subscriber, SubscriberStatus
from digestmail.errors import InputError
from digestmail.mail.address import checked_address
from digestmail.steps.checks import Form, profile_name, profile_of, schedule_of, yes_no
from digestmail.steps.library import with_file
from digestmail.steps.roster import exported_csv, exported_json, parse_roster, plain
from digestmail.steps.seeds import keep_uploads, read_seeds

subscriber_commands = typer.Typer(help="Who gets the digest.", no_args_is_help=True)

_Email = Annotated[str, typer.Argument(help="The subscriber's address.")]
_Text = str | None
_Name = Annotated[_Text, typer.Option(help="The profile's name.")]
_Keywords = Annotated[
    str | None, typer.Option(help="By commas; in double quotes they match exactly.")
]
_Require = Annotated[_Text, typer.Option(help="Keywords of which a paper must have one.")]
_Exclude = Annotated[_Text, typer.Option(help="Keywords that must not appear.")]
_Interests = Annotated[_Text, typer.Option(help="What they work on, in their own words.")]
_Categories = Annotated[_Text, typer.Option(help="Only these, such as cs.CL or math.")]
_ExcludeCategories = Annotated[_Text, typer.Option(help="Categories that must not appear.")]
_Authors = Annotated[_Text, typer.Option(help="Authors to follow, separated by semicolons.")]
_SeedPapers = Annotated[str | None, typer.Option(help="Papers they like: arXiv ids, DOIs, links.")]
_Seeds = Annotated[
    Path | None,
    typer.Option(
        help="Papers they like, as a file: BibTeX, RIS, a Zotero export, CSL JSON, CSV; or OPML."
    ),
]
_MaxPapers = Annotated[
    str | None, typer.Option(help="At most so many papers in a digest, 1 to 50.")
]
_Threshold = Annotated[str | None, typer.Option(help="The least score, 0 to 1; lower brings more.")]
_Hour = Annotated[_Text, typer.Option(help="Hour of the day, 0 to 23.")]
_Timezone = Annotated[_Text, typer.Option(help="A name such as Europe/Rome.")]
_Weekdays = Annotated[_Text, typer.Option(help="Such as mon-fri, or daily.")]
_Wait = Annotated[
    _Text,
    typer.Option(metavar="HOURS", help="How long to wait when papers are late, 0 to 11 hours."),
]
_SendEmpty = Annotated[
    bool | None,
    typer.Option("--send-empty/--no-send-empty", help="Tell by mail why a day brings no papers."),
]
_NewEmail = Annotated[_Text, typer.Option(help="A new address.")]


@subscriber_commands.command("list")
def subscriber_list(
    status: Annotated[
        SubscriberStatus | None, typer.Option(help="Only those of this status.")
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
            s.email,
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
    """Show one subscriber: profiles, last digests and how their mails fared."""
    with opened() as app:
        subscriber = app.store.subscribers.by_email(email)
        history = _history(app, subscriber)
        mails = _mails(app, subscriber)
    if as_json:
        print_json(plain(subscriber) | {"digests": history, "mails": mails})
        return
    told = plain(subscriber)
    profiles = told.pop("profiles")
    print_table("", ("subscriber", ""), told.items())
    for profile in profiles:
        print_table("", ("profile", ""), [(k, _told(v)) for k, v in profile.items()])
    if history:
        columns = ("date", "papers", "delivery", "detail", "note")
        print_table("", columns, [tuple(one.values()) for one in history])
    if mails:
        rows = [(m["due"], m["kind"], m["state"], "\n".join(m["attempts"])) for m in mails]
        print_table("", ("mail due", "kind", "state", "attempts"), rows)


def _mails(app: App, subscriber: Subscriber) -> list[dict[str, Any]]:
    """The last mails of every kind, with what the relay said at each attempt."""
    mails = []
    for delivery in app.store.ledger.of_subscriber(subscriber.id or 0, limit=10):
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


def _told(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value)


def _history(app: App, subscriber: Subscriber) -> list[dict[str, Any]]:
    digests = app.store.digests.of_subscriber(subscriber.id or 0, limit=10)
    deliveries = app.store.ledger.of_digests([digest.id or 0 for digest in digests])
    history = []
    for digest in digests:
        delivery = deliveries.get(digest.id or 0)
        history.append(
            {
                "date": digest.date.isoformat(),
                "papers": len(digest.items),
                "delivery": str(delivery.state) if delivery else "skipped",
                "detail": _detail(digest, delivery),
                "note": digest.note,
            }
        )
    return history


def _detail(digest: Digest, delivery: Delivery | None) -> str:
    """Why the digest was skipped, and what is told of its mail: a skipped one may have one too."""
    return ": ".join(filter(None, [digest.skip, delivery.detail if delivery else ""]))


@subscriber_commands.command("add")
def subscriber_add(
    email: _Email,
    active: Annotated[
        bool, typer.Option("--active", help="They agreed already: ask no confirmation by mail.")
    ] = False,
    name: _Name = None,
    keywords: _Keywords = None,
    require: _Require = None,
    exclude: _Exclude = None,
    interests: _Interests = None,
    categories: _Categories = None,
    exclude_categories: _ExcludeCategories = None,
    authors: _Authors = None,
    seed_papers: _SeedPapers = None,
    seeds: _Seeds = None,
    max_papers: _MaxPapers = None,
    threshold: _Threshold = None,
    hour: _Hour = None,
    timezone: _Timezone = None,
    weekdays: _Weekdays = None,
    wait: _Wait = None,
    send_empty: _SendEmpty = None,
) -> None:
    """Add a subscriber with one profile; they are asked by mail to confirm unless --active."""
    values = _given(locals())
    form = Form()
    with opened() as app:
        address = form.take(checked_address, email, "")
        values, uploads = _with_seeds(app, values, app.new_profile, seeds)
        profile = profile_of(values, form, app.new_profile)
        schedule = schedule_of(values, form, Subscriber(email="").schedule)
        form.finish()
        if profile.is_empty:
            raise InputError("keywords", "give keywords, interests, categories, authors or papers")
        app.desk.add(address, [profile], schedule, app.clock(), uploads, active=active)
    say(
        f"Added {address}"
        + ("." if active else "; a mail asks them to confirm (digestmail deliver).")
    )


@subscriber_commands.command("edit")
def subscriber_edit(
    email: _Email,
    profile: Annotated[str, typer.Option(help="Which profile to change; else the first.")] = "",
    new_profile: Annotated[str, typer.Option(help="Add a profile of this name instead.")] = "",
    new_email: _NewEmail = None,
    name: _Name = None,
    keywords: _Keywords = None,
    require: _Require = None,
    exclude: _Exclude = None,
    interests: _Interests = None,
    categories: _Categories = None,
    exclude_categories: _ExcludeCategories = None,
    authors: _Authors = None,
    seed_papers: _SeedPapers = None,
    seeds: _Seeds = None,
    max_papers: _MaxPapers = None,
    threshold: _Threshold = None,
    hour: _Hour = None,
    timezone: _Timezone = None,
    weekdays: _Weekdays = None,
    wait: _Wait = None,
    send_empty: _SendEmpty = None,
) -> None:
    """Change a subscriber's address, schedule or one profile; what is left out stays."""
    values = _given(locals())
    form = Form()
    with opened() as app:
        subscriber = app.store.subscribers.by_email(email)
        before = _to_change(app, subscriber, profile, new_profile)
        values, uploads = _with_seeds(app, values, before, seeds)
        changed = profile_of(values, form, before)
        schedule = schedule_of(values, form, subscriber.schedule)
        address = form.take(checked_address, new_email, "") if new_email else ""
        form.finish()
        if address:
            app.desk.change_email(subscriber, address)
        app.desk.save_profile(subscriber, changed)
        keep_uploads(app.store, subscriber.id or 0, uploads, app.clock())
        app.desk.reschedule(subscriber, schedule, app.clock())
    say(f"Changed {address or email}.")


def _to_change(app: App, subscriber: Subscriber, name: str, new_name: str) -> Profile:
    if new_name:
        return replace(app.new_profile, name=profile_name(new_name))
    named = [profile for profile in subscriber.profiles if not name or profile.name == name]
    if not named:
        raise InputError("--profile", f"{subscriber.email} has no profile “{name}”")
    return named[0]


def _with_seeds(
    app: App, values: dict[str, str], before: Profile, file: Path | None
) -> tuple[dict[str, str], tuple[Paper, ...]]:
    """The options with a file's papers and feeds beside those of before, and what it alone tells.

    What was left out of the file is told.
    """
    if file is None:
        return values, ()
    try:
        data = file.read_bytes()
    except OSError as error:
        raise InputError("--seeds", f"cannot read {file}: {error.strerror}") from None
    now = {
        "seed_papers": "\n".join(before.seed_papers),
        "keywords": ", ".join(before.keywords),
        "categories": ", ".join(before.categories),
    }
    filled = with_file(now | values, data, file.name)
    for problem in filled.library.problems:
        print(f"warning: {file}: {problem}", file=sys.stderr)  # noqa: T201
    seeds = read_seeds(app.store, filled.texts["seed_papers"], filled.papers)
    return {**filled.texts, "seed_papers": "\n".join(seeds.keys)}, seeds.uploads


def _given(options: Mapping[str, Any]) -> dict[str, str]:
    """The options that were given, by the names that profiles and schedules use."""
    names = {
        "require": "required_keywords",
        "exclude": "excluded_keywords",
        "exclude_categories": "excluded_categories",
        "wait": "wait_hours",
    }
    skipped = ("email", "active", "profile", "new_profile", "new_email", "seeds")
    given = {k: v for k, v in options.items() if v is not None and k not in skipped}
    return {
        names.get(name, name): yes_no(value) if isinstance(value, bool) else value
        for name, value in given.items()
    }


@subscriber_commands.command("pause")
def subscriber_pause(email: _Email) -> None:
    """Send a subscriber nothing until resumed."""
    with opened() as app:
        app.desk.pause(app.store.subscribers.by_email(email))
    say(f"Paused {email}.")


@subscriber_commands.command("resume")
def subscriber_resume(
    email: _Email,
    lift: Annotated[
        bool, typer.Option("--lift", help="Mail an address again that had bounced.")
    ] = False,
) -> None:
    """Send a paused subscriber the digest again."""
    with opened() as app:
        again = app.desk.lift if lift else app.desk.resume
        again(app.store.subscribers.by_email(email), app.clock())
    say(f"Resumed {email}.")


@subscriber_commands.command("remove")
def subscriber_remove(
    email: _Email,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Erase a subscriber with everything that is known of them."""
    with opened() as app:
        subscriber = app.store.subscribers.by_email(email)
        if not yes and not typer.confirm(f"Erase {email} with all profiles, digests and feedback?"):
            raise InputError("remove", "nothing was erased")
        app.desk.erase(subscriber, app.clock())
    say(f"Erased {email}.")


@subscriber_commands.command("export")
def subscriber_export(
    file: Annotated[Path, typer.Argument(help="A .csv or .json file; - for JSON on the screen.")],
) -> None:
    """Write all subscribers with their profiles to a file."""
    with opened() as app:
        subscribers = app.store.subscribers.all()
    if str(file) == "-":
        sys.stdout.write(exported_json(subscribers))
        return
    as_csv = _is_csv(file)
    try:
        file.touch(mode=0o600)  # it holds addresses
        file.write_text((exported_csv if as_csv else exported_json)(subscribers), encoding="utf-8")
    except OSError as error:
        raise InputError("file", f"cannot write {file}: {error.strerror}") from None
    say(f"Wrote {len(subscribers)} subscribers to {file}.")


@subscriber_commands.command("import")
def subscriber_import(
    file: Annotated[Path, typer.Argument(help="A .csv or .json file as export writes it.")],
    active: Annotated[
        bool, typer.Option("--active", help="They all agreed already: ask no confirmations.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Add subscribers from a file; bad entries are named and left out, known addresses skipped.

    Those the file calls paused or unsubscribed stay so. Exit code 1 if an entry was bad.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("file", f"cannot read {file}: {error}") from None
    with opened() as app:
        entries, problems = parse_roster(text, as_csv=_is_csv(file), default=app.new_profile)
        added, known = 0, 0
        for entry in entries:
            try:
                entry.enter(app.desk, app.clock(), active=active)
                added += 1
            except InputError as error:
                if app.store.subscribers.find(entry.email):
                    known += 1
                else:
                    problems.append(f"{entry.where}: {error}")
    if as_json:
        print_json({"added": added, "known": known, "bad": problems})
    else:
        say(f"{added} added, {known} known already, {len(problems)} bad")
        for problem in problems:
            print(f"error: {file}: {problem}", file=sys.stderr)  # noqa: T201
    if problems:
        sys.exit(1)


def _is_csv(file: Path) -> bool:
    if file.suffix.lower() not in (".csv", ".json"):
        raise InputError("file", f"{file} should end in .csv or .json")
    return file.suffix.lower() == ".csv"
