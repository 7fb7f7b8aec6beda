"""Papers that are not embedded yet: judged by the rest, neither punished nor praised."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sentence_models import write_model

from digestmail.domain import Interest, Paper, Profile
from digestmail.relevance import Embedder, Features, Model, ModelParameters
from digestmail.relevance.features.arrays import Dense
from digestmail.relevance.features.sentence_model import model_in

# Words of the sea and of the stars; the model knows which are which, the terms do not.
SEA = ("ocean", "tide", "wave", "reef", "current")
STARS = ("galaxy", "nova", "orbit", "quasar", "comet")
PARAMETERS = ModelParameters(least_embedded=20)


def paper(number: int, *words: str) -> Paper:
    text = " ".join(words)
    return Paper(key=f"p:{number}", id=number, title=f"The {text}", abstract=f"On {text}.")


CORPUS = [
    paper(10 * n + m, words[n % 5], words[(n + m) % 5], f"method{m}")
    for words in (SEA, STARS)
    for n in range(5 if words is SEA else 10)
    for m in range(4)
]
CORPUS = [replace(one, id=at + 1, key=f"p:{at}") for at, one in enumerate(CORPUS)]


@pytest.fixture
def embedder(tmp_path: Path) -> Embedder:
    words = dict.fromkeys(SEA, (1.0, 0.1)) | dict.fromkeys(STARS, (0.1, 1.0))
    return Embedder(model_in(write_model(tmp_path, words)))


def shelf(embedder: Embedder, papers: Sequence[Paper]) -> Features:
    """Return features that hold the vectors of these papers, where no more are embedded."""
    kept: dict[int, bytes] = {}
    filling = Features(save=lambda kind, data: kept.update(data) if "meaning" in kind else None)
    if papers:
        embedder.papers(papers, filling)

    def load(kind: str, ids: Collection[int]) -> dict[int, bytes]:
        return {key: kept[key] for key in ids if "meaning" in kind and key in kept}

    return Features(load, most_embedded=0)


def fresh(embedder: Embedder) -> Embedder:
    """Return the same model with nothing in its memory."""
    return Embedder(embedder._files)


def log_odds(embedder: Embedder | None, known: Sequence[Paper], interest: Interest) -> Dense:
    features = shelf(embedder, known) if embedder else Features()
    cold = fresh(embedder) if embedder else None
    model = Model(CORPUS, features=features, embedder=cold, parameters=PARAMETERS)
    return np.asarray(model.log_odds([interest])[0])


INTERESTS = [
    Interest(profile=Profile(interests="reef")),
    Interest(profile=Profile(), liked=tuple(CORPUS[:3])),
    Interest(profile=Profile(interests="tide"), liked=(CORPUS[1],), disliked=(CORPUS[40],)),
]


@pytest.mark.parametrize("interest", INTERESTS)
@pytest.mark.parametrize("at", [5, 18, 25, 44])
def test_a_paper_without_a_vector_lies_between(
    embedder: Embedder, interest: Interest, at: int
) -> None:
    """What meaning says for a paper of the sea, or against one of the stars, falls away."""
    full = log_odds(embedder, CORPUS, interest)
    partly = log_odds(embedder, [p for p in CORPUS if p is not CORPUS[at]], interest)
    if at < 20:
        assert partly[at] < full[at]
    else:
        assert partly[at] > full[at]
    others = np.arange(len(CORPUS)) != at
    assert np.abs(partly - full)[others].max() < 0.5 * abs(partly[at] - full[at])


def test_without_vectors_the_model_is_the_one_of_words(embedder: Embedder) -> None:
    for interest in INTERESTS:
        lexical = log_odds(None, [], interest)
        assert np.array_equal(log_odds(embedder, CORPUS[:5], interest), lexical)
        assert not np.array_equal(log_odds(embedder, CORPUS[:40], interest), lexical)


def test_examples_without_a_vector_say_nothing_of_meaning(embedder: Embedder) -> None:
    strange = paper(901, "reef", "method1")
    other = paper(902, "reef", "method1")
    both = Interest(profile=Profile(), liked=(strange, other))
    one = log_odds(embedder, [*CORPUS, other], both)
    all_known = log_odds(embedder, [*CORPUS, strange, other], both)
    assert np.allclose(one, all_known, atol=0.05)
    none = log_odds(embedder, CORPUS, both)
    assert np.isfinite(none).all()


def test_the_explanation_adds_up_for_papers_without_a_vector(embedder: Embedder) -> None:
    features = shelf(embedder, CORPUS[:30])
    model = Model(CORPUS, features=features, embedder=fresh(embedder), parameters=PARAMETERS)
    for interest in INTERESTS:
        (row,) = model.log_odds([interest])
        for at in (2, 35, 50):
            explained = model.explain(interest, at)
            total = sum(part.weight for part in explained.parts)
            assert total == pytest.approx(float(row[at]), abs=1e-3)
