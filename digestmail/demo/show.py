"""What the demo shows: a table of who got what and why, and the mailbox as web pages."""

import asyncio
import socket
from contextlib import suppress
from email.message import EmailMessage
from html import escape as escaped

import uvicorn
from fastapi import FastAPI
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from digestmail.demo.day import Demo
from digestmail.web import make_web

_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><link rel="stylesheet" href="/static/style.css"></head>
<body><main><h1>{title}</h1>{body}</main></body></html>"""
_MAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'"


def show(demo: Demo, *, as_json: bool) -> None:
    """Print the day's results."""
    console = Console(highlight=False)
    results = demo.results()
    if as_json:
        console.print_json(data=results)
        return
    table = Table(title="Who got what, and why", title_justify="left", show_lines=True)
    for column in ("subscriber", "score", "paper", "why"):
        table.add_column(column)
    for digest in results["digests"]:
        if not digest["papers"]:
            table.add_row(digest["subscriber"], "", f"(no mail: {digest['detail']})", "")
        for place, paper in enumerate(digest["papers"]):
            who = "" if place else f"{digest['subscriber']} ({digest['status']})"
            why = "; ".join(paper["reasons"])
            table.add_row(who, f"{paper['score']:.2f}", escape(paper["title"]), escape(why))
    console.print(table)
    console.print(f"{demo.ingested.new} papers read, {len(demo.ingested.bad)} bad records.")
    console.print(f"{len(demo.mailbox.messages())} mails lie in {demo.mailbox.folder}.")


def serve_demo(demo: Demo, listener: socket.socket) -> None:
    """Serve the subscribe form and the mailbox until stopped."""
    web = make_web(demo.app)
    add_mailbox_pages(web, demo)
    console = Console(highlight=False)
    home = demo.app.settings.public_url
    console.print(f"\nSubscribe form: {home}/\nMailbox:        {home}/mailbox\nCtrl-C stops.")
    options = uvicorn.Config(web, log_level="warning", access_log=False)
    with suppress(KeyboardInterrupt, asyncio.CancelledError):
        uvicorn.Server(options).run(sockets=[listener])


def add_mailbox_pages(web: FastAPI, demo: Demo) -> None:
    """Add pages that show the mailbox, and a button that runs the day again."""

    @web.get("/mailbox")
    def mailbox() -> Response:
        mails = list(enumerate(demo.mailbox.messages()))
        rows = "".join(_row(number, mail) for number, mail in reversed(mails))
        button = (
            '<form method="post" action="/mailbox/run"><p>New here? Subscribe, confirm in the '
            "mail below, then: <button>Send today’s digests now</button></p></form>"
        )
        return _page("Mailbox", f'{button}<ul class="mails">{rows}</ul>')

    @web.post("/mailbox/run")
    def run() -> Response:
        demo.run_day()
        return RedirectResponse("/mailbox", status_code=303)

    @web.get("/mailbox/{number}")
    def mail(number: int) -> Response:
        return _part(demo, number, "html")

    @web.get("/mailbox/{number}/text")
    def text(number: int) -> Response:
        return _part(demo, number, "plain")

    @web.get("/mailbox/{number}/source")
    def source(number: int) -> Response:
        return _part(demo, number, "")


def _row(number: int, mail: EmailMessage) -> str:
    to, subject = escaped(str(mail["to"])), escaped(str(mail["subject"]))
    return (
        f'<li><p><a href="/mailbox/{number}">{subject}</a><br>to {to} · '
        f'<a href="/mailbox/{number}/text">text</a> · '
        f'<a href="/mailbox/{number}/source">source</a></p></li>'
    )


def _page(title: str, body: str) -> HTMLResponse:
    return HTMLResponse(_PAGE.format(title=title, body=body))


def _part(demo: Demo, number: int, kind: str) -> Response:
    mails = demo.mailbox.messages()
    if not 0 <= number < len(mails):
        return PlainTextResponse("There is no such mail.", status_code=404)
    mail = mails[number]
    if not kind:
        return PlainTextResponse(mail.as_bytes())
    body = mail.get_body(preferencelist=(kind,))
    content = body.get_content() if body else ""
    if kind == "plain":
        return PlainTextResponse(content)
    return HTMLResponse(content, headers={"Content-Security-Policy": _MAIL_POLICY})
