"""The token of a public form: its age, its keys, and what is none of ours."""

from datetime import UTC, datetime, timedelta

import pytest

from digestmail.web.shared.form_token import FormTokens

OLD, NEW = "an old secret of 32 letters or more", "a new secret of 32 letters or more."
NOW = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)


def test_a_token_tells_its_age_to_the_second() -> None:
    tokens = FormTokens([NEW])
    assert tokens.age(tokens.issue(NOW), NOW + timedelta(seconds=90)) == timedelta(seconds=90)


def test_a_form_made_before_the_key_changed_is_still_taken() -> None:
    token = FormTokens([OLD]).issue(NOW)
    assert FormTokens([NEW, OLD]).age(token, NOW) == timedelta(0)
    assert FormTokens([NEW]).age(token, NOW) is None


def test_the_newest_key_signs() -> None:
    token = FormTokens([NEW, OLD]).issue(NOW)
    assert FormTokens([NEW]).age(token, NOW) == timedelta(0)


@pytest.mark.parametrize("token", ["", ".", "1", "é.é", "1.", "\ud800", "1" * 5000])
def test_other_texts_are_none_of_ours(token: str) -> None:
    assert FormTokens([NEW]).age(token, NOW) is None


def test_an_altered_token_is_none_of_ours() -> None:
    token = FormTokens([NEW]).issue(NOW)
    later = str(int(NOW.timestamp()) + 60)
    assert FormTokens([NEW]).age(later + token[len(later) :], NOW) is None
