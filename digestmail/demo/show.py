"""What the demo prints: who got what, and why."""

import sys

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from digestmail.demo.day import Demo

_WITH_MEANING = "Papers were compared by meaning as well as by words, with a model on this machine."
_BY_WORDS = (
    "Papers were compared by words only. To compare them by meaning too: pip install "
    "'digestmail[semantic]'"
)


def print_results(demo: Demo, *, as_json: bool) -> None:
    """Print the day's results."""
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 120)
    results = demo.results()
    if as_json:
        console.print_json(data=results)
        return
    table = Table(title="Who got what, and why", title_justify="left", show_lines=True)
    for column in ("subscriber", "score", "paper", "why"):
        table.add_column(column)
    for digest in results["digests"]:
        if not digest["papers"]:
            table.add_row(digest["subscriber"], "", f"(no email: {digest['detail']})", "")
        for place, paper in enumerate(digest["papers"]):
            subscriber = "" if place else f"{digest['subscriber']} ({digest['status']})"
            why = "; ".join(paper["reasons"])
            table.add_row(subscriber, f"{paper['score']:.2f}", escape(paper["title"]), escape(why))
    console.print(table)
    console.print(f"{demo.ingested.new} papers read, {len(demo.ingested.bad)} bad records.")
    console.print(escape(_WITH_MEANING if demo.app.embeddings.embedder else _BY_WORDS))
    console.print(f"{len(demo.mailbox.messages())} emails are in {demo.mailbox.folder}.")
