"""A reader's example papers: told by a list or a file, or asked of arXiv, so profiles can learn.

What only a reader's file tells of a paper is theirs alone: it teaches their profiles, is handed out
to them, and goes with them. It is stored once the reader is known to exist: when an unconfirmed
visitor confirms, or when a subscriber saves. Until then it travels in the form, and
waits in ``store.uploads`` for the confirmation, as many papers of a visitor as
the field holds.
"""

import base64
import binascii
import json
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from digestmail.domain import FIELDS, Paper, Subscriber
from digestmail.errors import InputError
from digestmail.i18n import N_, Translatable
from digestmail.sources.files.reference_library import SOURCE
from digestmail.sources.normalise.identifiers import key_from_reference
from digestmail.sources.normalise.paper import RecordError, paper_from_record
from digestmail.steps.subscribers.field_parsers import check_length, split_references
from digestmail.store import NoteName, Store
from digestmail.store.paper_identity import names_of
from digestmail.store.papers import SEEDS
from digestmail.store.uploads import own_key
from digestmail.text import readable, words

MAX_LOOKUPS = 100  # asked at a time
_FIELD = FIELDS["seed_papers"]
_MAX_PAPERS = _FIELD.maximum  # of one person
_ASK_AGAIN = timedelta(days=7)  # of an id that arXiv does not know
_LONG_AGO = datetime(1991, 8, 14, tzinfo=UTC)  # when arXiv began
_ABSTRACT = 1_200  # characters of an uploaded one that are kept: most are no longer
_LARGEST_PACKED = 3_000_000  # bytes of what is packed: _MAX_PAPERS papers in any script
_TITLE = 60  # characters of one in a problem
_NAMED = 10  # lines that a problem names
_UPLOADED = f"{SOURCE}:"  # how the keys begin that mean nothing to their owner
Lookup = Callable[[Sequence[str]], Mapping[str, Paper]]


# --- what a list and a file name -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Seeds:
    """A reader's examples: their keys, and what is known of them."""

    keys: tuple[str, ...] = ()
    papers: tuple[Paper, ...] = ()
    uploads: tuple[Paper, ...] = ()  # of those, what only the reader's own file tells of


def read_seeds(store: Store, text: str, library: Sequence[Paper] = ()) -> Seeds:
    """Return the papers that a list names, as their reader's ``library`` and the store know them.

    A line is identifiers, links, or the title of a paper that either knows; InputError for
    another one. Of the library only what the list names counts.
    """
    uploads = {paper.key: paper for paper in library}
    keys = _keys(store, list(split_references(text)), library)
    check_length(_FIELD, keys)
    names = {key: names_of(uploads[key]) if key in uploads else (key,) for key in keys}
    known = store.papers.by_keys([name for aliases in names.values() for name in aliases])
    named = {
        key: next((known[n] for n in names[key] if n in known), uploads.get(key)) for key in keys
    }
    papers = {paper.key: paper for paper in named.values() if paper and paper.title}
    return Seeds(
        tuple(dict.fromkeys(paper.key if paper else key for key, paper in named.items())),
        tuple(papers.values()),
        tuple(paper for paper in papers.values() if paper.id is None),
    )


def _keys(store: Store, named: Sequence[str], library: Sequence[Paper]) -> list[str]:
    """Return the keys of what a list names, each once."""
    keys: dict[str, str] = {}
    titles: dict[str, InputError] = {}
    for name in named:
        try:
            keys[name] = key_from_reference(name)
        except InputError as error:
            titles[name] = error
    if titles:
        keys |= _by_title(store, titles, library)
    return list(dict.fromkeys(keys[name] for name in named))


def _by_title(
    store: Store, titles: Mapping[str, InputError], library: Sequence[Paper]
) -> dict[str, str]:
    uploads = {_folded(paper.title): paper.key for paper in library if _folded(paper.title)}
    keys = {title: uploads[_folded(title)] for title in titles if _folded(title) in uploads}
    missing = [title for title in titles if title not in keys]
    known = store.papers.by_titles(missing) if missing else {}
    keys |= {t: known[t.casefold()].key for t in missing if t.casefold() in known}
    unknown = [title for title in titles if title not in keys]
    if unknown:
        raise InputError("seed_papers", _unknown(unknown))
    return keys


def _unknown(titles: Sequence[str]) -> Translatable:
    """Return what to tell of titles that name no paper: all of them, as far as there is room."""
    if len(titles) == 1:
        unknown = N_(
            "we don’t know the paper “%(title)s”. Enter its arXiv id or address (2508.13426), or "
            "its DOI (10.…)"
        )
        return Translatable(unknown, title=titles[0][:_TITLE])
    quoted = ", ".join(f"“{title[:_TITLE]}”" for title in titles[:_NAMED])
    several = N_(
        "we don’t know %(number)s of these papers: %(titles)s. Enter their arXiv ids or "
        "addresses (2508.13426), or their DOIs (10.…)"
    )
    ellipsis = ", …" if len(titles) > _NAMED else ""
    return Translatable(several, number=len(titles), titles=quoted + ellipsis)


def _folded(title: str) -> str:
    return " ".join(word.stem for word in words(readable(title)))


