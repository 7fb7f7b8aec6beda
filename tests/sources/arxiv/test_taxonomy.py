import csv
from pathlib import Path

import pytest
from oai_answers import failure
from sources_server import Answer, browsing, entry, feed, fetch_once, serving, source_context

from digestmail.domain import SourceSpec
from digestmail.errors import InputError
from digestmail.sources.arxiv import taxonomy
from digestmail.sources.arxiv.taxonomy import (
    arxiv_categories,
    check_category,
    expand,
    feed_names,
    nearest_categories,
    oai_set,
    oai_sets,
)
from digestmail.sources.registry import check

TABLE = Path(taxonomy.__file__).with_name("taxonomy.csv")


def rows(kind: str) -> list[dict[str, str]]:
    with TABLE.open(encoding="utf-8", newline="") as lines:
        return [row for row in csv.DictReader(lines) if row["kind"] == kind]


def refusal(text: str) -> str:
    with pytest.raises(InputError) as caught:
        check_category(text)
    assert caught.value.field == "categories"
    return caught.value.message


# --- the table -------------------------------------------------------------------------------


def test_the_table_is_whole() -> None:
    assert [len(rows(kind)) for kind in ("category", "archive", "closed", "group")] == [
        155,
        11,
        18,
        1,
    ]
    codes = [row["code"] for kind in ("category", "archive", "closed") for row in rows(kind)]
    assert len(codes) == len(set(codes))
    assert all(row["name"] and row["group"] for row in rows("category"))


def test_twins_know_each_other() -> None:
    twins = {row["code"]: row["see"] for row in rows("category") if row["see"]}
    assert len(twins) == 12
    assert all(twins[twins[code]] == code for code in twins)


