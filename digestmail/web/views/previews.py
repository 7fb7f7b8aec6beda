"""What a profile would have brought last week, as ``web/_preview.html`` shows it."""

from dataclasses import dataclass, field
from enum import StrEnum

from fastapi.responses import Response

from digestmail.domain import DigestItem, Interest, Profile
from digestmail.render.locale import Words
from digestmail.render.paper_view import reason_view
from digestmail.services.preview import PreviewService
from digestmail.steps.insight.preview import Preview, preview
from digestmail.steps.subscribers.seed_papers import Seeds
from digestmail.text import expression
from digestmail.web.shared.forms import Texts
from digestmail.web.shared.site import Site
from digestmail.web.shared.submitted_profile import Wish
from digestmail.web.views.paper_view import Shown, shown
from digestmail.web.views.reasons import why_line

FRAGMENT = "x-fragment"  # the header by which page.js asks for the preview alone


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


def view_of(
    previews: PreviewService,
    profile: Profile,
    seeds: Seeds,
    words: Words,
    interest: Interest | None = None,
    *,
    weekly: bool = False,
) -> PreviewView:
    """The preview of a profile and its example papers; see ``steps.seeds.read_seeds``.

    ``interest`` is of a profile that is stored; see ``ThresholdPreviewService.interest``.
    """
    recent = previews.recent_model()
    if recent is None:
        return PreviewView(Stage.WAITING)
    found = preview(recent, profile, seeds.papers, interest, weekly=weekly)
    return PreviewView(
        _stage(profile, found),
        tuple(_line(item, words) for item in found.items),
        found,
        found.is_broad(profile),
        unknown=len(seeds.keys) - len(seeds.papers),
    )


def fragment(
    site: Site, view: PreviewView, wish: Wish, problems: Texts, *, form: str, action: str
) -> Response:
    """The preview alone, as page.js asks for it.

    ``form`` is the id of the form on the page, and ``action`` where its suggestions lead.
    """
    return site.pages.show(
        "preview", view=view, wish=wish, problems=problems, form=form, action=action
    )


def _stage(profile: Profile, found: Preview) -> Stage:
    if not found.judged:
        return Stage.NO_PAPERS
    if profile.is_empty:
        return Stage.START
    return Stage.FOUND if found.items else Stage.NOTHING


def _line(item: DigestItem, words: Words) -> Line:
    phrases = [p for one in reason_view(item).marked for p in expression(one).phrases]
    return Line(shown(item.paper, phrases), why_line(item, words))
