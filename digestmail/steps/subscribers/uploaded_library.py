"""A file that somebody saved of their papers or feeds, put into the fields of a form."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from digestmail.domain import FIELDS, Paper
from digestmail.sources.files.reference_library import Library, read_library
from digestmail.steps.subscribers.field_parsers import split_list, split_references
from digestmail.steps.subscribers.seed_papers import lines_of

Texts = Mapping[str, str]
_MOST_TOLD = 3  # entries that were left out


@dataclass(frozen=True, slots=True)
class Filled:
    """The texts of a form with a file's papers and feeds in them, and what was read of it."""

    texts: dict[str, str]
    papers: tuple[Paper, ...]
    library: Library

    @property
    def told(self) -> tuple[str, ...]:
        """Of what was left out the first entries, each in a sentence."""
        return self.library.problems[:_MOST_TOLD]

    @property
    def unused(self) -> int:
        """How many papers are more than a profile can learn from."""
        return max(len(self.library.papers) - len(self.papers), 0)


def with_file(texts: Texts, data: bytes, filename: str) -> Filled:
    """The form with the file in it: papers as lines, feeds as categories and keywords.

    InputError where nothing of the file can be used; see ``read_library``.
    """
    library = read_library(data, filename)
    room = FIELDS["seed_papers"].maximum - len(list(split_references(texts.get("seed_papers", ""))))
    papers = library.papers[: max(room, 0)]
    found = {
        "seed_papers": "\n".join([*_lines(texts, "seed_papers"), *lines_of(papers)]),
        "categories": _joined(texts, "categories", library.categories),
        "keywords": _joined(texts, "keywords", library.keywords),
    }
    return Filled({**texts, **found}, papers, library)


def _lines(texts: Texts, name: str) -> list[str]:
    text = texts.get(name, "").strip()
    return [text] if text else []


def _joined(texts: Texts, name: str, more: Sequence[str]) -> str:
    """A list field with more entries, as far as there is room; as typed where there are none."""
    typed = texts.get(name, "")
    if not more:
        return typed
    return ", ".join(list(dict.fromkeys([*split_list(typed), *more]))[: FIELDS[name].maximum])
