"""The description of a feed's entry: its abstract, without what publishers write around it.

Publishers put citations, lists of authors, headings, links and notices into the description. They
are recognised by their form, by labels, and by the entry's other fields.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from digestmail.sources.feeds.citations import (
    AUTHOR_LABEL,
    EntryMetadata,
    dois_in,
    is_citation,
    is_journal_name,
    without_citations,
)
from digestmail.sources.normalise.authors import split_authors
from digestmail.sources.normalise.clean import clean
from digestmail.text import words

_LENGTH_LIMIT = 200_000  # characters of markup

_BOUNDARY = "\ue000"  # between paragraphs; of the private use area
_BLOCK_TAG = re.compile(
    r"</?(?:jats:)?(?:p|div|br|hr|h[1-6]|li|ul|ol|dl|dt|dd|tr|td|table|sec|section|st|title|blockquote"
    r"|article|header|footer|figure)\b[^<>]{0,500}>",
    re.I,
)
_ESCAPED_TAG = re.compile(r"&lt;(/?(?:p|div|br|b|i|span|h[1-6])\b[^<>&]{0,200})&gt;", re.I)
_LISTED_BELOW = re.compile(r"(\bauthors?:)[^\S\n]*\n((?:[^\S\n]*[^\n<>]{2,100}\n){1,500})", re.I)

_HEADING = re.compile(
    r"(?:abstract|summary|zusammenfassung|résumé|resumen|resumo|riassunto|摘要|要旨|аннотация)\W*",
    re.I,
)
_SHORT_HEADING = re.compile(r"(?:highlights|significance|graphical abstract|description)\W*", re.I)
_SECTIONS = (
    r"(Background|Introduction|Importance|Objectives?|Purpose|Aims?|Design|Methods?|Results?|Findings"
    r"|Discussion|Interpretation|Conclusions?|Significance|Summary)"
)
_GLUED_SECTION = re.compile(rf"(?:\A|(?<=[.!?])){_SECTIONS}(?=[A-Z])")
_SECTION_BEHIND_STOP = re.compile(rf"(?<=[.!?]){_SECTIONS}\b")

_NOTICE = re.compile(
    r"to cite this article|the content of this rss feed|the post .{1,300} appeared first on"
    r"|read (?:more|on|the rest|(?:the )?full (?:text|article|paper|story))\b"
    r".{0,30}$|continue reading|click here"
    r"|view (?:the )?(?:full|article|abstract|original|on)|full[- ]text\b.{0,40}$|open access\W*$"
    r"|keywords?:|subjects?:|comments?:|thanks for reading|no abstract(?: is)?(?: available)?\W*$"
    r"|(?:this|an) (?:open[- ]access )?article is (?:protected|licensed|distributed)"
    r"|.{0,80}all rights reserved\W*$|(?:\[?(?:pdf|html|full text|abstract|xml)\]?\W*)+$"
    r"|share (?:this|on)\b|subscribe\b.{0,80}$|https?://\S+$|this paper has been withdrawn\W*$",
    re.I,
)
_SEARCH_RESULT = re.compile(r"(.{3,300}?)\s[-–—]\s.{0,200}?[0-9]{4}(?:\s[-–—]\s\S+\.\S+)?")
_LAST_AUTHORS = re.compile(r"\s*\bAuthors?(?:\(s\))?:\s(?P<names>[^.;:]{3,500}?)\.?$")
_NAME_WORD = re.compile(
    r"[^\W\d_a-z][\w.'’-]*|(?:da|das|de|del|den|der|di|dos|du|el|la|le|van|von|zu|al|bin)"
)


@dataclass(frozen=True, slots=True)
class Description:
    """The contents of a description: its abstract, and the authors and DOIs of its citations."""

    abstract: str = ""
    authors: tuple[str, ...] = ()
    dois: tuple[str, ...] = ()


def read_descriptions(markups: Iterable[str], entry: EntryMetadata) -> Description:
    """Return the contents of all of an entry's descriptions, with the longest abstract."""
    texts = [read_description(markup, entry) for markup in markups]
    return Description(
        max((text.abstract for text in texts), key=len, default=""),
        next((text.authors for text in texts if text.authors), ()),
        tuple(name for text in texts for name in text.dois),
    )


