"""Citations in a feed's description: lines that are one, and those before and behind a text.

They are recognised by their form: the marks of citations ("Volume 5, Issue 3", "doi:") in a text
without a sentence.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from digestmail.sources.normalise.identifiers import dois

_CITATION_LENGTH = 400  # characters of one line
_LEAD_IN_LENGTH = 160  # characters
_LEAD_IN_LIMIT = 6  # title, citation, DOI, authors, heading

_GLUED_HEADING = re.compile(
    r"(?:(?:ABSTRACT|Abstract|Summary)(?:\s?[:.—–-]\s*|\s+(?=[A-Z“\"'(])|(?=[A-Z][a-z]*\b))"
    r"|(?:摘要|要旨)[:：\s]*)"
)
_MIDDLE_HEADING = re.compile(
    r".{1,2000}?(?:\sABSTRACT:?\s(?=\S)|(?<=[.!?])Abstract(?=[A-Z]))", re.S
)

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
# Marks of citations that are rare in sentences.
_CITATION_MARK = re.compile(
    rf"{_DOI}|\bdoi\b|\bPM(?:C?ID|C)\b|\bvol(?:ume|\.)?\s?[0-9]|\bissue\s?[0-9]|\bpages?\s?[0-9]"
    rf"|\bpp?\.\s?[0-9]|;\s?[0-9]+(?:\([^()]{{1,20}}\))?:|\b{_STATE}\b"
    rf"|\b(?:published(?:\sonline)?|received|accepted|revised)\b:?\s.{{0,12}}?{_DATE}"
    r"|\bpublication date\b|\bsource:|\bepub\b|\becollection\b|\bissn\b|©"
    r"|\bcopyright\b|\bavailable online\b|\barticle (?:id|no|number)\b|\bpreprint under review\b"
    r"|\[[^\[\]]*[0-9]+,\s[^\[\]]*[0-9]+[^\[\]]*\]|\b[0-9]+,\s?[0-9]+[-–][0-9]+(?:,\s|$)",
    re.I,
)
# Words of sentences that are rare in citations.
_SENTENCE_WORD = re.compile(
    r"\b(?:(?i:we|our|this|these|those|it|its|here|there|they|their|that|is|are|was|were|has|have)"
    r"|us|i|my|you|your|be|been|being|had|can|could|may|might|will|would|which|who|when|while"
    r"|whether|than|using|based|shows?|however|therefore|because|as|by|from|with|into|between"
    r"|among|through|during)\b"
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
AUTHOR_LABEL = re.compile(r"(?:author\(s\)|(?:authors?|creators?|by)\b)\s*:?\s*", re.I)


@dataclass(frozen=True, slots=True)
class EntryMetadata:
    """The title, authors and DOIs of an entry outside its description."""

    title: str
    authors: tuple[str, ...] = ()
    dois: tuple[str, ...] = ()


def is_citation(line: str) -> bool:
    """Return whether a line has a mark of citations and no sentence."""
    if len(line) > _CITATION_LENGTH or not _CITATION_MARK.search(line):
        return False
    return not _SENTENCE_WORD.search(re.sub(_STATE, "", line, flags=re.I)) or bool(
        re.fullmatch(rf".{{0,120}}\bpublished\s.{{0,12}}{_DATE}\W*", line, re.I)
    )


def dois_in(line: str) -> tuple[str, ...]:
    """Return the DOIs in a citation."""
    return dois(" ".join(re.findall(_DOI, line)))


def is_journal_name(line: str) -> bool:
    """Return whether a short line has capitals throughout and is no sentence."""
    is_short = len(line) < 100 and not line.endswith((".", "!", "?"))
    return is_short and all(not w[0].islower() or w in _SMALL_WORDS for w in line.split())


# --- before and behind a text ----------------------------------------------------------------


def without_citations(line: str, entry: EntryMetadata) -> str:
    """Return a paragraph without citation, authors and heading before it and citation behind."""
    for _ in range(_LEAD_IN_LIMIT):
        line = _without_lead_in(line, entry)
    for tail in _TAILS:
        line = tail.sub("", line) if tail.search(line, max(0, len(line) - 500)) else line
    return line.strip()


def _without_lead_in(line: str, entry: EntryMetadata) -> str:
    if heading := _GLUED_HEADING.match(line) or _MIDDLE_HEADING.match(line):
        return line[heading.end() :].lstrip()
    if entry.title and line.startswith(entry.title) and line[len(entry.title) :][:1] in ".:|-–—":
        return line[len(entry.title) + 1 :].lstrip()
    if names := _authors_at_start(line, entry.authors):
        return line[names:].lstrip()
    for pattern in _LEAD_INS:
        match = pattern.match(line)
        if match and match.end() < _LEAD_IN_LENGTH and not _SENTENCE_WORD.search(match["head"]):
            return line[match.end() :].lstrip()
    return line


def _authors_at_start(line: str, authors: Sequence[str]) -> int:
    """Return the end of the list of these authors with which a line begins; else 0."""
    label = AUTHOR_LABEL.match(line)
    at = label.end() if label else 0
    for name in authors:
        at += len(re.match(r"[\s,;&]*(?:and\s)?\s*", line[at : at + 20])[0])  # type: ignore[index]
        if not line.startswith(name, at):
            return 0
        at += len(name)
    following = line[at : at + 1]
    is_end = not following.isalnum() and following not in ("'", "’")
    return at if authors and is_end and (label or len(authors) > 1) else 0
