"""The title of a feed's entry, without what publishers write before and behind it."""

import re
from dataclasses import dataclass

from digestmail.sources.feeds.xml_reader import Entry
from digestmail.sources.normalise.authors import split_authors
from digestmail.sources.normalise.clean import clean
from digestmail.text import one_line

_FIELDS = ("title", "dc:title", "prism:title", "media:title")
_LENGTH_LIMIT = 5_000
_KIND_IN_BRACKETS = re.compile(r"\[([^\[\]]{2,60})\]\s+(?=\S)")
_TOPIC_IN_BRACKETS = re.compile(r"\s+\[([^\[\]]{2,60})\]\.?$")
_KINDS = re.compile(
    r"(?:asap|pdf|html|book|citation|[bc]|new|invited|express|early (?:view|access)|online first"
    r"|just accepted|in press|advance article|open access|accepted (?:article|manuscript)|preprint"
    r"|featured(?: article)?|(?:research |original |full |review |regular |short )?(?:articles?"
    r"|papers?|research|reports?|letters?|reviews?|communications?)|perspectives?|brief reports?"
    r"|original (?:investigation|contribution)s?|editors?['’] suggestions?)",
    re.IGNORECASE,
)
_STATE_BEFORE = re.compile(r"(?:ASAP|Open Access|Early View|Just Accepted|Online First):\s+")
_JOURNAL_BEFORE = re.compile(r"[^:]{2,120}?,\s*Vol(?:ume|\.)?\s*[0-9][^:]{0,80}:\s+(?=\S)")
_ARXIV_BEHIND = re.compile(r"\.?\s*\((arXiv:\S{5,30})(?:\s+\[([\w.-]{2,20})\])?(?:\s+UPDATED)?\)$")
_AUTHORS_BEHIND = re.compile(r"\s+--\s+by\s+(.{3,1000})$")


@dataclass(frozen=True, slots=True)
class EntryTitle:
    """A title, and the authors, arXiv id and category that stood behind it."""

    text: str
    authors: tuple[str, ...] = ()
    arxiv_id: str = ""
    category: str = ""


def read_title(entry: Entry) -> EntryTitle:
    """Return the title without kind, topic and journal, and the authors or arXiv id behind it."""
    titles = (clean(title[:_LENGTH_LIMIT]) for title in entry.texts(*_FIELDS))
    text = next(filter(None, titles), "")
    section = entry.texts("category", "prism:section", "dc:type", "dc:subject")
    kinds = {one_line(name).lower() for name in section}
    while (kind := _KIND_IN_BRACKETS.match(text)) and _is_kind(kind[1], kinds):
        text = text[kind.end() :]
    topic = _TOPIC_IN_BRACKETS.search(text)
    if topic and _is_kind(topic[1], kinds) and topic.start() > 0:
        text = text[: topic.start()]
    for before in (_STATE_BEFORE, _JOURNAL_BEFORE):
        text = before.sub("", text, count=1) if before.match(text) else text
    if number := _ARXIV_BEHIND.search(text):
        return EntryTitle(text[: number.start()], (), number[1], number[2] or "")
    if people := _AUTHORS_BEHIND.search(text):
        return EntryTitle(text[: people.start()], split_authors(people[1]))
    return EntryTitle(text)


def _is_kind(text: str, kinds: set[str]) -> bool:
    return bool(_KINDS.fullmatch(text)) or text.lower() in kinds
