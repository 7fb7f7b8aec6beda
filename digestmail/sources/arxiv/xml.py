"""arXiv's XML answers: parsed safely, and read whatever their namespaces."""

import re
from collections.abc import Iterable
from dataclasses import replace
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from digestmail.domain import Paper
from digestmail.errors import SourceError
from digestmail.sources.normalise.identifiers import arxiv_id
from digestmail.sources.normalise.identifiers import dois as listed_dois
from digestmail.text import one_line

# The text before an abstract in arXiv's feeds; the group is the type of the announcement.
ANNOUNCEMENT = re.compile(
    r"\A(?:\s|<p>)*arXiv:\S{1,40}\s+Announce Type:\s*([\w-]{1,40})\s*(?:Abstract:\s*)?",
    re.IGNORECASE,
)


def document(content: bytes, root: str, *, url: str) -> Element:
    """Return the root element, which must be called ``root``; SourceError for anything else.

    Documents that declare a DOCTYPE or entities are refused.
    """
    content = content.lstrip()
    try:
        element = fromstring(content, forbid_dtd=True)
    except DefusedXmlException as error:
        if content[:14].lower() == b"<!doctype html":
            raise _foreign(content, root, url) from error
        raise SourceError(f"{url}: it declares a DOCTYPE or entities: refused") from error
    except (ParseError, ValueError, LookupError) as error:
        if f"<{root}".encode() in content[:1000]:
            raise SourceError(f"{url}: its XML is broken or truncated ({error})") from error
        raise _foreign(content, root, url) from error
    if element.tag.rpartition("}")[2] != root:
        raise _foreign(content, root, url)
    return element


def _foreign(content: bytes, root: str, url: str) -> SourceError:
    start = one_line(content[:200].decode("utf-8", "replace"))[:40]
    return SourceError(f"{url} is not a <{root}> document: it begins with '{start}'")


def children(element: Element | None) -> dict[str, Element]:
    """Return the first child of each name; none where there is no element."""
    elements: dict[str, Element] = {}
    for child in element if element is not None else ():
        elements.setdefault(child.tag.rpartition("}")[2], child)
    return elements


def texts(element: Element | None) -> dict[str, str]:
    """Return the text of the first child of each name, all elements below it included."""
    return {name: "".join(child.itertext()) for name, child in children(element).items()}


def dois(listed: str) -> tuple[str, ...]:
    """Return the DOIs of the journal versions in a field, without arXiv's own."""
    return tuple(name for name in listed_dois(listed) if not arxiv_id(name))


def with_dois(paper: Paper, names: Iterable[str]) -> Paper:
    """Return the paper with the first of these DOIs as its own and all of them as aliases."""
    aliases = tuple(f"doi:{name}" for name in names)
    if not aliases:
        return paper
    return replace(paper, doi=aliases[0].removeprefix("doi:"), aliases=aliases)
