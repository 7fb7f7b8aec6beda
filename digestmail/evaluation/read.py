"""Benchmark folders: papers, and readers with liked and held-out papers.

``papers*.jsonl.gz`` hold one paper a line; a file ``PAPERS`` with ``papers: FOLDER`` names the
folder that has them instead. ``profiles.jsonl.gz`` holds one reader a line, see Reader.
"""

import gzip
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

from digestmail.domain import Paper
from digestmail.errors import InputError

Positions = NDArray[np.intp]  # of papers among those of the benchmark

_Line = TypeVar("_Line")
_PROFILES = "profiles.jsonl.gz"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """A reader with the ids of papers; ``liked`` stands oldest first, ``relevant`` is held out.

    The pool to be ranked is ``pool`` where given, else the papers with ``pool_from <= published <
    pool_to`` where given, else the papers that are ``new`` where the benchmark marks any, else
    all; liked papers and those in ``exclude`` never belong to it.
    """

    user: str
    liked: tuple[str, ...]
    relevant: frozenset[str]
    grades: Mapping[str, int] = field(default_factory=dict)  # 2 is clearly relevant, 1 a little
    interests: str = ""
    keywords: tuple[str, ...] = ()
    seeds: tuple[str, ...] = ()  # named at the start, as in a profile; known like the liked ones
    disliked: tuple[str, ...] = ()
    disliked_hard: tuple[str, ...] = ()  # disliked although they resemble what is liked
    pool: tuple[str, ...] | None = None
    pool_from: str = ""
    pool_to: str = ""
    exclude: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.user.isprintable() or not self.user:
            raise ValueError("the user must be one line of text")
        if bool(self.pool_from) != bool(self.pool_to):
            raise ValueError("pool_from and pool_to belong together")

    @property
    def held_out(self) -> frozenset[str]:
        """The papers that a ranking should have first."""
        return self.relevant.difference(self.liked, self.seeds, self.exclude)

    @property
    def clearly_relevant(self) -> frozenset[str]:
        """Return those of them with the highest grade; all where none is graded."""
        if not self.grades:
            return self.held_out
        return frozenset(paper for paper in self.held_out if self.grades.get(paper, 0) > 1)

    @property
    def query(self) -> str:
        """Return keywords and interests as one text."""
        return " ".join([self.interests, *self.keywords]).strip()


@dataclass(frozen=True, slots=True)
class Split:
    """One reader's papers: ``liked`` in the reader's order, the others ascending."""

    liked: Positions
    pool: Positions  # to be ranked
    past: Positions  # may be learned from, beside the liked ones


@dataclass(frozen=True)
class Benchmark:
    """Papers and readers; ``published`` are ISO dates or years as the papers tell, or empty."""

    papers: Sequence[Paper]
    published: NDArray[np.str_]
    new: NDArray[np.bool_]
    readers: Sequence[Reader]

    @cached_property
    def measured(self) -> Sequence[Reader]:
        """The readers for whom something is relevant; for the others silence is right."""
        return [reader for reader in self.readers if reader.held_out]

    @cached_property
    def _position(self) -> dict[str, int]:
        return {paper.key: position for position, paper in enumerate(self.papers)}

    def positions(self, ids: Sequence[str]) -> Positions:
        """Return the positions of papers, in the order of ``ids``, without unknown ones."""
        known = self._position
        return np.array([known[key] for key in ids if key in known], dtype=np.intp)

    def papers_of(self, ids: Sequence[str]) -> tuple[Paper, ...]:
        """Return the papers of ``ids`` in their order, without unknown ones."""
        return tuple(self.papers[position] for position in self.positions(ids))

    def candidates(self, reader: Reader) -> tuple[Positions, Positions]:
        """Return the papers to rank, and those to learn from, the reader's liked ones among them.

        Where the pool is a list or everything, the unjudged pool may be learned from as well.
        """
        everything = np.arange(len(self.papers))
        if reader.pool is not None:
            return np.unique(self.positions(reader.pool)), everything
        if reader.pool_from:
            past = self.published < reader.pool_from
            return np.flatnonzero(~past & (self.published < reader.pool_to)), np.flatnonzero(past)
        if self.new.any():
            return np.flatnonzero(self.new), np.flatnonzero(~self.new)
        return everything, everything

    def split(self, reader: Reader) -> Split:
        """Return the papers that a reader likes, that get ranked and that may be learned from."""
        liked = self.positions((*reader.seeds, *reader.liked))
        pool, past = self.candidates(reader)
        known = np.union1d(liked, self.positions(reader.exclude))
        return Split(liked, np.setdiff1d(pool, known), np.setdiff1d(past, known))


