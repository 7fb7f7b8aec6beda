"""Checks that every mail and every page of the templates can be shown."""

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime

from digestmail.app import App
from digestmail.config import Settings
from digestmail.doctor.check import Check, attempt
from digestmail.doctor.pages import try_pages
from digestmail.errors import DigestmailError


def examine_templates(settings: Settings, now: datetime) -> Iterator[Check]:
    """Render every mail from samples, and visit every page of a trial installation."""
    mails = attempt("templates", lambda: _templates(settings))
    yield mails
    if mails.ok:
        yield attempt("pages", lambda: try_pages(settings, now))


def _templates(settings: Settings) -> str:
    if settings.templates and not settings.path(settings.templates).is_dir():
        folder = settings.path(settings.templates)
        raise DigestmailError(
            f"templates: folder {folder} does not exist; copy the built-in one there"
        )
    with closing(App(settings)) as app:
        app.renderer.check()
    return settings.templates or "built-in"
