"""Where the links of the mails lead: each opens a page with a button, and the button acts.

Pages of one tap press theirs by themselves where a person looks at them (static/tap.js). Those
that confirm and unsubscribe never do.
"""

from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import APIRouter, Path
from fastapi.responses import Response

from digestmail.addresses import masked, readable_address
from digestmail.domain import Subscriber, SubscriberStatus, Verdict
from digestmail.errors import LeftError
from digestmail.render.paper_view import clean
from digestmail.steps.reading import auto_submit, feedback
from digestmail.steps.reading.auto_submit import Answer
from digestmail.steps.subscribers import leaving
from digestmail.steps.subscribers.leaving import STAYS
from digestmail.web.shared.forms import Posted
from digestmail.web.shared.site import SHOW, Ours, Site
from digestmail.web.views.pages import next_digest, title_of
from digestmail.web.views.paper_view import paper_path
from digestmail.web.views.reasons import reason_lines

router = APIRouter()
Position = Annotated[int, Path(ge=1, le=1000)]
_Done = Literal["more", "less", "undone", "saved", "unsaved"]

_PROFILE = 80
_BY_ITSELF = "by_itself"  # what static/tap.js adds to the form it posts
_TURNS_ROUND = "turns_round"  # a field of the buttons on the page that thanks
_ONE_CLICK = "List-Unsubscribe"  # the field that RFC 8058 has mail programs post
_REFUSED = 429


@router.api_route("/confirm/{token}", methods=SHOW)
def ask_to_confirm(site: Ours, token: str) -> Response:
    """The button that confirms; once it was pressed, that all is done, and no way in."""
    subscriber = site.app.subscriptions.pending(token, site.now)
    if subscriber.status in STAYS:
        return site.pages.show(
            "confirmed", email=readable_address(subscriber.email), preferences=""
        )
    return site.pages.show(
        "confirm",
        token=token,
        email=readable_address(subscriber.email),
        schedule=subscriber.schedule,
        profiles=subscriber.profiles,
    )


@router.post("/confirm/{token}")
def confirm(site: Ours, token: str) -> Response:
    """Confirm; only the press that does leads to the preferences."""
    confirmed = site.app.subscriptions.confirm(token, site.now)
    if not confirmed.is_new:
        return site.lead_to(f"/confirm/{quote(token)}")
    own = site.app.links.preferences(confirmed.subscriber.stored_id, site.now)
    # Who has nothing to choose papers by yet is led to where it is chosen.
    page = "/welcome" if confirmed.subscriber.profiles else ""
    return site.lead_to(f"{site.pages.local(own)}{page}")


@router.api_route("/unsubscribe/{token}", methods=SHOW)
def ask_to_leave(site: Ours, token: str) -> Response:
    """The button that unsubscribes."""
    subscriber = site.app.subscriptions.leaver(token)
    address = masked(subscriber.email) if subscriber else ""
    if subscriber is None or subscriber.status is SubscriberStatus.UNSUBSCRIBED:
        return site.pages.show("unsubscribed", address=address, way_back="")
    return site.pages.show("unsubscribe", token=token, address=address)


@router.post("/unsubscribe/{token}")
def leave(site: Ours, token: str, posted: Posted) -> Response:
    """Unsubscribe: the page's button, and RFC 8058's one-click from a mail program.

    The token is all that is asked for. Erased subscribers get the same answer. A mail program is
    answered at once, since it need not follow where a browser is led.
    """
    subscriber = site.app.subscriptions.leaver(token)
    way_back = _leave(site, subscriber) if subscriber else ""
    if _ONE_CLICK in posted:
        address = masked(subscriber.email) if subscriber else ""
        answer: Response = site.pages.show("unsubscribed", address=address, way_back=way_back)
    else:
        answer = site.lead_to(way_back or f"/unsubscribe/{quote(token)}")
    answer.background = site.letters
    return answer


def _leave(site: Site, subscriber: Subscriber) -> str:
    """Unsubscribe a reader; the path of the way back, which is had only by really leaving.

    The link that leads here never ages and travels with every forwarded mail: so the way back
    undoes this leaving and nothing else, and is open for an hour.
    """
    left = leaving.leave(site.app.store, subscriber, site.now)
    auto_submit.withdraw_recent(site.app.store, subscriber.stored_id, site.now)
    if not left:
        return ""
    until = site.now + leaving.UNDO_LIFETIME
    return site.pages.local(leaving.way_back(site.app.links, subscriber, until))


@router.api_route("/return/{token}", methods=SHOW)
def ask_to_return(site: Ours, token: str) -> Response:
    """The button that undoes leaving, or what became of it."""
    back = leaving.read_way_back(site.app.store, site.app.links, token, site.now)
    subscriber, address = back.subscriber, masked(back.subscriber.email)
    if subscriber.status in STAYS:
        due = next_digest(subscriber, site.now, site.pages.words)
        return site.pages.show("returned", address=address, next=due)
    way_back = f"{site.pages.base}/return/{quote(token)}" if back.is_open else ""
    return site.pages.show("unsubscribed", address=address, way_back=way_back)


@router.post("/return/{token}")
def come_back(site: Ours, token: str) -> Response:
    """Undo leaving."""
    site.app.subscriptions.take_way_back(token, site.now)
    return site.lead_to(f"/return/{quote(token)}")


