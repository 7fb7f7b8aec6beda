"""Hard rules: what may never, and what must always, be shown."""

from dataclasses import replace

import pytest
from relevance_samples import interest, paper, picks, reason, scored, with_fillers

from digestmail.domain import Paper, ReasonKind
from digestmail.relevance import Model, in_category
from digestmail.text.person_names import same_person

GRAPHS = paper("Graph networks", "We study graph networks.", categories=("cs.LG",))
MUSIC = paper("Music by machines", "Melodies for all.", categories=("cs.SD", "eess.AS"))
PROOFS = paper("Proofs", "A lemma on groups.", authors=("Ada B. Byron",), categories=("math.GR",))
BARE = paper("Graph theory without a category", "All about graph networks.")
PAPERS = [GRAPHS, MUSIC, PROOFS, BARE]


# --- categories ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("category", "pattern", "matches"),
    [
        ("cs.cl", "cs.cl", True), ("cs.cl", "cs", True), ("cs.cl", "cs.*", True),
        ("cs.cl", "cs.lg", False), ("csx.a", "cs", False), ("cs", "cs.*", True),
        ("cs", "cs.cl", False), ("q-bio.nc", "q-bio", True), ("physics.bio-ph", "bio-ph", False),
        ("hep-th", "hep", False), ("neuroscience", "neuro", False), ("cs.cl", "", False),
    ],
)  # fmt: skip
def test_a_pattern_names_a_category_or_a_group(category: str, pattern: str, matches: bool) -> None:
    assert in_category(category, pattern) is matches


def test_chosen_categories_are_the_only_ones_but_those_without_pass() -> None:
    found = picks(PAPERS, keywords=("graph",), categories=("math", "eess"))
    assert found == [BARE.title]


def test_categories_are_compared_without_case() -> None:
    assert GRAPHS.title in picks(PAPERS, keywords=("graph",), categories=("CS.lg",))


def test_categories_alone_bring_all_of_them_with_a_true_reason() -> None:
    found = scored(PAPERS, categories=("eess", "math.*"))
    assert set(found) == {MUSIC.title, PROOFS.title}
    told = reason(found[MUSIC.title], ReasonKind.CATEGORY)
    assert told is not None
    assert told.details == ("eess.AS",)


def test_a_followed_author_outside_the_categories_is_not_said_to_be_in_them() -> None:
    found = scored(PAPERS, categories=("cs",), authors=("Ada Byron",))
    assert [r.kind for r in found[PROOFS.title].reasons] == [ReasonKind.AUTHOR]


def test_a_like_puts_a_readers_categories_in_order_and_empties_no_mail() -> None:
    papers = [replace(p, categories=("cs.LG",)) for p in with_fillers(*PAPERS)]
    wish = {"categories": ("cs",), "max_papers": 50}
    before = scored(papers, **wish)
    after = scored(papers, **wish, liked=(paper("Graph networks again"),))
    assert len(after) > len(before) / 2
    assert next(iter(after)) == GRAPHS.title
    assert after[GRAPHS.title].value > before[GRAPHS.title].value


# --- exclusions ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "rule",
    [
        {"excluded_keywords": ("lemmas",)},
        {"excluded_keywords": ('"a lemma"',)},
        {"excluded_keywords": ("proof",)},
        {"excluded_categories": ("math",)},
        {"excluded_categories": ("MATH.gr",)},
    ],
)
def test_exclusions_hold_for_followed_authors_too(rule: dict[str, tuple[str, ...]]) -> None:
    wish = {"keywords": ("lemma",), "authors": ("Ada Byron",), "threshold": 0}
    assert picks(PAPERS, **wish)[0] == PROOFS.title
    assert PROOFS.title not in picks(PAPERS, **wish, **rule)


def test_an_exclusion_that_matches_nothing_excludes_nothing() -> None:
    rule = {"excluded_keywords": ("lem", "prooflike", "++"), "excluded_categories": ("mat", "cs")}
    assert picks(PAPERS, keywords=("lemma",), **rule) == [PROOFS.title]


def test_each_interest_has_its_own_exclusions() -> None:
    wishes = [
        interest(keywords=("graph",)),
        interest(keywords=("graph",), excluded_keywords=("network",)),
    ]
    both, none = Model(PAPERS).score(wishes)
    assert {score.paper for score in both} == {0, 3}
    assert none == ()


