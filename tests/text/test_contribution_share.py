"""Of real abstracts that say what their paper does, nearly all show it in a list and in a mail.

The check looks for words side by side and knows no pattern of the code that it checks.
"""

import json
import re
from collections.abc import Iterator

from needs import needs
from sources_server import TRENDING

from digestmail.render.cleaning import plain
from digestmail.render.paper_line import LINE_LIMIT
from digestmail.text.contribution import contribution_line, summary

_MAIL = 600  # characters of a full block
_PEOPLE = {"we"}
_WORKS = {"paper", "work", "article", "study", "letter", "note", "survey", "review", "report"}
_VERBS = {
    "show",
    "introduce",
    "propose",
    "present",
    "develop",
    "demonstrate",
    "study",
    "investigate",
    "explore",
    "prove",
    "find",
    "report",
    "describe",
    "provide",
    "analyze",
    "analyse",
    "design",
    "build",
    "release",
    "create",
    "offer",
    "derive",
    "argue",
    "examine",
    "address",
    "evaluate",
    "establish",
    "aim",
    "give",
    "consider",
}
_IRREGULAR = {"built": "build", "found": "find", "gave": "give", "proven": "prove"}


def _verb(word: str) -> str:
    """Return a verb of the list from one of its forms; else the word."""
    word = _IRREGULAR.get(word, word)
    forms = (word, word[:-1], word[:-2], word[:-2] + "e", word[:-3] + "y")
    return next((form for form in forms if form in _VERBS), word)


def says_it(text: str) -> bool:
    """Return whether a sentence of a text has "we" and a verb, or "this paper", close together."""
    for sentence in re.split(r"(?<=[.!?])\s+(?=[A-Z(])", text):
        words = re.findall(r"[a-z'-]+", sentence.lower())
        for at, word in enumerate(words):
            near = words[at + 1 : at + 4]
            if word in _PEOPLE and any(_verb(each) in _VERBS for each in near):
                return True
            if word in ("this", "present", "our") and _WORKS & set(near):
                return True
    return False


def abstracts() -> Iterator[str]:
    needs(TRENDING.exists(), "the folder shared is not beside the checkout")
    with TRENDING.open(encoding="utf-8") as file:
        texts = [plain(json.loads(line)["abstract"]) for line in file]
    return filter(says_it, texts)


def test_lists_show_what_a_paper_does() -> None:
    shown = [says_it(contribution_line(abstract, LINE_LIMIT)) for abstract in abstracts()]
    assert len(shown) > 800
    assert sum(shown) / len(shown) >= 0.95


def test_mails_show_what_a_paper_does() -> None:
    shown = [says_it(summary(abstract, _MAIL)) for abstract in abstracts()]
    assert sum(shown) / len(shown) >= 0.95
