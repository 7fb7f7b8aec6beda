"""evaluate: how well the model finds readers' papers, beside what other programs do."""

from pathlib import Path
from typing import Annotated

import typer

from digestmail.cli.shell import Json

_Method = Annotated[
    list[str] | None,
    typer.Option(help="digestmail, or what others do, such as bm25; repeatable; or all."),
]
_Variant = Annotated[
    list[str] | None,
    typer.Option(
        help="Know just keywords, interests, seeds (5 papers), seed (one), seed-and-title,"
        " verdicts or dislikes of the readers; repeatable."
    ),
]


def evaluate(
    folders: Annotated[
        list[Path], typer.Argument(help="Benchmarks: papers*.jsonl.gz, profiles.jsonl.gz.")
    ],
    method: _Method = None,
    against: Annotated[
        str, typer.Option(help="Tell differences from this method, not from the best other one.")
    ] = "",
    variant: _Variant = None,
    leave_out: Annotated[
        list[str] | None,
        typer.Option(metavar="FAMILY", help="Leave out a family of benchmarks; repeatable."),
    ] = None,
    readers: Annotated[int | None, typer.Option(min=1, help="The first so many only.")] = None,
    semantic: Annotated[
        str,
        typer.Option(
            metavar="PLACE", help="A sentence model: auto (the packaged one), or a folder."
        ),
    ] = "",
    embeddings: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Keep embeddings here, for the next run."),
    ] = None,
    run: Annotated[
        Path | None, typer.Option(help="Write our best 100: user, paper and score, by tabs.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Rank readers' papers by our model and by other programs' methods, and measure both."""
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
