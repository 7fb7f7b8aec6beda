"""Papers are embedded once in their life, a few at a time, beside all that readers wait for."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from digestmail.domain import Clock, Paper
from digestmail.store import Store
from digestmail.store.sql import chunks

if TYPE_CHECKING:
    from digestmail.relevance import Embedder, Features

_BATCH = 32  # papers read, embedded and stored together: about a second of one core
_Progress = Callable[[int], None]


def _quiet(_: int) -> None: ...


@dataclass(frozen=True, slots=True)
class EmbedRules:
    """How much is embedded, and when.

    ``newest``: of the last so many papers each is embedded; a model takes all that are news and
    10,000 before them. ``before_digests``: of the news so many are embedded before digests are
    prepared, half a minute's work of one core; what is left is judged by its words.
    ``for_profiles``: how many of the papers that profiles name are embedded while they are scored.
    ``step``: a model is made anew when so many more papers of its background are embedded.
    """

    newest: int = 25_000
    before_digests: int = 1_500
    for_profiles: int = 16
    step: int = 1_000


class PaperEmbeddings:
    """The embeddings of an installation's papers, if it has a sentence-embedding model.

    ``place`` names the model, see ``relevance.embedder_of``. Once ``stop`` is set nothing further
    is embedded.
    """

    def __init__(
        self,
        store: Store,
        place: str,
        clock: Clock,
        stop: threading.Event,
        rules: EmbedRules | None = None,
    ) -> None:
        self._store = store
        self._place = place
        self._clock = clock
        self._stop = stop
        self._rules = rules or EmbedRules()

    @cached_property
    def embedder(self) -> "Embedder | None":
        """Return the sentence model, if there is one; ConfigError where it cannot be used."""
        from digestmail.relevance import embedder_of  # numpy is for who scores

        return embedder_of(self._place)

    def features(self, *, keeps_texts: bool) -> "Features":
        """Return the store of what is computed of papers, and of the texts of profiles.

        What visitors type who are only trying is not kept.
        """
        from digestmail.relevance import Features

        papers, texts, limit = self._store.papers, self._store.texts, self._rules.for_profiles
        features = Features(papers.features, papers.keep_features, most_embedded=limit)
        if keeps_texts:
            features.load_texts = lambda kind, names: texts.load(kind, names, self._clock())
            features.save_texts = lambda kind, data: texts.keep(kind, data, self._clock())
        return features

    def lacking(self) -> list[int]:
        """Return the ids of the papers that are still to be embedded, the newest first."""
        if self.embedder is None:
            return []
        return self._store.papers.without_feature(self.embedder.kind, self._rules.newest)

    def embed(self, ids: Sequence[int], progress: _Progress = _quiet) -> int:
        """Embed stored papers; returns how many, fewer once it is stopped.

        ``progress`` receives the number done. A paper whose text changes meanwhile is embedded
        again: the store forgets vectors of an old text only if they come before the change.
        """
        from digestmail.relevance import Features

        if self.embedder is None:
            return 0
        papers, embedded = self._store.papers, 0
        features = Features(papers.features, papers.keep_features)
        for batch in chunks(ids, _BATCH):
            if self._stop.is_set():
                break
            read, current = None, papers.by_ids(batch)
            while current != read:
                self.embedder.papers(list(current.values()), features)
                read, current = current, papers.by_ids(batch)
            embedded += len(batch)
            progress(embedded)
        return embedded

    def embed_news(self, news: Sequence[Paper], progress: _Progress = _quiet) -> None:
        """Embed the news that are not yet, the newest first, up to the limit."""
        if self.embedder is None:
            return
        ids = [paper.id for paper in reversed(news) if paper.id]
        known = self._store.papers.features(self.embedder.kind, ids).keys()
        missing = [key for key in ids if key not in known]
        self.embed(missing[: self._rules.before_digests], progress)

    def extent(self, papers: Sequence[Paper], background: Sequence[Paper]) -> tuple[int, int]:
        """Return how far papers and their background are embedded: another one, another model."""
        if self.embedder is None:
            return (0, 0)
        count, background_count = (
            self._store.papers.count_features(
                self.embedder.kind, [paper.id for paper in group if paper.id]
            )
            for group in (papers, background)
        )
        return count, background_count // self._rules.step
