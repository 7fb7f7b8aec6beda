"""The form of a schedule, both ways: from values to texts and back."""

from collections.abc import Iterable

from digestmail.domain import EVERY_DAY, SCHEDULE_FIELDS, Schedule
from digestmail.steps.subscribers.validation import Form, schedule_of
from digestmail.web.shared.forms import Texts, with_unticked

_FRIDAY = "5"  # proposed to who chooses a weekly mail


def schedule_texts(schedule: Schedule) -> dict[str, str]:
    """Return a schedule's texts; the boxes of a weekly one are those of every day."""
    days = EVERY_DAY if schedule.is_weekly else schedule.weekdays
    texts = {name: field.text(getattr(schedule, name)) for name, field in SCHEDULE_FIELDS.items()}
    return texts | {
        "rhythm": "weekly" if schedule.is_weekly else "daily",
        "weekday": str(min(schedule.weekdays)) if schedule.is_weekly else _FRIDAY,
        "weekdays": SCHEDULE_FIELDS["weekdays"].text(days),
    }


def parse_schedule(
    texts: Texts, form: Form, before: Schedule, fields: Iterable[str] = SCHEDULE_FIELDS
) -> Schedule:
    """Return a schedule as changed by its form; ``form`` collects the problems."""
    if is_weekly(texts):
        texts = {**texts, "weekdays": texts.get("weekday", "")}
    return schedule_of(with_unticked(texts, fields), form, before)


def is_weekly(texts: Texts) -> bool:
    """Return whether a form asks for one mail a week."""
    return texts.get("rhythm") == "weekly"
