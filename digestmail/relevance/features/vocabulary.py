"""The words of some papers, and what a mistyped one among them was meant to be."""

import re
from collections import Counter
from collections.abc import Iterable
from difflib import get_close_matches

_WORD = re.compile(r"[^\W\d_]{4,}")
_LIKENESS = 0.8  # of a mistyped word: two wrong letters in ten
_LEAST_PAPERS = 2  # that have a word which is suggested: once it may be mistyped itself
_MOST_DIFFERENCE = 2  # letters that a mistyped word has more or less


class Vocabulary:
    """Counts in how many papers each word stands."""

    def __init__(self, papers: Iterable[frozenset[str]]) -> None:
        self._papers = Counter(word for words in papers for word in words)
        self._by_first: dict[str, list[str]] = {}
        for word, count in self._papers.items():
            if count >= _LEAST_PAPERS:
                self._by_first.setdefault(word[0], []).append(word)

    def corrected(self, text: str) -> str:
        """Return a text with each unknown word in the known spelling that is nearest to it."""
        return _WORD.sub(lambda match: self._nearest(match.group()), text)

    def _nearest(self, written: str) -> str:
        word = written.lower()
        if word in self._papers or written.isupper():
            return written
        candidates = [
            known
            for known in self._by_first.get(word[0], ())
            if abs(len(known) - len(word)) <= _MOST_DIFFERENCE
        ]
        best = get_close_matches(word, candidates, n=3, cutoff=_LIKENESS)
        return max(best, key=lambda known: self._papers[known]) if best else written
