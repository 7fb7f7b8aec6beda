import pytest
from feed_samples import MORE, SAMPLES, Sample

from digestmail.domain import Paper
from digestmail.sources.feeds.source import read_any_feed


@pytest.mark.parametrize("sample", [*SAMPLES, *MORE], ids=lambda sample: sample.name)
def test_what_publishers_write_is_read(sample: Sample) -> None:
    (paper,) = read_any_feed(
        sample.document.encode(), url="https://journal.example/rss", source="journal"
    )
    assert isinstance(paper, Paper)
    assert (paper.title, paper.authors, paper.abstract) == (
        sample.title,
        sample.authors,
        sample.abstract,
    )
    assert paper.key == sample.key or (not sample.key and paper.key.startswith("journal:"))
