"""XML files of reference managers and PubMed: parsed safely, and their records.

Nothing outside the data is read: XML that declares entities is refused.
"""

import re
from collections.abc import Iterable, Iterator
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from digestmail.domain import BadRecord, Paper
from digestmail.sources.files.endnote import is_endnote, read_endnote
from digestmail.sources.files.unreadable import EXPORT, KINDS, UnreadableFileError
from digestmail.sources.files.zotero import read_rdf
from digestmail.sources.normalise.paper import Record
from digestmail.sources.services.medline import read_article

LocatedEntry = tuple[str, Record | Paper | str]  # its place; the entry, or its problem
_ELEMENT_LIMIT = 300_000  # 150 for each of 2,000 entries
_DOCTYPE = re.compile(
    rb"\A((?:\xef\xbb\xbf)?\s*(?:<\?xml[^<>]{0,200}\?>)?\s*)<!DOCTYPE\s+[\w:.-]{1,60}"
    rb"(?:\s+(?:PUBLIC|SYSTEM)(?:\s+\"[^\"<>\[\]]{0,300}\"){1,2})?\s*>"
)


def is_xml(data: bytes) -> bool:
    """Return whether ``data`` begins as XML or HTML does, in UTF-8 or UTF-16."""
    head = data[:400].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    return (
        head.startswith(b"<")
        and head[1:2] in b"?!abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    )


def root_of(data: bytes) -> Element:
    """Return the root of XML; UnreadableFileError where it is broken or declares entities."""
    if data.count(b"<") > 2 * _ELEMENT_LIMIT:
        raise UnreadableFileError("it has too many entries", "export fewer papers")
    if b"<html" in data[:1_000].replace(b"\0", b"").lower():
        raise UnreadableFileError("it is a web page", f"use {KINDS}")
    try:
        root: Element = fromstring(_DOCTYPE.sub(rb"\1", data.strip(), count=1), forbid_dtd=True)
    except DefusedXmlException:
        raise UnreadableFileError(
            "it declares a DOCTYPE or entities, which are not allowed", "export it again"
        ) from None
    except (ParseError, ValueError, LookupError) as error:
        position = getattr(error, "position", None)
        where = f" in line {position[0]}" if position else ""
        raise UnreadableFileError(f"its XML is broken{where}", "export it again") from None
    return root


def records_of_xml(root: Element) -> Iterable[LocatedEntry]:
    """Return the records of XML that lists papers; UnreadableFileError for any other."""
    name = root.tag.rpartition("}")[2].lower()
    if is_endnote(root):
        return read_endnote(root)
    if name == "pubmedarticleset":
        return _articles(root)
    if name == "rdf":
        return _rdf(root)
    if name in ("rss", "feed"):
        raise UnreadableFileError("it is a feed, not a list of your papers")
    if name in ("modscollection", "mods"):
        raise UnreadableFileError("it is MODS", EXPORT)
    raise UnreadableFileError("it is XML, but not OPML or a known export format")


def _rdf(root: Element) -> Iterable[LocatedEntry]:
    records = list(read_rdf(root))
    if not records:
        raise UnreadableFileError(
            "it is RDF, but not Zotero RDF",
            "in Zotero choose the format Zotero RDF, BibTeX or RIS",
        )
    return records


def _articles(root: Element) -> Iterator[LocatedEntry]:
    for number, article in enumerate(root, 1):
        result = read_article(article, "library")
        yield f"article {number}", result.problem if isinstance(result, BadRecord) else result
