"""The state of an arXiv source between two fetches: the feed's contents, and the settled days.

It lies in ``SourceMemory.values`` as JSON, under names that earlier versions read too.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from digestmail.sources.arxiv.feed import FeedSummary
from digestmail.sources.http.client import Validators


@dataclass(frozen=True, slots=True)
class OaiCheck:
    """A harvest of OAI-PMH that did not settle its day, with the reason why not."""

    day: date
    at: datetime
    fingerprint: str
    reason: str

    def was_within(self, span: timedelta, now: datetime) -> bool:
        """Return whether it was in the ``span`` before ``now``; a clock may have been set back."""
        return timedelta(0) <= now - self.at < span


class ArxivState:
    """The state in ``values``, valid only for the ``selection`` of papers that it was made for.

    A source whose options select other papers starts anew.
    """

    def __init__(self, values: dict[str, Any], selection: str) -> None:
        self._values = values
        self._selection = selection

    @property
    def _valid(self) -> Mapping[str, Any]:
        return self._values if self._values.get("for") == self._selection else {}

    def _store(self, **values: object) -> None:
        if not self._valid:
            self._values.clear()
            self._values["for"] = self._selection
        self._values.update(values)

    # --- the feed ------------------------------------------------------------------------------

    @property
    def feed(self) -> FeedSummary:
        """The contents of the feed when it was last read."""
        feed = self._valid.get("feed", {"day": "", "new": [], "all": []})
        return FeedSummary(_date(feed["day"]), frozenset(feed["new"]), frozenset(feed["all"]))

    def validators(self, url: str) -> Validators | None:
        """Return the validators of the feed that ``feed`` describes."""
        return Validators.load(self._valid, url)

    def store_feed(self, url: str, validators: Validators, feed: FeedSummary) -> None:
        """Store the contents of the feed at ``url``."""
        day = feed.day.isoformat() if feed.day else ""
        self._store(feed={"day": day, "new": sorted(feed.new), "all": sorted(feed.keys)})
        validators.store(self._values, url)

    # --- days ----------------------------------------------------------------------------------

    @property
    def settled_day(self) -> date | None:
        """The last day whose announcement is complete."""
        return settled_day(self._valid)

    @property
    def newest_keys(self) -> dict[str, str]:
        """The newest key by primary category, as of the last settled day."""
        return dict(self._valid.get("newest", {}))

    @property
    def first_key(self) -> str:
        """The key from which on papers count as new; empty before the source's first day."""
        return str(self._valid.get("begun", ""))

    def store_first_key(self, key: str) -> None:
        """Store the key with which the source began."""
        self._store(begun=key)

    def settle(self, day: date, newest_keys: Mapping[str, str]) -> None:
        """Store that the announcement of ``day`` is complete."""
        self._store(settled=day.isoformat(), newest=dict(newest_keys))
        self._values.pop("look", None)

    def last_check(self, day: date) -> OaiCheck | None:
        """Return the last check of ``day``."""
        values = self._valid.get("look")
        if not values or values["day"] != day.isoformat():
            return None
        at = datetime.fromisoformat(values["at"])
        return OaiCheck(day, at, values["print"], values["reason"])

    def store_check(self, check: OaiCheck) -> None:
        """Store a check in place of an earlier one."""
        self._store(
            look={
                "day": check.day.isoformat(),
                "at": check.at.isoformat(),
                "print": check.fingerprint,
                "reason": check.reason,
            }
        )


def settled_day(values: Mapping[str, Any]) -> date | None:
    """Return the last settled day in a state, whatever papers it was made for."""
    return _date(values.get("settled", ""))


def _date(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
