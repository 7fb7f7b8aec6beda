"""A file that somebody saved of their papers or feeds, put into the fields of a form."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from digestmail.domain import FIELDS, Paper
from digestmail.sources.files.reference_library import ReferenceLibrary, read_library
from digestmail.steps.subscribers.field_parsers import split_list, split_references
from digestmail.steps.subscribers.seed_papers import lines_of

Texts = Mapping[str, str]
_FIRST_PROBLEMS = 3  # entries that were left out


@dataclass(frozen=True, slots=True)
class Filled:
    """The texts of a form with a file's papers and feeds in them, and what was read of it."""

    texts: dict[str, str]
    papers: tuple[Paper, ...]
    library: ReferenceLibrary

    @property
    def first_problems(self) -> tuple[str, ...]:
        """Return the first entries that were left out, each in a sentence."""
        return self.library.problems[:_FIRST_PROBLEMS]

    @property
    def unused(self) -> int:
        """Return how many papers are more than a profile can learn from."""
        return max(len(self.library.papers) - len(self.papers), 0)


def with_file(texts: Texts, data: bytes, filename: str) -> Filled:
    """Return the form with the file in it: papers as lines, feeds as categories and keywords.

    InputError where nothing of the file can be used; see ``read_library``.
    """
    library = read_library(data, filename)
    room = FIELDS["seed_papers"].maximum - len(list(split_references(texts.get("seed_papers", ""))))
    papers = library.papers[: max(room, 0)]
    fields = {
        "seed_papers": "\n".join([*_lines(texts, "seed_papers"), *lines_of(papers)]),
        "categories": _joined(texts, "categories", library.categories),
        "keywords": _joined(texts, "keywords", library.keywords),
    }
    return Filled({**texts, **fields}, papers, library)


def _lines(texts: Texts, name: str) -> list[str]:
    text = texts.get(name, "").strip()
    return [text] if text else []


def _joined(texts: Texts, name: str, entries: Sequence[str]) -> str:
    """Return a list field with entries added, as far as there is room."""
    typed = texts.get(name, "")
    if not entries:
        return typed
    return ", ".join(list(dict.fromkeys([*split_list(typed), *entries]))[: FIELDS[name].maximum])
