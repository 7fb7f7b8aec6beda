"""The attempts at deliveries, as rows: what the relay said each time."""

from typing import Any

from sqlalchemy import func, insert, select, update
from sqlmodel import Session

from digestmail.domain import Attempt, Outcome, Phase, SendResult
from digestmail.store.tables import ATTEMPT


def told(result: SendResult) -> str:
    """An attempt's end in one line, for the ledger."""
    enhanced = "" if result.text.startswith(result.enhanced) else result.enhanced
    words = filter(None, (str(result.code or ""), enhanced, result.text))
    return f"{result.phase}: {' '.join(words)}"[:500]


def _attempt_row(attempt: Attempt) -> dict[str, Any]:
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


def add_attempt(session: Session, attempt: Attempt) -> None:
    """Write an attempt down."""
    session.execute(insert(ATTEMPT).values(_attempt_row(attempt)))


def answer_attempt(session: Session, attempt: Attempt, text: str) -> bool:
    """Complete the attempt that ``to_wire`` wrote, if it got that far; ``text`` is its mark."""
    unanswered = (
        select(func.max(ATTEMPT.c.id))
        .where(ATTEMPT.c.delivery_id == attempt.delivery_id, ATTEMPT.c.text == text)
        .scalar_subquery()
    )
    answer = update(ATTEMPT).where(ATTEMPT.c.id == unanswered).values(_attempt_row(attempt))
    return session.execute(answer.returning(ATTEMPT.c.id)).first() is not None


def attempt_of(row: Any) -> Attempt:
    """The attempt of a row."""
    result = SendResult(
        outcome=Outcome(row.outcome),
        phase=Phase(row.phase),
        code=row.code,
        enhanced=row.enhanced,
        text=row.text,
    )
    return Attempt(delivery_id=row.delivery_id, at=row.at, seconds=row.seconds, result=result)
