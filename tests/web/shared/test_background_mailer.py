"""Letters are sent in the background: one round at a time, and none is forgotten."""

from threading import Event, Thread

import pytest
from patience import LONG

from digestmail.web.shared.background_mailer import BackgroundMailer


def test_what_is_asked_for_during_a_round_gets_a_round_of_its_own() -> None:
    busy, go_on = Event(), Event()
    rounds: list[int] = []

    def deliver() -> None:
        rounds.append(len(rounds))
        busy.set()
        assert go_on.wait(LONG)

    mailer = BackgroundMailer(deliver)
    first = Thread(target=mailer.run)
    first.start()
    assert busy.wait(LONG)
    mailer.run()  # returns at once: the first one takes over what this one asks for
    assert rounds == [0]
    go_on.set()
    first.join(LONG)
    assert rounds == [0, 1]


def test_a_round_that_fails_is_logged_and_the_next_one_runs(
    caplog: pytest.LogCaptureFixture,
) -> None:
    rounds: list[int] = []

    def deliver() -> None:
        rounds.append(len(rounds))
        raise OSError("no relay")

    mailer = BackgroundMailer(deliver)
    mailer.run()
    mailer.run()
    assert rounds == [0, 1]
    assert caplog.text.count("the scheduler will try again") == 2
