"""PubMed's XML, read: articles to papers, without a network.

https://dtd.nlm.nih.gov/ncbi/pubmed/doc/out/current_index.html describes the elements.
"""

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from digestmail.domain import BadRecord, Paper
from digestmail.errors import SourceError
from digestmail.sources.normalise.clean import clean
from digestmail.sources.normalise.identifiers import doi, pubmed_key
from digestmail.sources.normalise.paper import RecordError
from digestmail.sources.services.json_api import Service, paper_of
from digestmail.text import one_line

# The declaration that NLM sends names a DTD and nothing else. It is removed before parsing, so
# that the parser may refuse all others: those with entities or attribute defaults of their own.
# The DTD is never fetched, and its named entities do not occur in NLM's answers.
_DOCTYPE = re.compile(
    rb"\A((?:\xef\xbb\xbf)?\s*(?:<\?xml[^<>]*\?>)?\s*)<!DOCTYPE\s+\w+"
    rb"(?:\s+PUBLIC\s+\"[^\"<>]*\"|\s+SYSTEM)\s+\"[^\"<>]*\"\s*>"
)
_YEAR = re.compile(r"\b((?:1[5-9]|20|21)[0-9]{2})(?:\s+([A-Z][a-z]{2}))?")
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_BOOK = "BookDocument"
_NAME_LIMIT = 200

Days = tuple[date, date]  # the first and last day that a date may mean


def document(content: bytes, service: Service) -> Element:
    """Return the root of an answer; SourceError where it is no XML, or declares entities."""
    try:
        return fromstring(_DOCTYPE.sub(rb"\1", content, count=1), forbid_dtd=True)
    except DefusedXmlException as error:
        if b"<!doctype html" in content[:100].lower():
            raise _no_xml(content, service) from error
        raise service.error(
            "its response declares a DTD or entities, which are not allowed"
        ) from error
    except (ParseError, ValueError, LookupError) as error:
        raise _no_xml(content, service) from error


def _no_xml(content: bytes, service: Service) -> SourceError:
    start = one_line(content[:200].decode("utf-8", "replace"))[:40]
    return service.error(
        f"its response is not XML, or is broken or truncated: it begins with '{start}'"
    )


def read_article(article: Element, source: str) -> Paper | BadRecord:
    """Return the Paper of a PubmedArticle or PubmedBookArticle, or why there is none."""
    pmid = pubmed_key(_text(article, "MedlineCitation/PMID") or _text(article, f"{_BOOK}/PMID"))
    where = f"article {pmid}" if pmid else "an article without PMID"
    if not pmid:
        return BadRecord(where, "it has no PubMed id")
    try:
        return _paper(article, pmid, source)
    except RecordError as error:
        return BadRecord(where, str(error))


def _paper(article: Element, pmid: str, source: str) -> Paper:
    citation = _first(article, "MedlineCitation/Article", _BOOK)
    entered = _entered(article)
    published = _published(citation, entered)
    work_doi = _doi(article, citation)
    record = {
        "arxiv_id": _arxiv_number(article, citation),
        "id": pmid,
        "doi": work_doi,
        "title": _marked(_first(citation, "ArticleTitle", "VernacularTitle", "Book/BookTitle")),
        "abstract": " ".join(_sections(citation)),
        "url": f"https://pubmed.ncbi.nlm.nih.gov/{pmid.removeprefix('pmid:')}/",
        "published": published.isoformat() if published else None,
    }
    return replace(
        paper_of(record, work_doi, pmid, source=source),
        authors=tuple(_authors(citation)),
        announced_on=entered,
    )


def _first(element: Element, *paths: str) -> Element:
    """Return the first element of ``paths`` that has content, else an empty element."""
    elements = (element.find(path) for path in paths)
    return next((e for e in elements if e is not None and (len(e) or e.text)), Element("none"))


def _text(element: Element, path: str) -> str:
    return one_line(element.findtext(path, ""))


