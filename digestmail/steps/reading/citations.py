"""A reading list as files for reference managers and spreadsheets: BibTeX, RIS and CSV. Pure."""

import csv
import hashlib
import io
import re
from collections.abc import Callable, Iterator, Sequence

from digestmail.domain import Paper, SavedPaper
from digestmail.sources.normalise.identifiers import arxiv_id
from digestmail.text import one_line, readable, words

FORMULA = tuple("=+-@\t\r")  # a spreadsheet would run a cell that begins so
_COLUMNS = (
    *("title", "authors", "published", "doi", "arxiv"),
    *("url", "categories", "saved", "abstract"),
)


# --- BibTeX ----------------------------------------------------------------------------------

# Formulas are kept only when nothing in them can be more than a formula: a paper's text must not
# read files when somebody's thesis is compiled.
_MATH = re.compile(r"(?<!\\)(\$(?!\s)[^$]{1,200}?(?<![\s\\])\$)(?!\d)")
_HARMLESS_MATH = re.compile(r"(?:[\w\s+\-*/=<>()\[\],.:;|!'{}^]|\\[A-Za-z]++)*+")
_COMMAND = re.compile(r"\\([A-Za-z]+)")
_KNOWN = frozenset(
    """
    alpha beta gamma delta epsilon varepsilon zeta eta theta iota kappa lambda mu nu xi pi rho
    sigma tau upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi
    Psi Omega ell hbar infty partial nabla sum prod int sqrt frac log ln exp sin cos tan max min
    sup inf lim cdot times pm mp le leq ge geq ne neq ll gg approx sim simeq equiv propto to
    rightarrow leftarrow mapsto in notin subset subseteq cup cap otimes oplus circ ast star prime
    dagger perp parallel mid forall exists mathcal mathbb mathbf mathrm mathit mathsf bar hat
    tilde vec dot left right
    """.split()  # noqa: SIM905 - a list of them is a page long
)
_ESCAPES = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "{": r"\textbraceleft{}",  # an escaped brace would still count as one
        "}": r"\textbraceright{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        **{character: f"\\{character}" for character in "&%$#_"},
    }
)
_WORD = re.compile(r"[^\W_](?:[^\W_]|-)*+")
_LATER_CAPITAL = re.compile(r".[^A-Z]*+[A-Z]")
_VERBATIM = str.maketrans({c: f"%{ord(c):02X}" for c in ' {}\\"<>^`|'})


def bibtex(papers: Sequence[Paper]) -> str:
    """Return the papers as BibTeX, in UTF-8; each under a key of its own: see ``citation_key``."""
    return "\n".join(map(_entry, papers))


def citation_key(paper: Paper) -> str:
    """Return first author, year and identifier: ``okafor2026-2611.01234``.

    Made of nothing but the paper, so that it is the same whatever else is exported, and until
    the source corrects the name or the day.
    """
    identifier = arxiv_id(paper.key)
    digest = hashlib.sha256(paper.key.encode()).hexdigest()
    name = identifier[0].replace("/", "-") if identifier else digest[:10]
    surname = _folded(_surname(next(_authors(paper), "")))
    return f"{surname or 'anonymous'}{_date(paper)[:4]}-{name}"


def _entry(paper: Paper) -> str:
    fields = {
        "title": _title(paper.title),
        "author": " and ".join(map(_author, _authors(paper))),
        "year": _date(paper)[:4],
        "doi": one_line(paper.doi).translate(_VERBATIM),
        **_eprint(paper),
        "url": one_line(paper.url).translate(_VERBATIM),
        "abstract": _latex(paper.abstract),
    }
    lines = [f"  {name} = {{{value}}},\n" for name, value in fields.items() if value]
    return f"@misc{{{citation_key(paper)},\n{''.join(lines)}}}\n"


def _eprint(paper: Paper) -> dict[str, str]:
    identifier = arxiv_id(paper.key)
    if not identifier:
        return {}
    primary = _latex(paper.categories[0]) if paper.categories else ""
    return {"eprint": identifier[0], "archiveprefix": "arXiv", "primaryclass": primary}


def _title(text: str) -> str:
    """Return a title, its acronyms in braces, which keep styles from lowering them."""
    return _pieces(text, lambda prose: _WORD.sub(_protected, prose))


def _protected(word: re.Match[str]) -> str:
    return f"{{{word[0]}}}" if _LATER_CAPITAL.match(word[0]) else word[0]


def _latex(text: str) -> str:
    return _pieces(text, lambda prose: prose)


