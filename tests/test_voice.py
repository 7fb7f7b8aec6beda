"""What a person reads is plain English, as docs/voice.md says: the patterns of a translation fail.

The texts are those of catalogues, templates, the command line, errors, settings and documents.
"""

import ast
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import typer
from babel.messages.pofile import read_po
from jinja2 import Environment
from typer.core import TyperGroup

from digestmail.cli import cli

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "digestmail"
TEMPLATES = ROOT / "templates"
VOICE = ROOT / "docs" / "voice.md"


class Text(NamedTuple):
    """A text that a person reads, and where it stands."""

    where: str
    text: str


# Each pattern of a translated sentence, with what to write in its place.
PATTERNS = {
    r"(?<!here )\b(?:is|are|was|were|be) no (?!longer|more than|less than|fewer)[a-z]": "is not a",
    r"\bof (?:which|whom)\b": "two sentences",
    r"\b(?:whoever|whomever|whom|whosoever)\b": "who, anyone",
    r"\btold (?:of|to|by)\b|\b(?:is|are) told\b|\btells? of\b": "we tell you, is shown",
    r"\b(?:said|say|says) of\b|\b[Ww]hat you said\b": "your feedback",
    r"\b(?:Kept|Told|Named|Read|Counted) (?:is|are)\b": "the usual word order",
    r"\bgo(?:es)? on\b|\bGo on\b": "continue",
    r"\ball the same\b": "anyway, still",
    r"\bany more\b": "no longer",
    r"\bmeanwhile\b": "in the meantime, or nothing",
    r"\b[Oo]ne press\b": "press the button",
    r"\bby itself\b": "on its own, automatically",
    r"\b(?:anew|amid|thereby|whereby|wherein|lest|hitherto)\b": "again, in, by",
    r"\bin (?:its|their) stead\b": "instead",
    r"\bsome (?:[0-9]|six |ten |five )": "about",
    r"\bheard of\b|\bgrown too old\b|\bstands? there\b": "plain words",
    r"\brests for\b": "a program does not rest",
    r"\b[Yy]ou (?:have )?left\b": "you unsubscribed",
    r"\b(?:was|were) asked (?:for|from)\b": "requested",
    r"\bin trouble\b": "a problem with",
    r"\bby mail\b": "by email",
}
# "Mail" where an email is meant: not servers, boxes and programs, and no name of a setting.
_MACHINERY = (
    r"server|relay|box|scanner|gateway|system|client|program|provider|catcher|merge|host|transfer"
)
MAIL = re.compile(rf"(?<![-_./`{{:@])\b[Mm]ails?\b(?![- ]?(?:{_MACHINERY})|[:._/=@-])")
PATTERNS_FOUND = {re.compile(pattern): advice for pattern, advice in PATTERNS.items()}

# Texts that match a pattern and are right, with the reason.
ALLOWED: dict[str, str] = {}


def faults(text: str) -> list[str]:
    """Return what sounds translated in a text, each with what to write in its place."""
    plain = re.sub(r"`[^`]*`|https?://\S+|<[^<>]*>", " ", text)
    found = [
        f"“{m[0]}”: {advice}" for p, advice in PATTERNS_FOUND.items() for m in p.finditer(plain)
    ]
    return found + [f"“{m[0]}”: email" for m in MAIL.finditer(plain)]


def catalogue() -> Iterator[Text]:
    """Yield the messages that are translated."""
    with (TEMPLATES / "locale" / "digestmail.pot").open("rb") as file:
        for message in read_po(file):
            forms = message.id if isinstance(message.id, list | tuple) else (message.id,)
            yield from (Text("digestmail.pot", str(form)) for form in forms if form)


def templates() -> Iterator[Text]:
    """Yield what templates say outside of their code, and the words within it."""
    environment = Environment(autoescape=True)
    for path in sorted(TEMPLATES.rglob("*")):
        if path.suffix in (".html", ".txt"):
            tokens = environment.lex(path.read_text(encoding="utf-8"))
            for line, kind, value in tokens:
                if kind == "data" or (kind == "string" and " " in value):
                    yield Text(f"{path.relative_to(ROOT)}:{line}", value)


