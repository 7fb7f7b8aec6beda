"""The order of a digest: sections, groups by strength, who is shown at length, and the layouts."""

from dataclasses import replace
from typing import Any

import pytest
from test_render import ADA, FOLDING, LINKS, RENDERER, WHY, Page, digest, item

from digestmail.domain import DigestItem, ItemRole, Layout, Reason, ReasonKind, TrendingBasis
from digestmail.render import Rendered
from digestmail.render.locale import ENGLISH
from digestmail.render.placing import is_listed, placed, trending_note

KEYWORD = (Reason(ReasonKind.KEYWORD, ("folding",)),)
VOTES = (Reason(ReasonKind.TRENDING, ("120",)),)
FOLLOWED = (Reason(ReasonKind.AUTHOR, ("Jane Doe",)),)
DIFFERENT = (Reason(ReasonKind.EXPLORATION, ("ice",)),)


def paper_at(at: int, score: float = 0.9, **changes: Any) -> DigestItem:
    paper = replace(FOLDING, key=f"lab:{at}", title=f"Paper {at}")
    return item(paper, at, score=score, **{"reasons": KEYWORD, **changes})


def mail(*items: DigestItem, layout: Layout = Layout.FULL) -> Rendered:
    return RENDERER.digest(digest(*items), ADA.recipient._replace(layout=layout), LINKS)


def order(*items: DigestItem) -> list[tuple[int, str, str]]:
    """Return the position, section and group of each paper in the order of the mail."""
    return [(item.position, at.section, at.group) for item, at in placed(items, ENGLISH)]


def full(*items: DigestItem) -> list[int]:
    return [item.position for item, at in placed(items, ENGLISH) if at.is_full]


def test_one_profile_is_grouped_by_strength() -> None:
    items = [paper_at(1, 0.1), paper_at(2, 0.9), paper_at(3, 0.3), paper_at(4, 0.6)]
    assert order(*items, paper_at(5, reasons=DIFFERENT)) == [
        (2, "", "Strong matches"),
        (4, "", ""),
        (3, "", "Good matches"),
        (1, "", "Maybe"),
        (5, "", "Something different"),
    ]


def test_followed_authors_come_first_and_what_is_trending_after_the_profiles() -> None:
    followed = paper_at(3, pinned=True, reasons=FOLLOWED)
    items = [paper_at(1, reasons=VOTES), paper_at(2), followed, paper_at(4, profile_name="Ice")]
    assert order(*items) == [
        (3, "By authors you follow", "By authors you follow"),
        (2, "Proteins", "Proteins"),
        (4, "Ice", "Ice"),
        (1, "Trending papers", "Trending papers"),
    ]


def test_the_closest_papers_and_new_versions_have_sections() -> None:
    near = paper_at(1, role=ItemRole.NEAREST)
    version = paper_at(2, role=ItemRole.NEW_VERSION)
    sections = [section for _, section, _ in order(near, version)]
    assert sections == ["The closest papers", "New versions of papers you saved"]
    assert full(near, version) == []


@pytest.mark.parametrize(("strong", "shown"), [(0, 3), (3, 3), (4, 4), (5, 5), (8, 5)])
def test_the_best_three_to_five_are_shown_at_length(strong: int, shown: int) -> None:
    items = [paper_at(at, 0.9 if at <= strong else 0.3) for at in range(1, 11)]
    assert full(*items) == list(range(1, shown + 1))


@pytest.mark.parametrize(
    ("papers", "layout", "listed"),
    [
        (3, Layout.FULL, False),
        (4, Layout.FULL, True),
        (40, Layout.COMPACT, False),
        (1, Layout.TITLES, True),
    ],
)
def test_when_titles_are_listed(papers: int, layout: Layout, listed: bool) -> None:
    assert is_listed(papers, layout) is listed


def test_a_full_email_has_each_title_in_its_list_and_below() -> None:
    page = Page(mail(*(paper_at(at) for at in range(1, 9))).html)
    links = [text for text in page.texts["a"] if text.startswith("Paper")]
    assert links == [f"Paper {at}" for at in (*range(1, 9), *range(1, 9))]
    assert page.texts["p"].count("keyword: folding") == 8
    assert page.texts["a"].count("More like this") == 5
    assert page.texts["a"].count("More") == 3


def test_a_compact_email_has_two_lines_for_each_paper() -> None:
    page = Page(mail(*(paper_at(at) for at in range(1, 9)), layout=Layout.COMPACT).html)
    assert page.texts["h2"] == [f"Paper {at}" for at in range(1, 9)]
    assert page.texts["a"].count("More") == 8
    assert "strong match · keyword: folding" in page.texts["body"][0]


def test_an_email_of_titles_has_nothing_else() -> None:
    titles = mail(*(paper_at(at) for at in range(1, 9)), layout=Layout.TITLES)
    page = Page(titles.html)
    assert "h2" not in page.texts
    assert [page.texts["a"].count(text) for text in ("More", "Less", "Save", "Options")] == [8] * 4
    for part in (titles.text, page.texts["body"][0]):
        assert "Folding a protein takes time" not in part
        assert part.count("Paper 8") == 1
    assert titles.text.count(LINKS.options(8)) == 1
    assert "\n\n\n" not in titles.text


@pytest.mark.parametrize("layout", Layout)
def test_every_layout_is_compiled(layout: Layout) -> None:
    recipient = ADA.recipient._replace(layout=layout)
    items = [paper_at(at, 1 - at / 10, reasons=WHY) for at in range(1, 9)]
    quoted = RENDERER.quoted_digest(digest(*items), recipient, LINKS)
    assert RENDERER.in_language("en").compiles
    assert quoted.subject == RENDERER.digest(digest(*items), recipient, LINKS).subject


def test_a_trending_digest_says_what_it_rests_on() -> None:
    trending = mail(*(paper_at(at, reasons=VOTES) for at in range(1, 5)))
    assert trending.subject == "4 trending papers: Paper 1"
    assert "Ranked by upvotes." in trending.text
    assert "120 upvotes" in trending.text


def test_a_trending_section_says_what_it_rests_on() -> None:
    both = mail(paper_at(1), paper_at(2, reasons=VOTES))
    assert both.text.count("Trending papers\nRanked by upvotes.\n") == 1
    assert both.html.count("Ranked by upvotes.") == 1


def test_what_trending_rests_on() -> None:
    votes, readers, central = TrendingBasis
    assert trending_note([], ENGLISH) == ""
    assert "readers here" in trending_note([votes, readers], ENGLISH)
    assert "central" in trending_note([votes, central], ENGLISH)
