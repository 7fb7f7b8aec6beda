"""The demo: the whole product on one machine, in a folder of its own, with nobody to annoy."""

import socket
import sys
import tempfile
from pathlib import Path

from digestmail.demo.day import demo_day
from digestmail.demo.pages import serve_demo
from digestmail.demo.show import print_results
from digestmail.errors import DigestmailError, InputError
from digestmail.resources import SAMPLE_PAPERS


def demo(*, once: bool, papers: Path | None, port: int, folder: Path | None, as_json: bool) -> None:
    """Run the demo; unless ``once``, then serve the pages and the mailbox until stopped."""
    chosen = papers or SAMPLE_PAPERS
    if not chosen.is_file():
        raise InputError("--papers", f"file {chosen} does not exist")
    listener = _listener(port)
    with listener, demo_day(_folder(folder), chosen, listener.getsockname()[1]) as running:
        print_results(running, as_json=as_json)
        if not once:
            home = running.app.settings.public_url
            pages = f"Papers: {home}/   Subscribe form: {home}/subscribe   Mailbox: {home}/mailbox"
            print(f"{pages}   Press Ctrl-C to stop.", file=sys.stderr)  # noqa: T201
            serve_demo(running, listener)


def _folder(folder: Path | None) -> Path:
    if folder is None:
        return Path(tempfile.mkdtemp(prefix="digestmail-demo-"))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise InputError("--dir", f"{folder} is not empty; use an empty folder for the demo")
    except OSError as error:
        raise InputError("--dir", f"cannot use {folder}: {error.strerror}") from None
    return folder.resolve()


def _listener(port: int) -> socket.socket:
    """Return a listening socket on the wanted port, or on a free one when it is taken."""
    for number in (port, 0):
        try:
            return socket.create_server(("127.0.0.1", number))
        except OverflowError:
            raise InputError("--port", f"{port} is not a port; use 0 to 65535") from None
        except OSError as error:
            reason = error.strerror
            print(f"Port {number} cannot be used ({reason}).", file=sys.stderr)  # noqa: T201
    raise DigestmailError("no port on this machine can be used")
