"""Keywords as they are matched: all spellings of a phrase, joined, hyphenated and apart."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, product

from digestmail.text.latex import readable
from digestmail.text.spelling import family
from digestmail.text.words import Form, Word, stem_of, words

_MOST_SPELLINGS = 16  # of one phrase
_LEAST_BEGINNING = 3  # letters before an asterisk
_LONGEST_ACRONYM = 6
_CAPITALS = re.compile(r"[A-Z]|[A-Z]{2,6}s?")
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"})
_WRITTEN_OUT = re.compile(r"(?<![aeio])([ao]|(?<![qg])u)e(?=[b-df-hj-np-tv-z])")
# Acronyms that have become words, and such as no other word is written like.
_ANY_CASE = frozenset(
    """
    aids covid crispr dna ecg eeg hiv lidar laser ligo maser mri mrna radar rna sars scuba sonar
    usa wifi
    """.split()  # noqa: SIM905
)
# Words that are no part of another one when a blank stands beside them.
FUNCTION_WORDS = frozenset(
    """
    a an and any are as at be but by can do for from had has have he her his how i if in is it its
    may me my no nor not of on one or our s she so some such t than that the their them then there
    these they this to us was we were what when where which who will with you your
    """.split()  # noqa: SIM905
)


@dataclass(frozen=True, slots=True)
class Spelling:
    """One spelling of a phrase: its letters, and where in them words and capitals stand."""

    letters: str
    bounds: tuple[int, ...] = ()  # offsets at which a word begins, but the first
    open_bounds: frozenset[int] = frozenset()  # those at which the words may be written as one
    capitals: tuple[tuple[int, int], ...] = ()  # parts that only capitals match


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase as it is matched: in all its spellings, or in these words only if ``exact``.

    ``beginnings`` tells of each word whether it is only the beginning of one; empty if none is.
    """

    words: tuple[str, ...]
    exact: bool
    spellings: tuple[Spelling, ...] = ()
    beginnings: tuple[bool, ...] = ()

    @property
    def family(self) -> str:
        """Return what the phrase has in common with its words' families; empty where it
        has none.
        """
        if self.exact or self.beginnings or any(s.capitals for s in self.spellings):
            return ""
        roots = [family(word) for word in self.words]
        return "".join(roots) if any(len(word) >= 5 for word in self.words) else ""


@lru_cache(maxsize=65536)
def phrase(keyword: str) -> Phrase:
    """Return the Phrase of a keyword; in double quotes it matches exactly these words."""
    keyword = keyword.strip()
    exact = len(keyword) > 2 and keyword[0] in '"“”' and keyword[-1] in '"“”'
    text = readable(keyword)
    read = words(text)
    if exact:
        return Phrase(tuple(word.plain for word in read), exact=True)
    beginnings = tuple(_is_beginning(text, word) for word in read)
    if any(beginnings):
        forms = zip(read, beginnings, strict=True)
        return Phrase(tuple(w.plain if b else w.stem for w, b in forms), False, (), beginnings)
    return Phrase(tuple(word.stem for word in read), False, tuple(_spellings(text, read)))


def stems_phrase(stems: Sequence[str]) -> Phrase:
    """Return the Phrase of words that were brought into their stems before."""
    return Phrase(tuple(stems), False, (_spelling(stems, range(1, len(stems)), ()),))


def _is_beginning(text: str, word: Word) -> bool:
    return text[word.end : word.end + 1] == "*" and len(word.plain) >= _LEAST_BEGINNING


def _spellings(text: str, read: Sequence[Word]) -> Iterator[Spelling]:
    """Yield the spellings of a phrase: with plurals inside or not, with umlauts or without."""
    if not read:
        return
    open_words = [at for at in range(1, len(read)) if is_open(read[at - 1], read[at])]
    has_capitals = _asks_for_capitals(text, read)
    written = [text[word.start : word.end] for word in read]
    options = [
        tuple(word_stems(word, spelling)) for word, spelling in zip(read, written, strict=True)
    ]
    seen: set[str] = set()
    inner = [
        tuple(dict.fromkeys((*stems, w.normal))) for stems, w in zip(options, read, strict=True)
    ]
    for stems in list(product(*inner[:-1], options[-1]))[:_MOST_SPELLINGS]:
        spelling = _spelling(stems, open_words, has_capitals)
        if spelling.letters not in seen:
            seen.add(spelling.letters)
            yield spelling


def _spelling(stems: Sequence[str], open_words: Iterable[int], capitals: Iterable[int]) -> Spelling:
    ends = list(accumulate(map(len, stems), initial=0))
    return Spelling(
        "".join(stems),
        tuple(ends[1:-1]),
        frozenset(ends[at] for at in open_words),
        tuple((ends[at], ends[at + 1]) for at in capitals),
    )


def word_stems(word: Word, written: str) -> Iterator[str]:
    """Yield the stem of a word, then those with umlauts in two letters or in one."""
    yield word.stem
    out = written.lower().translate(_UMLAUTS)
    if out != written.lower() and out.isascii():
        yield stem_of(out)
    elif word.plain.isascii() and len(word.plain) >= 5:
        folded = _WRITTEN_OUT.sub(r"\1", word.plain)
        if folded != word.plain and len(folded) >= 4:
            yield stem_of(folded)


def _asks_for_capitals(text: str, read: Sequence[Word]) -> tuple[int, ...]:
    """Return which words are acronyms that might be taken for a common word or a name."""
    written = [text[word.start : word.end] for word in read]
    if len(read) > 1 and all(spelling.isupper() or not spelling.isalpha() for spelling in written):
        is_shouted = any(len(spelling) > _LONGEST_ACRONYM for spelling in written)
        if is_shouted:
            return ()
    joined = [word.is_joined for word in read] + [False]
    return tuple(
        at
        for at, spelling in enumerate(written)
        if _is_ambiguous(spelling)
        and not (len(spelling) == 1 and (joined[at] or joined[at + 1]))  # X-ray
    )


def _is_ambiguous(written: str) -> bool:
    if not _CAPITALS.fullmatch(written):
        return False
    lower = written.lower()
    has_vowel = any(letter in "aeiouy" for letter in lower.removesuffix("s"))
    return len(lower) == 1 or (has_vowel and lower not in _ANY_CASE)


def is_open(before: Form, after: Form) -> bool:
    """Return whether two neighbouring words may also be written as one."""
    last_letter, first_letter = before.plain[-1], after.plain[0]
    if last_letter.isdigit() and first_letter.isdigit():
        return False
    if after.is_joined or last_letter.isdigit() or first_letter.isdigit():
        return True
    return before.plain not in FUNCTION_WORDS and after.plain not in FUNCTION_WORDS
