"""The sending of planned mails, held back while templates or relays are in trouble."""

import asyncio
from collections.abc import Callable, Collection, Sequence

from digestmail.domain import LETTERS, Clock, DeliveryKind
from digestmail.errors import ConfigError
from digestmail.steps.daily.deliver import DeliveryReport, Sender
from digestmail.steps.daily.health import is_relay_resting, note_relay_trouble
from digestmail.store import Store


class DeliveryService:
    """Sends planned mails.

    ``make_sender`` returns a Sender with connections of its own; ``check_templates`` raises
    ConfigError for a broken template.
    """

    def __init__(
        self,
        store: Store,
        make_sender: Callable[[], Sender],
        check_templates: Callable[[], None],
        relays: Sequence[str],
        clock: Clock,
    ) -> None:
        self._store = store
        self._make_sender = make_sender
        self._check_templates = check_templates
        self._relays = relays
        self._clock = clock
        self._are_templates_sound = False

    def deliver(
        self, kinds: Collection[DeliveryKind], progress: Callable[[int], None]
    ) -> DeliveryReport:
        """Send all planned mails of some kinds whose time has come."""
        self.check_templates()
        delivered = asyncio.run(self._make_sender().deliver(kinds, progress))
        self._store.clock_setback.is_known(self._clock())  # notes the time, for ``after_setback``
        if delivered.trouble:
            note_relay_trouble(self._store, self._relays, self._clock())
        return delivered

    def deliver_letters(self, progress: Callable[[int], None]) -> DeliveryReport:
        """Send what somebody waits for before the screen: confirm mails and links."""
        return DeliveryReport() if self.is_relay_resting() else self.deliver(LETTERS, progress)

    def check_templates(self) -> None:
        """Raise ConfigError before a broken template uses up the tries of every mail."""
        if not self._are_templates_sound:
            self._check_templates()
            self._are_templates_sound = True

    def template_trouble(self) -> str:
        """Return what is wrong with the templates; empty if nothing is."""
        try:
            self.check_templates()
        except ConfigError as error:
            return str(error)
        return ""

    def is_relay_resting(self) -> bool:
        """Return whether the relays were in trouble lately, or have had all they take for now."""
        return is_relay_resting(self._store, self._clock())
