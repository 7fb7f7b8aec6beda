"""Digests of invented papers that take every branch of a mail's templates, to try them with."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime

from digestmail.domain import (
    MAILS,
    DayNote,
    DeliveryKind,
    Digest,
    DigestItem,
    ItemRole,
    Layout,
    NoteKind,
    Paper,
    Reason,
    ReasonKind,
    Recipient,
    SkipReason,
    SubscriberStatus,
)
from digestmail.render.context import DigestLinks, PaperLinks

URL = "https://digest.example/"
LETTER_VALUES = {"home": URL, "url": f"{URL}confirm", "never_url": f"{URL}never"}
LINKS = DigestLinks(
    home=URL,
    view=f"{URL}digest",
    preferences=f"{URL}preferences",
    pause=f"{URL}preferences#pause",
    unsubscribe=f"{URL}unsubscribe",
    help=f"{URL}help",
    more=PaperLinks(f"{URL}feedback/", "/more"),
    less=PaperLinks(f"{URL}feedback/", "/less"),
    save=PaperLinks(f"{URL}save/"),
    options=PaperLinks(f"{URL}options/"),
    saved=f"{URL}preferences/saved",
    archive=f"{URL}preferences/digests",
)
TITLES = ("Permafrost", "Chromatography", "Ribosomes", "Ergodicity")
_AT = datetime(2026, 11, 20, 7, tzinfo=UTC)
_KEYWORD = Reason(ReasonKind.KEYWORD, ("thaw",))
_FULL = Paper(
    key="arxiv:2611.00001",
    title=TITLES[0],
    abstract="Frozen ground begins to thaw.",
    authors=("Ana Lima", "Bo Stone", "Chen Wu", "Dora Millner", "Emil Hahn"),
    categories=("physics.geo-ph", "physics.ao-ph"),
    url="https://arxiv.org/abs/2611.00001",
    doi="10.1234/permafrost",
    upvotes=1200,
    published_at=_AT,
    announced_on=date(2026, 11, 20),
)
_BARE = Paper(key="lab:2", title=TITLES[1])
_TWO_AUTHORS = Paper(key="lab:3", title=TITLES[2], authors=("Ana Lima", "Bo Stone"))
_ONE_AUTHOR = Paper(key="lab:4", title=TITLES[3], authors=("Bo Stone",), abstract="Mixing systems.")
_PAPERS = (_FULL, _BARE, _TWO_AUTHORS, _ONE_AUTHOR)
_REASONS = (
    (_KEYWORD, Reason(ReasonKind.AUTHOR, ("Ana Lima",))),
    (),
    (Reason(ReasonKind.EXPLORATION, ("ribosome",)),),
    (Reason(ReasonKind.TRENDING, ("12",)), Reason(ReasonKind.SIMILAR, ("Mixing",))),
)


def sample_recipients() -> list[Recipient]:
    """Return a daily reader who confirmed, a weekly one who never did, and one of each layout."""
    active, email = SubscriberStatus.ACTIVE, "reader@digest.example"
    return [
        Recipient(1, email, active, _AT, False, 10),
        Recipient(2, email, active, None, True, 10, layout=Layout.COMPACT),
        Recipient(3, email, active, _AT, False, 10, layout=Layout.TITLES),
    ]


def needed_texts(digest: Digest) -> list[str]:
    """Return what the mail of a sample digest must have in each of its parts."""
    papers = [
        text
        for item in digest.mailed_items
        for text in (item.paper.title, LINKS.options(item.position))
    ]
    return [*papers, LINKS.unsubscribe, LINKS.saved, LINKS.archive]


def sample_digests() -> list[Digest]:
    """Return digests of many papers, of one, of none with and without a note, and of sections."""
    return [
        _digest(_items("Ice"), judged=1234),
        _digest(_items("Ice", "Cells"), judged=4, note="A source was late."),
        _digest(_items("")[:1], judged=40),
        replace(_digest(_items("Ice")), new_versions=_VERSIONS),
        _digest((), judged=12, skip=SkipReason.BELOW_THRESHOLD),
        replace(_digest((), judged=12, skip=SkipReason.BELOW_THRESHOLD), nearest=_NEAREST),
        _digest((), skip=SkipReason.QUIET_DAY, note="No announcements today."),
        replace(_digest((), skip=SkipReason.QUIET_DAY), notes=(DayNote(NoteKind.QUIET_DAY),)),
        _digest((), skip=SkipReason.NO_PAPERS),
        _digest(_TRENDING, judged=40),
    ]


def sample_letters() -> Iterator[tuple[DeliveryKind, dict[str, str]]]:
    """Yield each kind of letter with values for its templates: with the optional ones, without."""
    for kind, spec in MAILS.items():
        for names in {spec.values, (*spec.values, *spec.optional)} - {()}:
            yield kind, {name: LETTER_VALUES[name] for name in names}


def _items(*profiles: str) -> tuple[DigestItem, ...]:
    """Return the sample papers, shared out among the profiles in turn."""
    return tuple(
        DigestItem(
            position=position,
            paper=paper,
            profile_id=1,
            profile_name=profiles[position % len(profiles)],
            score=0.9 / position,
            pinned=position == 1,
            reasons=reasons,
        )
        for position, (paper, reasons) in enumerate(zip(_PAPERS, _REASONS, strict=True), 1)
    )


_NEAREST = tuple([item._replace(role=ItemRole.NEAREST) for item in _items("Ice")[:2]])
_TRENDING = tuple(
    [item._replace(reasons=(Reason(ReasonKind.TRENDING, ("12",)),)) for item in _items("Ice")]
)
_VERSIONS = (
    DigestItem(
        position=5,
        paper=Paper(key="lab:5", title="Moraines", version=2),
        profile_id=None,
        profile_name="",
        score=0.0,
        reasons=(Reason(ReasonKind.NEW_VERSION, ("2",)),),
        role=ItemRole.NEW_VERSION,
    ),
)


def _digest(
    items: tuple[DigestItem, ...],
    *,
    judged: int = 0,
    skip: SkipReason | None = None,
    note: str = "",
) -> Digest:
    return Digest(
        id=1,
        subscriber_id=1,
        date=_AT.date(),
        due_at=_AT,
        prepared_at=_AT,
        judged=judged,
        skip=skip,
        note=note,
        items=items,
    )