def _pieces(text: str, protect: Callable[[str], str]) -> str:
    """Return plain text as LaTeX: harmless formulas as they are, all else escaped."""
    pieces = _MATH.split(one_line(text))  # every second one is a formula
    return "".join(
        piece if at % 2 and _is_harmless(piece) else protect(_escaped(piece))
        for at, piece in enumerate(pieces)
    )


def _is_harmless(formula: str) -> bool:
    known = _KNOWN.issuperset(_COMMAND.findall(formula))
    written = _HARMLESS_MATH.fullmatch(formula[1:-1]) and "^^" not in formula  # ^^ is any letter
    return bool(known and written and _is_balanced(formula))


def _is_balanced(text: str) -> bool:
    depth = 0
    for character in text:
        depth += (character == "{") - (character == "}")
        if depth < 0:
            return False
    return depth == 0


def _escaped(text: str) -> str:
    return readable(text).translate(_ESCAPES)


def _author(name: str) -> str:
    """Return a name that BibTeX takes for one: in braces where it would see several, or parts."""
    latex = _latex(name)
    odd = latex.count(",") > 1 or {"and", "others"} & set(latex.lower().split())
    return f"{{{latex}}}" if odd else latex


# --- RIS -------------------------------------------------------------------------------------


def ris(papers: Sequence[Paper]) -> str:
    """Return the papers as RIS, in UTF-8."""
    return "".join(f"{tag}  - {value}\r\n" for paper in papers for tag, value in _ris(paper))


def _ris(paper: Paper) -> Iterator[tuple[str, str]]:
    identifier = arxiv_id(paper.key)
    yield "TY", "JOUR"
    yield "ID", citation_key(paper)
    fields = [
        ("TI", (readable(paper.title),)),
        ("AU", map(_inverted, paper.authors)),
        ("PY", (_date(paper)[:4],)),
        ("DA", (_date(paper).replace("-", "/"),)),
        ("T2", (f"arXiv preprint arXiv:{identifier[0]}" if identifier else "",)),
        ("AN", (f"arXiv:{identifier[0]}" if identifier else "",)),
        ("DO", (paper.doi,)),
        ("UR", (paper.url,)),
        ("KW", paper.categories),
        ("AB", (readable(paper.abstract),)),
    ]
    yield from (
        (tag, value) for tag, values in fields for text in values if (value := one_line(text))
    )
    yield "ER", ""


def _inverted(name: str) -> str:
    """Return ``de Vries, Jan``; a name with a comma, and that of a group, stays as it is."""
    surname = _surname(name)
    given_name = one_line(name).removesuffix(surname).strip()
    group = {"and", "the"} & set(given_name.lower().split())
    is_person = given_name and not group and "," not in name
    return f"{surname}, {given_name}" if is_person else one_line(name)


# --- CSV -------------------------------------------------------------------------------------


def csv_of(saved: Sequence[SavedPaper]) -> str:
    """Return a reading list as CSV, a row for each paper; cells are harmless in a spreadsheet."""
    target = io.StringIO()
    # Else what a cell holds could begin another one where a semicolon parts the cells.
    writer = csv.writer(target, quoting=csv.QUOTE_ALL)
    writer.writerow(_COLUMNS)
    for saved_paper in saved:
        writer.writerow(map(harmless, _cells(saved_paper)))
    return target.getvalue()


def _cells(saved: SavedPaper) -> list[str]:
    paper = saved.paper
    identifier = arxiv_id(paper.key)
    return [
        readable(paper.title),
        "; ".join(_authors(paper)),
        _date(paper),
        paper.doi,
        identifier[0] if identifier else "",
        paper.url,
        "; ".join(paper.categories),
        saved.saved_at.date().isoformat(),
        readable(paper.abstract),
    ]


def harmless(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell


# --- parts -----------------------------------------------------------------------------------


def _date(paper: Paper) -> str:
    """Return the day a paper is of, as 2026-11-20; empty when nobody knows."""
    day = paper.published_at or paper.announced_on or paper.first_seen_at
    return day.strftime("%Y-%m-%d") if day else ""


def _authors(paper: Paper) -> Iterator[str]:
    """Return the names; a source may have empty ones among them."""
    return (name for name in paper.authors if one_line(name))


def _surname(name: str) -> str:
    """Return the last word of a name, or the text before its comma, with its particles."""
    name = one_line(name)
    if "," in name:
        return name.partition(",")[0].strip()
    words = name.split()
    start = max(len(words) - 1, 0)
    while start > 1 and words[start - 1].islower():
        start -= 1
    return " ".join(words[start:])


def _folded(name: str) -> str:
    """Return a text in small letters without accents, as a key can hold it."""
    return "".join(c for word in words(name) for c in word.plain if c.isascii())
