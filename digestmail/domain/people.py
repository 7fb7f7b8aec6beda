"""People who write papers, as author directories know them."""

from dataclasses import dataclass
from enum import StrEnum

from digestmail.domain.papers import Paper


class DirectoryName(StrEnum):
    """The author directories whose ids are understood."""

    ORCID = "orcid"
    OPENALEX = "openalex"
    SEMANTIC_SCHOLAR = "semantic_scholar"
    DBLP = "dblp"
    ARXIV = "arxiv"


@dataclass(frozen=True, slots=True, order=True)
class PersonId:
    """The id of a person in one directory, in its canonical spelling.

    ORCID ``0000-0002-1825-0097``, OpenAlex ``A5023888391``, Semantic Scholar ``1723755``, DBLP
    ``65/9612``, arXiv ``warner_s_1``.
    """

    directory: DirectoryName
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person who writes papers. A directory may know one person under several ids.

    Texts hold no markup and no control characters.
    """

    name: str
    ids: tuple[PersonId, ...] = ()
    institution: str = ""  # the latest
    fields: tuple[str, ...] = ()  # subjects, the most frequent first
    titles: tuple[str, ...] = ()  # of the latest works, newest first
    works_count: int = 0  # 0 where the directory does not tell

    def ids_in(self, directory: DirectoryName) -> tuple[str, ...]:
        """Return the person's ids in a directory."""
        return tuple(i.value for i in self.ids if i.directory is directory)


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A paper with those of its authors whom a directory lists, in its order."""

    paper: Paper
    authors: tuple[Person, ...] = ()  # with their names and ids only
    year: int = 0  # of publication, where no exact date is known; 0 if unknown
