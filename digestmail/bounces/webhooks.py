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
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key
from cryptography.x509 import Certificate, load_pem_x509_certificate

from digestmail.bounces.events import (
    Json,
    mailgun_report,
    postmark_report,
    sendgrid_reports,
    ses_reports,
)
from digestmail.bounces.report import Report
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
# In a region: sns.s3.amazonaws.com, say, would be a host of whoever has the bucket "sns".
_SNS_CERTIFICATE = re.compile(
    r"https://sns\.[a-z]{2}(?:-[a-z]{2,12}){1,3}-\d{1,2}\.amazonaws\.com(?:\.cn)?"
    r"/[A-Za-z0-9_-]{1,128}\.pem"
)
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
        """Return the reports of a post, all authentic; WebhookError if the post is not.

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
        envelope: Json = json.loads(body)
        if not self.ses_topic or envelope["TopicArn"] != self.ses_topic:
            raise WebhookError("ses: not the topic of bounces.ses_topic")
        _refuse_stale("ses", _iso(envelope["Timestamp"]), now)
        self._verify_sns(envelope, now)
        if envelope["Type"] == "SubscriptionConfirmation":
            log.warning("ses: open this link once to receive events: %s", envelope["SubscribeURL"])
            return []
        return list(ses_reports(json.loads(envelope["Message"])))

    def _verify_sns(self, envelope: Json, now: datetime) -> None:
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
        if not _SNS_CERTIFICATE.fullmatch(url):
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
        return list(sendgrid_reports(json.loads(body)))

    # --- Mailgun ---

    def _mailgun(self, _: Mapping[str, str], body: bytes, now: datetime) -> list[Report]:
        posted: Json = json.loads(body)
        signature = posted["signature"]
        stamp, token = str(signature["timestamp"]), str(signature["token"])
        expected = hmac.new(
            self.mailgun_key.encode(), (stamp + token).encode(), "sha256"
        ).hexdigest()
        signed = str(signature["signature"]).encode()
        if not self.mailgun_key or not hmac.compare_digest(expected.encode(), signed):
            raise WebhookError("mailgun: the signature is wrong")
        _refuse_stale("mailgun", _unix(stamp), now)
        return [mailgun_report(posted["event-data"], token)]

    # --- Postmark ---

    def _postmark(self, headers: Mapping[str, str], body: bytes, _: datetime) -> list[Report]:
        scheme, _sep, credentials = headers.get("authorization", "").partition(" ")
        password = base64.b64decode(credentials).partition(b":")[2]
        matches = hmac.compare_digest(password, self.postmark_password.encode())
        if scheme.lower() != "basic" or not self.postmark_password or not matches:
            raise WebhookError("postmark: the password is wrong")
        report = postmark_report(json.loads(body))
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
            raise WebhookError("sendgrid: bounces.sendgrid_key is not an ECDSA or Ed25519 key")
    except InvalidSignature:
        raise WebhookError("sendgrid: the signature is wrong") from None
    except UnsupportedAlgorithm:
        raise WebhookError("sendgrid: bounces.sendgrid_key has an unsupported type") from None


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
