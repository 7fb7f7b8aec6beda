"""Papers, profiles and one-line scoring for the tests of the model."""

import json
from pathlib import Path
from typing import Any

import pytest

from digestmail.domain import Interest, Paper, Profile, Reason, ReasonKind, Score
from digestmail.relevance import Model
from digestmail.relevance.features.terms import analyse, paper_text
from digestmail.relevance.scoring.filters import in_category
from digestmail.text import expression, phrase, readable, spans

SHARED = Path(__file__).resolve().parents[1] / ".." / "shared"


def paper(title: str, abstract: str = "", **more: Any) -> Paper:
    """A paper whose key is its title."""
    return Paper(key=title, title=title, abstract=abstract, **more)


FILLERS = [
    paper(f"{subject} of {thing}", f"We measure the {subject.lower()} of {thing} with lasers.")
    for subject in ("Growth", "Decay", "Colour", "Weight", "Sound")
    for thing in ("galaxies", "proteins", "glaciers", "markets", "neurons", "tides")
]


def with_fillers(*papers: Paper) -> list[Paper]:
    """These papers, and thirty that have little to do with anything."""
    return [*papers, *FILLERS]


LASERS = paper("Laser cooling of atoms", "Cold atoms are trapped by laser light in a lattice.")
CELLS = paper("Cell division in yeast", "Yeast cells divide; we film the spindle of each.")


def two_fields() -> list[Paper]:
    """Papers of three words each, of which neighbours share two, in either of two fields."""
    physics = ["atom", "laser", "optics", "photon", "cavity", "qubit"]
    biology = ["yeast", "spindle", "cell", "enzyme", "genome", "ribosome"]
    return [
        Paper(key=f"{kind[0]} {n}", title=f"{kind[n % 6]} {kind[(n + 1) % 6]}, {kind[(n + 2) % 6]}")
        for kind in (physics, biology)
        for n in range(30)
    ]


def interest(*, liked: Any = (), disliked: Any = (), seeds: Any = (), **profile: Any) -> Interest:
    """An interest in all papers."""
    more = {name: profile.pop(name) for name in ("first", "blocked", "weights") if name in profile}
    return Interest(profile=Profile(**profile), liked=liked, disliked=disliked, seeds=seeds, **more)


def scored(papers: list[Paper], **values: Any) -> dict[str, Score]:
    """Titles of the picks with their scores, best first."""
    (scores,) = Model(papers).score([interest(**values)])
    return {papers[score.paper].title: score for score in scores}


def picks(papers: list[Paper], **values: Any) -> list[str]:
    """The titles of the picks, best first."""
    return list(scored(papers, **values))


def reason(score: Score, kind: ReasonKind) -> Reason | None:
    """The reason of a kind, if given."""
    return next((r for r in score.reasons if r.kind is kind), None)


# What the real papers define, so that a keyword is found by its acronym too.
ACRONYMS = {"object detection": "OD", "retrieval-augmented generation": "RAG",
            "reinforcement learning": "RL", "graph neural network": "GNN"}  # fmt: skip


def untrue(paper: Paper, wanted: Interest, score: Score) -> list[str]:
    """What is wrong with a score and its reasons, checked by other means than the model's."""
    wrong = [] if score.reasons else ["no reason"]
    if not 0 <= score.value <= 1:
        wrong.append(f"value {score.value}")
    for told in score.reasons:
        wrong += [f"{told.kind}: {d}" for d in told.details if not _true(told, d, paper, wanted)]
        if not told.details or not told.weight >= 0:
            wrong.append(f"{told.kind} without details or weight")
    return wrong


def _true(told: Reason, detail: str, paper: Paper, wanted: Interest) -> bool:
    profile = wanted.profile
    text = f"{readable(paper.title)} | {readable(paper.abstract)}"
    if told.kind is ReasonKind.KEYWORD:
        expressions = {k.strip('"“” '): expression(k) for k in profile.keywords}
        same = [meant for meant in ACRONYMS if meant.lower() == detail.lower()]
        phrases = [*expressions[detail].phrases, *(phrase(ACRONYMS[meant]) for meant in same)]
        return bool(spans(text, phrases, families=True))
    if told.kind is ReasonKind.AUTHOR:
        return detail in paper.authors
    if told.kind is ReasonKind.CATEGORY:
        chosen = any(in_category(detail.lower(), p.lower()) for p in profile.categories)
        return chosen and detail in paper.categories
    if told.kind is ReasonKind.FIELD:
        return detail in paper.categories and any(
            detail.lower() in map(str.lower, p.categories) for p in _shown(wanted)
        )
    if told.kind is ReasonKind.SIMILAR:
        return detail in {readable(p.title) for p in (*wanted.liked, *wanted.seeds)}
    if told.kind is ReasonKind.MEANING:  # of what was typed, cut
        typed = profile.interests.strip() or ", ".join(profile.keywords)
        return bool(detail) and typed.startswith(detail.rstrip(" …"))
    known = [*profile.keywords, profile.interests]
    known += [paper_text(p) for p in (*wanted.liked, *wanted.seeds)]
    term = " ".join(phrase(detail).words)
    return bool(spans(text, [phrase(detail)])) and any(term in analyse(k) for k in known)


def _shown(wanted: Interest) -> tuple[Paper, ...]:
    return (*wanted.liked, *wanted.seeds)


def trending() -> list[Paper]:
    """Real papers from beside the checkout."""
    path = SHARED / "data" / "trending_papers.jsonl"
    if not path.exists():
        pytest.skip("there is no ../shared/data/trending_papers.jsonl beside the checkout")
    with path.open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [Paper(key=r["id"], title=r["title"], abstract=r["abstract"] or "") for r in rows]