def commands() -> Iterator[Text]:
    """Yield the help of each command and option."""
    yield from _helps(typer.main.get_command(cli), "digestmail")


def _helps(command: Any, path: str) -> Iterator[Text]:
    for text in [command.help, *(getattr(each, "help", "") for each in command.params)]:
        yield Text(path, " ".join((text or "").split()))
    if isinstance(command, TyperGroup):
        for name, inner in command.commands.items():
            yield from _helps(inner, f"{path} {name}")


def messages() -> Iterator[Text]:
    """Yield the sentences in the code: errors, output, log lines, descriptions of settings."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for line, text in sentences(ast.parse(path.read_text(encoding="utf-8"))):
            yield Text(f"{path.relative_to(ROOT)}:{line}", text)


def sentences(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield the strings of a module that are sentences: no docstrings, patterns or word lists."""
    bare = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    pieces = {id(v) for n in ast.walk(tree) if isinstance(n, ast.JoinedStr) for v in n.values}
    for node in ast.walk(tree):
        if id(node) in bare | pieces:
            continue
        if isinstance(node, ast.JoinedStr):
            text = "".join(
                str(getattr(v, "value", "{}")) if isinstance(v, ast.Constant) else "{}"
                for v in node.values
            )
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
        else:
            continue
        if len(text.split()) > 2 and not _IS_DATA.search(text):
            yield node.lineno, text


# A regular expression, a list of words or phrases for one, or a statement of SQL.
_IS_DATA = re.compile(r"\\|\(\?|\n {4}|^[a-z0-9 -]+(?:[,;] ?[a-z0-9 -]+){8}|^[A-Z]+ [a-z_]+ = ")


def documents() -> Iterator[Text]:
    """Yield the paragraphs and rows of the documents, without their code."""
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "bench" / "README.md"]
    for path in sorted(page for page in pages if page != VOICE):
        text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        for paragraph in re.split(r"\n\s*\n|\n(?=[-|])", text):
            yield Text(str(path.relative_to(ROOT)), " ".join(paragraph.split()))


@lru_cache
def said_before() -> list[str]:
    """Return the left column of the table in docs/voice.md: what is not said any longer."""
    table = VOICE.read_text(encoding="utf-8").partition("| before | after |")[2]
    rows = [line.split(" | ")[0].strip("| ") for line in table.splitlines() if " | " in line]
    return [row for row in rows if row]


@pytest.mark.parametrize("texts", [catalogue, templates, commands, messages, documents])
def test_nothing_sounds_translated(texts: Any) -> None:
    wrong = [
        f"{where}: {fault} in “{text.strip()[:160]}”"
        for where, text in texts()
        if text.strip() not in ALLOWED
        for fault in faults(text)
    ]
    assert not wrong, f"{len(wrong)} texts; docs/voice.md says how we speak:\n" + "\n".join(wrong)


def test_no_text_of_the_table_has_come_back() -> None:
    texts = " ".join(text for source in (catalogue, messages) for _, text in source())
    assert [before for before in said_before() if before in texts] == []


@pytest.mark.parametrize(
    "text",
    [
        "“Rome” is no time zone",
        "records, of which receivers heed none",
        "by M. Lindqvist, whom you follow",
        "What you said of papers",
        "One press, and it starts",
        "Kept are your address and your profiles",
        "killed, it goes on where it was",
        "nobody is told of trouble",
        "No mail comes any more.",
        "asked by mail to confirm",
        "The preview rests for a while",
    ],
)
def test_a_translated_text_is_noticed(text: str) -> None:
    assert faults(text)


@pytest.mark.parametrize(
    "text",
    [
        "“Rome” is not a time zone. Try Europe/Rome.",
        "This profile is no longer used.",
        "set mail.from_address to the sender",
        "Your mail server refused the email.",
        "There is no file papers.json",
    ],
)
def test_plain_english_passes(text: str) -> None:
    assert faults(text) == []
