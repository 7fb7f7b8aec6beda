"""What a profile would have brought last week, as ``web/_preview.html`` shows it."""

from dataclasses import dataclass, field
from enum import StrEnum

from digestmail.domain import DigestItem, Profile
from digestmail.render.papers import phrases_of, why
from digestmail.steps.preview import Preview, Week, preview
from digestmail.steps.seeds import Seeds
from digestmail.web.shown import Shown, shown


class Stage(StrEnum):
    """Which of its faces a preview shows."""

    START = "start"  # nothing was asked for yet
    WAITING = "waiting"  # for the week's papers to be read
    NO_PAPERS = "no-papers"  # in the whole week
    NOTHING = "nothing"  # that fits
    FOUND = "found"


@dataclass(frozen=True, slots=True)
class Line:
    """One paper of a preview, and the reasons why it is there."""

    paper: Shown
    why: str


@dataclass(frozen=True, slots=True)
class PreviewView:
    """A preview. ``unknown``: example papers of which nothing is known yet."""

    stage: Stage
    lines: tuple[Line, ...] = ()
    found: Preview = field(default_factory=Preview)
    is_broad: bool = False
    unknown: int = 0


START = PreviewView(Stage.START)


def view_of(week: Week, profile: Profile, seeds: Seeds) -> PreviewView:
    """The preview of a profile and its example papers; see ``steps.seeds.read_seeds``."""
    judge = week.judge()
    if judge is None:
        return PreviewView(Stage.WAITING)
    found = preview(judge, profile, seeds.papers)
    return PreviewView(
        _stage(profile, found),
        tuple(map(_line, found.items)),
        found,
        found.is_broad(profile),
        unknown=len(seeds.keys) - len(seeds.papers),
    )


def _stage(profile: Profile, found: Preview) -> Stage:
    if not found.judged:
        return Stage.NO_PAPERS
    if profile.is_empty:
        return Stage.START
    return Stage.FOUND if found.items else Stage.NOTHING


def _line(item: DigestItem) -> Line:
    return Line(shown(item.paper, phrases_of(item)), why(item))
