"""Finds phrases in a text: all of them at once, in every spelling, at word boundaries."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple

from digestmail.text.phrases import Phrase, Spelling, is_open
from digestmail.text.spelling import family
from digestmail.text.words import Form, Word, words

_FIRST = 3  # letters by which words are looked up before anything else is done with them
_NEVER = "\x00"  # no word


class Match(NamedTuple):
    """A phrase, by its number, in the words from ``first`` up to ``end``."""

    number: int
    first: int
    end: int
    is_family: bool = False  # only words of the same families stand there


@dataclass(frozen=True, slots=True)
class _Candidate:
    number: int
    spelling: Spelling


class PhraseMatcher:
    """Finds any of many phrases in the words of texts. Immutable.

    A text is read once, whatever the number of phrases: from each of its words on, letters are
    followed as long as they begin a phrase.
    """

    def __init__(self, phrases: Sequence[Phrase]) -> None:
        self._spelled: dict[str, list[_Candidate]] = {}
        self._exact: dict[str, list[tuple[int, tuple[str, ...]]]] = {}
        self._wild: dict[str, list[tuple[int, Phrase]]] = {}
        self._families: dict[str, list[int]] = {}
        self._family_firsts: set[str] = set()
        for number, phrase in enumerate(phrases):
            if phrase.words:
                self._add(number, phrase)
        self._beginnings = _beginnings(self._spelled)
        self._family_beginnings = _beginnings(self._families)

    def _add(self, number: int, phrase: Phrase) -> None:
        if phrase.exact:
            self._exact.setdefault(phrase.words[0], []).append((number, phrase.words))
        elif phrase.beginnings:
            self._wild.setdefault(phrase.words[0][:_FIRST], []).append((number, phrase))
        for spelling in phrase.spellings:
            self._spelled.setdefault(spelling.letters, []).append(_Candidate(number, spelling))
        if root := phrase.family:
            self._families.setdefault(root, []).append(number)
            self._family_firsts |= {word[:_FIRST] for word in phrase.words}

    def matches(self, text: Sequence[Form], *, families: bool = False) -> Iterator[Match]:
        """Yield every match in a text's words."""
        for at, word in enumerate(text):
            if word.stem in self._beginnings or word.normal in self._beginnings:
                yield from self._spelled_from(text, at)
            if word.plain in self._exact:
                yield from self._exact_from(text, at)
            if self._wild and word.plain[:_FIRST] in self._wild:
                yield from self._wild_from(text, at)
        if families and self._families:
            yield from self._of_families(text)

    def _spelled_from(self, text: Sequence[Form], first: int) -> Iterator[Match]:
        stems = normals = ""  # the letters so far: all in the singular; only the last so
        seen: set[int] = set()
        for end in range(first + 1, len(text) + 1):
            word = text[end - 1]
            for letters in {stems + word.stem, normals + word.stem}:
                for candidate in self._spelled.get(letters, ()):
                    if candidate.number not in seen and _fits(
                        candidate.spelling, text[first:end], letters
                    ):
                        seen.add(candidate.number)
                        yield Match(candidate.number, first, end)
            stems, normals = stems + word.stem, normals + word.normal
            if stems not in self._beginnings and normals not in self._beginnings:
                return

    def _exact_from(self, text: Sequence[Form], first: int) -> Iterator[Match]:
        for number, plain in self._exact[text[first].plain]:
            end = first + len(plain)
            if tuple(word.plain for word in text[first:end]) == plain:
                yield Match(number, first, end)

    def _wild_from(self, text: Sequence[Form], first: int) -> Iterator[Match]:
        for number, phrase in self._wild[text[first].plain[:_FIRST]]:
            end = first + len(phrase.words)
            if end <= len(text) and all(
                word.plain.startswith(form) if is_beginning else word.stem == form
                for word, form, is_beginning in zip(
                    text[first:end], phrase.words, phrase.beginnings, strict=True
                )
            ):
                yield Match(number, first, end)

    def _of_families(self, text: Sequence[Form]) -> Iterator[Match]:
        firsts = self._family_firsts
        roots = [family(w.stem) if w.stem[:_FIRST] in firsts else _NEVER for w in text]
        for first, root in enumerate(roots):
            end = first + 1
            while root in self._family_beginnings:
                for number in self._families.get(root, ()):
                    yield Match(number, first, end, is_family=True)
                if end == len(text):
                    break
                root += roots[end]
                end += 1


def _beginnings(keys: Iterable[str]) -> frozenset[str]:
    return frozenset(key[:size] for key in keys for size in range(1, len(key) + 1))


def _fits(spelling: Spelling, run: Sequence[Form], letters: str) -> bool:
    """Return whether the words of a text that have a spelling's letters may be taken for it.

    Where a word begins only in one of them, the words must be such as are written as one too.
    """
    sizes = [len(word.normal) for word in run[:-1]]
    bounds = tuple(accumulate(sizes))
    if not letters.startswith("".join(word.normal for word in run[:-1])):
        bounds = tuple(accumulate(len(word.stem) for word in run[:-1]))
    if bounds != spelling.bounds:
        open_bounds = {b for at, b in enumerate(bounds, 1) if is_open(run[at - 1], run[at])}
        if not set(bounds) ^ set(spelling.bounds) <= open_bounds | spelling.open_bounds:
            return False
    if not spelling.capitals:
        return True
    starts = (0, *bounds)
    return all(
        word.is_acronym
        for word, start, end in zip(run, starts, (*bounds, len(letters)), strict=True)
        if any(start < last and first < end for first, last in spelling.capitals)
    )


def spans(text: str, phrases: Iterable[Phrase], *, families: bool = False) -> list[tuple[int, int]]:
    """Return where the phrases stand in ``text``: (start, end) pairs in order, overlapping ones
    joined.
    """
    distinct = tuple(phrases)
    return places(words(text), PhraseMatcher(distinct), families=families) if distinct else []


def places(
    text: Sequence[Word], matcher: PhraseMatcher, *, families: bool = False
) -> list[tuple[int, int]]:
    """Return where phrases stand among the words of a text; see ``spans``."""
    result: list[tuple[int, int]] = []
    for start, end in sorted(
        (text[match.first].start, text[match.end - 1].end)
        for match in matcher.matches(text, families=families)
    ):
        if result and start < result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return result
