"""What mail providers post about our mails: checked for who sent it, then read into Reports.

Amazon SES through SNS, SendGrid, Mailgun and Postmark. A provider whose setting is empty is
refused, as is whatever is unsigned, signed by somebody else, or older than its provider goes on
trying to post it.
"""

import base64
import hmac
import json
import logging
import re
from binascii import Error as Base64Error
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key
from cryptography.x509 import Certificate, load_pem_x509_certificate

from digestmail.bounces.report import Kind, Report, best_code, brief, judge, tokens_in
from digestmail.errors import DigestmailError

log = logging.getLogger(__name__)

# An hour more than each provider tries again, by its documentation, for clocks that differ; a
# replay within that time counts once, by the event's id. Postmark's posts carry no time.
_OLDEST = {
    "ses": timedelta(hours=2),  # SNS: never beyond 3,600 seconds over HTTPS
    "sendgrid": timedelta(hours=25),
    "mailgun": timedelta(hours=9),
}
_AHEAD = timedelta(hours=1)
_MOST_CERTIFICATES = 8
_SNS_HOST = re.compile(r"sns\.[a-z0-9-]{1,30}\.amazonaws\.com(?:\.cn)?")
_SNS_SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": (
        "Message",
        "MessageId",
        "SubscribeURL",
        "Timestamp",
        "Token",
        "TopicArn",
        "Type",
    ),
}
_Json = dict[str, Any]


class WebhookError(DigestmailError):
    """A post that is not proven to come from the provider, or is not to be understood."""


class UncheckableError(WebhookError):
    """A post of which it cannot be told now whether it is the provider's; it should come again."""


