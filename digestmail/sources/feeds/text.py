"""The texts of a feed's entry: its abstract, without what publishers write around it.

Publishers put citations, lists of authors, headings, links and notices into the description. They
are told by their form: by the marks of citations ("Volume 5, Issue 3", "doi:") in text without a
sentence, by labels, and by what the entry says elsewhere.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from digestmail.sources.normalise.authors import split_authors
from digestmail.sources.normalise.clean import clean
from digestmail.sources.normalise.identifiers import dois
from digestmail.text import words

_LONGEST_CITATION = 400  # characters of one line
_LONGEST_LEAD_IN = 160
_MOST_LEAD_INS = 6  # title, citation, DOI, authors, heading
_LONGEST_TEXT = 200_000  # characters of markup

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
_GLUED_HEADING = re.compile(
    r"(?:(?:ABSTRACT|Abstract|Summary)(?:\s?[:.—–-]\s*|\s+(?=[A-Z“\"'(])|(?=[A-Z][a-z]*\b))"
    r"|(?:摘要|要旨)[:：\s]*)"
)
_MIDDLE_HEADING = re.compile(
    r".{1,2000}?(?:\sABSTRACT:?\s(?=\S)|(?<=[.!?])Abstract(?=[A-Z]))", re.S
)
_SECTIONS = (
    r"(Background|Introduction|Importance|Objectives?|Purpose|Aims?|Design|Methods?|Results?|Findings"
    r"|Discussion|Interpretation|Conclusions?|Significance|Summary)"
)
_GLUED_SECTION = re.compile(rf"(?:\A|(?<=[.!?])){_SECTIONS}(?=[A-Z])")
_SECTION_BEHIND_STOP = re.compile(rf"(?<=[.!?]){_SECTIONS}\b")

_DATE = (
    r"(?:[A-Z][a-z]{2,8}\.?,?\s)?(?:[0-9]{1,2}\.?\s[A-Z][a-z]{2,8}\.?,?\s[0-9]{4}"
    r"|[A-Z][a-z]{2,8}\.?\s[0-9]{1,2},?\s[0-9]{4}|[0-9]{4}-[0-9]{2}-[0-9]{2}|[A-Z][a-z]{2,8}\s[0-9]{4})"
)
_STATE = (
    r"(?:early\s?view|early access|ahead of (?:print|issue)|online first"
    r"|articles? in (?:press|advance)|in press|just accepted|accepted (?:manuscripts?|articles?)"
    r"|advance (?:article|access|online publication)|forthcoming|latest articles)"
)
_DOI = r"\b10\.[0-9]{4,9}/[^\s<>|\"]+"
# What stands in citations and hardly in sentences.
_CITATION_MARK = re.compile(
    rf"{_DOI}|\bdoi\b|\bPM(?:C?ID|C)\b|\bvol(?:ume|\.)?\s?[0-9]|\bissue\s?[0-9]|\bpages?\s?[0-9]"
    rf"|\bpp?\.\s?[0-9]|;\s?[0-9]+(?:\([^()]{{1,20}}\))?:|\b{_STATE}\b"
    rf"|\b(?:published(?:\sonline)?|received|accepted|revised)\b:?\s.{{0,12}}?{_DATE}"
    r"|\bpublication date\b|\bsource:|\bepub\b|\becollection\b|\bissn\b|©"
    r"|\bcopyright\b|\bavailable online\b|\barticle (?:id|no|number)\b|\bpreprint under review\b"
    r"|\[[^\[\]]*[0-9]+,\s[^\[\]]*[0-9]+[^\[\]]*\]|\b[0-9]+,\s?[0-9]+[-–][0-9]+(?:,\s|$)",
    re.I,
)
# What makes a sentence: hardly any of these stands in a citation.
_SENTENCE_WORD = re.compile(
    r"\b(?:(?i:we|our|this|these|those|it|its|here|there|they|their|that|is|are|was|were|has|have)"
    r"|us|i|my|you|your|be|been|being|had|can|could|may|might|will|would|which|who|when|while"
    r"|whether|than|using|based|shows?|however|therefore|because|as|by|from|with|into|between"
    r"|among|through|during)\b"
)
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
_LEAD_INS = (
    re.compile(
        rf"(?P<head>[^;:!?]{{0,120}}?),?\s*published online:?\s*{_DATE};?\s*(?:doi:?\s*{_DOI}\s+)?",
        re.I,
    ),
    re.compile(rf"(?P<head>[^;:!?]{{0,120}}?),\s*{_STATE}\s*\.\s+", re.I),
    re.compile(
        r"(?P<head>[^;:!?]{0,120}?),?\s*\bvol(?:ume|\.)\s?\w+,\s(?:issue|no\.?|number)\s?[\w-]+[^.;:!?]{0,80}"
        r"\.\s+",
        re.I,
    ),
    re.compile(
        rf"(?P<head>)(?:publication date:\s*{_DATE}"
        r"|source:\s[^.;:!?]{1,120},\svolume\s\w+)\.?\s*",
        re.I,
    ),
    re.compile(
        r"(?P<head>[A-Z][\w\s.&()-]{1,80})\.\s[0-9]{4}(?:\s[A-Z][a-z]{2}(?:\s[0-9]{1,2})?)?"
        rf"(?:;[^.]{{1,60}})?\.(?:\s(?:doi:\s*{_DOI}\.?|online ahead of print\."
        r"|e(?:collection|pub)\s[^.]{4,20}\.))*\s+",
        re.I,
    ),
    re.compile(rf"(?P<head>)(?:https?://(?:dx\.)?doi\.org/|doi:?\s*){_DOI}\s+", re.I),
)
_TAILS = (
    re.compile(r"\s*\[[^\[\]]{3,100}\]\s*published\s.{5,40}$", re.I),
    re.compile(r"\s*\bPMID:\s?[0-9]+\b.{0,120}$"),
    re.compile(rf"[\s.|]*\bdoi:?\s*(?:https?://(?:dx\.)?doi\.org/)?{_DOI}\s*$", re.I),
    re.compile(r"\s*\bThe post .{1,300} appeared first on .{1,100}$"),
    re.compile(r"\s*\b(?:To cite this article|The content of this RSS feed)\b.{0,300}$", re.I),
    re.compile(
        r"\s*(?:©|\(c\)\s|\bcopyright ©?\s?[0-9]{4}).{0,200}$",
        re.I,
    ),
    re.compile(r"\s*\b(?:Read more|Continue reading)\b.{0,60}$"),
)
_SMALL_WORDS = frozenset(("of", "the", "and", "for", "in", "on", "to", "&", "de", "für", "und"))
_AUTHOR_LABEL = re.compile(r"(?:author\(s\)|(?:authors?|creators?|by)\b)\s*:?\s*", re.I)
_SEARCH_RESULT = re.compile(r"(.{3,300}?)\s[-–—]\s.{0,200}?[0-9]{4}(?:\s[-–—]\s\S+\.\S+)?")
_LAST_AUTHORS = re.compile(r"\s*\bAuthors?(?:\(s\))?:\s(?P<names>[^.;:]{3,500}?)\.?$")
_NAME_WORD = re.compile(
    r"[^\W\d_a-z][\w.'’-]*|(?:da|das|de|del|den|der|di|dos|du|el|la|le|van|von|zu|al|bin)"
)


@dataclass(frozen=True, slots=True)
class Known:
    """What an entry says of itself outside its description."""

    title: str
    authors: tuple[str, ...] = ()
    dois: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EntryText:
    """What a description tells: the abstract, and the authors and DOIs of its citation lines."""

    abstract: str = ""
    authors: tuple[str, ...] = ()
    dois: tuple[str, ...] = ()


def read_texts(markups: Iterable[str], known: Known) -> EntryText:
    """Return what an entry's descriptions tell together, and the longest of their abstracts."""
    texts = [read_text(markup, known) for markup in markups]
    return EntryText(
        max((text.abstract for text in texts), key=len, default=""),
        next((text.authors for text in texts if text.authors), ()),
        tuple(name for text in texts for name in text.dois),
    )


