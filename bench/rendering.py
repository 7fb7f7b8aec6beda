"""Render digests plainly and from compiled templates: CPU time of a mail, subject, text and HTML.

The digests have the same papers in another order, each with reasons of its own, as those of
different readers have. The plain way is ``Renderer.digest`` with its parts encoded, the other
``Renderer.quoted_digest`` once the papers have been met.
"""

import argparse
import random
import statistics
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from bench.common import Stopwatch, read
from digestmail.domain import Digest, DigestItem, Paper, Reason, ReasonKind
from digestmail.render import Renderer, encoded_size
from digestmail.render.samples import LINKS, sample_recipients
from digestmail.resources import SAMPLE_PAPERS, TEMPLATES

_AT = datetime(2026, 11, 20, 7, tzinfo=UTC)


def main() -> None:
    options = _options()
    rng = random.Random(options.seed)
    papers = read(options.file)[: options.papers]
    digests = [_digest(papers, rng) for _ in range(options.mails)]
    renderer, reader = Renderer(TEMPLATES), sample_recipients()[0]

    def compiled(digest: Digest) -> None:
        renderer.quoted_digest(digest, reader, LINKS)

    def plain(digest: Digest) -> None:
        encoded_size(renderer.digest(digest, reader, LINKS).html)

    for digest in digests:  # compiles the templates, and compares the first mails
        compiled(digest)
    for round_number in range(options.rounds):
        ratio = _milliseconds(plain, digests), _milliseconds(compiled, digests)
        print(f"round {round_number + 1}: plain {ratio[0]:.2f} ms, compiled {ratio[1]:.3f} ms")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--file", type=Path, default=SAMPLE_PAPERS)
    parser.add_argument("--papers", type=int, default=10, help="of each mail")
    parser.add_argument("--mails", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def _digest(papers: list[Paper], rng: random.Random) -> Digest:
    items = []
    for position, paper in enumerate(rng.sample(papers, len(papers)), 1):
        reason = Reason(ReasonKind.KEYWORD, tuple(rng.sample(paper.title.lower().split(), 2)))
        item = DigestItem(
            position=position,
            paper=paper,
            profile_id=1,
            profile_name="",
            score=0.9,
            reasons=(reason,),
        )
        items.append(item)
    return Digest(
        id=1,
        subscriber_id=1,
        date=_AT.date(),
        due_at=_AT,
        prepared_at=_AT,
        judged=1500,
        items=tuple(items),
    )


def _milliseconds(render: Callable[[Digest], None], digests: list[Digest]) -> float:
    """Return the median CPU time of a mail."""
    times = []
    for digest in digests:
        watch = Stopwatch()
        render(digest)
        times.append(watch.cpu * 1000)
    return statistics.median(times)


if __name__ == "__main__":
    main()
