"""What a reader should know of a digest's day, in words of any language."""

from datetime import date

from digestmail.domain import DayNote, Digest, NoteKind
from digestmail.i18n import N_
from digestmail.render.locale import Words

_WEEKEND = N_("No announcements today. arXiv announces nothing on Friday and Saturday evenings.")
_HOLIDAY = N_("No announcements today. arXiv announced nothing on %(day)s: %(holiday)s.")
_MISSING = N_(
    "When we made this digest, arXiv’s papers of %(day)s were incomplete."
    " Missing papers will be in your next digest."
)
_MESSAGES = {
    NoteKind.SOURCE_LATE: N_(
        "One of our sources did not respond today. Its papers will be in your next digest."
    ),
    NoteKind.NOTHING_NEW: N_("There have been no new papers since your last digest."),
    NoteKind.NOTHING_TRENDING: N_("Nothing is trending today that you haven’t already had."),
}


def day_note(digest: Digest, words: Words) -> str:
    """Return the notes of a digest as one text; empty where there is nothing to say."""
    return words.sentences([_in_words(note, words) for note in digest.notes]) or digest.note


def _in_words(note: DayNote, words: Words) -> str:
    match note.kind, note.details:
        case NoteKind.QUIET_DAY, (evening, holiday):
            day = words.long_day(date.fromisoformat(evening))
            return words.gettext(_HOLIDAY, day=day, holiday=holiday)
        case NoteKind.QUIET_DAY, _:
            return words.gettext(_WEEKEND)
        case NoteKind.PAPERS_MISSING, (day, *_):
            return words.gettext(_MISSING, day=words.long_day(date.fromisoformat(day)))
    return words.gettext(_MESSAGES[note.kind])