# --- authors ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("followed", "written"),
    [
        ("Jane Doe", "Jane Doe"), ("J. Doe", "Jane Doe"), ("Jane Doe", "J. Doe"),
        ("Doe, Jane", "Jane Doe"), ("Doe, J.", "Jane Q. Doe"), ("Jane Doe", "Doe, J. Q."),
        ("Jane Q. Doe", "Jane Doe"), ("JANE DOE", "jane doe"), ("Bjorn Oeser", "Björn Oeser"),
        ("Lukasz Kaiser", "Łukasz Kaiser"), ("J.-L. Starck", "Jean-Luc Starck"),
        ("Fei-Fei Li", "F. Li"), ("Anna van der Berg", "van der Berg, Anna"),
        ("de Freitas, Nando", "Nando de Freitas"), ("García Márquez, G.", "Gabriel García Márquez"),
        ("José Nun\u0303ez", "Jose Nuñez"), ("John Smith", "John Smith Jr."),
        ("Laurens van der Maaten", "Laurens J. P. van der Maaten"),
        ("L. Maaten", "L. van der Maaten"),
        ("Li-Wei Xu", "Liwei Xu"), ("Pat O'Brien", "P. OBrien"), ("Di Wu", "D. Wu"),
        ("Müller-Lüdenscheidt K.", "Klaus Müller-Lüdenscheidt"), ("Doe J. Q.", "Jane Doe"),
        ("Smith, John, Jr.", "J. Smith"), ("王小明", "王小明"), ("Van Anh Nguyen", "V. A. Nguyen"),
    ],
)  # fmt: skip
def test_one_person_in_two_spellings(followed: str, written: str) -> None:
    assert same_person(followed, written)
    assert same_person(written, followed)


@pytest.mark.parametrize(
    ("followed", "written"),
    [
        ("Doe", "Jane Doe"), ("Jane Doe", "Doe"), ("Doe,", "Jane Doe"), ("", ""), ("?", "?"),
        ("Jane Doe", "John Doe"), ("Jane Doe", "Jane Roe"), ("J. A. Doe", "Jane B. Doe"),
        ("Björn", "Björn"), ("Di Wu", "Da Wu"), ("王小明", "王小红"), ("Ann Li Xu", "Anna Li Xu"),
        ("Jan Doe", "Jane Doe"), ("Wei Wang", "Wen Wang"), ("van der Berg,", "A. van der Berg"),
    ],
)  # fmt: skip
def test_two_persons(followed: str, written: str) -> None:
    assert not same_person(followed, written)


def test_a_followed_author_is_pinned_first_even_below_the_threshold() -> None:
    found = scored(PAPERS, keywords=("graph",), authors=("Byron, A.",), threshold=0.3)
    assert next(iter(found)) == PROOFS.title
    assert found[PROOFS.title].pinned
    assert found[PROOFS.title].value < 0.3
    assert not found[GRAPHS.title].pinned


def test_pins_go_first_even_before_certain_matches() -> None:
    keywords = tuple(f"word{n}" for n in range(60))
    sure = paper(" ".join(keywords))
    fillers = [paper(f"Other things {n}") for n in range(300)]
    found = scored([sure, PROOFS, *fillers], keywords=keywords, authors=("Ada Byron",))
    assert found[sure.title].value > 0.9
    assert list(found)[:2] == [PROOFS.title, sure.title]


def test_pins_are_best_first_among_themselves_and_take_the_room_of_others() -> None:
    other = replace(PROOFS, key="o", title="Graph proofs")
    wish = {"keywords": ("graph",), "authors": ("Ada Byron",)}
    assert picks([*PAPERS, other], **wish)[:2] == ["Graph proofs", "Proofs"]
    assert picks([*PAPERS, other], **wish, max_papers=2) == ["Graph proofs", "Proofs"]


def test_followed_authors_appear_however_many_they_are() -> None:
    many = [replace(PROOFS, key=str(n), title=f"Proofs {n}") for n in range(5)]
    wish = {"keywords": ("graph",), "authors": ("Ada Byron",), "max_papers": 2}
    assert sorted(picks([*PAPERS, *many], **wish)) == ["Proofs", *(one.title for one in many)]


def test_a_surname_alone_follows_nobody() -> None:
    assert picks(PAPERS, authors=("Byron",)) == []


# --- what was seen, and how many -------------------------------------------------------------


def test_older_and_blocked_papers_are_not_shown() -> None:
    papers = [paper(f"Graph {n}") for n in range(6)]
    wish = {"keywords": ("graph",), "threshold": 0.01}
    assert sorted(picks(papers, **wish, first=2, blocked=frozenset({0, 4}))) == [
        "Graph 2", "Graph 3", "Graph 5",
    ]  # fmt: skip
    assert picks(papers, **wish, first=6) == []
    assert picks(papers, **wish, first=99) == []


def test_a_blocked_paper_of_a_followed_author_is_not_shown_again() -> None:
    assert picks(PAPERS, authors=("Ada Byron",), blocked=frozenset({2})) == []


@pytest.mark.parametrize(("most", "count"), [(0, 0), (1, 1), (3, 3), (50, 8)])
def test_max_papers_is_the_most(most: int, count: int) -> None:
    papers = [paper(f"Graph {n}") for n in range(8)]
    assert len(picks(papers, keywords=("graph",), threshold=0.01, max_papers=most)) == count


def test_equal_papers_stay_in_the_order_of_first_sight() -> None:
    papers: list[Paper] = [paper("Graph", key_number) for key_number in ("x y", "x y", "x y")]
    (scores,) = Model(papers).score([interest(keywords=("graph",), threshold=0)])
    assert [score.paper for score in scores] == [0, 1, 2]