def lines_of(papers: Iterable[Paper]) -> list[str]:
    """Return the lines by which ``read_seeds`` finds papers again: identifiers, else titles."""
    return [
        paper.title
        if paper.key.startswith(_UPLOADED) and _folded(paper.title)
        else _reference(paper.key)
        for paper in papers
    ]


def own_uploads(store: Store, subscriber: Subscriber) -> dict[str, Paper]:
    """Return by key the papers of a reader's own files that their profiles name."""
    owned = {own_key(reader, key): key for reader, key in _named([subscriber])}
    papers = store.papers.by_keys(owned)
    return {owned[name]: replace(paper, key=owned[name]) for name, paper in papers.items()}


def examples(store: Store, subscribers: Iterable[Subscriber]) -> dict[str, Paper]:
    """Return what is known of the papers that profiles name, for ``plan.ReadingHistory``.

    By their keys, or by ``own_key`` where only their reader's own file tells of them.
    """
    named = _named(subscribers)
    papers = store.papers.by_keys({key for _, key in named}) if named else {}
    missing = [own_key(reader, key) for reader, key in named if key not in papers]
    return papers | store.papers.by_keys(missing) if missing else papers


def _named(subscribers: Iterable[Subscriber]) -> set[tuple[int, str]]:
    return {(s.stored_id, key) for s in subscribers for p in s.profiles for key in p.seed_papers}


def _reference(key: str) -> str:
    return key.removeprefix("doi:").replace("arxiv:", "arXiv:", 1)


# --- what waits for a confirmation -----------------------------------------------------------


def packed(papers: Sequence[Paper]) -> str:
    """Return papers as a short text of ASCII letters; empty for none."""
    if not papers:
        return ""
    plain = json.dumps([_record(paper) for paper in papers[:_MAX_PAPERS]], ensure_ascii=False)
    return base64.b64encode(zlib.compress(plain.encode(errors="replace"), 9)).decode()


def _record(paper: Paper) -> dict[str, object]:
    return {
        "id": paper.key,
        "title": paper.title,
        "abstract": paper.abstract[:_ABSTRACT],
        "authors": list(paper.authors[:20]),
        "doi": paper.doi,
        "url": paper.url,
        "published": paper.published_at.isoformat() if paper.published_at else "",
    }


def unpacked(text: str) -> tuple[Paper, ...]:
    """Return the reverse of ``packed``; of what somebody made up as much as is papers."""
    try:
        unzip = zlib.decompressobj()
        plain = unzip.decompress(base64.b64decode(text, validate=True), _LARGEST_PACKED)
        records = json.loads(plain)
    except (ValueError, binascii.Error, zlib.error, RecursionError):
        return ()
    papers = map(_paper, records[:_MAX_PAPERS] if isinstance(records, list) else ())
    return tuple(paper for paper in papers if paper)


def _paper(record: object) -> Paper | None:
    if not isinstance(record, dict):
        return None
    abstract = record.get("abstract")
    short = abstract[:_ABSTRACT] if isinstance(abstract, str) else ""
    try:
        return paper_from_record({**record, "abstract": short}, source=SOURCE)
    except RecordError:
        return None


def keep_uploads(store: Store, subscriber_id: int, papers: Sequence[Paper], now: datetime) -> None:
    """Store what only a reader's file tells of their examples, once a profile names them.

    What no profile of theirs names any more is erased. Of one who never confirmed it waits.
    """
    reader = store.subscribers.get(subscriber_id)
    if reader is None:
        return
    if reader.confirmed_at is None:
        waiting = unpacked(store.pending_uploads.waiting(subscriber_id))
        store.pending_uploads.keep(subscriber_id, packed([*waiting, *papers]), now)
        return
    short = [replace(paper, abstract=paper.abstract[:_ABSTRACT]) for paper in papers[:_MAX_PAPERS]]
    store.uploads.add(subscriber_id, short)
    store.uploads.drop(subscriber_id, but={key for _, key in _named([reader])})


# --- what arXiv knows ------------------------------------------------------------------------


def fetch_seeds(store: Store, lookup: Lookup, now: datetime) -> int:
    """Store the arXiv papers that profiles name and no source brought; returns how many came.

    They are stored as seen when they were published: a reader's example is no news to anybody.
    To what a reader's file told of one they are preferred.
    """
    named = {key for key in store.subscribers.seed_papers() if key.startswith("arxiv:")}
    stored = store.papers.by_keys(named)
    missing = sorted(named - stored.keys())
    noted = store.notes.read(NoteName.UNKNOWN_SEEDS)
    unknown = json.loads(noted[0]) if noted else {}
    keys = [key for key in missing if unknown.get(key, "") < now.isoformat()][:MAX_LOOKUPS]
    if not keys:
        return 0
    papers = lookup([key.removeprefix("arxiv:") for key in keys])
    until = (now + _ASK_AGAIN).isoformat()
    strange = {key: until for key in keys if key.removeprefix("arxiv:") not in papers}
    still = {key: when for key, when in unknown.items() if key in missing}
    store.notes.write(NoteName.UNKNOWN_SEEDS, json.dumps(still | strange), now)
    for paper in papers.values():
        published = paper.published_at or _LONG_AGO
        store.papers.add([replace(paper, source=SEEDS)], min(published, now), news=False)
    return len(papers)