@dataclass(slots=True)
class Webhooks:
    """The providers' secrets; an empty one refuses its provider.

    ``ses_topic``: the SNS topic's ARN, since anybody's topic is signed by Amazon. ``sendgrid_key``:
    the public key of the signed event webhook, base64. ``mailgun_key``: the webhook signing key.
    ``postmark_password``: of HTTP basic authentication, whatever the user's name. ``get`` fetches
    a URL, here Amazon's certificates.
    """

    ses_topic: str
    sendgrid_key: str
    mailgun_key: str
    postmark_password: str
    get: Callable[[str], bytes]
    _certificates: dict[str, Certificate] = field(default_factory=dict)

    def read(
        self, provider: str, headers: Mapping[str, str], body: bytes, now: datetime
    ) -> list[Report]:
        """The reports of a post, all authentic; WebhookError and nothing read when it is not.

        ``headers`` have lower-case names. ``provider``: ses, sendgrid, mailgun or postmark.
        """
        readers = {
            "ses": self._ses,
            "sendgrid": self._sendgrid,
            "mailgun": self._mailgun,
            "postmark": self._postmark,
        }
        try:
            return readers[provider](headers, body, now)
        except (KeyError, TypeError, ValueError, AttributeError, Base64Error) as error:
            raise WebhookError(f"{provider}: not understood: {type(error).__name__}") from None
        except RecursionError:
            raise WebhookError(f"{provider}: nested too deeply") from None

    # --- Amazon SES ---

    def _ses(self, _: Mapping[str, str], body: bytes, now: datetime) -> list[Report]:
        envelope: _Json = json.loads(body)
        if not self.ses_topic or envelope["TopicArn"] != self.ses_topic:
            raise WebhookError("ses: not the topic of bounces.ses_topic")
        _refuse_stale("ses", _iso(envelope["Timestamp"]), now)
        self._verify_sns(envelope, now)
        if envelope["Type"] == "SubscriptionConfirmation":
            log.warning("ses: open this link once to receive events: %s", envelope["SubscribeURL"])
            return []
        return list(_ses_reports(json.loads(envelope["Message"])))

    def _verify_sns(self, envelope: _Json, now: datetime) -> None:
        names = _SNS_SIGNED[envelope["Type"]]
        signed = "".join(f"{name}\n{envelope[name]}\n" for name in names if name in envelope)
        hashes = {"1": SHA1(), "2": SHA256()}  # noqa: S303 - SNS's own version 1
        chosen = hashes[envelope["SignatureVersion"]]
        certificate = self._certificate(envelope["SigningCertURL"], now)
        key = certificate.public_key()
        if not isinstance(key, RSAPublicKey):
            raise WebhookError("ses: the certificate has no RSA key")
        signature = base64.b64decode(envelope["Signature"], validate=True)
        try:
            key.verify(signature, signed.encode(), PKCS1v15(), chosen)
        except InvalidSignature:
            raise WebhookError("ses: the signature is wrong") from None

    def _certificate(self, url: str, now: datetime) -> Certificate:
        parts = urlsplit(url)
        ours = parts.scheme == "https" and _SNS_HOST.fullmatch(parts.netloc)
        if not ours or not parts.path.endswith(".pem"):
            raise WebhookError("ses: the certificate is not one of Amazon SNS")
        if url not in self._certificates:
            if len(self._certificates) >= _MOST_CERTIFICATES:
                self._certificates.clear()
            self._certificates[url] = load_pem_x509_certificate(self.get(url))
        certificate = self._certificates[url]
        if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
            raise WebhookError("ses: the certificate is not valid today")
        return certificate

    # --- SendGrid ---

    def _sendgrid(self, headers: Mapping[str, str], body: bytes, now: datetime) -> list[Report]:
        stamp = headers["x-twilio-email-event-webhook-timestamp"]
        signature = base64.b64decode(
            headers["x-twilio-email-event-webhook-signature"], validate=True
        )
        _verify(self.sendgrid_key, signature, stamp.encode() + body)
        _refuse_stale("sendgrid", _unix(stamp), now)
        return list(filter(None, map(_each_sendgrid, json.loads(body))))

    # --- Mailgun ---

    def _mailgun(self, _: Mapping[str, str], body: bytes, now: datetime) -> list[Report]:
        posted: _Json = json.loads(body)
        signature = posted["signature"]
        stamp, token = str(signature["timestamp"]), str(signature["token"])
        wanted = hmac.new(self.mailgun_key.encode(), (stamp + token).encode(), "sha256").hexdigest()
        given = str(signature["signature"]).encode()
        if not self.mailgun_key or not hmac.compare_digest(wanted.encode(), given):
            raise WebhookError("mailgun: the signature is wrong")
        _refuse_stale("mailgun", _unix(stamp), now)
        # The signature covers no more than its token, so that it is the token that counts once.
        report = _mailgun_report(posted["event-data"], token)
        return [report] if report else []

    # --- Postmark ---

    def _postmark(self, headers: Mapping[str, str], body: bytes, _: datetime) -> list[Report]:
        scheme, _sep, credentials = headers.get("authorization", "").partition(" ")
        password = base64.b64decode(credentials).partition(b":")[2]
        right = hmac.compare_digest(password, self.postmark_password.encode())
        if scheme.lower() != "basic" or not self.postmark_password or not right:
            raise WebhookError("postmark: the password is wrong")
        report = _postmark_report(json.loads(body))
        return [report] if report else []


def _verify(key: str, signature: bytes, signed: bytes) -> None:
    """Check SendGrid's signature; WebhookError unless it fits the public key."""
    if not key:
        raise WebhookError("sendgrid: bounces.sendgrid_key is not set")
    try:
        public = load_der_public_key(base64.b64decode(key))
        if isinstance(public, EllipticCurvePublicKey):
            public.verify(signature, signed, ECDSA(SHA256()))
        elif isinstance(public, Ed25519PublicKey):
            public.verify(signature, signed)
        else:
            raise WebhookError("sendgrid: bounces.sendgrid_key is no ECDSA or Ed25519 key")
    except InvalidSignature:
        raise WebhookError("sendgrid: the signature is wrong") from None
    except UnsupportedAlgorithm:
        raise WebhookError("sendgrid: bounces.sendgrid_key is of an unknown kind") from None


def _refuse_stale(provider: str, then: datetime, now: datetime) -> None:
    if not -_AHEAD <= now - then <= _OLDEST[provider]:
        raise WebhookError(f"{provider}: of {then:%Y-%m-%d %H:%M} UTC, which is too far from now")


def _iso(text: str) -> datetime:
    then = datetime.fromisoformat(text)
    return then if then.tzinfo else then.replace(tzinfo=UTC)


def _unix(text: str) -> datetime:
    try:
        return datetime.fromtimestamp(int(text), UTC)
    except (OverflowError, OSError):
        raise ValueError(text) from None


