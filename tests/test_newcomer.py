"""The whole life of a newcomer in a real browser, with real mails from a real mail server."""

import email
import email.policy
import re
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage
from pathlib import Path
from threading import Thread

import httpx
import pytest
import uvicorn
from patience import A_PAGE, until
from playwright.sync_api import Browser, Page, expect

from digestmail.demo.day import Demo, demo_day
from digestmail.demo.pages import add_mailbox_pages
from digestmail.domain import SubscriberStatus, Verdict
from digestmail.resources import SAMPLE_PAPERS
from digestmail.web.application import make_web

READER = "newcomer@example.net"
STRICT = email.policy.default.clone(raise_on_defect=True)


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    """The demo after its day, served on this machine."""
    listener = socket.create_server(("127.0.0.1", 0))
    # In a thread of its own: the browser's driver keeps an event loop running in this one.
    with listener, ThreadPoolExecutor(1) as thread_of_its_own:
        day = demo_day(tmp_path, SAMPLE_PAPERS, listener.getsockname()[1])
        demo = thread_of_its_own.submit(day.__enter__).result()
        web = make_web(demo.app)
        add_mailbox_pages(web, demo)
        server = uvicorn.Server(uvicorn.Config(web, log_level="warning", access_log=False))
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield demo
        server.should_exit = True
        thread.join()
        thread_of_its_own.submit(day.__exit__, None, None, None).result()


def mails(demo: Demo, subject: str, count: int = 1) -> list[EmailMessage]:
    """The newcomer's mails with a word in their subject, once there are ``count``."""

    def come() -> list[EmailMessage]:
        every = [
            email.message_from_bytes(m.as_bytes(), policy=STRICT) for m in demo.mailbox.messages()
        ]
        return [m for m in every if m["To"] == READER and subject in m["Subject"]]

    until(lambda: len(come()) >= count)
    return come()


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body
    return str(body.get_content())


def links(mail: EmailMessage, kind: str) -> list[str]:
    return re.findall(rf"http://localhost:\d+/{kind}/\S+", text_of(mail))


def open_mail(page: Page, demo: Demo, subject: str) -> None:
    mails(demo, subject)
    page.goto(f"{demo.app.settings.public_url}/mailbox")
    page.get_by_role("link", name=subject).first.click()


@pytest.mark.browser
def test_subscribe_confirm_tune_receive_judge_pause_leave(browser: Browser, demo: Demo) -> None:
    home = demo.app.settings.public_url
    page = browser.new_context(timezone_id="Asia/Tokyo").new_page()
    page.set_default_timeout(A_PAGE)

    page.goto(f"{home}/subscribe")
    page.get_by_label("Email address").fill(READER)
    page.get_by_label("Keywords", exact=True).fill('"sea ice"')
    page.wait_for_timeout(3_500)  # who is faster is taken for a robot
    page.get_by_role("button", name="Subscribe").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your inbox")

    open_mail(page, demo, "onfirm")
    page.get_by_role("link", name=re.compile("onfirm")).first.click()
    assert status(demo) is SubscriberStatus.PENDING
    page.get_by_role("button", name="Confirm subscription").click()
    assert status(demo) is SubscriberStatus.ACTIVE
    page.get_by_role("link", name="See and refine your preferences").click()
    page.get_by_label("Keywords", exact=True).first.fill("sea ice, protein folding")
    page.get_by_role("button", name="Save").first.click()

    page.goto(f"{home}/mailbox")
    page.get_by_role("button", name="Send today’s digests now").click()
    open_mail(page, demo, "new papers")
    expect(page.get_by_role("heading", level=2).first).to_contain_text(
        re.compile("Sea Ice|Folding")
    )
    page.get_by_role("link", name="Less like this").first.click()
    page.get_by_role("button", name="Less like this").click()
    reader = demo.app.store.subscribers.by_email(READER)
    (given,) = demo.app.store.feedback.of([reader.stored_id])
    assert given.verdict is Verdict.LESS
    assert reader.schedule.timezone == "Asia/Tokyo"

    page.goto(min(links(mails(demo, "new papers")[0], "preferences"), key=len))
    page.get_by_role("button", name="Pause").click()
    assert status(demo) is SubscriberStatus.PAUSED
    page.goto(links(mails(demo, "new papers")[0], "unsubscribe")[0])
    assert status(demo) is SubscriberStatus.PAUSED
    page.get_by_role("button").first.click()
    assert status(demo) is SubscriberStatus.UNSUBSCRIBED


def status(demo: Demo) -> SubscriberStatus:
    return demo.app.store.subscribers.by_email(READER).status


def test_all_links_of_a_mail_work_and_opening_them_changes_nothing(demo: Demo) -> None:
    mail = next(m for m in demo.mailbox.messages() if m["To"] == "maya@example.org")
    found = set(re.findall(r"http://localhost:\d+\S*", text_of(mail)))
    assert len(found) > 5
    before = demo.app.store.subscribers.by_email("maya@example.org")
    for link in found:
        for method in ("HEAD", "GET"):
            assert httpx.request(method, link).status_code == 200, link
    assert demo.app.store.subscribers.by_email("maya@example.org") == before
    assert demo.app.store.feedback.of([before.stored_id]) == []


def test_the_inbox_unsubscribes_with_one_click(demo: Demo) -> None:
    mail = next(m for m in demo.mailbox.messages() if m["To"] == "maya@example.org")
    (link,) = re.findall(r"<(http[^>]+)>", mail["List-Unsubscribe"])
    answer = httpx.post(link, data={"List-Unsubscribe": "One-Click"}, follow_redirects=False)
    assert answer.status_code == 200
    left = demo.app.store.subscribers.by_email("maya@example.org")
    assert left.status is SubscriberStatus.UNSUBSCRIBED
