"""evaluate: how well the model finds readers' papers, beside what other programs do."""

from pathlib import Path
from typing import Annotated

import typer

from digestmail.cli.shell import Json

_Method = Annotated[
    list[str] | None,
    typer.Option(
        help="Method to compare: digestmail, a common one such as bm25, or all; repeatable."
    ),
]
_Variant = Annotated[
    list[str] | None,
    typer.Option(
        help="Use only this from each profile: keywords, interests, seeds (5 papers), seed (one), "
        "seed-and-title, verdicts or dislikes; repeatable."
    ),
]


def evaluate(
    folders: Annotated[
        list[Path],
        typer.Argument(help="Benchmark folders with papers*.jsonl.gz and profiles.jsonl.gz."),
    ],
    method: _Method = None,
    against: Annotated[
        str, typer.Option(help="Compare with this method instead of the best competing one.")
    ] = "",
    variant: _Variant = None,
    leave_out: Annotated[
        list[str] | None,
        typer.Option(metavar="FAMILY", help="Leave out a family of benchmarks; repeatable."),
    ] = None,
    readers: Annotated[
        int | None, typer.Option(min=1, help="Only the first N profiles of each set.")
    ] = None,
    semantic: Annotated[
        str,
        typer.Option(
            metavar="PLACE", help="A sentence model: auto (the packaged one), or a folder."
        ),
    ] = "",
    embeddings: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Folder that caches embeddings for the next run."),
    ] = None,
    run: Annotated[
        Path | None, typer.Option(help="Write our top 100 as tab-separated user, paper and score.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Rank benchmark papers with our model and common methods, and compare them."""
    from digestmail.cli.evaluate_run import Request, evaluated  # takes seconds

    evaluated(
        Request(
            folders=folders,
            methods=method or [],
            against=against,
            variants=variant or [],
            left_out=leave_out or [],
            readers=readers,
            semantic=semantic,
            embeddings=embeddings,
            run=run,
        ),
        as_json=as_json,
    )
