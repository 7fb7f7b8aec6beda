"""Followed authors: all of one person's papers, and not those of everybody of that initial."""

from digestmail.domain import Interest, Paper, Profile
from digestmail.relevance.scoring.followed import FollowedAuthors

NAMES = ("Yi", "Yan", "Yang", "Yao", "Yifan", "Yulong")


def paper(number: int, *authors: str, category: str = "cs.CL") -> Paper:
    return Paper(
        key=f"t:{number}", title=f"Paper {number}", authors=authors, categories=(category,)
    )


PAPERS = [
    *(paper(n, f"{name} Wang") for n, name in enumerate(NAMES)),
    paper(6, "Y. Wang", "Ada Lopez"),
    paper(7, "Yvonne Wang", category="math.CO"),
    paper(8, "Jörg Müller"),
]


def followed(
    *authors: str,
    background: tuple[Paper, ...] = (),
    categories: tuple[str, ...] = (),
    liked: tuple[Paper, ...] = (),
) -> dict[int, list[str]]:
    profile = Profile(authors=authors, categories=categories)
    interest = Interest(profile=profile, liked=liked)
    return FollowedAuthors(PAPERS, background, most_namesakes=3).of(interest)


def test_a_full_name_is_followed_in_every_spelling() -> None:
    assert followed("Joerg Mueller") == {8: ["Jörg Müller"]}
    assert followed("Wang Yi") == {0: ["Yi Wang"], 6: ["Y. Wang"]}


def test_an_initial_that_fits_many_follows_nobody() -> None:
    assert followed("Y. Wang") == {}


def test_an_initial_that_fits_few_is_followed() -> None:
    assert list(followed("J. Müller")) == [8]


def test_people_of_other_days_count() -> None:
    others = tuple(paper(100 + n, f"J{n}ana Müller".replace(str(n), "abcd"[n])) for n in range(4))
    assert followed("J. Müller", background=others) == {}


def test_a_category_tells_who_is_meant() -> None:
    assert followed("Y. Wang", categories=("math.CO",)) == {7: ["Yvonne Wang"]}


def test_a_co_author_tells_who_is_meant() -> None:
    assert list(followed("Y. Wang", "Ada Lopez")) == [6]
    liked = (paper(50, "Y. Wang", "A. Lopez", "Ada Lopez", category="cs.CL"),)
    assert list(followed("Y. Wang", liked=liked)) == [6]


def test_the_number_of_people_is_known() -> None:
    authors = FollowedAuthors(PAPERS, (), most_namesakes=3)
    assert len(authors.namesakes("Y. Wang").people) == 7
    assert authors.is_ambiguous("Y. Wang")
    assert not authors.is_ambiguous("Y. Wang", ["math.CO"])
    assert not authors.is_ambiguous("Yi Wang")