# --- what a person asks for ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("cs.AI", "cs.AI"),
        (" CS.ai\n", "cs.AI"),
        ("Cond-Mat.Mes-Hall", "cond-mat.mes-hall"),
        ("HEP-TH", "hep-th"),
        ("math-ph", "math-ph"),
        ("cs", "cs"),
        ("Math", "math"),
        ("q-bio.*", "q-bio"),
        ("physics", "physics"),
        ("astro-ph", "astro-ph"),
        ("grp_physics", "grp_physics"),
        ("stat.TH", "stat.TH"),
    ],
)
def test_categories_that_are(text: str, code: str) -> None:
    assert check_category(text) == code


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("cs.AL", "“cs.AL” is not an arXiv category; did you mean "),
        ("cs.CVV", "did you mean cs.CV"),
        ("machine learning", "; did you mean cs.LG or stat.ML"),
        ("astrophysics", "did you mean astro-ph"),
        ("zzz", "“zzz” is not an arXiv category such as cs.AI or astro-ph"),
        ("", "“” is not an arXiv category such as cs.AI"),
        ("cs.AI\x00\x1b[2J" + "x" * 1000, "“cs.AI [2Jxxxxx"),
        ("cmp-lg", "“cmp-lg” is closed; use cs.CL"),
        ("Q-Alg", "“q-alg” is closed; use math.QA"),
        ("cs.", "is not an arXiv category"),
    ],
)
def test_categories_that_are_not(text: str, message: str) -> None:
    told = refusal(text)
    assert message in told
    assert len(told) < 150


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("cs.ai", "“cs.ai” is not an arXiv category: write cs.AI"),
        ("cs.LQ", "“cs.LQ” is not an arXiv category; did you mean"),
        ("cmp-lg", "“cmp-lg” is closed; use"),
        ("stat.*", "not an arXiv category: write stat"),
    ],
)
def test_a_source_takes_arxivs_spelling_only(wrong: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        check(SourceSpec(name="lab", kind="arxiv", options={"categories": f"cs.CL {wrong}"}))


# --- what it stands for ----------------------------------------------------------------------


def test_archives_are_expanded() -> None:
    assert expand(["econ"]) == ("econ", "econ.EM", "econ.GN", "q-fin.EC", "econ.TH")
    assert expand(["eess.SY", "CS.sy", "hep-th"]) == ("eess.SY", "cs.SY", "hep-th")
    assert len(expand(["cs"])) == 1 + 40 + 3
    assert set(expand(["physics"])) >= {"physics.optics", "physics.space-ph"}
    assert "hep-th" not in expand(["physics"])


def test_the_group_of_physics_is_all_of_it() -> None:
    codes = expand(["grp_physics"])
    assert {"hep-th", "astro-ph.EP", "nlin.CD", "physics.optics", "quant-ph", "math.MP"} <= {*codes}
    assert not {"cs.AI", "stat.ML", "chao-dyn", "grp_physics"} & {*codes}


def test_expanding_what_is_none() -> None:
    assert expand([]) == ()
    with pytest.raises(InputError):
        expand(["cs.AI", "cs.??"])


@pytest.mark.parametrize(
    ("category", "name"),
    [
        ("cs.AI", "cs:cs:AI"),
        ("hep-th", "physics:hep-th"),
        ("astro-ph.EP", "physics:astro-ph:EP"),
        ("astro-ph", "physics:astro-ph"),
        ("physics.plasm-ph", "physics:physics:plasm-ph"),
        ("physics", "physics:physics"),
        ("grp_physics", "physics"),
        ("eess.SY", "eess:eess:SY"),
        ("cs", "cs"),
        ("Q-Bio", "q-bio"),
    ],
)
def test_oai_sets(category: str, name: str) -> None:
    assert oai_set(category) == name


def test_sets_inside_others_are_left_out() -> None:
    assert oai_sets(["cs.AI", "cs", "math.CO", "cs.LG"]) == ("cs", "math:math:CO")
    assert oai_sets(["physics", "hep-th", "physics.optics"]) == (
        "physics:physics",
        "physics:hep-th",
    )
    assert oai_sets(["hep-th", "grp_physics", "hep-th"]) == ("physics",)


def test_terms_of_other_classifications_are_dropped() -> None:
    terms = ["math.ST", "62G05", "I.2.6", "cs.NA", "chao-dyn", "astro-ph", "math.ST"]
    assert arxiv_categories(terms) == (
        "math.ST",
        "stat.TH",
        "cs.NA",
        "math.NA",
        "chao-dyn",
        "astro-ph",
    )


def test_feeds_are_asked_for_archives() -> None:
    assert feed_names(["cs", "stat.ML"]) == ("cs", "stat.ML")
    assert len(feed_names(["grp_physics"])) == 13
    path = "/" + "+".join([*feed_names(["grp_physics"]), "cs.AI"])
    with serving() as site, browsing() as web:
        site.at(path, Answer(feed(entry())))
        site.at("/oai", Answer(failure("noRecordsMatch")))
        options = {"categories": "grp_physics, cs.AI", "url": site.url}
        options["oai_url"] = f"{site.url}/oai"
        spec = SourceSpec(name="lab", kind="arxiv", options=options)
        assert len(fetch_once(spec, source_context(web))) == 1


# --- what a text that is no category may mean ------------------------------------------------


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("computer vision", ["cs.CV"]),
        ("machine learning", ["cs.LG", "stat.ML"]),
        ("csCV", ["cs.CV"]),
        ("cs-cv", ["cs.CV"]),
        ("CV", ["cs.CV", "math.CV"]),
        ("cs.VC", ["cs.CV"]),
        ("cs.CVV", ["cs.CV"]),
        ("hepth", ["hep-th"]),
        ("q-bio.NN", ["q-bio.GN", "q-bio.MN", "q-bio.NC"]),
        ("zoology", []),
        ("???", []),
        ("", []),
    ],
)
def test_the_nearest_categories(text: str, codes: list[str]) -> None:
    assert nearest_categories(text) == codes


def test_categories_of_the_papers_here_are_proposed_first() -> None:
    assert nearest_categories("neurosience", ["neuroscience", "cs.CV"]) == ["neuroscience"]
    assert nearest_categories("cs.CZ", ["cs.CV", "cs.CL"])[:2] == ["cs.CV", "cs.CL"]
