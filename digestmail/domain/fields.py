"""The fields of a profile and of a schedule: one table for everything that reads or prints them.

Validation, the web's forms, the options of the command line, lists of subscribers (import and
export) and the store's rows go by it. CONTRIBUTING.md tells how to add a field.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from digestmail.domain.subscribers import Layout
from digestmail.i18n import N_

MAX_WAIT_HOURS = 11  # a digest may be 12 hours late at all (``digest.latest_hours``)


class FieldKind(StrEnum):
    """The type of a field's value; it decides how a text is parsed and a value is printed."""

    NAME = "name"
    KEYWORDS = "keywords"
    TEXT = "text"
    CATEGORIES = "categories"
    AUTHORS = "authors"
    PAPERS = "papers"
    WHOLE_NUMBER = "whole number"
    FRACTION = "fraction"
    TIME_ZONE = "time zone"
    WEEKDAYS = "weekdays"
    YES_NO = "yes or no"
    CHOICE = "choice"


_SEPARATORS = {
    FieldKind.KEYWORDS: ", ",
    FieldKind.CATEGORIES: ", ",
    FieldKind.AUTHORS: "\n",
    FieldKind.PAPERS: "\n",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A value of a profile or a schedule that a person sets.

    ``name`` is the attribute, the form's field, the JSON key and the column of the table.
    ``minimum`` and ``maximum`` limit a number; of a text ``maximum`` limits the characters, of a
    list the entries.
    """

    name: str
    kind: FieldKind
    label: str  # in the form; a message to be translated, as ``hint`` is
    hint: str = ""
    option: str  # of the command line
    help: str  # of that option
    metavar: str | None = None
    minimum: int = 0
    maximum: int = 0
    list_column: str = ""  # of a list of subscribers, where it is not ``name``
    at_signup: bool = False  # whether the public form asks for it
    choices: Mapping[StrEnum, str] = field(default_factory=dict)  # of a choice: values and labels

    @property
    def column(self) -> str:
        """Return the name of its column in a list of subscribers."""
        return self.list_column or self.name

    @property
    def is_list(self) -> bool:
        """Return whether the value is a tuple of texts."""
        return self.kind in _SEPARATORS

    def plain(self, value: object) -> object:
        """Return a value as JSON has it: a list of texts, a number or a text."""
        if isinstance(value, tuple):
            return list(value)
        if isinstance(value, frozenset):
            return ",".join(map(str, sorted(value)))
        if isinstance(value, bool):
            return "yes" if value else "no"
        return value.value if isinstance(value, StrEnum) else value

    def text(self, value: object) -> str:
        """Return a value as a form has it; parsed again it is the same value."""
        plain = self.plain(value)
        if isinstance(plain, list):
            return _SEPARATORS[self.kind].join(plain)
        return f"{plain:g}" if isinstance(plain, float) else str(plain)


def _by_name(*fields: Field) -> Mapping[str, Field]:
    return {row.name: row for row in fields}


PROFILE_FIELDS = _by_name(
    Field(
        name="name",
        kind=FieldKind.NAME,
        label=N_("Name"),
        hint=N_("Only you see it. It shows which profile a paper is for."),
        option="--name",
        help="The profile's name.",
        maximum=60,
        list_column="profile",
    ),
    Field(
        name="keywords",
        kind=FieldKind.KEYWORDS,
        label=N_("Keywords"),
        hint=N_(
            'Separate keywords with commas. Use "double quotes" for exact phrases; AND, OR, NOT '
            "and word* work too."
        ),
        option="--keywords",
        help="Keywords, separated by commas; double quotes match exactly.",
        maximum=60,
        at_signup=True,
    ),
    Field(
        name="required_keywords",
        kind=FieldKind.KEYWORDS,
        label=N_("Keywords a paper must have"),
        hint=N_("Only papers with at least one of these, plus papers by authors you follow."),
        option="--require",
        help="Keywords; a paper must have at least one of them.",
        maximum=60,
    ),
    Field(
        name="excluded_keywords",
        kind=FieldKind.KEYWORDS,
        label=N_("Keywords to leave out"),
        hint=N_("Papers with any of these are never sent."),
        option="--exclude",
        help="Keywords that must not appear.",
        maximum=60,
        at_signup=True,
    ),
    Field(
        name="interests",
        kind=FieldKind.TEXT,
        label=N_("Interests, in your own words"),
        option="--interests",
        help="What they work on, in their own words.",
        maximum=5_000,
        at_signup=True,
    ),
    Field(
        name="categories",
        kind=FieldKind.CATEGORIES,
        label=N_("Categories"),
        hint=N_(
            "Only papers in these categories. Leave empty for all. For example: cs.CL, q-bio.*"
        ),
        option="--categories",
        help="Only papers in these categories, such as cs.CL or math.",
        maximum=40,
        at_signup=True,
    ),
    Field(
        name="excluded_categories",
        kind=FieldKind.CATEGORIES,
        label=N_("Categories to leave out"),
        option="--exclude-categories",
        help="Categories that must not appear.",
        maximum=40,
    ),
    Field(
        name="authors",
        kind=FieldKind.AUTHORS,
        label=N_("Authors you follow"),
        hint=N_("One full name per line. Their papers are always included."),
        option="--authors",
        help="Authors to follow, separated by semicolons.",
        maximum=60,
        at_signup=True,
    ),
    Field(
        name="excluded_authors",
        kind=FieldKind.AUTHORS,
        label=N_("Authors to leave out"),
        hint=N_("One full name per line. Their papers are never sent."),
        option="--exclude-authors",
        help="Authors to exclude, separated by semicolons.",
        maximum=60,
    ),
    Field(
        name="seed_papers",
        kind=FieldKind.PAPERS,
        label=N_("Papers you like"),
        hint=N_("arXiv identifiers or links, DOIs or titles, one per line."),
        option="--seed-papers",
        help="Papers they like: arXiv ids, DOIs or links.",
        maximum=500,
        at_signup=True,
    ),
    Field(
        name="max_papers",
        kind=FieldKind.WHOLE_NUMBER,
        label=N_("Papers per email, at most"),
        hint=N_("This also applies to a weekly email."),
        option="--max-papers",
        help="Maximum number of papers in a digest, 1 to 50.",
        minimum=1,
        maximum=50,
    ),
    Field(
        name="threshold",
        kind=FieldKind.FRACTION,
        label=N_("How many papers"),
        hint=N_("Each choice shows what it would have sent you last week."),
        option="--threshold",
        help="Minimum score, 0 to 1; lower brings more papers.",
        maximum=1,
    ),
    Field(
        name="trending",
        kind=FieldKind.WHOLE_NUMBER,
        label=N_("Trending papers"),
        hint=N_("Adds this many papers that everyone is reading."),
        option="--trending-papers",
        help="Add this many trending papers, 0 to 20.",
        maximum=20,
        at_signup=True,
    ),
)
SCHEDULE_FIELDS = _by_name(
    Field(
        name="hour",
        kind=FieldKind.WHOLE_NUMBER,
        label=N_("Hour"),
        option="--hour",
        help="Hour of the day, 0 to 23.",
        maximum=23,
        at_signup=True,
    ),
    Field(
        name="timezone",
        kind=FieldKind.TIME_ZONE,
        label=N_("Time zone"),
        option="--timezone",
        help="Time zone, such as Europe/Rome.",
        at_signup=True,
    ),
    Field(
        name="weekdays",
        kind=FieldKind.WEEKDAYS,
        label=N_("How often"),
        option="--weekdays",
        help="Days with a digest, such as mon-fri or daily.",
        at_signup=True,
    ),
    Field(
        name="wait_hours",
        kind=FieldKind.WHOLE_NUMBER,
        label=N_("If the day’s papers are late"),
        hint=N_(
            "We send the digest as soon as they arrive, or after this time with the papers we have."
        ),
        option="--wait",
        help="How long to wait for late papers, 0 to 11 hours.",
        metavar="HOURS",
        maximum=MAX_WAIT_HOURS,
    ),
    Field(
        name="send_empty",
        kind=FieldKind.YES_NO,
        label=N_("When there are no papers for me, email me the reason"),
        option="--send-empty/--no-send-empty",
        help="Email the reason on days without papers.",
    ),
    Field(
        name="layout",
        kind=FieldKind.CHOICE,
        label=N_("Layout of the email"),
        option="--layout",
        help="How long the digest is: full, compact or titles.",
        choices={
            Layout.FULL: N_("Full: a list of all titles, then the best papers with what they say"),
            Layout.COMPACT: N_("Compact: two lines for each paper"),
            Layout.TITLES: N_("Titles: only the list"),
        },
    ),
)
FIELDS: Mapping[str, Field] = {**PROFILE_FIELDS, **SCHEDULE_FIELDS}