def _marked(element: Element) -> str:
    """Return the text of an element, with markup only for superscripts and subscripts."""
    for name in ("sup", "sub"):
        for script in element.iter(name):
            if not len(script):
                script.text = f"<{name}>{script.text or ''}</{name}>"
    return "".join(element.itertext())


# --- identity --------------------------------------------------------------------------------


def _doi(article: Element, citation: Element) -> str:
    # Of this article alone: the references below PubmedData have such lists as well.
    listed = [e for e in _article_ids(article) if e.get("IdType") == "doi"]
    located = [
        e
        for e in citation.findall("ELocationID")
        if e.get("EIdType") == "doi" and e.get("ValidYN") != "N"
    ]
    return next(filter(None, (doi(e.text or "") for e in listed + located)), "")


def _article_ids(article: Element) -> list[Element]:
    return [
        *article.findall("PubmedData/ArticleIdList/ArticleId"),
        *article.findall(f"{_BOOK}/ArticleIdList/ArticleId"),
        *article.findall("PubmedBookData/ArticleIdList/ArticleId"),
    ]


def _arxiv_number(article: Element, citation: Element) -> str:
    """Return the arXiv id of a preprint that PubMed lists under the journal "ArXiv"."""
    if _text(citation, "Journal/Title").lower() != "arxiv":
        return ""
    ids = [e.text or "" for e in _article_ids(article) if e.get("IdType") == "pii"]
    return ids[0] if ids else ""


# --- fields ----------------------------------------------------------------------------------


def _sections(citation: Element) -> Iterator[str]:
    """Yield the sections of the abstract, each after its label."""
    for section in citation.findall("Abstract/AbstractText"):
        label = one_line(section.get("Label", "")).rstrip(":")
        label = label.capitalize() if label.isupper() else label
        if text := one_line(_marked(section)):
            yield f"{label}: {text}" if label and label.lower() != "unlabelled" else text


def _authors(citation: Element) -> Iterator[str]:
    for author in citation.findall("AuthorList/Author"):
        if author.get("ValidYN") == "N":
            continue
        first = _text(author, "ForeName") or _text(author, "Initials")
        names = (first, _text(author, "LastName"), _text(author, "Suffix"))
        name = " ".join(filter(None, names)) or _text(author, "CollectiveName")
        if name := clean(name)[:_NAME_LIMIT]:
            yield name


# --- dates -----------------------------------------------------------------------------------


def _published(citation: Element, entered: date | None) -> date | None:
    """Return the date of publication, or of entry where that is earlier or may be the same day.

    Journals date issues ahead, and many by month, season or year alone.
    """
    dates = (
        _days(citation.find(path))
        for path in ("ArticleDate", "Journal/JournalIssue/PubDate", "Book/PubDate")
    )
    days = next(filter(None, dates), None)
    if days is None or (entered and entered <= days[1]):
        return entered
    return days[0]


def _entered(article: Element) -> date | None:
    for status in ("entrez", "pubmed"):
        for data in ("PubmedData", "PubmedBookData"):
            history = article.find(f"{data}/History/PubMedPubDate[@PubStatus='{status}']")
            if days := _days(history):
                return days[0]
    return None


def _days(element: Element | None) -> Days | None:
    """Return the days that a date of year, month and day, or of words (MedlineDate), may mean."""
    if element is None:
        return None
    words = f"{_text(element, 'Year')} {_text(element, 'Month')}"
    match = _YEAR.search(_text(element, "MedlineDate") or words)
    if not match:
        return None
    year, month = int(match[1]), _month(match[2] or _text(element, "Month"))
    if not month:
        return date(year, 1, 1), date(year, 12, 31)
    last = monthrange(year, month)[1]
    day = _text(element, "Day")
    if day.isascii() and day.isdigit() and 1 <= int(day) <= last:
        return date(year, month, int(day)), date(year, month, int(day))
    return date(year, month, 1), date(year, month, last)


def _month(name: str) -> int:
    if name.isascii() and name.isdigit():
        return int(name) if 1 <= int(name) <= 12 else 0
    name = name[:3].lower()
    return _MONTHS.index(name) + 1 if name in _MONTHS else 0
