"""The relevance models of an installation, made of its settings and its stored features."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from digestmail.domain import Paper
from digestmail.steps.daily.embed import PaperEmbeddings

if TYPE_CHECKING:
    from digestmail.relevance import Features, Model


class ModelProvider:
    """Makes relevance models. ``exploration`` is the number of papers beyond a profile's best.

    A model changes as it scores: only one thread at a time may use that of the digests.
    """

    def __init__(self, embeddings: PaperEmbeddings, exploration: int) -> None:
        self._embeddings = embeddings
        self._exploration = exploration
        self._latest: tuple[object, Model] | None = None

    def digest_model(self, papers: Sequence[Paper], background: Sequence[Paper] = ()) -> "Model":
        """Return the model for papers, made once for the same ones.

        What it computes of each paper is stored, for the next one.
        """
        extent = self._embeddings.extent(papers, background)
        basis = (tuple(papers), tuple(background), extent)
        if self._latest is None or self._latest[0] != basis:
            self._latest = None  # the old one goes first: two would take twice the memory
            features = self._embeddings.features(keeps_texts=True)
            model = self._model(papers, background, features, self._exploration)
            self._latest = (basis, model)
        return self._latest[1]

    def embedded_digest_model(
        self, papers: Sequence[Paper], background: Sequence[Paper]
    ) -> "Model":
        """Embed papers first, as far as it takes no longer than digests may wait."""
        self._embeddings.embed_news(papers)
        return self.digest_model(papers, background)

    def store_terms(self, papers: Sequence[Paper]) -> None:
        """Compute and store the terms of papers that lack them; models then load them."""
        self._embeddings.features(keeps_texts=False).terms(papers)

    def preview_model(self, papers: Sequence[Paper], background: Sequence[Paper]) -> "Model":
        """Return a model for visitors: it explores nothing and stores no text that they type."""
        return self._model(papers, background, self._embeddings.features(keeps_texts=False), 0)

    def _model(
        self,
        papers: Sequence[Paper],
        background: Sequence[Paper],
        features: "Features",
        explore: int,
    ) -> "Model":
        # scikit-learn takes more than a second to import: only who scores shall wait for it.
        from digestmail.relevance import Model

        embedder = self._embeddings.embedder
        return Model(papers, background, features=features, embedder=embedder, explore=explore)
