"""Checks of the sources: their options, their files, their last fetches."""

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from digestmail.app import App
from digestmail.config import Settings
from digestmail.doctor.check import Check
from digestmail.domain import SourceState
from digestmail.errors import DigestmailError
from digestmail.sources.registry import KINDS, check


def examine_sources(settings: Settings) -> Iterator[Check]:
    """Check each source; one line tells all that are sound."""
    try:
        with closing(App(settings)) as app:
            sources = app.store.sources.all()
    except DigestmailError as error:
        yield Check("sources", False, str(error))
        return
    if not sources:
        text = "none yet; add one, such as: digestmail source add arxiv categories=cs.CL"
        yield Check("sources", False, text)
        return
    troubles = {state.spec.name: _trouble(settings, state) for state in sources}
    for name, text in troubles.items():
        if text:
            yield Check("sources", False, f"{name}: {text}")
    sound = [name for name, text in troubles.items() if not text]
    if sound:
        yield Check("sources", True, ", ".join(sound))


def _trouble(settings: Settings, state: SourceState) -> str:
    """Return what keeps a source from working; empty when nothing is known to."""
    try:
        check(state.spec)
    except DigestmailError as error:
        return f"{error}; remove it and add it again"
    path_type = KINDS[state.spec.kind].path
    if path_type:
        path = settings.folder / state.spec.options["path"]
        if text := _unreadable(path, is_folder=path_type == "folder"):
            return text
    report = state.last_report
    return f"failed: {report.error}" if report and report.error else ""


def _unreadable(path: Path, *, is_folder: bool) -> str:
    """Return why a path cannot be read; empty when it can."""
    if not path.exists():
        return f"{path} does not exist; create it, or remove the source"
    if path.is_dir() != is_folder:
        kinds = ("a folder", "a file")
        actual, expected = kinds if path.is_dir() else reversed(kinds)
        return f"{path} is {actual}, not {expected}; add the source again with the right kind"
    if not os.access(path, os.R_OK):
        return f"no permission to read {path}; give this user access"
    return ""
