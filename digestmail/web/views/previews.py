"""What a profile would have brought last week, as ``web/_preview.html`` shows it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from fastapi.responses import Response

from digestmail.domain import DigestItem, Interest, Profile
from digestmail.render.locale import Words
from digestmail.render.paper_view import reason_view
from digestmail.steps.insight.preview import Preview, preview
from digestmail.text import expression
from digestmail.web.shared.forms import FormView
from digestmail.web.shared.profile_form import SubmittedProfile
from digestmail.web.shared.request_context import RequestContext
from digestmail.web.views.paper_view import PaperSummary, paper_summary

FRAGMENT = "x-fragment"  # the header by which page.js asks for the preview alone


class Stage(StrEnum):
    """The state of a preview."""

    START = "start"  # the profile is empty
    WAITING = "waiting"  # for the week's papers to be read
    NO_PAPERS = "no-papers"  # in the whole week
    NOTHING = "nothing"  # that fits
    TRENDING = "trending"  # papers alone
    NO_TRENDING = "no-trending"  # papers, and nothing else was asked for
    RESULTS = "found"


@dataclass(frozen=True, slots=True)
class Line:
    """One paper of a preview, and the reasons why it is there."""

    paper: PaperSummary
    why: str


@dataclass(frozen=True, slots=True)
class PreviewView:
    """A preview of ``profile``: the papers that match, and the ``trending`` ones it adds.

    ``unknown``: how many example papers nothing is known of yet.
    """

    stage: Stage
    lines: tuple[Line, ...] = ()
    trending: tuple[Line, ...] = ()
    result: Preview = field(default_factory=Preview)
    unknown: int = 0
    profile: Profile = field(default_factory=Profile)


START = PreviewView(Stage.START)


def preview_view(
    context: RequestContext,
    submitted: SubmittedProfile,
    interest: Interest | None = None,
    *,
    weekly: bool = False,
) -> PreviewView:
    """Return the preview of a submitted profile and its example papers.

    ``interest`` is of a profile that is stored; see ``ThresholdPreviewService.interest``.
    """
    recent = context.app.previews.recent_model()
    if recent is None:
        return PreviewView(Stage.WAITING)
    profile, seeds = submitted.profile, submitted.seeds
    result = preview(recent, profile, seeds.papers, interest, weekly=weekly)
    trending = recent.trending(profile, weekly=weekly)
    return PreviewView(
        _stage(profile, result, trending),
        _lines(context, result.items),
        _lines(context, trending),
        result,
        unknown=len(seeds.keys) - len(seeds.papers),
        profile=profile,
    )


def render_fragment(
    context: RequestContext,
    view: PreviewView,
    submitted: SubmittedProfile,
    *,
    form_id: str,
    action: str,
) -> Response:
    """Return the preview alone, as page.js asks for it.

    ``form_id`` is the id of the form on the page, and ``action`` where its suggestions lead.
    """
    return context.pages.render(
        "preview",
        view=view,
        filled=submitted.filled,
        texts=submitted.texts,
        form=FormView(submitted.texts, submitted.preview_problems),
        form_id=form_id,
        action=action,
    )


def _stage(profile: Profile, result: Preview, trending: Sequence[DigestItem]) -> Stage:
    if not result.judged:
        return Stage.NO_PAPERS
    if profile.is_empty:
        return Stage.START
    if profile.is_trending_only:
        return Stage.TRENDING if trending else Stage.NO_TRENDING
    return Stage.RESULTS if result.items else Stage.NOTHING


def _lines(context: RequestContext, items: Sequence[DigestItem]) -> tuple[Line, ...]:
    papers = context.with_lines(item.paper for item in items)
    with_lines = (i._replace(paper=paper) for i, paper in zip(items, papers, strict=True))
    return tuple(_line(item, context.pages.words) for item in with_lines)


def _line(item: DigestItem, words: Words) -> Line:
    reasons = reason_view(item, words)
    phrases = [p for text in reasons.marked for p in expression(text).phrases]
    return Line(paper_summary(item.paper, phrases), reasons.why)
