"""What sources keep in ``SourceMemory.values``, as JSON: validators, and arXiv's days."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from digestmail.sources.arxiv.feed import Announced
from digestmail.sources.http.client import Validators


def remembered_validators(values: Mapping[str, Any], url: str) -> Validators | None:
    """Those kept for ``url``; None where there are none."""
    kept = values.get("validators", {})
    return Validators(kept["etag"], kept["last_modified"]) if kept.get("url") == url else None


def remember_validators(values: dict[str, Any], url: str, validators: Validators) -> None:
    """Keep the validators of what was read from ``url``, in place of any others."""
    values["validators"] = {"url": url, **asdict(validators)}


@dataclass(frozen=True, slots=True)
class Look:
    """A look at OAI-PMH that did not settle its day."""

    day: date
    at: datetime
    fingerprint: str
    reason: str

    def was_within(self, span: timedelta, now: datetime) -> bool:
        """Whether it was made in the ``span`` before ``now``; a clock may have been set back."""
        return timedelta(0) <= now - self.at < span


class ArxivMemory:
    """arXiv's part of ``values``. It is of use only to the very ``selection`` that it was made for.

    A source that is told to fetch something else starts anew.
    """

    def __init__(self, values: dict[str, Any], selection: str) -> None:
        self._values = values
        self._selection = selection

    @property
    def _kept(self) -> Mapping[str, Any]:
        return self._values if self._values.get("for") == self._selection else {}

    def _keep(self, **values: object) -> None:
        if not self._kept:
            self._values.clear()
            self._values["for"] = self._selection
        self._values.update(values)

    # --- the feed ------------------------------------------------------------------------------

    @property
    def announced(self) -> Announced:
        """What the feed told when it was last read."""
        feed = self._kept.get("feed", {"day": "", "new": [], "all": []})
        return Announced(_date(feed["day"]), frozenset(feed["new"]), frozenset(feed["all"]))

    def validators(self, url: str) -> Validators | None:
        """Those of the feed that ``announced`` is from."""
        return remembered_validators(self._kept, url)

    def read(self, url: str, validators: Validators, announced: Announced) -> None:
        """Keep what the feed at ``url`` told."""
        day = announced.day.isoformat() if announced.day else ""
        lists = {"new": sorted(announced.new), "all": sorted(announced.keys)}
        self._keep(feed={"day": day, **lists})
        remember_validators(self._values, url, validators)

    # --- days ----------------------------------------------------------------------------------

    @property
    def settled(self) -> date | None:
        """The last day whose announcement is whole."""
        return _date(self._kept.get("settled", ""))

    @property
    def newest(self) -> Mapping[str, str]:
        """The newest key by primary category, as of the last settled day."""
        kept: Mapping[str, str] = self._kept.get("newest", {})
        return kept

    @property
    def begun(self) -> str:
        """The key from which on papers came while the source was there; empty before its first."""
        kept: str = self._kept.get("begun", "")
        return kept

    def begin(self, key: str) -> None:
        """Keep where the source began."""
        self._keep(begun=key)

    def settle(self, day: date, newest: Mapping[str, str]) -> None:
        """Keep that the announcement of ``day`` is whole."""
        self._keep(settled=day.isoformat(), newest=dict(newest))
        self._values.pop("look", None)

    def look(self, day: date) -> Look | None:
        """The last look at ``day``."""
        kept = self._kept.get("look")
        if not kept or kept["day"] != day.isoformat():
            return None
        at = datetime.fromisoformat(kept["at"])
        return Look(day, at, kept["print"], kept["reason"])

    def looked(self, look: Look) -> None:
        """Keep a look, in place of an earlier one."""
        kept = {"day": look.day.isoformat(), "at": look.at.isoformat()}
        self._keep(look={**kept, "print": look.fingerprint, "reason": look.reason})


def _date(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