# --- what the events say ----------------------------------------------------------------------


def _failure(kind: Kind, *texts: str) -> Kind:
    """HARD as the provider says, unless the receiver's own words put the blame elsewhere."""
    code = best_code(*texts)
    judged = judge(code, " ".join(texts))
    return judged if kind is Kind.SOFT or code else kind


def _report(
    of: str, kind: Kind, address: object, *texts: object, tokens: tuple[str, ...] = ()
) -> Report:
    said = [str(text) for text in texts if text]
    return Report(
        id=of,
        kind=kind,
        tokens=tokens,
        address=str(address or "").strip().lower(),
        enhanced=best_code(*said),
        text=brief(" ".join(said)),
        authentic=True,
    )


def _ses_reports(event: _Json) -> Iterator[Report]:
    """https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html"""
    what = event.get("notificationType") or event.get("eventType")
    tokens = tuple(tokens_in(str(event["mail"].get("source", ""))))
    of = f"ses:{what}:{event['mail']['messageId']}"
    if what == "Bounce":
        bounce = event["bounce"]
        lasting = Kind.HARD if bounce.get("bounceType") == "Permanent" else Kind.SOFT
        for one in bounce["bouncedRecipients"]:
            texts = (one.get("status", ""), one.get("diagnosticCode", ""))
            kind = _failure(lasting, *texts) if lasting is Kind.HARD else Kind.SOFT
            address = one["emailAddress"]
            yield _report(f"{of}:{address}", kind, address, *texts, tokens=tokens)
    elif what == "Complaint":
        for one in event["complaint"]["complainedRecipients"]:
            address = one["emailAddress"]
            yield _report(f"{of}:{address}", Kind.COMPLAINT, address, tokens=tokens)


_SENDGRID_EVENTS = frozenset({"bounce", "dropped", "spamreport", "deferred"})


def _each_sendgrid(event: _Json) -> Report | None:
    """One event of many: what it lacks must not cost the others."""
    try:
        return _sendgrid_report(event)
    except (KeyError, TypeError, AttributeError) as error:
        log.warning("sendgrid: an event that is not to be understood: %r", error)
        return None


def _sendgrid_report(event: _Json) -> Report | None:
    """https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event"""
    what = event["event"]
    if what not in _SENDGRID_EVENTS:
        return None
    address = event["email"]
    texts = (event.get("status", ""), event.get("reason", ""))
    of = f"sendgrid:{event['sg_event_id']}"
    if what == "bounce":
        blocked = event.get("type") == "blocked"
        return _report(of, _failure(Kind.SOFT if blocked else Kind.HARD, *texts), address, *texts)
    if what == "dropped":  # for an address on SendGrid's own list: nothing went out
        return _report(of, _failure(Kind.SOFT, *texts), address, *texts)
    kind = Kind.COMPLAINT if what == "spamreport" else Kind.DELAYED
    return _report(of, kind, address, *texts)


def _mailgun_report(event: _Json, token: str) -> Report | None:
    """https://documentation.mailgun.com/docs/mailgun/user-manual/events"""
    status = event.get("delivery-status") or {}
    texts = (status.get("enhanced-code", ""), status.get("message") or status.get("description"))
    said = [str(text) for text in texts if text]
    tokens = tuple(tokens_in(str((event.get("envelope") or {}).get("sender", ""))))
    kinds = {"complained": Kind.COMPLAINT, "unsubscribed": Kind.UNSUBSCRIBE}
    kind = kinds.get(event["event"])
    if event["event"] == "failed":
        lasting = event.get("severity") == "permanent"
        kind = _failure(Kind.HARD, *said) if lasting else Kind.DELAYED
    address = event.get("recipient")
    return _report(f"mailgun:{token}", kind, address, *said, tokens=tokens) if kind else None


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


def _postmark_report(event: _Json) -> Report | None:
    """https://postmarkapp.com/developer/webhooks/bounce-webhook"""
    if event.get("RecordType") not in ("Bounce", "SpamComplaint"):
        return None
    kind = _POSTMARK.get(event["Type"])
    texts = (event.get("Details", ""), event.get("Description", ""))
    if kind is Kind.SOFT:
        kind = _failure(kind, *texts)
    of = f"postmark:{event['ID']}"
    return _report(of, kind, event["Email"], *texts) if kind else None
