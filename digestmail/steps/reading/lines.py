"""The machine-written lines of papers, as readers of a language get them."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from digestmail.domain import Digest, DigestItem, Paper
from digestmail.store import Store


class LineReader:
    """Puts lines on papers that are to be shown; does nothing where no ``languages`` are written.

    Papers are read in batches, and a batch takes one query.
    """

    def __init__(self, store: Store, languages: Collection[str]) -> None:
        self._store = store
        self._languages = frozenset(languages)

    def language_of(self, tag: str) -> str:
        """Return the language of the lines for readers of a language, ``de`` for ``de-AT``.

        Empty where there are none; a reader without a tag reads English.
        """
        subtags = (tag or "en").split("-")
        tags = ("-".join(subtags[:length]) for length in range(len(subtags), 0, -1))
        return next((known for known in tags if known in self._languages), "")

    def papers(self, papers: Iterable[Paper], tag: str) -> list[Paper]:
        """Return papers with their lines for readers of a language, in the same order."""
        papers = list(papers)
        language = self.language_of(tag)
        if not language:
            return papers
        lines = self._store.lines.of({paper.id for paper in papers if paper.id}, language)
        return [
            replace(paper, written=lines[paper.id]) if paper.id in lines else paper
            for paper in papers
        ]

    def digest(self, digest: Digest, tag: str) -> Digest:
        """Return a digest whose papers have their lines."""
        if not self.language_of(tag):
            return digest
        return replace(
            digest,
            items=self._items(digest.items, tag),
            nearest=self._items(digest.nearest, tag),
            new_versions=self._items(digest.new_versions, tag),
        )

    def _items(self, items: Sequence[DigestItem], tag: str) -> tuple[DigestItem, ...]:
        papers = self.papers((item.paper for item in items), tag)
        pairs = zip(items, papers, strict=True)
        return tuple(item._replace(paper=paper) for item, paper in pairs)
