"""backtest: what the feedback so far says of other settings."""

from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from digestmail.app import App
from digestmail.charts import Line, Mark, draw_backtest, require_matplotlib
from digestmail.cli.output import echo, print_json, print_table, progressing
from digestmail.cli.shell import Json, opened
from digestmail.errors import InputError
from digestmail.steps.insight.backtest import Backtest, replay
from digestmail.steps.insight.metrics import LEARNING_OFF, Day, Tally

_MOST_DAYS = 3650
_LEGEND = (
    "Precision: the share of “more” among the papers with feedback in the digests. Liked shown: "
    "the share of all papers with “more” that the digests contain. Papers that were never sent "
    "have no feedback, so a setting that shows more papers may do better or worse than this."
)


def backtest(
    days: Annotated[int, typer.Option(min=1, max=_MOST_DAYS, help="Days to look back.")] = 30,
    chart: Annotated[
        Path | None,
        typer.Option(metavar="FILE.png", help="Draw a chart of the results in this file."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Replay past digests to see how other settings would have done, judged by the feedback."""
    if chart is not None:
        _check(chart)
    with opened() as app:
        outcome = _replayed(app, days)
    if as_json:
        print_json(_plain(outcome))
    else:
        _print(outcome, days)
    if chart is not None and outcome.sent.judged:
        _draw(chart, outcome)
        if not as_json:
            echo(f"Wrote {chart}.")


def _check(chart: Path) -> None:
    require_matplotlib()
    if chart.suffix.lower() != ".png":
        raise InputError("--chart", f"“{chart.name[:40]}” is not a PNG file. Try chart.png")


def _replayed(app: App, days: int) -> Backtest:
    now = app.clock()
    with progressing("Replaying days") as progress:
        return replay(
            app.store,
            app.models.digest_model,
            since=now.date() - timedelta(days=days - 1),
            now=now,
            window=timedelta(days=app.settings.digest.window_days),
            progress=progress,
        )


def _plain(outcome: Backtest) -> dict[str, Any]:
    """Return a replay for scripts; null where nothing can be said."""
    return {
        "readers": outcome.readers,
        "sent": _measures(outcome.sent),
        "settings": [
            {"name": setting.name, **_measures(tally)}
            for setting, tally in outcome.settings.items()
        ],
        "days": [
            {
                "date": day.date,
                "digests": day.digests,
                "sent": _measures(day.sent),
                "learning_off": _measures(day.settings[LEARNING_OFF]),
            }
            for day in outcome.days
        ],
        "calibration": {
            "papers": outcome.calibration.papers,
            "error": outcome.calibration.error,
            "standard_error": outcome.calibration.standard_error,
            "bins": [asdict(each) for each in outcome.calibration.bins],
        },
    }


def _measures(tally: Tally) -> dict[str, Any]:
    return {
        "mails": tally.mails,
        "papers": tally.papers,
        "papers_a_mail": tally.papers_a_mail,
        "judged": tally.judged,
        "precision": tally.precision,
        "liked_shown": tally.liked_shown,
    }


def _print(outcome: Backtest, days: int) -> None:
    if not outcome.readers:
        echo("Nothing to replay yet: no paper has “more” or “less” feedback.")
    elif not outcome.sent.judged:
        echo(f"Nothing to replay yet: no digest of the last {days} days has feedback.")
    else:
        _print_settings(outcome)
        _print_days(outcome.days)
        _print_calibration(outcome)


def _print_settings(outcome: Backtest) -> None:
    tallies = {"as sent": outcome.sent} | {s.name: tally for s, tally in outcome.settings.items()}
    columns = ("setting", "emails", "papers per email", "judged", "precision", "liked shown")
    rows = [
        (
            name,
            t.mails,
            _number(t.papers_a_mail),
            t.judged,
            _share(t.precision),
            _share(t.liked_shown),
        )
        for name, t in tallies.items()
    ]
    print_table("Other settings, judged by the feedback", columns, rows)
    echo(_LEGEND)


def _print_days(days: tuple[Day, ...]) -> None:
    columns = ("date", "digests", "papers", "judged", "precision", "learning off")
    rows = [
        (
            day.date,
            day.digests,
            day.sent.papers,
            day.sent.judged,
            _share(day.sent.precision),
            _share(day.settings[LEARNING_OFF].precision),
        )
        for day in days
    ]
    print_table("By day, as sent", columns, rows)


def _print_calibration(outcome: Backtest) -> None:
    calibration = outcome.calibration
    if calibration.error is None:
        return
    rows = [
        (
            f"{each.start:.1f} to {each.end:.1f}",
            each.papers,
            f"{each.score:.2f}",
            _share(each.relevant),
        )
        for each in calibration.bins
        if each.score is not None
    ]
    title = f"Expected calibration error: {calibration.error:.3f}"
    print_table(title, ("score", "judged", "mean score", "liked"), rows)


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.0%}"


def _draw(file: Path, outcome: Backtest) -> None:
    calibration = outcome.calibration
    draw_backtest(
        file,
        [day.date for day in outcome.days],
        Line("as sent", [day.sent.precision for day in outcome.days]),
        Line("learning off", [day.settings[LEARNING_OFF].precision for day in outcome.days]),
        [
            Mark(each.score, each.relevant, each.papers)
            for each in calibration.bins
            if each.score is not None and each.relevant is not None
        ],
        calibration.error,
    )
