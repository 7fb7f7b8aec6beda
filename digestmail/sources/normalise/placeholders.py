"""Placeholders: texts that people and programs write where an identifier or name is missing."""

import re

from digestmail.text import one_line

# In lower case, without punctuation: "n a" is N/A and n.a.
_TEXTS = (
    "ahead of print;anon;anonymous;aucun;author unknown;blank;coming soon;default;dummy;empty;false"
    ";forthcoming;in preparation;in press;k a;keine;keine angabe;missing;n;n a;n d;na;nan;nessuno"
    ";nil;ninguno;no;no author;no authors;no authors listed;no author listed;no data;no doi;no id"
    ";no identifier;nodata;nodoi;noid;none;none given;none listed;not applicable;not assigned"
    ";not available;not found;not given;not known;not listed;not provided;not specified"
    ";not yet assigned;not yet available;null;ohne;pending;placeholder;s n;submitted;tba;tbc;tbd"
    ";to appear;to be added;to be announced;to be assigned;to be confirmed;to be determined;todo"
    ";unassigned;unavailable;undefined;unknown;unknown author;unpublished;unset;unspecified"
    ";无;無;なし;暂无;匿名"
)
_PLACEHOLDERS = frozenset(_TEXTS.split(";"))
_LENGTH_LIMIT = 80  # characters; longer text is none of these
_PREFIX = re.compile(
    r"(?:https?://(?:(?:dx\.|www\.)?doi\.org|arxiv\.org/abs|pubmed\.ncbi\.nlm\.nih\.gov)/*"
    r"|(?:doi|urn|uuid|pmid|pubmed|guid|id|arxiv|tag):\s?)+",
    re.IGNORECASE | re.ASCII,
)
_PUNCTUATION = re.compile(r"[\W_]+")
_BLANK = re.compile(r"[0 ]*|x{2,}")


def is_placeholder(text: str) -> bool:
    """Return whether ``text`` is a placeholder: "N/A", "-", "doi: none"."""
    text = one_line(text)
    if len(text) > _LENGTH_LIMIT:
        return False
    plain = _PUNCTUATION.sub(" ", _PREFIX.sub("", text, count=1)).strip().lower()
    return plain in _PLACEHOLDERS or bool(_BLANK.fullmatch(plain))
