"""serve and demo: the long-running commands."""

import logging
import socket
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from apscheduler.schedulers.background import BackgroundScheduler

from digestmail.app import App
from digestmail.cli.output import echo
from digestmail.cli.shell import Json, Processes, open_job_queue, opened
from digestmail.errors import DigestmailError, InputError
from digestmail.processes import available_cores
from digestmail.scheduler import make_scheduler, stop
from digestmail.stopping import stopped_by_signals
from digestmail.worker import this_worker


class Component(StrEnum):
    """A component that serve runs."""

    WEB = "web"
    SCHEDULER = "scheduler"


def serve(
    only: Annotated[Component | None, typer.Option(help="Run only this part.")] = None,
    host: Annotated[str, typer.Option(help="Address to listen on, instead of the setting.")] = "",
    port: Annotated[
        int | None, typer.Option(help="Port to listen on, instead of the setting.")
    ] = None,
    processes: Processes = None,
) -> None:
    """Serve the web pages and run the scheduler until stopped."""
    logging.getLogger("digestmail").setLevel(logging.INFO)
    with opened() as app, stopped_by_signals(app.stopping):
        app.renderer.check()
        app.sender()  # settings that could never send stop us here
        if only is Component.SCHEDULER:
            _run_scheduler(app, processes)
            return
        chosen = app.settings.web
        listener = listen(host or chosen.host, chosen.port if port is None else port)
        scheduler = None if only is Component.WEB else _scheduler(app, processes)
        if scheduler:
            scheduler.start()
        try:
            serve_web(app, listener)
        finally:
            if scheduler:
                stop(app, scheduler)


def worker(
    queues: Annotated[
        str,
        typer.Option(
            help="Only these queues, separated by commas: ingest, prepare, deliver, upkeep."
        ),
    ] = "",
    concurrency: Annotated[int, typer.Option(min=1, help="Jobs at the same time.")] = 1,
) -> None:
    """Work for a cluster: run the jobs that a scheduler queues, until stopped."""
    logging.getLogger("digestmail").setLevel(logging.INFO)
    chosen = [name.strip() for name in queues.split(",") if name.strip()]
    with opened() as app:
        app.renderer.check()
        app.sender()  # settings that could never send stop us here
        queue = open_job_queue(app)
        if unknown := next((name for name in chosen if name not in queue.names), None):
            names = ", ".join(queue.names)
            raise InputError("--queues", f"“{unknown}” is not a queue; use {names}")
        echo(f"Working on {', '.join(chosen) or 'all queues'}. Ctrl-C stops.")
        queue.work(chosen, concurrency, this_worker())


def _scheduler(app: App, processes: int | None) -> BackgroundScheduler:
    """Return the scheduler: one that works itself, or one that queues jobs for workers."""
    defer = open_job_queue(app).defer_due if app.settings.cluster.enabled else None
    return make_scheduler(app, processes=processes or available_cores(), defer=defer)


def _run_scheduler(app: App, processes: int | None) -> None:
    scheduler = _scheduler(app, processes)
    scheduler.start()
    echo("The scheduler is running. Press Ctrl-C to stop.")
    app.stopping.wait()
    stop(app, scheduler)


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket, or one line about why not."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except (OSError, OverflowError) as error:
        listener.close()
        raise DigestmailError(
            f"cannot listen on {host}:{port}: {getattr(error, 'strerror', error)}; choose another "
            "port with --port, or stop the program that uses it"
        ) from None
    return listener


def serve_web(app: App, listener: socket.socket) -> None:
    """Serve the pages on a bound socket until stopped."""
    # The web framework is slow to import: only who serves shall wait for it.
    from digestmail.web.application import make_web
    from digestmail.web.server import run_until_stopped

    host, port = listener.getsockname()[:2]
    echo(f"Serving {app.settings.public_url} on {host}:{port}. Press Ctrl-C to stop.")
    run_until_stopped(make_web(app), listener, app.stopping)


def demo(
    once: Annotated[bool, typer.Option("--once", help="Exit after one day.")] = False,
    papers: Annotated[
        Path | None, typer.Option(help="Use these papers instead: a .jsonl, .json or .csv file.")
    ] = None,
    port: Annotated[int, typer.Option(help="Port to serve on; another if it is taken.")] = 8000,
    folder: Annotated[
        Path | None,
        typer.Option("--dir", help="Keep everything in this folder instead of a temporary one."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Try digestmail with sample papers, a few subscribers, one day and a local mailbox."""
    from digestmail.demo import demo as run_demo  # slow to import, as above

    run_demo(once=once, papers=papers, port=port, folder=folder, as_json=as_json)
