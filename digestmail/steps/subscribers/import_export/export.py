"""Our own lists of subscribers: CSV with a row for each profile, or JSON."""

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

from digestmail.domain import PROFILE_LISTS, PROFILE_VALUES, Profile, Subscriber
from digestmail.steps.reading.citations import harmless
from digestmail.steps.subscribers.import_export.columns import OWN_COLUMNS
from digestmail.steps.subscribers.validation import yes_no


def plain(subscriber: Subscriber) -> dict[str, Any]:
    """Return a subscriber as JSON has it; an import takes it back."""
    schedule, until = subscriber.schedule, subscriber.resume_on
    return {
        "email": subscriber.email,
        "status": str(subscriber.status),
        "language": subscriber.language,
        "hour": schedule.hour,
        "timezone": schedule.timezone,
        "weekdays": ",".join(map(str, sorted(schedule.weekdays))),
        "wait_hours": schedule.wait_hours,
        "send_empty": yes_no(schedule.send_empty),
        "paused_until": until.isoformat() if until else None,
        "profiles": [_plain_profile(profile) for profile in subscriber.profiles],
    }


def _plain_profile(profile: Profile) -> dict[str, Any]:
    values: dict[str, Any] = {name: getattr(profile, name) for name in PROFILE_VALUES}
    return values | {name: list(getattr(profile, name)) for name in PROFILE_LISTS}


def exported_json(subscribers: Sequence[Subscriber]) -> str:
    """Return all subscribers as one JSON array."""
    return json.dumps([plain(s) for s in subscribers], indent=2, ensure_ascii=False) + "\n"


def exported_csv(subscribers: Sequence[Subscriber]) -> str:
    """Return all subscribers as CSV, a row for each profile; no cell is a formula."""
    target = io.StringIO()
    writer = csv.DictWriter(target, OWN_COLUMNS)
    writer.writeheader()
    for subscriber in subscribers:
        values = plain(subscriber)
        for profile in values.pop("profiles") or [{}]:
            cells = {("profile" if k == "name" else k): _cell(v) for k, v in profile.items()}
            writer.writerow({name: _cell(value) for name, value in values.items()} | cells)
    return target.getvalue()


def _cell(value: object) -> str:
    """Return a value as a cell; lists by semicolons."""
    if isinstance(value, list):
        return harmless("; ".join(map(str, value)))
    return "" if value is None else harmless(str(value))
