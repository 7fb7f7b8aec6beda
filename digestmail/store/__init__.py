"""The store: rows stay in here, the program sees the domain's values."""

from digestmail.store.batches import Batches
from digestmail.store.bounces import Bounce, Bounces, MailedDelivery
from digestmail.store.bulk_import import ImportBlock, Imports, KnownSubscriber, Limit
from digestmail.store.catalogue import Catalogue, Seen
from digestmail.store.clock_setback import ClockSetback
from digestmail.store.damped import DampedPapers
from digestmail.store.database import Database
from digestmail.store.digest_recording import DigestPlan
from digestmail.store.digests import Digests
from digestmail.store.feedback import Feedbacks
from digestmail.store.keys import Counted, LeaseName, NoteName
from digestmail.store.leases import Lease, Leases
from digestmail.store.ledger.deliveries import Ledger, Recovered
from digestmail.store.ledger.transitions import Finish, Step, ToWire
from digestmail.store.lines import Lines
from digestmail.store.monitoring import Backlog, FailingSource, Overview, Unsent
from digestmail.store.notes import Notes
from digestmail.store.papers import Added, Papers
from digestmail.store.pending_texts import PendingTexts
from digestmail.store.rate_limits import RateLimits
from digestmail.store.reading_list import NewVersion, ReadingLists
from digestmail.store.relay_state import Relays
from digestmail.store.retention import Retention
from digestmail.store.salt import Salt
from digestmail.store.sources import Sources
from digestmail.store.subscribers import Subscribers
from digestmail.store.suppressions import Suppression, Suppressions
from digestmail.store.taps import Origin, Tap, Taps
from digestmail.store.texts import TextFeatures
from digestmail.store.uploads import Uploads


class Store:
    """All that is kept, on one database."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.papers = Papers(database)
        self.catalogue = Catalogue(database)
        self.sources = Sources(database)
        self.batches = Batches(database)
        self.subscribers = Subscribers(database)
        self.imports = Imports(database)
        self.feedback = Feedbacks(database)
        self.damped = DampedPapers(database)
        self.digests = Digests(database)
        self.ledger = Ledger(database)
        self.salt = Salt(database)
        self.suppressions = Suppressions(database)
        self.rate_limits = RateLimits(database)
        self.lines = Lines(database)
        self.notes = Notes(database)
        self.leases = Leases(database)
        self.clock_setback = ClockSetback(database)
        self.bounces = Bounces(database)
        self.relays = Relays(database)
        self.overview = Overview(database)
        self.taps = Taps(database)
        self.saved = ReadingLists(database, self.papers)
        self.uploads = Uploads(database)
        self.pending_uploads = PendingTexts(database, NoteName.UPLOAD)
        self.pending_profiles = PendingTexts(database, NoteName.PROFILE)
        self.texts = TextFeatures(database)
        self.retention = Retention(database)


__all__ = [
    "Added",
    "Backlog",
    "Batches",
    "Bounce",
    "Bounces",
    "Catalogue",
    "ClockSetback",
    "Counted",
    "Database",
    "DigestPlan",
    "Digests",
    "FailingSource",
    "Feedbacks",
    "Finish",
    "ImportBlock",
    "Imports",
    "KnownSubscriber",
    "Lease",
    "LeaseName",
    "Leases",
    "Ledger",
    "Limit",
    "Lines",
    "MailedDelivery",
    "NewVersion",
    "NoteName",
    "Notes",
    "Origin",
    "Overview",
    "Papers",
    "RateLimits",
    "ReadingLists",
    "Recovered",
    "Relays",
    "Retention",
    "Salt",
    "Seen",
    "Sources",
    "Step",
    "Store",
    "Subscribers",
    "Suppression",
    "Suppressions",
    "Tap",
    "Taps",
    "ToWire",
    "Unsent",
    "Uploads",
]
