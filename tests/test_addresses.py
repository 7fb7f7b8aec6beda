"""Addresses as they are stored and as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digestmail.addresses import ascii_address, masked, readable_address
from digestmail.mail.address import checked_address


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("Ada@Example.org ", "ada@example.org"),
        ("ada@größe.example.org", "ada@xn--gre-6ka8i.example.org"),
        ("ADA@GRÖSSE.example.org", "ada@xn--grsse-kua.example.org"),
        ("ada@例え.example.org", "ada@xn--r8jz45g.example.org"),
        ("ada@xn--gre-6ka8i.example.org", "ada@xn--gre-6ka8i.example.org"),
        ("no address", "no address"),
        ("ada@\u2028☃\u202e", "ada@\u2028☃\u202e"),
        ("", ""),
    ],
)
def test_an_address_is_stored_in_one_way(written: str, stored: str) -> None:
    assert ascii_address(written) == stored


@pytest.mark.parametrize("written", ["ada@größe.example.org", "bo@例え.example.org", "c@x.org"])
def test_a_stored_address_is_shown_as_it_is_written(written: str) -> None:
    assert readable_address(checked_address(written)) == written
    assert ascii_address(written) == checked_address(written)


@pytest.mark.parametrize(
    "address", ["ada@xn--a.example.org", "ada@xn--\u00fc", "xn--", "", "@xn--@"]
)
def test_what_cannot_be_shown_better_stays(address: str) -> None:
    assert readable_address(address) == address


@given(st.text(max_size=40))
def test_nothing_escapes_and_twice_is_once(text: str) -> None:
    stored = ascii_address(text)
    assert ascii_address(stored) == stored
    readable_address(text)


@pytest.mark.parametrize(
    ("address", "seen"),
    [
        ("alice@example.org", "a…@example.org"),
        ("a@example.org", "…@example.org"),
        ("eva@xn--mller-kva.example", "e…@müller.example"),
    ],
)
def test_an_address_is_masked(address: str, seen: str) -> None:
    assert masked(address) == seen
