"""The keys under which counters, leases and notes are stored: each has one owner."""

from enum import StrEnum


class _Key(StrEnum):
    """A key, alone or followed by the subject that it is about."""

    def of(self, subject: object) -> str:
        """Return the key of one of several subjects."""
        return f"{self}:{subject}"


class Counted(_Key):
    """The events that rate limits count. Subjects that identify somebody are hashed."""

    CONFIRM_MAIL = "confirm"  # of a mailbox, in a day
    CONFIRM_MAIL_EVER = "asked"  # of a mailbox, until it confirms
    LINK_MAIL = "link"  # requested on the public page, of a mailbox
    OWN_LINK_MAIL = "own-link"  # requested on the subscriber's own page
    LEFT_MAIL = "left"  # of a mailbox
    REPORT = "report"  # a bounce, by its id: each counts once
    WEBHOOK_REFUSAL = "hook"  # of a network
    PROOF_OF_WORK = "sum"  # each may be used once
    SUBMISSION = "taps"  # taps and presses of one digest
    CONTRADICTION = "doubts"  # contradictory taps of one digest
    PRESS = "pressed"  # of a subscriber


class LeaseName(_Key):
    """The leases of an installation. The scheduler's jobs have one each."""

    INGEST = "ingest"
    DIGESTS = "digests"
    BOUNCES = "bounces"
    MEANING = "meaning"
    LINES = "lines"
    RETENTION = "retention"
    SCANNED = "taps"  # while the mail of a subscriber seems to be read by a link scanner


class NoteName(_Key):
    """The notes that one step leaves for another."""

    POLICY_BOUNCE = "policy-bounce"  # the last refusal of our mail, for ``status``
    RELAY_TROUBLE = "relay-trouble"
    RELAYS = "relay-trouble-of"  # the relays that the note of their trouble is about
    RELAY_REST = "relay-rest"  # until when the relays are left alone
    RELAY = "relay"  # the trouble of one relay
    ENDPOINT_TROUBLE = "endpoint-trouble"  # of the language model, and until when it is left alone
    ALERT = "alert"  # for the operator, not sent yet
    RUN = "run"  # when ``digestmail run`` last ran
    CLOCK = "clock"  # the latest time seen
    SALT = "salt"
    UNKNOWN_SEEDS = "unknown-seeds"  # ids that arXiv does not know, with when to ask again
    BACKFILL = "backfill"  # how far the past days of a source are read
    QUEUE_SCHEMA = "queue-schema"  # the version of procrastinate that made the queue's tables
    UPLOAD = "upload"  # of a subscriber who has not confirmed yet
    PROFILE = "profile"  # one that was submitted for a subscriber, who may add it
