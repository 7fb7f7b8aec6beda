"""From a ledger row to the mail it stands for."""

from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from digestmail.domain import (
    Delivery,
    DeliveryKind,
    Digest,
    Message,
    Recipient,
    Verdict,
)
from digestmail.mail.dkim import DkimKey
from digestmail.mail.message import Identity, ListLinks, build, message_id
from digestmail.render import DigestLinks, PaperLinks, Rendered, Renderer
from digestmail.steps.links import Links
from digestmail.steps.subscribers.leaving import RETURN_LIFETIME
from digestmail.store import Store

_PREVIEW_ID = 0  # of a digest that is not stored: the links of its mail lead nowhere


@dataclass(frozen=True, slots=True)
class Composer:
    """Renders and builds the mails; the same delivery gives the same links and Message-ID."""

    store: Store
    renderer: Renderer
    links: Links
    identity: Identity
    dkim: DkimKey | None = None
    unsubscribe_address: str = ""

    def message(
        self,
        delivery: Delivery,
        recipient: Recipient,
        now: datetime,
        digest: Digest | None = None,
    ) -> Message:
        """Return the mail of a delivery to its subscriber; a ``digest`` not given is read."""
        if delivery.kind is DeliveryKind.DIGEST:
            digest = digest or self.store.digests.get(delivery.stored_digest_id)
            return self.digest_message(recipient, digest, now, delivery.id)
        rendered = self.renderer.letter(
            delivery.kind,
            recipient.language,
            home=self.links.home,
            **self._letter_values(delivery, recipient, now),
        )
        return self._letter(
            recipient.email,
            rendered,
            f"{delivery.kind}:{delivery.id}",
            now,
            envelope_token=self._sender_token(recipient, now),
            delivery_token=self.links.bounce_token(delivery.id),
        )

    def digest_message(
        self, recipient: Recipient, digest: Digest, now: datetime, delivery_id: int
    ) -> Message:
        """Return the daily mail."""
        links = self._digest_links(recipient, digest, now)
        quoted = self.renderer.quoted_digest(digest, recipient, links)
        return build(
            self.identity,
            recipient=recipient.email,
            subject=quoted.subject,
            text=quoted.text,
            html=quoted.html,
            message_id=self._message_id(f"digest:{recipient.id}:{digest.date:%Y%m%d}"),
            date=now,
            envelope_token=self._sender_token(recipient, now),
            delivery_token=self.links.bounce_token(delivery_id),
            campaign=f"d{digest.date:%Y%m%d}:daily:digest",
            list_links=ListLinks(links.unsubscribe, self._unsubscribe_by_mail(recipient)),
            dkim=self.dkim,
        )

    def digest(self, recipient: Recipient, digest: Digest, now: datetime) -> Rendered:
        """Return the daily mail rendered, for a preview too."""
        return self.renderer.digest(digest, recipient, self._digest_links(recipient, digest, now))

    def _digest_links(self, recipient: Recipient, digest: Digest, now: datetime) -> DigestLinks:
        preferences = self.links.preferences(recipient.id, now)

        digest_id = _PREVIEW_ID if digest.id is None else digest.id
        # One token serves all papers of a digest, and signing it 60 times takes long.
        token = self.links.feedback_token(digest_id)
        judging = self.links.judging(token)
        return DigestLinks(
            home=self.links.home,
            view=self.links.digest(digest_id),
            preferences=preferences,
            pause=f"{preferences}#pause",
            unsubscribe=self.links.unsubscribe(recipient.id, recipient.unsubscribe_serial),
            help=self.links.help,
            more=PaperLinks(judging, f"/{Verdict.MORE}"),
            less=PaperLinks(judging, f"/{Verdict.LESS}"),
            save=PaperLinks(self.links.saving(token)),
            options=PaperLinks(self.links.choosing(self.links.options_token(digest_id))),
            saved=f"{preferences}/saved",
            archive=f"{preferences}/digests",
        )

    def _unsubscribe_by_mail(self, recipient: Recipient) -> str:
        local, at, domain = self.unsubscribe_address.partition("@")
        if not at:
            return ""
        token = self.links.unsubscribe_token(recipient.id, recipient.unsubscribe_serial)
        return f"mailto:{local}+{token}@{domain}?subject=unsubscribe"

    def trial(self, address: str, now: datetime) -> Message:
        """Return a mail for the operator to try the relay with."""
        home = self.links.home
        rendered = self.renderer.letter(DeliveryKind.TRIAL, home=home, url=home)
        return self._letter(address, rendered, f"trial:{address}:{now.timestamp()}", now)

    def _letter(
        self,
        address: str,
        rendered: Rendered,
        seed: str,
        now: datetime,
        *,
        envelope_token: str = "",
        delivery_token: str = "",
    ) -> Message:
        """Return a mail to one person that is not part of the list."""
        return build(
            self.identity,
            recipient=address,
            subject=rendered.subject,
            text=rendered.text,
            html=rendered.html,
            message_id=self._message_id(seed),
            date=now,
            envelope_token=envelope_token,
            delivery_token=delivery_token,
            list_links=None,
            dkim=self.dkim,
        )

    def _sender_token(self, recipient: Recipient, now: datetime) -> str:
        address_hash = self.store.salt.address_hash(recipient.email)
        return self.links.sender_token(recipient.id, address_hash, now)

    def _message_id(self, seed: str) -> str:
        """Return a salted Message-ID, which tells nobody which subscriber it is about."""
        return message_id(self.identity, self.store.salt.hash(seed))

    def _letter_values(
        self, delivery: Delivery, recipient: Recipient, now: datetime
    ) -> dict[str, str]:
        """Return the values that the templates of a letter print, by name."""
        links = self.links
        match delivery.kind:
            case DeliveryKind.CONFIRM:
                serial = self.store.subscribers.serial(recipient.id)
                url = links.confirm(recipient.id, serial, delivery.due_at)
                return {"url": url, "never_url": links.never(recipient.id)}
            case DeliveryKind.LINK:
                return {"url": links.preferences(recipient.id, now)}
            case DeliveryKind.PROFILE:
                return {"url": links.preferences(recipient.id, now) + "/submitted"}
            case DeliveryKind.LEFT:
                until = delivery.due_at + RETURN_LIFETIME
                return {"url": links.way_back(recipient.id, recipient.unsubscribe_serial, until)}
            case DeliveryKind.DIGEST | DeliveryKind.TRIAL:
                raise ValueError(f"a {delivery.kind} is not a kind of email the ledger sends")
            case _:
                assert_never(delivery.kind)
