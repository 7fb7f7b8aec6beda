"""The terms of papers beside those of their texts: authors, categories, hyphenated words."""

import re
from functools import lru_cache

from digestmail.domain import Paper
from digestmail.relevance.features.terms import analyse, hash_of
from digestmail.text import Form, forms, readable, stem_of
from digestmail.text.person_names import name_parts
from digestmail.text.phrases import FUNCTION_WORDS

_MOST_AUTHORS = 500  # of one paper; some collaborations have thousands
_HYPHENATED = re.compile(r"([^\W_]+)[-\u2010-\u2013](?=([^\W_]+))")

_WORD = re.compile(r"[a-z0-9]{3,}")


def facets(paper: Paper) -> list[str]:
    """Return the terms of a paper's authors, categories and compounds; none is one of a text."""
    return [*_names(paper), *categories(paper), *_compounds(f"{paper.title} . {paper.abstract}")]


def _compounds(text: str) -> set[str]:
    """Return the terms of hyphenated words that are more than their halves: re-rank, x-ray."""
    pairs = set(_HYPHENATED.findall(text))
    return {f"-{stem}" for pair in pairs if (stem := _compound_stem(*pair))}


@lru_cache(maxsize=65536)
def _compound_stem(written: str, after: str) -> str:
    halves = forms(f"{written}-{after}")
    is_one = len(halves) == 2 and is_compound(*halves)
    return stem_of(halves[0].normal + halves[1].plain) if is_one else ""


def is_compound(first: Form, second: Form) -> bool:
    """Return whether two words are one that its telling words do not stand for: few-shot, GPT-4."""
    return (
        second.is_joined
        and first.plain not in FUNCTION_WORDS
        and second.plain not in FUNCTION_WORDS
        and not (is_telling(first.stem) and is_telling(second.stem))
        and not (first.plain.isdigit() and second.plain.isdigit())
    )


def plain_words(paper: Paper) -> set[str]:
    """Return the words of a paper, of three letters and more, in lower case without accents."""
    text = f"{paper.title} {paper.abstract}"
    if text.isascii():  # the common case, ten times as fast
        return set(_WORD.findall(text.lower()))
    return {form.plain for form in forms(readable(text)) if len(form.plain) >= 3}


@lru_cache(maxsize=65536)
def is_telling(stem: str) -> bool:
    """Return whether a word is a term of texts: no stop word, number or single letter."""
    return bool(analyse(stem))


def compound_term(stem: str) -> int:
    """Return the hashed term of a hyphenated word."""
    return hash_of(f"-{stem}")


def categories(paper: Paper) -> set[str]:
    """Return the terms of categories and of the groups they are in: ``#cs.cl`` and ``#cs``."""
    paths = [code.lower().split(".") for code in paper.categories]
    return {"#" + ".".join(path[:n]) for path in paths for n in range(1, len(path) + 1)}


def _names(paper: Paper) -> set[str]:
    names: set[str] = set()
    for author in paper.authors[:_MOST_AUTHORS]:
        family, given_names = name_parts(author)
        names |= {f"@{name}" for name in (family, *given_names) if len(name) > 1}
        if given_names:
            first = given_names[0]
            names |= {f"@{family}|{first[0]}*", f"@{family}|{first}{_dot(first)}"}
    return names


def category_term(category: str) -> int:
    """Return the hashed term of a category, or of a group of them (``cs`` or ``cs.*``)."""
    return hash_of("#" + category.lower().removesuffix(".*"))


def name_term(name: str) -> int:
    """Return the hashed term of a single word of a name."""
    return hash_of(f"@{name}")


def person_terms(family: str, given_name: str) -> list[int]:
    """Return the terms of which a paper has one where somebody of this name may be its author.

    An initial agrees with every name that begins with it, as ``same_person`` has it.
    """
    if len(given_name) == 1:
        return [hash_of(f"@{family}|{given_name}*")]
    return [hash_of(f"@{family}|{given_name}"), hash_of(f"@{family}|{given_name[0]}.")]


def author_terms(name: str) -> list[int]:
    """Return the terms of which a paper has one where somebody of this full name wrote it."""
    family, given_names = name_parts(name)
    return person_terms(family, given_names[0]) if given_names else [name_term(family)]


def _dot(given_name: str) -> str:
    return "." if len(given_name) == 1 else ""