@dataclass(frozen=True, slots=True, kw_only=True)
class _PaperLine:
    id: str
    title: str
    abstract: str | None = None
    authors: tuple[str, ...] | str | None = None
    categories: tuple[str, ...] = ()
    published: str | None = None
    new: bool = False

    def __post_init__(self) -> None:
        if not self.id.isprintable() or not self.id:
            raise ValueError("the id must be one line of text")

    def paper(self, paper_id: int) -> Paper:
        return Paper(
            id=paper_id,
            key=self.id,
            title=self.title,
            abstract=self.abstract or "",
            authors=_names(self.authors),
            categories=self.categories,
        )


def _names(authors: tuple[str, ...] | str | None) -> tuple[str, ...]:
    if isinstance(authors, str):
        return tuple(filter(None, authors.split(" and ")))  # as BibTeX joins them
    return authors or ()


def read_benchmark(folder: Path) -> Benchmark:
    """Return the benchmark in a folder, readers for whom nothing is relevant among them.

    Raises InputError naming the file and line that cannot be used.
    """
    if not folder.is_dir():
        raise InputError("folder", f"{folder} is not a folder")
    files = sorted(_home(folder).glob("papers*.jsonl.gz"))
    if not files:
        raise InputError("folder", f"{_home(folder)} has no papers*.jsonl.gz")
    lines = [line for path in files for line in _records(path, TypeAdapter(_PaperLine))]
    _refuse_duplicates("papers*.jsonl.gz", [line.id for line in lines])
    readers = list(_records(folder / _PROFILES, TypeAdapter(Reader)))
    _refuse_duplicates(_PROFILES, [reader.user for reader in readers])
    if not any(reader.held_out for reader in readers):
        raise InputError(_PROFILES, "no reader in it has relevant papers")
    return Benchmark(
        papers=[line.paper(number) for number, line in enumerate(lines, start=1)],
        published=np.array([line.published or "" for line in lines], dtype=np.str_),
        new=np.array([line.new for line in lines], dtype=np.bool_),
        readers=readers,
    )


def _home(folder: Path) -> Path:
    """Return the folder that has the papers."""
    link = folder / "PAPERS"
    if not link.is_file():
        return folder
    name, sign, target = link.read_text(encoding="utf-8", errors="replace").partition(":")
    home = folder / target.strip()
    if name.strip() != "papers" or not sign or not home.is_dir():
        raise InputError(str(link), "must be “papers: FOLDER” with an existing folder")
    return home


def _records(path: Path, form: TypeAdapter[_Line]) -> Iterator[_Line]:
    for number, line in enumerate(_lines(path), start=1):
        if not line.strip():
            continue
        try:
            yield form.validate_json(line)
        except ValidationError as error:
            raise InputError(f"{path.name} line {number}", _first_problem(error)) from None


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with gzip.open(path, "rb") as file:
            yield from file
    except FileNotFoundError:
        raise InputError("folder", f"{path.parent} has no {path.name}") from None
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(path.name, f"cannot be read as gzip: {error}") from None


def _first_problem(error: ValidationError) -> str:
    problem = error.errors()[0]
    field_name = ".".join(str(step) for step in problem["loc"])
    return f"{field_name}: {problem['msg']}" if field_name else problem["msg"]


def _refuse_duplicates(where: str, names: Sequence[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise InputError(where, f"“{name}” appears twice")
        seen.add(name)
