"""The kinds of mail in one table: who may get each, its templates, and the values they need.

A new kind is a member of ``DeliveryKind``, its row in ``MAILS``, its folder of templates, and its
values in ``steps/daily/compose.py``, where mypy refuses a kind without any.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from digestmail.domain.subscribers import SubscriberStatus


class DeliveryKind(StrEnum):
    """The purpose of a mail; the value is also the folder of its templates."""

    DIGEST = "digest"
    CONFIRM = "confirm"
    LINK = "link"  # a fresh link to the preferences
    PROFILE = "profile"  # offers to add what a subscriber submitted once more
    LEFT = "left"  # says that no more comes, once, with a way back
    TRIAL = "trial"  # by which an operator tries the relay; never in the ledger


_LETTER_FILES = ("subject.txt", "body.txt", "body.html")
_PAPER_FILES = ("paper.html", "paper.txt", "entry.html", "entry.txt")


@dataclass(frozen=True, slots=True, kw_only=True)
class MailSpec:
    """The recipients, values and templates of a kind of mail.

    ``recipients`` are the statuses of the subscribers who may get it when it goes. ``values`` are
    the names that its templates print beside those that all templates know, ``optional`` those
    that may be empty, and ``required`` those that the mail must show. The values of a digest are
    those of ``render.context.digest_names``. ``after_leaving``: it also goes to an address that
    is suppressed because its reader left.
    """

    recipients: tuple[SubscriberStatus, ...]
    values: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    files: tuple[str, ...] = _LETTER_FILES
    after_leaving: bool = False


MAILS: Mapping[DeliveryKind, MailSpec] = {
    DeliveryKind.DIGEST: MailSpec(
        recipients=(SubscriberStatus.ACTIVE,),
        files=(*_LETTER_FILES, "preheader.txt", *_PAPER_FILES),
    ),
    DeliveryKind.CONFIRM: MailSpec(
        recipients=(SubscriberStatus.PENDING,),
        values=("home", "url"),
        optional=("never_url",),  # where whoever did not ask refuses all further mail
        required=("url",),
        after_leaving=True,
    ),
    DeliveryKind.LINK: MailSpec(
        recipients=(SubscriberStatus.ACTIVE, SubscriberStatus.PAUSED),
        values=("home", "url"),
        required=("url",),
    ),
    DeliveryKind.PROFILE: MailSpec(
        recipients=(SubscriberStatus.ACTIVE, SubscriberStatus.PAUSED),
        values=("home", "url"),
        required=("url",),
    ),
    DeliveryKind.LEFT: MailSpec(
        recipients=(SubscriberStatus.UNSUBSCRIBED,),
        values=("home", "url"),
        required=("url",),
        after_leaving=True,
    ),
    DeliveryKind.TRIAL: MailSpec(recipients=(), values=("home", "url"), required=("home",)),
}
LETTERS = tuple(kind for kind, spec in MAILS.items() if spec.values and spec.recipients)
"""The kinds that are written to one subscriber for one purpose, and hold no papers."""


def template_names(kind: DeliveryKind) -> list[str]:
    """Return the names of the templates of a kind, which must all be there."""
    return [f"email/{kind}/{file}" for file in MAILS[kind].files]
