"""What typing stands for in TeX and plain text: dashes, quotation marks, apostrophes, ties."""

import re

from digestmail.text.latex_symbols import PLAIN_UNDERSCORE

GAP = "\ue003"  # where a reference stood
_GAPS = re.compile(rf"[\s~]{{0,3}}[(\[]\s?(?:{GAP}[\s,;]{{0,3}}){{1,20}}[)\]]|[\s~]{{0,3}}{GAP}")
_TYPED = re.compile(
    r"(?P<address>https?://\S+)"
    r"|(?<![-<!])(?P<dashes>-{2,3})(?![->])"
    r"|(?:``|\"(?=[^\"`']{1,200}'')|(?<!\w)''(?=\w))(?P<double>[^`\"]{1,400}?)(?:''|\")"
    r"|(?P<opening>``)|(?<=[^\W\d_]{2})(?P<closing>'')(?!\w)"
    r"|(?<!\w)`(?P<single>[^`'\s](?:[^`']{0,200}[^`'\s])?)'(?!\w)"
    r"|(?<=[\w.,;:)}\]])(?P<tie>~)(?=[\w({\[<])"
)

_PLAIN = re.compile(
    r"(?<![\w\"=])\"(?P<double>[^\s\"=](?:[^\"]{0,200}[^\s\"=])?)\"(?![\w\"])"
    r"|(?<![\w'])'(?P<single>[^\s'](?:[^']{0,100}[^\s'])?)'(?![\w'])"
    r"|(?<=[^\W\d_])(?P<apostrophe>')(?=[^\W\d_])"
    r"|(?<=[^\W\d_]{2} )(?P<dash>-)(?= [^\W\d_])"
)


def with_printed_quotes(text: str) -> str:
    """Return plain text with curly quotation marks, apostrophes and dashes, at the same length.

    Marks that may stand for feet, inches, minutes or derivatives stay as they are.
    """
    if "'" in text or '"' in text or " - " in text:
        return _PLAIN.sub(_curled, text)
    return text


def _curled(match: re.Match[str]) -> str:
    if match["double"]:
        return f"“{match['double']}”"
    if match["single"]:
        return f"‘{match['single']}’"
    return "–" if match["dash"] else "’"


def with_typography(text: str) -> str:
    """Return ``text`` with the characters that TeX would print for what was typed."""
    without_gaps = _GAPS.sub("", text) if GAP in text else text
    return _TYPED.sub(_printed, without_gaps).replace(PLAIN_UNDERSCORE, "_")


def _printed(match: re.Match[str]) -> str:
    if match["dashes"]:
        return _dash(match)
    if match["double"]:
        return f"“{match['double']}”"
    if match["opening"] or match["closing"]:
        return "“" if match["opening"] else "”"
    if match["single"]:
        return f"‘{match['single']}’"
    if match["tie"]:
        neighbours = match.string[match.start() - 1], match.string[match.end()]
        return "~" if all(map(str.isdigit, neighbours)) else " "  # "5~10 mg" is a range
    return match[0]


def _dash(match: re.Match[str]) -> str:
    text = match.string
    before, after = text[match.start() - 1 : match.start()], text[match.end() : match.end() + 1]
    is_option = (not before or before.isspace() or before in "(`") and after.isalnum()
    if is_option and len(match["dashes"]) == 2:
        return match[0]  # of a command: --help
    return "–" if len(match["dashes"]) == 2 else "—"
