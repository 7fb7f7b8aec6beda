"""The terms by which papers are found beside those of their texts: authors and categories."""

from digestmail.domain import Paper
from digestmail.relevance.features.terms import hash_of
from digestmail.text.person_names import name_parts

_MOST_AUTHORS = 500  # of one paper; some collaborations have thousands


def facets(paper: Paper) -> list[str]:
    """Return the terms of a paper's authors and categories; none can be a term of a text."""
    return [*_names(paper), *categories(paper)]


def categories(paper: Paper) -> set[str]:
    """Return the terms of categories and of the groups they are in: ``#cs.cl`` and ``#cs``."""
    parts = [code.lower().split(".") for code in paper.categories]
    return {"#" + ".".join(part[:n]) for part in parts for n in range(1, len(part) + 1)}


def _names(paper: Paper) -> set[str]:
    names: set[str] = set()
    for author in paper.authors[:_MOST_AUTHORS]:
        family, given = name_parts(author)
        names |= {f"@{name}" for name in (family, *given) if len(name) > 1}
        if given:
            first = given[0]
            names |= {f"@{family}|{first[0]}*", f"@{family}|{first}{_dot(first)}"}
    return names


def category_term(category: str) -> int:
    """Return the hashed term of a category, or of a group of them (``cs`` or ``cs.*``)."""
    return hash_of("#" + category.lower().removesuffix(".*"))


def name_term(name: str) -> int:
    """Return the hashed term of a single word of a name."""
    return hash_of(f"@{name}")


def person_terms(family: str, given: str) -> list[int]:
    """Return the terms of which a paper has one where somebody of this name may be its author.

    An initial agrees with every name that begins with it, as ``same_person`` has it.
    """
    if len(given) == 1:
        return [hash_of(f"@{family}|{given}*")]
    return [hash_of(f"@{family}|{given}"), hash_of(f"@{family}|{given[0]}.")]


def author_terms(name: str) -> list[int]:
    """Return the terms of which a paper has one where somebody of this full name wrote it."""
    family, given = name_parts(name)
    return person_terms(family, given[0]) if given else [name_term(family)]


def _dot(given: str) -> str:
    return "." if len(given) == 1 else ""
