"""The demo's mailbox as web pages, beside the pages of the product."""

import socket
from email.message import EmailMessage
from typing import Any

from fastapi import FastAPI
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from digestmail.demo.day import Demo
from digestmail.stopping import stopped_by_signals
from digestmail.web.application import make_web
from digestmail.web.server import run_until_stopped
from digestmail.web.views.pages import Pages

# A mail styles itself inline and loads nothing.
_MAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def serve_demo(demo: Demo, listener: socket.socket) -> None:
    """Serve the subscribe form and the mailbox until stopped."""
    web = make_web(demo.app)
    add_mailbox_pages(web, demo)
    with stopped_by_signals(demo.app.stopping):
        run_until_stopped(web, listener, demo.app.stopping)


def add_mailbox_pages(web: FastAPI, demo: Demo) -> None:
    """Add pages that show the mailbox, and a button that runs the day again."""
    pages = Pages(demo.app)

    @web.get("/mailbox")
    def mailbox() -> Response:
        return pages.render("mailbox", mails=_listed(demo.mailbox.messages()))

    @web.post("/mailbox/run")
    def run() -> Response:
        demo.run_day()
        return RedirectResponse("/mailbox", status_code=303)

    @web.get("/mailbox/{number}")
    def mail(number: int) -> Response:
        content = _body(demo, number, "html")
        return HTMLResponse(content, headers={"Content-Security-Policy": _MAIL_POLICY})

    @web.get("/mailbox/{number}/text")
    def text(number: int) -> Response:
        return PlainTextResponse(_body(demo, number, "plain"))

    @web.get("/mailbox/{number}/source")
    def source(number: int) -> Response:
        mails = demo.mailbox.messages()
        return PlainTextResponse(mails[number].as_bytes() if number < len(mails) else b"")


def _listed(mails: list[EmailMessage]) -> list[dict[str, Any]]:
    numbered = enumerate(mails)
    listed = [{"number": n, "to": str(m["to"]), "subject": str(m["subject"])} for n, m in numbered]
    return listed[::-1]


def _body(demo: Demo, number: int, kind: str) -> str:
    mails = demo.mailbox.messages()
    body = mails[number].get_body((kind,)) if 0 <= number < len(mails) else None
    return str(body.get_content()) if body else "This email does not exist."
