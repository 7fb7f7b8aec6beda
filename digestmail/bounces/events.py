"""What the events of mail providers say: Amazon SES, SendGrid, Mailgun and Postmark. Pure.

Who sent them is not looked at here; ``webhooks`` proves it.
"""

import json
import logging
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from digestmail.bounces.classify import best_code, classify, says_why
from digestmail.bounces.report import Kind, Report, brief, tokens_in

log = logging.getLogger(__name__)

Json = dict[str, Any]
_MOST_EVENTS = 5_000  # of one post; SendGrid sends batches of about a thousand


def _failure(texts: tuple[object, object], *, permanent: bool) -> Kind:
    """Return HARD as the provider says, unless the receiver's own words blame another."""
    status, words = (str(text or "") for text in texts)
    kind = classify(status, words).kind
    if permanent:
        return kind if best_code(words, status) or says_why(words) else Kind.HARD
    return Kind.POLICY if kind is Kind.POLICY else Kind.SOFT


def _report(
    event_id: str, kind: Kind, address: object, *texts: object, tokens: tuple[str, ...] = ()
) -> Report:
    texts_with_words = [str(text) for text in texts if text]
    return Report(
        id=brief(event_id),
        kind=kind,
        tokens=tokens,
        address=brief(str(address or "")).lower(),
        enhanced=best_code(*texts_with_words),
        text=brief(" ".join(texts_with_words)),
        authentic=True,
    )


# --- Amazon SES: https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html --------


def ses_reports(event: Json) -> Iterator[Report]:
    """Yield the reports of one notification, one for each recipient."""
    event_type = event.get("notificationType") or event.get("eventType")
    mail = event["mail"]
    tokens = tuple(tokens_in(str(mail.get("source", ""))))
    event_id = f"ses:{event_type}:{mail['messageId']}"
    if event_type == "Bounce":
        for recipient in event["bounce"]["bouncedRecipients"]:
            texts = (recipient.get("status", ""), recipient.get("diagnosticCode", ""))
            address = recipient["emailAddress"]
            kind = _ses_failure(event["bounce"], texts)
            yield _report(f"{event_id}:{address}", kind, address, *texts, tokens=tokens)
    elif event_type == "Complaint":
        for recipient in event["complaint"]["complainedRecipients"]:
            address = recipient["emailAddress"]
            yield _report(f"{event_id}:{address}", Kind.COMPLAINT, address, tokens=tokens)


def _ses_failure(bounce: Json, texts: tuple[object, object]) -> Kind:
    if str(bounce.get("bounceSubType", "")).endswith("Rejected"):  # content or attachment
        return Kind.POLICY
    return _failure(texts, permanent=bounce.get("bounceType") == "Permanent")


def ses_in_text(message_id: str, texts: Iterable[str]) -> Report | None:
    """Return the report of a notification that came by mail, as SNS sends it; None without one.

    Not authentic: anybody can send such a mail, so that a token in it has to prove it.
    ``message_id``: the report's id.
    """
    for text in texts:
        start = text.find("{")
        if start < 0 or "notificationType" not in text:
            continue
        try:
            event = json.JSONDecoder().raw_decode(text, start)[0]
            report = next(ses_reports(json.loads(event.get("Message") or "null") or event), None)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return None
        return replace(report, id=message_id, authentic=False) if report else None
    return None


# --- SendGrid: https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event -----

_SENDGRID_EVENTS = frozenset({"bounce", "dropped", "spamreport", "deferred"})


def sendgrid_reports(events: list[Json]) -> Iterator[Report]:
    """Yield the reports of many events; one that is not understood does not cost the others."""
    for event in events[:_MOST_EVENTS]:
        try:
            report = _sendgrid_report(event)
        except (KeyError, TypeError, AttributeError) as error:
            log.warning("sendgrid: an event that cannot be understood: %r", error)
            continue
        if report:
            yield report


def _sendgrid_report(event: Json) -> Report | None:
    event_type = str(event["event"])
    if event_type not in _SENDGRID_EVENTS:
        return None
    address = event["email"]
    texts = (event.get("status", ""), event.get("reason", ""))
    event_id = f"sendgrid:{event['sg_event_id']}"
    if event_type == "bounce":
        permanent = event.get("type") != "blocked"
        return _report(event_id, _failure(texts, permanent=permanent), address, *texts)
    if event_type == "dropped":  # for an address on SendGrid's own list: nothing went out
        return _report(event_id, _failure(texts, permanent=False), address, *texts)
    kind = Kind.COMPLAINT if event_type == "spamreport" else Kind.DELAYED
    return _report(event_id, kind, address, *texts)


# --- Mailgun: https://documentation.mailgun.com/docs/mailgun/user-manual/events --------------


def mailgun_report(event: Json, token: str) -> Report:
    """Return the report of an event; UNKNOWN for one that says nothing about an address.

    The signature covers no more than ``token``, so that it is the token that counts once.
    """
    status = event.get("delivery-status") or {}
    texts = (status.get("enhanced-code", ""), status.get("message") or status.get("description"))
    tokens = tuple(tokens_in(str((event.get("envelope") or {}).get("sender", ""))))
    kinds = {"complained": Kind.COMPLAINT, "unsubscribed": Kind.UNSUBSCRIBE}
    kind = kinds.get(str(event["event"]), Kind.UNKNOWN)
    if event["event"] == "failed":
        permanent = event.get("severity") == "permanent"
        kind = _failure(texts, permanent=True) if permanent else Kind.DELAYED
    report = _report(f"mailgun:{token}", kind, event.get("recipient"), *texts, tokens=tokens)
    return replace(report, single_use=True)


# --- Postmark: https://postmarkapp.com/developer/webhooks/bounce-webhook ---------------------

_POSTMARK = {
    "HardBounce": Kind.HARD,
    "BadEmailAddress": Kind.HARD,
    "SpamComplaint": Kind.COMPLAINT,
    "Transient": Kind.DELAYED,
    "DnsError": Kind.SOFT,
    "SoftBounce": Kind.SOFT,
    "AutoResponder": Kind.AUTO_REPLY,
    "Unsubscribe": Kind.UNSUBSCRIBE,
    "SpamNotification": Kind.POLICY,
    "Blocked": Kind.POLICY,
    "DMARCPolicy": Kind.POLICY,
    "VirusNotification": Kind.POLICY,
}


def postmark_report(event: Json) -> Report | None:
    """Return the report of an event; None for one that says nothing about an address."""
    if event.get("RecordType") not in ("Bounce", "SpamComplaint"):
        return None
    kind = _POSTMARK.get(str(event["Type"]))
    words = event.get("Details", "")
    if kind in (Kind.HARD, Kind.SOFT):
        kind = _failure(("", words), permanent=kind is Kind.HARD)
    texts = (words, event.get("Description", ""))
    return _report(f"postmark:{event['ID']}", kind, event["Email"], *texts) if kind else None
