"""evaluate: how well the model finds readers' papers, beside what other programs do."""

from pathlib import Path
from typing import Annotated

import typer

from digestmail.cli.shell import Json


def evaluate(
    folder: Annotated[
        Path, typer.Argument(help="A benchmark: papers*.jsonl.gz, profiles.jsonl.gz.")
    ],
    method: Annotated[
        list[str] | None,
        typer.Option(help="digestmail, or what others do, such as bm25; repeatable; or all."),
    ] = None,
    variant: Annotated[
        str,
        typer.Option(
            help="Know just keywords, interests, seeds (5 papers), seed (one), seed-and-title,"
            " verdicts or dislikes of the readers."
        ),
    ] = "",
    readers: Annotated[int | None, typer.Option(min=1, help="The first so many only.")] = None,
    semantic: Annotated[
        str,
        typer.Option(
            metavar="PLACE", help="A sentence model: auto (the packaged one), or a folder."
        ),
    ] = "",
    run: Annotated[
        Path | None, typer.Option(help="Write our best 100: user, paper and score, by tabs.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Rank readers' papers by our model and by other programs' methods, and measure both."""
    from digestmail.cli.evaluating import evaluated  # takes seconds

    evaluated(
        folder,
        methods=method or [],
        variant=variant,
        readers=readers,
        semantic=semantic,
        run=run,
        as_json=as_json,
    )