def read_text(markup: str, known: Known) -> EntryText:
    """Return what one description, plain or marked up, tells."""
    abstract: list[str] = []
    authors: tuple[str, ...] = ()
    names: list[str] = []
    lines = list(_paragraphs(_apart(markup, known)))
    for line, following in zip(lines, [*lines[1:], ""], strict=False):
        if _HEADING.fullmatch(line):
            abstract = []  # what stands before it is a teaser or a statement of significance
        elif _is_title(line, known) or _SHORT_HEADING.fullmatch(line) or _NOTICE.match(line):
            continue
        elif _is_citation(line):
            names += dois(" ".join(re.findall(_DOI, line)))
        elif people := _people(line, known, is_before=not abstract and following != ""):
            authors = authors or people
        elif not (_is_name_of_journal(line) and _is_citation(following)):
            abstract += filter(None, [_without_citation(line, known)])
    text, people = _last_authors(_with_sections(" ".join(abstract)))
    return EntryText(text, authors or people, tuple(names))


def _with_sections(text: str) -> str:
    """Return the text with blanks around the headings of its sections, where markup was lost."""
    text = _GLUED_SECTION.sub(r" \1: ", text).lstrip()
    return _SECTION_BEHIND_STOP.sub(r" \1", text)


def _apart(markup: str, known: Known) -> str:
    """Return the markup with a blank between the entry's DOI and a text that is glued to it."""
    for name in known.dois:
        markup = re.sub(rf"((?i:{re.escape(name)}))(?=[A-Z])", r"\1 ", markup)
    return markup


