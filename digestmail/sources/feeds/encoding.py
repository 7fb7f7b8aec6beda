"""The encoding of a feed: the declared one, or the one that its bytes are in."""

import codecs
import re

_BOMS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",  # begins as the next but one does
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
_ENCODING = re.compile(rb"\s*<\?xml\b[^>]{0,150}?encoding\s*=\s*[\"']([\w.:-]{1,40})[\"']")
# Text in another encoding is hardly ever valid UTF-8 by chance; but a few letters in an encoding
# with two bytes to a letter may be.
_ASCII = bytes(range(128))
_ENOUGH = 20  # bytes beyond ASCII
_ESCAPED = re.compile("[\udc80-\udcff]")  # a byte that is no UTF-8
_ONE_BYTE = re.compile(r"ascii|iso8859-\d+|cp125\d|koi8-[ru]")
_SAFE_ENCODING = re.compile(
    r"utf-8|ascii|iso8859-\d+|cp125\d|koi8-[ru]|gb\w+|big5|euc_\w+|shift_jis"
)


def decoded(content: bytes) -> str:
    """Return the text of a feed. Bytes that are not UTF-8, as declared, are Windows-1252."""
    for bom, encoding in _BOMS.items():
        if content.startswith(bom):
            return content.decode(encoding, "replace")
    declared = _ENCODING.match(content)
    named = _known(declared[1].decode()) if declared else "utf-8"
    is_short = len(content.translate(None, _ASCII)) < _ENOUGH
    first_named = is_short and not _ONE_BYTE.fullmatch(named)
    for encoding in (named, "utf-8") if first_named else ("utf-8", named):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return _mixed(content)


def _known(encoding: str) -> str:
    """Return the encoding where it is one of texts, as Python names it; else UTF-8."""
    try:
        name = codecs.lookup(encoding).name
    except LookupError:
        return "utf-8"
    return name if _SAFE_ENCODING.fullmatch(name) else "utf-8"


def _mixed(content: bytes) -> str:
    """Return text that is UTF-8 but for some bytes, which are read as Windows-1252."""
    text = content.decode("utf-8", "surrogateescape")
    return _ESCAPED.sub(lambda m: bytes([ord(m[0]) - 0xDC00]).decode("cp1252", "replace"), text)
