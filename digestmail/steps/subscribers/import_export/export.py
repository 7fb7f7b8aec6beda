"""Our own lists of subscribers: CSV with a row for each profile, or JSON."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

from digestmail.domain import PROFILE_FIELDS, SCHEDULE_FIELDS, Field, Profile, Subscriber
from digestmail.steps.reading.citations import harmless
from digestmail.steps.subscribers.import_export.columns import OWN_COLUMNS


def plain(subscriber: Subscriber) -> dict[str, Any]:
    """Return a subscriber as JSON has it; an import takes it back."""
    until = subscriber.resume_on
    return {
        "email": subscriber.email,
        "status": str(subscriber.status),
        "language": subscriber.language,
        **_plain(SCHEDULE_FIELDS, subscriber.schedule),
        "paused_until": until.isoformat() if until else None,
        "profiles": [plain_profile(profile) for profile in subscriber.profiles],
    }


def plain_profile(profile: Profile) -> dict[str, Any]:
    """Return a profile as JSON has it."""
    return _plain(PROFILE_FIELDS, profile)


def _plain(fields: Mapping[str, Field], value: object) -> dict[str, Any]:
    return {name: field.plain(getattr(value, name)) for name, field in fields.items()}


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
            cells = {PROFILE_FIELDS[name].column: _cell(v) for name, v in profile.items()}
            writer.writerow({name: _cell(value) for name, value in values.items()} | cells)
    return target.getvalue()


def _cell(value: object) -> str:
    """Return a value as a cell; lists by semicolons."""
    if isinstance(value, list):
        return harmless("; ".join(map(str, value)))
    return "" if value is None else harmless(str(value))