def read_description(markup: str, entry: EntryMetadata) -> Description:
    """Return the contents of one description, plain or with markup."""
    abstract: list[str] = []
    authors: tuple[str, ...] = ()
    names: list[str] = []
    lines = list(_paragraphs(_unglued(markup, entry)))
    for line, following in zip(lines, [*lines[1:], ""], strict=False):
        if _HEADING.fullmatch(line):
            abstract = []  # the text before it is a teaser or a statement of significance
        elif _is_title(line, entry) or _SHORT_HEADING.fullmatch(line) or _NOTICE.match(line):
            continue
        elif is_citation(line):
            names += dois_in(line)
        elif people := _people(line, entry, is_before=not abstract and following != ""):
            authors = authors or people
        elif not (is_journal_name(line) and is_citation(following)):
            abstract += filter(None, [without_citations(line, entry)])
    text, people = _last_authors(_with_sections(" ".join(abstract)))
    return Description(text, authors or people, tuple(names))


def _with_sections(text: str) -> str:
    """Return the text with blanks around the headings of its sections, where markup was lost."""
    text = _GLUED_SECTION.sub(r" \1: ", text).lstrip()
    return _SECTION_BEHIND_STOP.sub(r" \1", text)


def _unglued(markup: str, entry: EntryMetadata) -> str:
    """Return the markup with a blank between the entry's DOI and a text glued to it."""
    for name in entry.dois:
        markup = re.sub(rf"((?i:{re.escape(name)}))(?=[A-Z])", r"\1 ", markup)
    return markup


def _paragraphs(markup: str) -> Iterator[str]:
    markup = markup[:_LENGTH_LIMIT]
    if not _BLOCK_TAG.search(markup):
        markup = _ESCAPED_TAG.sub(r"<\1>", markup)
    markup = _LISTED_BELOW.sub(lambda m: f"{m[1]} {'; '.join(m[2].split(chr(10)))}\n", markup)
    text = clean(_BLOCK_TAG.sub(_BOUNDARY, markup))
    lines = (line.strip() for line in text.split(_BOUNDARY))
    return (line for line in lines if any(map(str.isalpha, line)))


def _is_title(line: str, entry: EntryMetadata) -> bool:
    return len(line) < 2 * len(entry.title) + 20 and _plain(line) == _plain(entry.title)


def _plain(text: str) -> list[str]:
    return [word.plain for word in words(text)]


# --- authors ---------------------------------------------------------------------------------


def _people(line: str, entry: EntryMetadata, *, is_before: bool) -> tuple[str, ...]:
    """Return the authors where a line is a list of them and nothing else."""
    if result := _SEARCH_RESULT.fullmatch(line):
        names = split_authors(result[1])
        return names if all(map(_is_name, names)) else ()
    label = AUTHOR_LABEL.match(line)
    listed = line[label.end() :] if label else line
    names = split_authors(listed)
    are_names = all(map(_is_name, names)) and not listed.rstrip(".").endswith(("al", "etc"))
    known_words = {word for name in entry.authors for word in _plain(name)} | {"and"}
    if names and set(_plain(listed)) <= known_words:
        return names
    if label and (":" in label[0] or is_before) and are_names:
        return names
    return names if is_before and len(names) > 1 and are_names else ()


def _is_name(name: str) -> bool:
    tokens = name.split()
    return 2 <= len(tokens) <= 6 and all(map(_NAME_WORD.fullmatch, tokens))


def _last_authors(text: str) -> tuple[str, tuple[str, ...]]:
    """Return the text without the authors at its end, and these."""
    listed = _LAST_AUTHORS.search(text, max(0, len(text) - 600))
    names = split_authors(listed["names"]) if listed else ()
    if not listed or not names or not all(map(_is_name, names)):
        return text, ()
    return text[: listed.start()].rstrip(), names
