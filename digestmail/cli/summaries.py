"""summaries: have a language model write lines about papers now."""

from digestmail.cli.output import echo, print_json, progressing
from digestmail.cli.shell import Json, opened
from digestmail.cli.status import plain_summaries, summaries_line
from digestmail.errors import EndpointError
from digestmail.render.environment import counted
from digestmail.stopping import stopped_by_signals


def summaries(as_json: Json = False) -> None:
    """Write one line about each paper in today's and the next digests, as the service also does."""
    with opened() as app, stopped_by_signals(app.stopping):
        service = app.summaries
        with progressing("Writing lines") as progress:
            report = service.write(progress, is_patient=False)
        now = app.status()
    state = now.summaries
    assert state is not None  # noqa: S101 - app.summaries is an error where they are off
    if as_json:
        counts = {"written": report.written, "refused": report.refused}
        print_json(counts | {"trouble": report.trouble, "today": plain_summaries(state)})
    else:
        refused = counted(report.refused, "answer")
        echo(f"{counted(report.written, 'line')} written, {refused} refused.")
        if report.is_budget_used:
            echo("Today's budget is used up; to raise it, set summaries.requests_per_day.")
        echo(summaries_line(state, now.at))
    if report.trouble:
        raise EndpointError(report.trouble)