def _paragraphs(markup: str) -> Iterator[str]:
    markup = markup[:_LONGEST_TEXT]
    if not _BLOCK_TAG.search(markup):
        markup = _ESCAPED_TAG.sub(r"<\1>", markup)
    markup = _LISTED_BELOW.sub(lambda m: f"{m[1]} {'; '.join(m[2].split(chr(10)))}\n", markup)
    text = clean(_BLOCK_TAG.sub(_BOUNDARY, markup))
    lines = (part.strip() for part in text.split(_BOUNDARY))
    return (line for line in lines if any(map(str.isalpha, line)))


def _is_title(line: str, known: Known) -> bool:
    return len(line) < 2 * len(known.title) + 20 and _plain(line) == _plain(known.title)


def _plain(text: str) -> list[str]:
    return [word.plain for word in words(text)]


def _is_citation(line: str) -> bool:
    """Return whether a line has a mark of citations and no sentence."""
    if len(line) > _LONGEST_CITATION or not _CITATION_MARK.search(line):
        return False
    return not _SENTENCE_WORD.search(re.sub(_STATE, "", line, flags=re.I)) or bool(
        re.fullmatch(rf".{{0,120}}\bpublished\s.{{0,12}}{_DATE}\W*", line, re.I)
    )


def _is_name_of_journal(line: str) -> bool:
    """Return whether a short line has capitals throughout and is no sentence."""
    is_short = len(line) < 100 and not line.endswith((".", "!", "?"))
    return is_short and all(not w[0].islower() or w in _SMALL_WORDS for w in line.split())


# --- authors ---------------------------------------------------------------------------------


def _people(line: str, known: Known, *, is_before: bool) -> tuple[str, ...]:
    """Return the authors where a line is nothing but their list."""
    if result := _SEARCH_RESULT.fullmatch(line):
        names = split_authors(result[1])
        return names if all(map(_is_name, names)) else ()
    label = _AUTHOR_LABEL.match(line)
    listed = line[label.end() :] if label else line
    names = split_authors(listed)
    are_names = all(map(_is_name, names)) and not listed.rstrip(".").endswith(("al", "etc"))
    if names and set(_plain(listed)) <= {w for name in known.authors for w in _plain(name)} | {
        "and"
    }:
        return names
    if label and (":" in label[0] or is_before) and are_names:
        return names
    return names if is_before and len(names) > 1 and are_names else ()


def _is_name(name: str) -> bool:
    parts = name.split()
    return 2 <= len(parts) <= 6 and all(map(_NAME_WORD.fullmatch, parts))


def _last_authors(text: str) -> tuple[str, tuple[str, ...]]:
    """Return the text without the authors that stand at its end, and these."""
    listed = _LAST_AUTHORS.search(text, max(0, len(text) - 600))
    names = split_authors(listed["names"]) if listed else ()
    if not listed or not names or not all(map(_is_name, names)):
        return text, ()
    return text[: listed.start()].rstrip(), names


# --- within a paragraph ----------------------------------------------------------------------


def _without_citation(line: str, known: Known) -> str:
    """Return a paragraph without citation, authors and heading before it and citation behind."""
    for _ in range(_MOST_LEAD_INS):
        line = _without_lead_in(line, known)
    for tail in _TAILS:
        line = tail.sub("", line) if tail.search(line, max(0, len(line) - 500)) else line
    return line.strip()


def _without_lead_in(line: str, known: Known) -> str:
    if heading := _GLUED_HEADING.match(line) or _MIDDLE_HEADING.match(line):
        return line[heading.end() :].lstrip()
    if known.title and line.startswith(known.title) and line[len(known.title) :][:1] in ".:|-–—":
        return line[len(known.title) + 1 :].lstrip()
    if names := _authors_at_start(line, known.authors):
        return line[names:].lstrip()
    for pattern in _LEAD_INS:
        match = pattern.match(line)
        if match and match.end() < _LONGEST_LEAD_IN and not _SENTENCE_WORD.search(match["head"]):
            return line[match.end() :].lstrip()
    return line


def _authors_at_start(line: str, authors: Sequence[str]) -> int:
    """Return where the list of the known authors ends that a line begins with; else 0."""
    label = _AUTHOR_LABEL.match(line)
    at = label.end() if label else 0
    for name in authors:
        at += len(re.match(r"[\s,;&]*(?:and\s)?\s*", line[at : at + 20])[0])  # type: ignore[index]
        if not line.startswith(name, at):
            return 0
        at += len(name)
    rest = line[at : at + 2]
    is_end = not rest[:1].isalnum() and rest[:1] not in ("'", "’")
    return at if authors and is_end and (label or len(authors) > 1) else 0
