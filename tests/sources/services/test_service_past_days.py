"""Services that list single past days, as the command reads them back."""

import json
from datetime import date

import pytest
from query_server import answering
from sources_server import Answer, browsing, source_context

from digestmail.domain import Paper, SourceMemory, SourceSpec
from digestmail.sources.registry import KINDS, past_days

DAY = date(2026, 9, 9)
CROSSREF = {
    "message": {
        "items": [
            {
                "DOI": "10.5555/tea",
                "title": ["On tea"],
                "created": {"date-time": "2026-09-09T10:11:12Z"},
            }
        ]
    }
}
EUROPE_PMC = {
    "resultList": {
        "result": [
            {"id": "1", "source": "MED", "title": "On tea", "firstIndexDate": "2026-09-09"},
        ]
    }
}
HAL = {
    "response": {
        "docs": [
            {
                "halId_s": "hal-1",
                "title_s": ["On tea"],
                "releasedDate_tdate": "2026-09-09T10:11:12Z",
            }
        ]
    }
}


@pytest.mark.parametrize(
    ("kind", "options", "response"),
    [
        ("crossref", {"issn": "1476-4687"}, CROSSREF),
        ("europe_pmc", {"query": "tea"}, EUROPE_PMC),
        ("hal", {"query": "tea"}, HAL),
    ],
)
def test_papers_of_a_past_day_have_that_day(
    kind: str, options: dict[str, str], response: object
) -> None:
    with answering(Answer(json.dumps(response))) as interface, browsing() as web:
        spec = SourceSpec(name=kind, kind=kind, options={**options, "url": interface.url})
        days = past_days(spec, source_context(web), SourceMemory())
        (paper,) = days.fetch(DAY)
    assert isinstance(paper, Paper)
    assert (paper.title, paper.announced_on, paper.source) == ("On tea", DAY, kind)
    assert days.last is None
    assert DAY.isoformat() in str(interface.asked[0].options)


def test_all_kinds_with_past_days() -> None:
    readable = {name for name, kind in KINDS.items() if kind.past_days}
    assert readable == {"arxiv", "crossref", "europe_pmc", "hal"}
