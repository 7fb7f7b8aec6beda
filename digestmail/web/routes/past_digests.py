"""A subscriber's past digests, a month on each page."""

from dataclasses import dataclass
from datetime import date

from fastapi import APIRouter
from fastapi.responses import Response

from digestmail.web.shared.account_session import Session
from digestmail.web.shared.request_context import READ_METHODS
from digestmail.web.views.digest_lines import digest_lines

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Month:
    """A month with digests. ``value`` is as addresses have it: 2026-11."""

    value: str

    @property
    def first(self) -> date:
        """Return its first day."""
        return self.days[0]

    @property
    def days(self) -> tuple[date, date]:
        """Return its first day, and that of the next month."""
        year, month = map(int, self.value.split("-"))
        return date(year, month, 1), date(year + month // 12, month % 12 + 1, 1)


@router.api_route("/preferences/{token}/digests", methods=READ_METHODS)
def show_digests(session: Session, month: str = "") -> Response:
    """Show the digests of a month, the last one unless another is named."""
    store = session.context.app.store
    days = store.digests.days(session.subscriber_id)
    months = list(dict.fromkeys(Month(f"{day:%Y-%m}") for day in days))
    index = next((i for i, candidate in enumerate(months) if candidate.value == month), 0)
    selected = months[index] if months else None
    digests = (
        store.digests.of_subscriber(session.subscriber_id, limit=None, days=selected.days)
        if selected
        else []
    )
    return session.render(
        "archive",
        month=selected,
        months=months,
        newer=months[index - 1] if index else None,
        older=next(iter(months[index + 1 :]), None),
        digests=digest_lines(session.context, digests),
    )
