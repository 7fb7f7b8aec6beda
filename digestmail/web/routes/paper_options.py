"""The page of options behind a paper of a mail: authors, topics, fewer like these, and why.

Opening it changes nothing, and it presses nothing by itself: each of its buttons posts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response

from digestmail.errors import InputError, LeftError
from digestmail.render.cleaning import clean
from digestmail.steps.reading import auto_submit, feedback, options
from digestmail.steps.reading.auto_submit import Answer
from digestmail.steps.reading.options import Choice, Option
from digestmail.steps.reading.similar_items import similar_items
from digestmail.steps.reading.topics import topics
from digestmail.web.shared.forms import PostedTexts
from digestmail.web.shared.request_context import READ_METHODS, Context, RequestContext
from digestmail.web.views.digest_lines import item_title
from digestmail.web.views.paper_view import paper_path
from digestmail.web.views.reasons import reason_lines

router = APIRouter()
Position = Annotated[int, Path(ge=1, le=1000)]

_MAX_VALUE = 200  # characters of an author, a topic or a category
_MAX_PROFILE = 80
_MAX_AUTHORS = 12  # with buttons of their own: the first, and of more the last
_REFUSED = 429
_WRONG = 422


@dataclass(frozen=True, slots=True)
class AuthorLine:
    """An author of the paper; ``state`` is "follow", "mute-author" or empty."""

    name: str
    state: str


@router.api_route("/options/{token}/{position}", methods=READ_METHODS)
def show_options(
    context: Context,
    token: str,
    position: Position,
    option: Annotated[Option | None, Query(alias="done")] = None,
    value: Annotated[str, Query(max_length=_MAX_VALUE)] = "",
) -> Response:
    """Show what may be said of a paper, and what has just been said if it still holds."""
    page = _OptionsPage(context, token, position)
    choice = Choice(option, value) if option else None
    holds = choice and options.is_chosen(context.app.store, page.paper, choice, context.now)
    return page.render(choice=choice if holds else None)


@router.post("/options/{token}/{position}/{option}")
def choose(
    context: Context, token: str, position: Position, option: Option, posted: PostedTexts
) -> Response:
    """Follow or mute, or ask for fewer papers like these."""
    page, value = _OptionsPage(context, token, position), posted.get("value", "")
    try:
        choice = options.checked_choice(page.paper, option, value[: _MAX_VALUE + 1])
        answer = auto_submit.press_option(context.app.store, page.paper, choice, context.now)
    except InputError as error:
        return page.render(_WRONG, problem=error.message, typed=value)
    if answer is not Answer.RECORDED:
        return page.render(_REFUSED, is_refused=True)
    return page.lead_on(choice)


@router.post("/options/{token}/{position}/{option}/undo")
def take_back(
    context: Context, token: str, position: Position, option: Option, posted: PostedTexts
) -> Response:
    """Take back what was said."""
    page = _OptionsPage(context, token, position)
    options.undo(context.app.store, page.paper, Choice(option, posted.get("value", "")))
    return page.lead_on()


class _OptionsPage:
    """The page of one paper; LeftError when its reader has left."""

    def __init__(self, context: RequestContext, token: str, position: int) -> None:
        store, links = context.app.store, context.app.links
        self._link = f"{token}/{position}"
        self.paper = feedback.paper_at(store, links.read_options(token), position)
        reader = store.subscribers.get(self.paper.digest.subscriber_id)
        if reader is None or not auto_submit.is_reader(store, reader.stored_id):
            raise LeftError("this link belongs to someone who unsubscribed")
        self._context = context.in_tag(reader.language)
        self._profile = options.profile_of(reader, self.paper.item)

    def lead_on(self, choice: Choice | None = None) -> Response:
        """Redirect to the page as it stands now, so that going back sends nothing again."""
        values = {"done": choice.option.value, "value": choice.value} if choice else {}
        query = f"?{urlencode(values)}" if values else ""
        return self._context.redirect(f"/options/{quote(self._link)}{query}")

    def render(
        self,
        status: int = 200,
        *,
        choice: Choice | None = None,
        is_refused: bool = False,
        problem: str = "",
        typed: str = "",
    ) -> Response:
        """Return the page. Nothing on it leads to the preferences: digests are passed on."""
        app, pages, item = self._context.app, self._context.pages, self.paper.item
        judging = app.links.feedback_token(self.paper.digest.stored_id)
        fewer = Choice(Option.FEWER)
        return pages.render(
            "options",
            status,
            here=self._link,
            judging=f"{judging}/{item.position}",
            title=item_title(item),
            paper_path=paper_path(item.paper.key),
            address=app.links.home + paper_path(item.paper.key),
            profile=clean(self._profile.name, _MAX_PROFILE),
            grows=self._profile.is_trending_only,
            choice=choice,
            is_refused=is_refused,
            problem=problem,
            typed=typed,
            authors=self._authors(),
            topics=topics(item.paper, self._profile),
            categories=self._categories(),
            alike=self._alike(),
            is_damped=options.is_chosen(app.store, self.paper, fewer, self._context.now),
            score=round(item.score * 100),
            reasons=reason_lines(item, pages.words),
        )

    def _authors(self) -> Sequence[AuthorLine]:
        names = options.authors_of(self.paper.item.paper)
        if len(names) > _MAX_AUTHORS:
            names = (*names[: _MAX_AUTHORS - 1], names[-1])
        followed, muted = self._profile.authors, self._profile.excluded_authors
        return [
            AuthorLine(name, "follow" if name in followed else "mute-author" * (name in muted))
            for name in dict.fromkeys(names)
        ]

    def _categories(self) -> Sequence[str]:
        excluded = self._profile.excluded_categories
        codes = options.categories_of(self.paper.item.paper)
        return [code for code in codes if code not in excluded]

    def _alike(self) -> Sequence[str]:
        alike = similar_items(self.paper.item, self.paper.digest.mailed_items)
        return [item_title(item) for item in alike if item is not self.paper.item]
