"""Tokens: what was signed comes back, everything else is a TokenError."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digestmail.errors import TokenError
from digestmail.tokens import Purpose, Signer, minutes, refuse_aged

NEW, OLD = "n" * 40, "o" * 40
SIGNER = Signer([NEW])
NOW = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)
numbers = st.lists(st.integers(0, 2**80), max_size=4).map(tuple)
purposes = st.sampled_from(Purpose)


def refused(token: str, purpose: Purpose = Purpose.CONFIRM, signer: Signer = SIGNER) -> bool:
    with pytest.raises(TokenError) as caught:
        signer.read(purpose, token)
    return not caught.value.aged


@given(purposes, numbers)
def test_what_was_signed_comes_back(purpose: Purpose, values: tuple[int, ...]) -> None:
    token = SIGNER.sign(purpose, *values)
    assert SIGNER.read(purpose, token) == values
    assert SIGNER.sign(purpose, *values) == token


@given(purposes, numbers)
def test_a_token_survives_mail_and_careless_copying(
    purpose: Purpose, values: tuple[int, ...]
) -> None:
    token = SIGNER.sign(purpose, *values)
    assert re.fullmatch(r"[a-z][a-z0-9-]+", token)
    assert SIGNER.read(purpose, f" \t{token.upper()}\r\n") == values


@given(purposes, purposes, numbers)
def test_a_token_is_worth_nothing_for_another_purpose(
    purpose: Purpose, other: Purpose, values: tuple[int, ...]
) -> None:
    assert purpose == other or refused(SIGNER.sign(purpose, *values), other)


@given(st.text(st.characters(codec=None, exclude_categories=())))
def test_garbage_is_refused_and_nothing_else(garbage: str) -> None:
    assert refused(garbage)


@given(st.text("0123456789abcdefghijklmnopqrstuvwxyz-", min_size=1, max_size=5), st.integers(0, 40))
def test_a_token_with_something_put_in_is_refused(insert: str, place: int) -> None:
    token = SIGNER.sign(Purpose.CONFIRM, 1, 2, 3)
    changed = token[:place] + insert + token[place:]
    assert changed.strip("-") == token or refused(changed)


@given(
    st.text(st.characters(codec=None, exclude_categories=()), min_size=1, max_size=5),
    st.integers(0, 40),
)
def test_whatever_is_put_in_never_gives_other_numbers(insert: str, place: int) -> None:
    token = SIGNER.sign(Purpose.CONFIRM, 1, 2, 3)
    try:
        read = SIGNER.read(Purpose.CONFIRM, token[:place] + insert + token[place:])
    except TokenError:
        return
    assert read == (1, 2, 3)


@pytest.mark.parametrize(
    "end", [".", "/", ">", ")", "=", "=3D", "=3d", "=20", "=0D=0A", "%3D", ">.", "”", "-"]
)
def test_what_a_sentence_adds_to_a_link_is_forgiven(end: str) -> None:
    token = SIGNER.sign(Purpose.UNSUBSCRIBE, 7)
    assert SIGNER.read(Purpose.UNSUBSCRIBE, token + end) == (7,)
    assert SIGNER.read(Purpose.UNSUBSCRIBE, f"<{token}{end}") == (7,)


@pytest.mark.parametrize("break_", ["=\r\n", "=\n", "= ", "=", "\r\n ", " ", "\u200b", "=0A"])
def test_a_line_break_within_a_link_is_forgiven(break_: str) -> None:
    token = SIGNER.sign(Purpose.PREFERENCES, 123, 456)
    for place in range(1, len(token)):
        assert SIGNER.read(Purpose.PREFERENCES, token[:place] + break_ + token[place:]) == (
            123,
            456,
        )
    assert SIGNER.read(Purpose.PREFERENCES, token.replace("-", "=2D")) == (123, 456)


@pytest.mark.parametrize("token", ["", "-", "--", "kabc", "kabc-", "-k-1", "k000-1-é", "\udcff-1"])
def test_odd_shapes_are_refused(token: str) -> None:
    assert refused(token)


def test_every_cut_and_every_changed_letter_is_refused() -> None:
    token = SIGNER.sign(Purpose.CONFIRM, 7, 99)
    assert all(refused(token[:end]) for end in range(len(token)))
    for place, letter in enumerate(token):
        forged = token[:place] + ("a" if letter != "a" else "b") + token[place + 1 :]
        assert refused(forged)


def test_numbers_cannot_be_moved_between_fields() -> None:
    key_id, _, mac = SIGNER.sign(Purpose.CONFIRM, 11).split("-")
    assert refused(f"{key_id}-1-1-{mac}")
    assert refused(f"{key_id}-011-{mac}")


def test_a_mac_under_no_key_is_refused() -> None:
    """The empty key must not be one that anybody can sign with."""
    stranger = Signer([""])
    assert refused(stranger.sign(Purpose.CONFIRM, 1))
    assert refused(stranger.sign(Purpose.CONFIRM, 1), signer=Signer([NEW, ""]))


def test_another_installations_token_is_refused() -> None:
    assert refused(Signer([OLD]).sign(Purpose.CONFIRM, 1))


def test_old_keys_are_honoured_and_not_used() -> None:
    rotated = Signer([NEW, OLD])
    assert rotated.read(Purpose.CONFIRM, Signer([OLD]).sign(Purpose.CONFIRM, 1)) == (1,)
    assert rotated.sign(Purpose.CONFIRM, 1) == SIGNER.sign(Purpose.CONFIRM, 1)
    assert refused(Signer([OLD]).sign(Purpose.CONFIRM, 1), signer=SIGNER)


def test_keys_with_the_same_short_id_are_all_honoured() -> None:
    """One in 4,096 new keys has the id of the old one."""
    ids: dict[str, str] = {}
    for number in range(100_000):
        key = f"a secret key of more than 32 letters {number}"
        twin = ids.setdefault(Signer([key]).sign(Purpose.NEVER).partition("-")[0], key)
        if twin != key:
            break
    assert twin != key
    token = Signer([twin]).sign(Purpose.UNSUBSCRIBE, 9)
    assert Signer([key, twin]).read(Purpose.UNSUBSCRIBE, token) == (9,)
    assert Signer([NEW, key, twin]).read(Purpose.UNSUBSCRIBE, token) == (9,)
    assert refused(token, Purpose.UNSUBSCRIBE, Signer([key]))


def test_negative_numbers_cannot_be_signed() -> None:
    with pytest.raises(ValueError, match="not negative"):
        SIGNER.sign(Purpose.CONFIRM, -1)


@pytest.mark.parametrize("age", [-5, 0, 60])
def test_a_young_token_is_let_through(age: int) -> None:
    issued = minutes(NOW - timedelta(minutes=age))
    refuse_aged(issued, NOW, timedelta(hours=1))
    assert issued == minutes(NOW) - age


@pytest.mark.parametrize("age", [61, 10**9])
def test_an_old_token_is_refused_as_aged(age: int) -> None:
    with pytest.raises(TokenError, match="has expired") as caught:
        refuse_aged(minutes(NOW) - age, NOW, timedelta(hours=1))
    assert caught.value.aged
