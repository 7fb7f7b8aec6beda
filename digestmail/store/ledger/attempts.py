"""The attempts at deliveries, as rows: what the relay said each time."""

from digestmail.domain import Attempt, Outcome, Phase, SendResult
from digestmail.store.tables import AttemptRow

# The words of an attempt that has no answer yet, and of one that will have none.
HANDED_OVER = "handed over; no reply was recorded"
STOPPED = "the sender stopped while sending the email"


def detail_of(result: SendResult) -> str:
    """Return the end of an attempt in one line, for the ledger."""
    enhanced = "" if result.text.startswith(result.enhanced) else result.enhanced
    words = filter(None, (str(result.code or ""), enhanced, result.text))
    return f"{result.phase}: {' '.join(words)}"[:500]


def attempt_row(attempt: Attempt) -> dict[str, object]:
    """Return the row of an attempt."""
    result = attempt.result
    return {
        "delivery_id": attempt.delivery_id,
        "at": attempt.at,
        "seconds": attempt.seconds,
        "outcome": result.outcome.value,
        "phase": result.phase.value,
        "code": result.code,
        "enhanced": result.enhanced,
        "text": result.text[:500],
    }


def attempt_of(row: AttemptRow) -> Attempt:
    """Return the attempt of a row."""
    result = SendResult(
        outcome=Outcome(row.outcome),
        phase=Phase(row.phase),
        code=row.code,
        enhanced=row.enhanced,
        text=row.text,
    )
    return Attempt(delivery_id=row.delivery_id, at=row.at, seconds=row.seconds, result=result)