@router.api_route("/feedback/{token}/{position}", methods=SHOW)
def thank(site: Ours, token: str, position: Position, done: _Done, new: bool = False) -> Response:
    """What was said or done by a link, as it stands now."""
    return _of_a_reader(site, token, position).thanks(done, is_new=new)


@router.api_route("/feedback/{token}/{position}/{verdict}", methods=SHOW)
def ask_for_feedback(site: Ours, token: str, position: Position, verdict: Verdict) -> Response:
    """The button that says more or less; where a person looks, the page presses it."""
    return _of_a_reader(site, token, position).page("feedback", verdict=verdict, presses=True)


@router.post("/feedback/{token}/{position}/undo")
def take_feedback_back(site: Ours, token: str, position: Position) -> Response:
    """Unsay more or less."""
    tapped = _of_a_reader(site, token, position)
    feedback.undo(site.app.store, tapped.reader, tapped.paper.item.paper.stored_id)
    return tapped.lead_on("undone")


@router.post("/feedback/{token}/{position}/{verdict}")
def give_feedback(
    site: Ours, token: str, position: Position, verdict: Verdict, posted: Posted
) -> Response:
    """Say more or less."""
    tapped, store = _of_a_reader(site, token, position), site.app.store
    before = feedback.verdict_on(store, tapped.paper)
    if _BY_ITSELF in posted:
        answer = auto_submit.submit_verdict(store, tapped.paper, verdict, site.now)
    else:
        turns_round = _TURNS_ROUND in posted
        answer = auto_submit.press(store, tapped.paper, verdict, site.now, turns_round=turns_round)
    if answer is Answer.RECORDED:
        return tapped.lead_on(verdict, is_new=before is None)
    otherwise = before.verdict if before and answer is Answer.CONTRADICTED else ""
    status = 200 if otherwise else _REFUSED
    return tapped.page("feedback", status, verdict=verdict, presses=False, otherwise=otherwise)


@router.api_route("/save/{token}/{position}", methods=SHOW)
def ask_to_save(site: Ours, token: str, position: Position) -> Response:
    """The button that saves a paper; where a person looks, the page presses it."""
    return _of_a_reader(site, token, position).page("save", presses=True)


@router.post("/save/{token}/{position}")
def save(site: Ours, token: str, position: Position, posted: Posted) -> Response:
    """Put a paper on the reading list."""
    tapped, store = _of_a_reader(site, token, position), site.app.store
    was_saved = feedback.is_saved(store, tapped.paper)
    keep = auto_submit.save if _BY_ITSELF in posted else auto_submit.press_save
    if keep(store, tapped.paper, site.now) is not Answer.RECORDED:
        return tapped.page("save", _REFUSED, presses=False)
    return tapped.lead_on("saved", is_new=not was_saved)


@router.post("/save/{token}/{position}/undo")
def take_off_the_list(site: Ours, token: str, position: Position) -> Response:
    """Take a paper off the reading list."""
    tapped = _of_a_reader(site, token, position)
    site.app.store.saved.remove(tapped.reader, tapped.paper.item.paper.stored_id)
    return tapped.lead_on("unsaved")


@router.api_route("/why/{token}/{position}", methods=SHOW)
def why(site: Ours, token: str, position: Position) -> Response:
    """Why a paper was picked."""
    return _Tapped(site, token, position).page("why")


def _of_a_reader(site: Site, token: str, position: int) -> "_Tapped":
    """The paper of a link that still does something; LeftError when its reader has left."""
    tapped = _Tapped(site, token, position)
    if not auto_submit.is_reader(site.app.store, tapped.reader):
        raise LeftError("this link is of a reader who has left")
    return tapped


class _Tapped:
    """The paper that a link of a mail is about."""

    def __init__(self, site: Site, token: str, position: int) -> None:
        self._site = site
        self._here = f"{token}/{position}"
        self.paper = feedback.paper_of_link(site.app.store, site.app.links, token, position)
        self.reader = self.paper.digest.subscriber_id

    def lead_on(self, done: str, *, is_new: bool = False) -> Response:
        """Lead to the page that thanks, so that going back sends nothing again."""
        new = "&new=yes" if is_new else ""
        return self._site.lead_to(f"/feedback/{quote(self._here)}?done={done}{new}")

    def thanks(self, done: str, *, is_new: bool) -> Response:
        """The page that thanks for what was done, unless something else stands by now."""
        store = self._site.app.store
        said, saved = feedback.verdict_on(store, self.paper), feedback.is_saved(store, self.paper)
        words = said.verdict.value if said else "undone"
        stands = saved if done == "saved" else not saved if done == "unsaved" else done == words
        return self.page("thanks", done=done if stands else words, is_new=is_new and stands)

    def page(self, name: str, status: int = 200, **names: object) -> Response:
        """A page about it. None leads to the preferences: digests are shown around."""
        item = self.paper.item
        return self._site.pages.show(
            name,
            status,
            here=self._here,
            title=title_of(item),
            paper_path=paper_path(item.paper.key),
            profile=clean(item.profile_name, _PROFILE),
            score=round(item.score * 100),
            reasons=reason_lines(item, self._site.pages.words),
            **names,
        )
