"""The fields of a form, checked together: a person learns of all problems at once."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from digestmail.domain import PROFILE_FIELDS, SCHEDULE_FIELDS, Field, Profile, Schedule
from digestmail.errors import FormError, InputError
from digestmail.steps.subscribers.field_parsers import parse_field

_Value = TypeVar("_Value")


class Form:
    """Collects the problems of a form, so that a person learns of all of them at once."""

    def __init__(self) -> None:
        self.problems: dict[str, str] = {}

    def take(self, check: Callable[[str], _Value], text: str, default: _Value) -> _Value:
        """Return ``check(text)``, or note the problem and return ``default``."""
        try:
            return check(text)
        except InputError as error:
            self.problems.setdefault(error.field, error.message)
            return default

    def finish(self) -> None:
        """Raise FormError if there was any problem."""
        if self.problems:
            raise FormError(self.problems)


def profile_of(values: Mapping[str, str], form: Form, default: Profile) -> Profile:
    """Return the profile that a form's texts describe; fields left out stay as in ``default``."""
    return replace(default, **_parsed(PROFILE_FIELDS, values, form, default))


def schedule_of(values: Mapping[str, str], form: Form, default: Schedule) -> Schedule:
    """Return the schedule that a form's texts describe; fields left out stay as in ``default``."""
    return replace(default, **_parsed(SCHEDULE_FIELDS, values, form, default))


def _parsed(
    fields: Mapping[str, Field], values: Mapping[str, str], form: Form, default: object
) -> dict[str, Any]:
    """Return the values of the fields that have a text; a wrong one leaves the default."""
    return {
        name: form.take(partial(parse_field, field), values[name], getattr(default, name))
        for name, field in fields.items()
        if name in values
    }
