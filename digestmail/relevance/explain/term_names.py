"""What hashed terms are called: as the paper at hand writes them."""

from collections.abc import Mapping
from functools import lru_cache

from digestmail.domain import Paper
from digestmail.relevance.features.terms import hash_of, term_spellings
from digestmail.text import stem_of

# Words of abstracts that tell no subject, however much they weigh.
_EVERYDAY = frozenset(
    stem_of(word)
    for word in """
    achieve approach based benchmark better case compare complex consider data dataset
    demonstrate different effective efficient evaluate existing experiment faster find framework
    general given good help high higher important improve increase introduce known large larger
    learn learning low lower method model need new novel number obtain order paper
    performance possible present problem process propose provide reduce report require research
    result set show significant simple slow slower small smaller state strong stronger study
    suggest system task technique time train training upper use using value various way weak
    work
    """.split()  # noqa: SIM905 - words read better than a list of strings
)


@lru_cache(maxsize=65536)
def is_everyday(term: str) -> bool:
    """Return whether every word of a term is one that abstracts of any subject have."""
    return all(word in _EVERYDAY for word in term.split())


def term_names(paper: Paper) -> Mapping[int, tuple[str, str]]:
    """Return the terms of a paper by hash: the stems, and the words as the paper writes them."""
    return _term_names(paper.title, paper.abstract)


@lru_cache(maxsize=4096)
def _term_names(title: str, abstract: str) -> Mapping[int, tuple[str, str]]:
    names = term_spellings(abstract) | term_spellings(title)
    return {hash_of(term): (term, spelling) for term, spelling in names.items()}
